"""Seeded faults: what can go wrong between a shop and its caller.

Put a new kind of failure here, and what it does to an answer in ``admin_api.py``, to a webhook in
``delivery.py``.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.seed import STRICT

FaultKind = Literal[
    "http_500",  # refused before anything is done
    "http_503",
    "http_429",  # with Retry-After
    "http_430",  # Shopify's security rejection
    "html_200",  # a page instead of JSON
    "reset",  # the connection breaks before anything is done
    "throttled",  # THROTTLED whatever the bucket holds
    "data_null",  # {"data": null}, nothing done
    "truncated",  # executed, half of the answer arrives
    "slow",  # executed, answered after so many seconds
    "applied_answer_lost",  # a mutation is executed, then the connection breaks
    "concurrent_request",  # user error IDEMPOTENCY_CONCURRENT_REQUEST, nothing done
    "previous_attempt_failed",  # user error IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED, nothing done
    "bulk_failed",  # a bulk operation ends as FAILED, with half of its data
    "bulk_expired",  # it ends, and its file is gone
    "bulk_stuck",  # it never ends
    "webhook_lost",  # never sent
    "webhook_doubled",  # sent twice, the same to the byte
    "webhook_delayed",  # sent after so many seconds
    "webhook_reordered",  # sent after so many seconds at most, so that others overtake it
]

_MUTATIONS_ONLY = {
    "applied_answer_lost",
    "concurrent_request",
    "previous_attempt_failed",
    "bulk_failed",
    "bulk_expired",
    "bulk_stuck",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure that strikes requests of one operation (or of any), or webhooks of one topic.

    It strikes with ``probability`` each time, and ``count`` times at most (``None``: no end).
    ``seconds`` is the delay of ``slow`` and of webhooks, and the Retry-After of ``http_429``. For
    webhooks ``operation`` is a topic, such as ``orders/create``; for the download of a bulk
    operation's file it is ``(bulk file)``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: FaultKind
    operation: str | None = None
    count: int | None = 1
    probability: float = 1.0
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 1:
            raise ValueError(f"count {self.count} must be at least 1, or null for no end")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability {self.probability} must be from 0 to 1")

    @property
    def is_on_webhooks(self) -> bool:
        """Whether it befalls deliveries instead of requests."""
        return self.kind.startswith("webhook_")


class Faults:
    """The faults that lie in wait for a shop's callers."""

    def __init__(self) -> None:
        self._rng = random.Random(0)
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, faults: Iterable[Fault], *, rng: random.Random | None = None) -> None:
        """Let more faults lie in wait; ``rng`` decides the ones that have a probability."""
        self._rng = rng or self._rng
        self._waiting += [(fault, fault.count) for fault in faults]

    def clear(self) -> None:
        """Call them all off."""
        self._waiting = []

    def waiting(self) -> list[tuple[Fault, int | None]]:
        """The faults still to strike, each with how many times (``None``: no end)."""
        return list(self._waiting)

    def strike(self, operation: str, *, mutation: bool) -> Fault | None:
        """The fault that befalls a request of this operation, if any; at most one does."""
        return self._next(
            lambda fault: (
                fault.operation in {None, operation}
                and not fault.is_on_webhooks
                and (mutation or fault.kind not in _MUTATIONS_ONLY)
            )
        )

    def befall(self, topic: str) -> Fault | None:
        """The fault that befalls a delivery of this topic, with the seconds it has to wait."""
        fault = self._next(lambda fault: fault.operation in {None, topic} and fault.is_on_webhooks)
        if fault is not None and fault.kind == "webhook_reordered":
            return replace(fault, seconds=self._rng.uniform(0, fault.seconds))
        return fault

    def _next(self, concerns: Callable[[Fault], bool]) -> Fault | None:
        for place, (fault, left) in enumerate(self._waiting):
            if not concerns(fault) or self._rng.random() >= fault.probability:
                continue
            if left == 1:
                del self._waiting[place]
            elif left is not None:
                self._waiting[place] = (fault, left - 1)
            return fault
        return None
