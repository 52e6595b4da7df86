"""The reference is made from the lists that the webhook reads: nothing can be missing from it."""

from __future__ import annotations

import re

import pytest

from tests.panel.people import Person, text_of
from webhooks.doors import DOORS
from webhooks.errors import API_KINDS, CATALOGUE, QUOTE_REASONS
from webhooks.openapi_parts import THINGS
from webhooks.shape import Action, fields_of
from webhooks.verdicts import NOT_A_RULE, RULES, rule_of


@pytest.fixture
def page(alice: Person) -> str:
    return text_of(alice.get("/docs/webhooks"))


@pytest.mark.parametrize("action", list(Action))
def test_every_field_of_every_action_is_described(page: str, action: Action) -> None:
    table = page.partition(f'aria-label="Fields of {action}"')[2].partition("</table>")[0]
    described = re.findall(r'<th scope="row">(\w+)</th>', table)
    assert described == [field.name for field in fields_of(action)]
    required = re.findall(r'<th scope="row">(\w+)</th>\s*<td>\w+ <span class="required">required</span>', table)
    assert required == [field.name for field in fields_of(action) if field.in_action(action) == "required"]


def test_every_code_is_in_the_catalogue(page: str) -> None:
    for code in CATALOGUE:
        assert f'id="code-{code}"' in page


def test_every_door_is_there_with_its_address_and_its_answer(page: str) -> None:
    for door in DOORS:
        address = page.partition(f'aria-label="Address of {door.name}"')[2].partition("</div>")[0]
        assert f">{door.method}<" in address
        assert address.endswith(f"{door.path}</code>")
        answer = page.partition(f'aria-label="Answer of {door.name}"')[2].partition("</table>")[0]
        described = re.findall(r'<th scope="row">(\w+)</th>', answer)
        assert described == [pair.split()[0] for pair in THINGS[door.thing].split(", ")]
        for name in door.query:
            assert f'<th scope="row">{name}</th>' in page
    for code in API_KINDS:
        assert f'id="code-{code}"' in page
    for code in QUOTE_REASONS:
        assert f'id="reason-{code}"' in page


def test_every_code_belongs_to_one_rule_of_the_drawer() -> None:
    for code in CATALOGUE:
        assert code in NOT_A_RULE or sum(code in codes for _, codes in RULES) <= 1
    assert {code for _, codes in RULES for code in codes} | NOT_A_RULE <= set(CATALOGUE)
    # What the gate refuses before the engine is never told as the engine's word.
    early = [code for code, kind in CATALOGUE.items() if kind.status in (401, 403, 405, 413, 429)]
    assert [code for code in early if rule_of(code) == "Engine"] == ["halted"]


def test_the_panel_leads_to_it(alice: Person) -> None:
    assert 'href="/docs/webhooks#place"' in text_of(alice.get("/webhooks"))


def test_the_guide_is_in_the_terminal_too(alice: Person, page: str) -> None:
    assert 'href="/docs/webhooks/guide"' in page
    guide = text_of(alice.get("/docs/webhooks/guide"))
    for code in CATALOGUE:
        assert f"<code>{code}</code>" in guide
