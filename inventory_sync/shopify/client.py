"""The thin HTTP shell of one store: it sends, waits and decides whether to send again.

Put sockets, time-outs and repetition here. What an answer means is in ``protocol.py``, how long a
call waits for its points in ``pacing.py``. Thread-safe: several calls may be under way at once.

A query is asked again after any passing trouble. A mutation is sent again, with the same bytes,
only when it provably did not run; anything else about it is ``Unknown`` and is settled by reading
(protocol, condition on C4). It may have a time by which it leaves or never does.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import Unknown
from inventory_sync.shopify.downloads import download
from inventory_sync.shopify.operations import Operation
from inventory_sync.shopify.pacing import Load, Pacer, Timing
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

MAX_ATTEMPTS = 6
_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 8.0
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_URGENT_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
"""Of a call that has to leave in time: others wait for its answer, and reading can tell it too."""
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32)

# The connection was never made, so nothing was sent.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

# Events of https://www.encode.io/httpcore/extensions/#trace
_SENDING = ("send_request_headers.started", "send_request_body.started")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left: no connection could be made."""

    cause: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """The request never left, and the time by which it had to is over."""


class _TimeIsOver(Exception):
    """Raised between the connection and the first byte of a request that is too late."""


class ShopifyClient:
    """Sends operations to one store. ``transport`` replaces the network in tests.

    ``reserve_share`` of the store's rate limit is left to other processes. ``left_seconds`` tells
    how long from now calls may leave, for whoever has to be done by then: whatever has not left
    fails, and the answer to what has left is awaited for a shorter time.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
        reserve_share: float = 0.0,
        left_seconds: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self.store = endpoint.store
        self.served_version = endpoint.api_version
        self._endpoint = endpoint
        self.timing = timing or Timing()
        self._left_seconds = left_seconds
        # No redirects and no proxy from the environment: the token goes to one address only.
        self._http = httpx.Client(
            transport=transport,
            timeout=_TIMEOUT,
            limits=_LIMITS,
            follow_redirects=False,
            trust_env=False,
        )
        self._pacer = Pacer(self.timing, reserve_share=reserve_share)
        self._log = _log.bind(store=endpoint.store)

    @property
    def restore_points_per_second(self) -> float:
        """The refill rate of the store's plan, as last told."""
        return self._pacer.restore_points_per_second

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, operation: Operation, variables: Mapping[str, Any]) -> Answer | TooCostly:
        """Send a query until it is answered.

        Raises ``StoreStopped`` when a person has to act, ``StoreUnreachable`` when a bounded number
        of attempts brought no answer.
        """
        passing = (Throttled, NotSent, RetryLater)
        send_by = self.timing.clock() + self._left_seconds()
        result = self._persist(operation, variables, passing=passing, send_by=send_by)
        if isinstance(result, Answer | TooCostly):
            return result
        raise self._error(operation, result)

    def command(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        *,
        within_seconds: float = math.inf,
    ) -> Answer | Rejected | Unknown:
        """Send a mutation within that time or never; again only what provably did not run.

        Rejected as ``NOT_SENT`` when its turn would have come too late. Raises ``StoreStopped`` or
        ``StoreUnreachable``: in both cases nothing was changed.
        """
        within_seconds = min(within_seconds, self._left_seconds())
        send_by = self.timing.clock() + within_seconds
        result = self._persist(operation, variables, passing=(Throttled, NotSent), send_by=send_by)
        match result:
            case Answer() | Rejected():
                return result
            case TooCostly():
                return Rejected("MAX_COST_EXCEEDED", result.message)
            case TooLate():
                left = max(within_seconds, 0.0)
                return Rejected("NOT_SENT", f"it could not leave within {left:g} s and never will")
            case RetryLater():
                return Unknown(self._endpoint.hide_token(result.cause))
            case Stopped(may_have_run=True):
                return Unknown(self._endpoint.hide_token(result.reason))
        raise self._error(operation, result)

    def download(self, url: str) -> bytes:
        """The file that Shopify has put at this address. Raises ``NoFile``."""
        return download(self._http, url, self.timing)

    def await_turn(self, operation: Operation) -> None:
        """Wait until the throttle would let the operation go now; nothing is reserved."""
        self._pacer.await_turn(_load(operation, {}))

    def unreachable(self, cause: str) -> StoreUnreachable:
        """The error for an answer that cannot be used."""
        return StoreUnreachable(store=self.store, cause=self._endpoint.hide_token(cause))

    def _error(
        self,
        operation: Operation,
        result: Stopped | Rejected | Throttled | NotSent | TooLate | RetryLater,
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
            case TooLate():
                return self.unreachable("a request came too late to be sent")

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
        send_by: float,
    ) -> Result | NotSent | TooLate:
        """The first result that is not ``passing``, or the last of a bounded number."""
        attempt = 1
        while True:
            result = self._exchange(operation, variables, send_by)
            if not isinstance(result, passing) or attempt == MAX_ATTEMPTS:
                return result
            wait_seconds = self._wait_before_next(result, attempt)
            is_last = self.timing.clock() + wait_seconds > send_by
            if is_last and isinstance(result, NotSent | RetryLater):
                return result
            self._log.info(
                "shopify.again",
                operation=operation.name,
                attempt=attempt,
                because=self._endpoint.hide_token(shown(result)),
                wait_seconds=round(wait_seconds, 3),
            )
            self.timing.sleep(wait_seconds)
            attempt += 1

    def _wait_before_next(self, result: object, attempt: int) -> float:
        """Backoff with jitter; none after a throttled answer whose cost the throttle now knows."""
        if isinstance(result, Throttled) and result.cost is not None:
            return 0.0
        longest = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2**attempt)
        backoff_seconds: float = longest * self.timing.rng.uniform(0.5, 1.0)
        if not isinstance(result, Throttled):
            return backoff_seconds
        self._pacer.pause(max(result.wait_seconds or 1.0, backoff_seconds))
        return 0.0  # The throttle makes every call wait, not only this one.

    def _exchange(
        self, operation: Operation, variables: Mapping[str, Any], send_by: float
    ) -> Result | NotSent | TooLate:
        """One request and its answer; the points are taken before and settled after."""
        request = build_request(self._endpoint, operation, variables)
        load = _load(operation, variables)
        ticket = self._pacer.admit(load, send_by)
        if ticket is None:
            return TooLate()
        result: Result | NotSent | TooLate = RetryLater("the call was interrupted")
        try:
            response = self._http.post(
                request.url,
                content=request.body,
                headers=request.headers,
                timeout=_TIMEOUT if math.isinf(send_by) else _URGENT_TIMEOUT,
                extensions={"trace": self._gate(send_by)},
            )
            result = decipher(response.status_code, response.headers, response.content)
        except _TimeIsOver:
            result = TooLate()
        except _BEFORE_SENDING as error:
            result = NotSent(_cause(error))
        except httpx.HTTPError as error:
            result = RetryLater(_cause(error))
        finally:
            self._pacer.settle(ticket, load, result)
        if isinstance(result, Answer):
            self._notice_version(result.served_version)
        return result

    def _gate(self, send_by: float) -> Callable[[str, Any], None]:
        """What looks at the clock once the connection stands, right before each part is sent.

        A request that is cut off before its body was sent cannot run: it has no whole body.
        """

        def trace(event: str, info: Any) -> None:
            if event.endswith(_SENDING) and self.timing.clock() > send_by:
                raise _TimeIsOver

        return trace

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


def _load(operation: Operation, variables: Mapping[str, Any]) -> Load:
    sizes = (_size(variables[name]) for name in operation.sizes)
    return Load((operation.name, *sizes), operation.estimate_points)


def _size(value: Any) -> object:
    return len(value) if isinstance(value, list | tuple) else value


def _cause(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {shown(str(error))}" if str(error) else type(error).__name__
