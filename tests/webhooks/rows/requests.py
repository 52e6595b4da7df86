"""The request itself: what is tolerated of it, and what is not. `GOOD` in a body is a good message as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

GOOD: Final = b"GOOD"
PIECE: Final = b'"qty": "0.001"'


@dataclass(frozen=True)
class Sent:
    body: bytes = GOOD
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = "{path}"
    edit: tuple[bytes, bytes] = (b"", b"")  # a piece of the good message, and what stands there instead


@dataclass(frozen=True)
class Rule:
    """Requests that keep a rule of the contract, and requests that break it with their status, code and field."""

    name: str
    keep: tuple[Sent, ...]
    break_: tuple[tuple[Sent, int, str, str], ...]

    def __str__(self) -> str:
        return self.name


def edited(new: bytes, old: bytes = PIECE) -> Sent:
    return Sent(edit=(old, new))


def qty(text: bytes) -> Sent:
    return edited(b'"qty": ' + text)


def bad_qty(text: bytes, code: str) -> tuple[Sent, int, str, str]:
    return qty(text), 400, code, "qty"


RULES = [
    Rule(
        "POST only, with and without a final slash",
        (Sent(), Sent(path="{path}/")),
        tuple(
            (Sent(method=method), 405, "method_not_allowed", "")
            for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS")
        ),
    ),
    Rule(
        "only this address and the one of a request",
        (Sent(),),
        (
            (Sent(path="{path}/orders"), 404, "not_found", ""),
            (Sent(method="GET", path="{path}/requests/01234567-89ab-cdef-0123-456789abcdef"), 404, "not_found", ""),
            (Sent(method="GET", path="{path}/requests/x"), 404, "not_found", ""),
        ),
    ),
    Rule(
        "the key pair may stand in headers",
        (
            Sent(path="/webhook", headers={"Authorization": "{basic}"}),
            Sent(path="/webhook/", headers={"X-Api-Key": "{api}", "Authorization": "Bearer {secret}"}),
        ),
        (
            (Sent(path="/webhook"), 401, "invalid_key", ""),
            (
                Sent(path="/webhook", headers={"X-Api-Key": "{api}", "Authorization": "Bearer x"}),
                401,
                "invalid_key",
                "",
            ),
            (Sent(path="/webhook", headers={"Authorization": "Basic !"}), 401, "invalid_key", ""),
        ),
    ),
    Rule(
        "JSON whatever the Content-Type",
        tuple(
            Sent(headers={"Content-Type": kind}) for kind in ("text/plain", "application/x-www-form-urlencoded", "!")
        ),
        (
            (Sent(b"action=place", {"Content-Type": "application/x-www-form-urlencoded"}), 400, "not_json", ""),
            (Sent(b"GOOD thanks"), 400, "not_json", ""),
            (Sent(b"Buy! GOOD"), 400, "not_json", ""),
        ),
    ),
    Rule(
        "UTF-8, a mark and white space around",
        (Sent(b"\xef\xbb\xbf \r\n\tGOOD \n"), edited('"note": "Grüße", "qty": "0.001"'.encode())),
        (
            (edited('"note": "Grüße", "qty": "0.001"'.encode("latin-1")), 400, "not_utf8", ""),
            (Sent('{"a": 1}'.encode("utf-16")), 400, "not_utf8", ""),
            (Sent(b""), 400, "empty_body", ""),
            (Sent(b" \n"), 400, "empty_body", ""),
        ),
    ),
    Rule(
        "an object", (Sent(),), tuple((Sent(b), 400, "not_an_object", "") for b in (b"[GOOD]", b"5", b'"x"', b"null"))
    ),
    Rule(
        "at most 16 KiB",
        (Sent(b"GOOD" + b" " * 15_000),),
        ((Sent(b"GOOD" + b" " * 16_384), 413, "body_too_large", ""),),
    ),
    Rule(
        "numbers as JSON writes them, also in quotes",
        tuple(qty(text) for text in (b"0.001", b'"0.001"', b'" 0.0010 "', b"1e-3", b"1.000000000000000000000e-3")),
        (
            *(
                bad_qty(text, "not_a_number")
                for text in (b'"1_0"', b'"1,0"', b'"+1"', b'"0x1"', b'".5"', b'"5."', b"true")
            ),
            *(bad_qty(f'"{digit}"'.encode(), "not_a_number") for digit in "٣１"),
            *(bad_qty(text, "not_json") for text in (b".5", b"+1", b"01", b"0x10")),
        ),
    ),
    Rule(
        "18 significant digits",
        (qty(b"0.100000000000000000000"),),
        (
            bad_qty(b"0.1000000000000000001", "too_many_digits"),
            bad_qty(b"1" * 5000, "too_many_digits"),
            bad_qty(b"1e999", "out_of_range"),
            bad_qty(b"1e-400", "out_of_range"),
            bad_qty(b"1e99999999999999999999", "out_of_range"),
        ),
    ),
    Rule(
        "neither NaN nor Infinity",
        (qty(b"0.001"),),
        (
            *(bad_qty(text, "not_json") for text in (b"NaN", b"Infinity", b"-Infinity", b"na")),
            *(bad_qty(text, "not_a_number") for text in (b'"NaN"', b'"Infinity"', b'"na"', b'"-inf"')),
        ),
    ),
    Rule(
        "words without regard to case and separators",
        tuple(edited(b'"type": "%s"' % text, b'"type": "Limit"') for text in (b"LIMIT", b" li_mit ", b"L-I-M-I-T")),
        ((edited(b'"type": "Limits"', b'"type": "Limit"'), 400, "unknown_word", "type"),),
    ),
    Rule(
        "null and empty count as absent",
        tuple(edited(b'"stopPrice": %s, "qty": "0.001"' % text) for text in (b"null", b'""', b'" "')),
        tuple((qty(text), 400, "required", "qty") for text in (b"null", b'""', b'"\\t"')),
    ),
    Rule(
        "no field twice",
        (edited(b'"note": {"a": 1}, "other": {"a": 1}, "qty": "0.001"'),),
        (
            (edited(b'"qty": "0.001", "qty": "0.001"'), 400, "duplicate_field", "qty"),
            (edited(b'"note": {"a": 1, "a": 2}, "qty": "0.001"'), 400, "duplicate_field", "a"),
        ),
    ),
    Rule(
        "a field that is almost a known one",
        (edited(b'"strategy": 1, "qty": "0.001"'),),
        tuple(
            (edited(b'"%s": %s, "qty": "0.001"' % (name, value)), 400, "misspelled_field", name.decode())
            for name, value in ((b"stop_loss", b"1"), (b"Qty", b"null"), (b"order-id", b'""'), (b"dry run", b"true"))
        ),
    ),
    Rule(
        "no bottomless nesting",
        (edited(b'"note": [[[1]]], "qty": "0.001"'),),
        ((edited(b'"note": ' + b"[" * 7000 + b"]" * 7000 + b', "qty": "0.001"'), 400, "not_json", ""),),
    ),
    Rule(
        "the header and the field say the same id",
        (
            Sent(headers={"Idempotency-Key": "{unique}"}),
            Sent(headers={"Idempotency-Key": "{unique}"}, edit=(PIECE, b'"requestId": "{unique}", "qty": "0.001"')),
        ),
        (
            (
                Sent(headers={"Idempotency-Key": "a"}, edit=(PIECE, b'"requestId": "b", "qty": "0.001"')),
                400,
                "request_id_differs",
                "requestId",
            ),
            (Sent(headers={"Idempotency-Key": "x" * 65}), 400, "too_long", "Idempotency-Key"),
        ),
    ),
    Rule(
        "what templates leave behind is named",
        (qty(b"0.001"),),
        (
            (qty(b"{{contracts}}"), 400, "not_json", "qty"),
            bad_qty(b'"{{contracts}}"', "placeholder"),
            (Sent("{“action”: “place”}".encode()), 400, "not_json", ""),
            (edited(b'"action": "buy"', b'"action": "place"'), 400, "unknown_word", "action"),
        ),
    ),
]
