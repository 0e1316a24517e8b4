"""Answers as values, and the ones that a fault brings instead of the proper one.

Put the look of a failed answer here. When it strikes is in ``faults.py``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from inventory_sync.sandbox.standin.faults import Fault, FaultKind

Ending = Literal["complete", "truncated", "reset"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller, when, and whether all of it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    ending: Ending = "complete"


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    media = {"content-type": "application/json; charset=utf-8"}
    return Answer(status, body, {**media, **(headers or {})})


def not_found() -> Answer:
    """The answer of a shop that does not exist."""
    return json_answer(404, {"errors": "Not Found"})


def _too_many(fault: Fault) -> Answer:
    headers = {"retry-after": f"{fault.seconds:.1f}"}
    return json_answer(429, {"errors": "Too Many Requests"}, headers)


def _page(status: int) -> Answer:
    body = b"<!DOCTYPE html><html><body>Something went wrong</body></html>"
    return Answer(status, body, {"content-type": "text/html; charset=utf-8"})


# Instead of executing the request.
INSTEAD: dict[FaultKind, Callable[[Fault], Answer]] = {
    "http_500": lambda fault: json_answer(500, {"errors": "Internal Server Error"}),
    "http_503": lambda fault: _page(503),
    "http_429": _too_many,
    "http_430": lambda fault: json_answer(430, {"errors": "Security Rejection"}),
    "html_200": lambda fault: _page(200),
    "reset": lambda fault: Answer(200, b"", ending="reset"),
    "data_null": lambda fault: json_answer(200, {"data": None}),
}

# After executing the request.
SPOILED: dict[FaultKind, Callable[[Fault, Answer], Answer]] = {
    "truncated": lambda fault, proper: replace(proper, ending="truncated"),
    "slow": lambda fault, proper: replace(proper, delay_seconds=fault.seconds),
    "applied_answer_lost": lambda fault, proper: replace(proper, ending="reset"),
}
