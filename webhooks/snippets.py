"""Example messages with the user's own accounts and instruments, in the five formats that senders use.

The text is in `templates/webhooks/snippets/`; here is what is filled in. In TradingView's two formats some values are
known only when the alert fires: those are slots.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import TradingAccount, User
from orders.engine.values import OrderType
from orders.reading import Example, examples, working_order_id
from webhooks.highlighting import highlighted, with_placeholders

ACTIONS: Final = {"place": "Placing", "modify": "Modifying", "cancel": "Cancelling"}
FORMATS: Final = {
    "tradingview": "TradingView",
    "curl": "cURL",
    "python": "Python",
    "javascript": "JavaScript",
    "pine": "Pine",
}
LANGUAGES: Final = {"tradingview": "json", "curl": "shell"}  # the others are called as they are
TITLES: Final = {
    "tradingview": "TradingView alert message",
    "curl": "cURL command",
    "python": "Python script",
    "javascript": "JavaScript module",
    "pine": "Pine script",
}
NOTES: Final = {
    "tradingview": "TradingView fills in what is framed when the alert fires.",
    "curl": "Put your key pair into the address. Each run is a request of its own.",
    "python": "Put your key pair into the address. Needs the package requests.",
    "javascript": "Put your key pair into the address. For a server: a page would show the secret to its visitors.",
    "pine": "Make the alert on “Any alert() function call” and leave its message as it is.",
}
PLOT_NOTE: Final = " plot_0 is the first line that your script plots: let it be the stop."
IN_TRADINGVIEW: Final = ("tradingview", "pine")
CHART: Final = "chart"
TRAIL_TICKS: Final = 40
COMMENT: Final = "Work it slowly over the day"
EXAMPLE_ORDER: Final = 1001
EXAMPLE_SYMBOL: Final = "BTCUSDT"
CLOSING_COMMA: Final = re.compile(r",(\s*})\s*$")

# What TradingView knows: the placeholder of an alert's message, and the same in Pine.
SLOTS: Final = {
    "ticker": ("{{ticker}}", "syminfo.ticker"),
    "action": ("{{strategy.order.action}}", '"buy"'),
    "contracts": ("{{strategy.order.contracts}}", '"1"'),
    "price": ("{{close}}", "str.tostring(close)"),
    "stop": ("{{plot_0}}", "str.tostring(slow)"),
    "id": ("{{strategy.order.id}}", '"breakout"'),
    "request": ("{{ticker}}-{{timenow}}", 'syminfo.ticker + "-" + str.tostring(timenow)'),
}
SLOT: Final = re.compile("\ue000(\\w+)\ue000")
CONDITIONS: Final = {
    "place": "ta.crossover(fast, slow)",
    "modify": "barstate.isconfirmed",
    "cancel": "ta.crossunder(fast, slow)",
}


def slot(name: str) -> str:
    return f"\ue000{name}\ue000"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose; anything unknown is the first of its kind."""

    action: str = "place"
    account: str = ""
    instrument: str = CHART
    type: str = OrderType.MARKET
    bracket: bool = True
    format: str = "tradingview"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Choices:
        given: dict[str, Any] = {field.name: query[field.name] for field in fields(cls) if field.name in query}
        if "action" in query:  # a switch that is off is not sent
            given["bracket"] = "bracket" in query
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Snippet:
    """An example, and what there was to choose from."""

    choices: Choices
    accounts: list[TradingAccount]
    examples: list[Example]
    types: list[str]
    url: str
    text: str
    html: SafeString
    note: str

    @property
    def url_html(self) -> SafeString:
        return with_placeholders(self.url)

    @property
    def title(self) -> str:
        return TITLES[self.choices.format]

    @property
    def has_chart(self) -> bool:
        return self.choices.format in IN_TRADINGVIEW


def snippet_context(user: User, query: Mapping[str, str], url: str) -> dict[str, Any]:
    accounts, all_examples = list(user.trading_accounts.all()), examples()
    choices = settled(Choices.from_query(query), accounts, all_examples)
    account = next((account for account in accounts if account.name == choices.account), None)
    example = next((example for example in all_examples if str(example.instrument.pk) == choices.instrument), None)
    text = written(choices, account, example, url)
    snippet = Snippet(
        choices=choices,
        accounts=accounts,
        examples=all_examples,
        types=types_for(choices.action),
        url=url,
        text=text,
        html=highlighted(text, LANGUAGES.get(choices.format, choices.format)),
        note=NOTES[choices.format] + (PLOT_NOTE if "{{plot_0}}" in text else ""),
    )
    return {"snippet": snippet, "actions": ACTIONS, "formats": FORMATS}


def types_for(action: str) -> list[str]:
    """A Market order is filled before anybody could modify it."""
    return [type_.value for type_ in OrderType if action == "place" or type_ is not OrderType.MARKET]


