"""The thin HTTP shell of one store: it sends, waits and decides whether to send again.

Put sockets, time-outs, waiting and repetition here. What an answer means is in ``protocol.py``,
how much may be spent in ``throttle.py``. Thread-safe: several calls may be under way at once.

A query is asked again after any passing trouble. A mutation is sent again, with the same bytes,
only when it provably did not run; anything else about it is ``Unknown`` and is settled by reading
(protocol, condition on C4).
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import Unknown
from inventory_sync.shopify.operations import Operation
from inventory_sync.shopify.protocol import (
    Answer,
    Rejected,
    Result,
    RetryLater,
    Stopped,
    Throttled,
    TooCostly,
    decipher,
)
from inventory_sync.shopify.requests import Endpoint, build_request
from inventory_sync.shopify.text import shown
from inventory_sync.shopify.throttle import RequestedCosts, Throttle, Ticket

MAX_ATTEMPTS = 6
_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 8.0
# A waiting call looks again this often, since an answer may give points back at any time.
_RECHECK_SECONDS = 0.25
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32)

# The connection was never made, so nothing was sent.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock, sleep and chance of the shell; a test or a simulation hands in its own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left: no connection could be made."""

    cause: str


class ShopifyClient:
    """Sends operations to one store. ``transport`` replaces the network in tests."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.store = endpoint.store
        self.served_version = endpoint.api_version
        self._endpoint = endpoint
        self._timing = timing or Timing()
        # No redirects and no proxy from the environment: the token goes to one address only.
        self._http = httpx.Client(
            transport=transport,
            timeout=_TIMEOUT,
            limits=_LIMITS,
            follow_redirects=False,
            trust_env=False,
        )
        self._turn = threading.Lock()  # held by the one call that waits for points
        self._guard = threading.Lock()  # around the three below
        self._throttle = Throttle(self._timing.clock())
        self._costs = RequestedCosts()
        self._log = _log.bind(store=endpoint.store)

    @property
    def restore_points_per_second(self) -> float:
        """The refill rate of the store's plan, as last told."""
        with self._guard:
            return self._throttle.restore_points_per_second

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, operation: Operation, variables: Mapping[str, Any]) -> Answer | TooCostly:
        """Send a query until it is answered.

        Raises ``StoreStopped`` when a person has to act, ``StoreUnreachable`` when a bounded number
        of attempts brought no answer.
        """
        result = self._persist(operation, variables, passing=(Throttled, NotSent, RetryLater))
        if isinstance(result, Answer | TooCostly):
            return result
        raise self._error(operation, result)

    def command(
        self, operation: Operation, variables: Mapping[str, Any]
    ) -> Answer | Rejected | Unknown:
        """Send a mutation; again only what provably did not run.

        Raises ``StoreStopped`` or ``StoreUnreachable``: in both cases nothing was changed.
        """
        result = self._persist(operation, variables, passing=(Throttled, NotSent))
        match result:
            case Answer() | Rejected():
                return result
            case TooCostly():
                return Rejected("MAX_COST_EXCEEDED", result.message)
            case RetryLater():
                return Unknown(self._endpoint.hide_token(result.cause))
        raise self._error(operation, result)

    def unreachable(self, cause: str) -> StoreUnreachable:
        """The error for an answer that cannot be used."""
        return StoreUnreachable(store=self.store, cause=self._endpoint.hide_token(cause))

    def _error(
        self, operation: Operation, result: Stopped | Rejected | Throttled | NotSent | RetryLater
    ) -> StoreStopped | StoreUnreachable:
        match result:
            case Stopped():
                return self._stopped(result.reason, result.way_out)
            case Rejected():
                return self._stopped(
                    f"Shopify rejected {operation.name} ({result.code}: {result.message})",
                    "check that api_version in the settings is one that this release supports",
                )
            case Throttled():
                return self.unreachable("it keeps throttling us; another app may use up its limit")
            case NotSent() | RetryLater():
                return self.unreachable(result.cause)

    def _stopped(self, reason: str, way_out: str) -> StoreStopped:
        return StoreStopped(
            store=self.store, reason=self._endpoint.hide_token(reason), way_out=way_out
        )

    def _persist(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        *,
        passing: tuple[type, ...],
    ) -> Result | NotSent:
        """The first result that is not ``passing``, or the last of a bounded number."""
        attempt = 1
        while True:
            result = self._exchange(operation, variables)
            if not isinstance(result, passing) or attempt == MAX_ATTEMPTS:
                return result
            wait_seconds = self._wait_before_next(result, attempt)
            self._log.info(
                "shopify.again",
                operation=operation.name,
                attempt=attempt,
                because=self._endpoint.hide_token(shown(result)),
                wait_seconds=round(wait_seconds, 3),
            )
            self._timing.sleep(wait_seconds)
            attempt += 1

    def _wait_before_next(self, result: Result | NotSent, attempt: int) -> float:
        """Backoff with jitter; none after a throttled answer whose cost the throttle now knows."""
        if isinstance(result, Throttled) and result.cost is not None:
            return 0.0
        longest = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2**attempt)
        backoff_seconds: float = longest * self._timing.rng.uniform(0.5, 1.0)
        if not isinstance(result, Throttled):
            return backoff_seconds
        pause_seconds = max(result.wait_seconds or 1.0, backoff_seconds)
        with self._guard:
            self._throttle.pause(pause_seconds, self._timing.clock())
        return 0.0  # The throttle makes every call wait, not only this one.

    def _exchange(self, operation: Operation, variables: Mapping[str, Any]) -> Result | NotSent:
        """One request and its answer; the points are taken before and settled after."""
        request = build_request(self._endpoint, operation, variables)
        shape = (operation.name, *(_size(variables[name]) for name in operation.sizes))
        ticket = self._admit(shape, operation.estimate_points)
        result: Result | NotSent = RetryLater("the call was interrupted")
        try:
            response = self._http.post(request.url, content=request.body, headers=request.headers)
            result = decipher(response.status_code, response.headers, response.content)
        except _BEFORE_SENDING as error:
            result = NotSent(_cause(error))
        except httpx.HTTPError as error:
            result = RetryLater(_cause(error))
        finally:
            self._settle(ticket, shape, result)
        if isinstance(result, Answer):
            self._notice_version(result.served_version)
        return result

    def _admit(self, shape: tuple[object, ...], estimate_points: float) -> Ticket:
        """Wait until the bucket holds the points of this call, and take them."""
        with self._turn:
            while True:
                with self._guard:
                    now = self._timing.clock()
                    points = self._costs.of(shape, estimate_points)
                    wait_seconds = self._throttle.wait_seconds(points, now)
                    if wait_seconds <= 0:
                        return self._throttle.take(points, now)
                self._timing.sleep(min(wait_seconds, _RECHECK_SECONDS))

    def _settle(self, ticket: Ticket, shape: tuple[object, ...], result: Result | NotSent) -> None:
        with self._guard:
            now = self._timing.clock()
            if isinstance(result, Answer | Throttled) and result.cost is not None:
                self._costs.learn(shape, result.cost)
                self._throttle.settle(ticket, result.cost, now)
            elif isinstance(result, Answer | RetryLater):
                self._throttle.settle_unanswered(ticket, now)
            else:
                self._throttle.give_back(ticket, now)

    def _notice_version(self, served_version: str | None) -> None:
        """Shopify silently serves another version when ours is no longer supported (facts 6)."""
        if served_version is None or served_version == self.served_version:
            return
        self.served_version = served_version
        self._log.warning(
            "shopify.other_version_served",
            requested=self._endpoint.api_version,
            served=served_version,
        )


def _size(value: Any) -> object:
    return len(value) if isinstance(value, list | tuple) else value


def _cause(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {shown(str(error))}" if str(error) else type(error).__name__