def settled(choices: Choices, accounts: list[TradingAccount], all_examples: list[Example]) -> Choices:
    """The choices with what does not exist, or not for each other, replaced by the first that does."""
    action = one_of(choices.action, list(ACTIONS))
    format_ = one_of(choices.format, list(FORMATS))
    instruments = [str(example.instrument.pk) for example in all_examples]
    return Choices(
        action=action,
        account=one_of(choices.account, [account.name for account in accounts]),
        instrument=one_of(choices.instrument, [CHART, *instruments] if format_ in IN_TRADINGVIEW else instruments),
        type=one_of(choices.type, types_for(action)),
        bracket=choices.bracket,
        format=format_,
    )


def one_of(choice: str, choices: list[str]) -> str:
    return choice if choice in choices else next(iter(choices), "")


def plain_message(user: User, query: Mapping[str, str]) -> str:
    """The message that was chosen, with the first instrument's values where a chart would fill in its own."""
    accounts, all_examples = list(user.trading_accounts.all()), examples()
    choices = settled(replace(Choices.from_query(query), format="curl"), accounts, all_examples)
    account = next((account for account in accounts if account.name == choices.account), None)
    example = next((example for example in all_examples if str(example.instrument.pk) == choices.instrument), None)
    return message_of(choices, account, example)


# --- Writing -----------------------------------------------------------------------------------------------


def written(choices: Choices, account: TradingAccount | None, example: Example | None, url: str) -> str:
    message = message_of(choices, account, example)
    context = {
        "url": url,
        "action": choices.action,
        "message": SLOT.sub(lambda match: SLOTS[match[1]][0], message),
        "pine_message": in_pine(message),
        "pine_condition": CONDITIONS[choices.action],
    }
    return render_to_string(f"webhooks/snippets/{choices.format}.txt", context).strip()


def message_of(choices: Choices, account: TradingAccount | None, example: Example | None) -> str:
    text = render_to_string(f"webhooks/snippets/{choices.action}.json", values_of(choices, account, example))
    return CLOSING_COMMA.sub(r"\1", text.strip())


def values_of(choices: Choices, account: TradingAccount | None, example: Example | None) -> dict[str, Any]:
    """What the message's file asks for. What is absent is not written."""
    in_tradingview = choices.format in IN_TRADINGVIEW
    values: dict[str, Any] = {
        "account": account.name if account else "DEMO-1",
        "type": choices.type,
        "waits": choices.type != OrderType.MARKET,
        "bracket": choices.bracket,
        "trail": TRAIL_TICKS if choices.type == OrderType.TRAILING_STOP else None,
        "comment": COMMENT if choices.type == OrderType.CARE else None,
        "symbol": slot("ticker") if in_tradingview else EXAMPLE_SYMBOL,
        **(instrument_values(example) if example else {}),
        **(slots_of(choices) if in_tradingview else prices_of(choices, example)),
    }
    if not in_tradingview and choices.action != "place":
        values["order_id"] = (account and working_order_id(account)) or EXAMPLE_ORDER
    return values


def instrument_values(example: Example) -> dict[str, Any]:
    instrument = example.instrument
    return {
        "symbol": instrument.symbol,
        "symbol_type": instrument.symbol_type,
        "contract_month": instrument.contract_month and instrument.contract_month.isoformat(),
        "strike_price": instrument.strike_price,
        "strike_type": instrument.strike_type,
    }


def slots_of(choices: Choices) -> dict[str, Any]:
    return {
        "side": slot("action"),
        "qty": slot("contracts"),
        "price": slot("price") if choices.type in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
        "stop_price": slot("stop") if choices.type in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
        "client_order_id": slot("id"),
        "request_id": slot("request"),
    }


def prices_of(choices: Choices, example: Example | None) -> dict[str, Any]:
    limited = choices.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    stopped = choices.type in (OrderType.STOP, OrderType.STOP_LIMIT)
    if example is None:
        return {"side": "buy", "qty": 1, "price": limited and 100, "stop_price": stopped and 100}
    limit = example.stop_limit_price if stopped else example.limit_price
    return {
        "side": "buy",
        "qty": example.qty,
        "price": limited and limit,
        "stop_price": stopped and example.stop_price,
    }


def in_pine(message: str) -> str:
    """The message as an expression: texts in single quotes, joined with what the chart knows."""
    line = re.sub(r"\n\s*", "", message).replace("\\", "\\\\").replace("'", "\\'")
    parts = filter(None, re.sub(r'(?<=[,{])(?="\w+":)', "\n", line).splitlines())
    return " +\n     ".join(SLOT.sub(lambda match: f"' + {SLOTS[match[1]][1]} + '", f"'{part}'") for part in parts)
