"""The thin HTTP shell of an ERP's API: it sends JSON, waits, asks again, and names what is wrong.

Put sockets, time-outs, repetition and parallel calls here. What an answer means is for the face of
that ERP to say. Thread-safe.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx

from inventory_sync.domain.errors import ErpUnavailable

_T = TypeVar("_T")

MAX_ATTEMPTS: Final = 4
_FIRST_BACKOFF_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 8.0
_CONNECT_SECONDS = 5.0
_PASSING: Final = frozenset({429, 502, 503, 504})
"""Answers of a server, or a proxy before it, that is busy or just starting."""

# The connection was never made, so nothing was sent.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_LONGEST_CAUSE = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its HTTP status, and the document with exact decimals for fractions.

    A refusal that is no JSON has the document ``None``.
    """

    status: int
    document: Any


@dataclass(frozen=True, slots=True)
class Access:
    """Where an API is, and what is sent with every call. ``secrets`` never appear in a message."""

    name: str
    base_url: str
    headers: Mapping[str, str]
    secrets: tuple[str, ...]
    timeout_seconds: float = 30.0
    parallel_calls: int = 4

    @property
    def place(self) -> str:
        """The host as it may be shown."""
        parts = urlsplit(self.base_url)
        return f"{self.name} at {parts.hostname}{f':{parts.port}' if parts.port else ''}"


class ApiClient:
    """Posts JSON to one ERP. ``transport`` and ``sleep`` replace the network and time in tests."""

    def __init__(
        self,
        access: Access,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = access
        self.calls = 0
        """How many calls were sent so far, repetitions included."""
        self._counting = Lock()
        self._sleep = sleep
        # No redirects and no proxy from the environment: the key goes to one address only.
        self._http = httpx.Client(
            base_url=access.base_url,
            headers=dict(access.headers),
            transport=transport,
            timeout=httpx.Timeout(access.timeout_seconds, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=access.parallel_calls),
            follow_redirects=False,
            trust_env=False,
        )
        self._pool = ThreadPoolExecutor(access.parallel_calls, thread_name_prefix="erp-api")

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def post(
        self,
        path: str,
        document: object,
        *,
        headers: Mapping[str, str] | None = None,
        reads_only: bool,
    ) -> Reply:
        """Send one call and give its answer, whatever its status is.

        What ``reads_only`` is sent again after any passing trouble, a write only when it provably
        did not run. Raises ``ErpUnavailable`` without a usable answer: a write may have been done.
        """
        return self._exchange("POST", path, document, headers or {}, reads_only=reads_only)

    def _exchange(
        self,
        method: str,
        path: str,
        document: object,
        headers: Mapping[str, str],
        *,
        reads_only: bool,
    ) -> Reply:
        request = self._http.build_request(
            method,
            path,
            content=json.dumps(document).encode(),
            headers={"Content-Type": "application/json", **headers},
        )
        attempt = 1
        while True:
            answer = self._send(request)
            is_last = attempt == MAX_ATTEMPTS
            if isinstance(answer, httpx.Response):
                is_refused = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
                is_passing = answer.status_code in _PASSING and (reads_only or is_refused)
                if is_last or not is_passing:
                    return self._reply(answer)
            elif is_last or not (reads_only or isinstance(answer, _BEFORE_SENDING)):
                raise self.unavailable(_spoken(answer))
            self._sleep(_wait_seconds(answer, attempt))
            attempt += 1

    def put(self, path: str, document: object) -> Reply:
        """Overwrite something; repeated only when it provably did not run. Raises as ``post``."""
        return self._exchange("PUT", path, document, {}, reads_only=False)

    def together(self, calls: Iterable[Callable[[], _T]]) -> list[_T]:
        """The results of independent calls in their order, a few at a time; not to be nested.

        Raises the first error, and begins no further call then.
        """
        futures = [self._pool.submit(call) for call in calls]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def unavailable(self, cause: str) -> ErpUnavailable:
        """The error that says so, without secrets."""
        return ErpUnavailable(
            f"{self.access.place} cannot be used now ({self.shown(cause)}): check erp.url and the"
            " key or login under erp, and that the server is up."
        )

    def shown(self, text: str) -> str:
        """Somebody else's words in one line, without secrets."""
        words = " ".join(text.split()).rstrip(". ")
        for secret in self.access.secrets:
            if secret:
                words = words.replace(secret, "***")
        return words[:_LONGEST_CAUSE]

    def _send(self, request: httpx.Request) -> httpx.Response | httpx.HTTPError:
        with self._counting:
            self.calls += 1
        try:
            return self._http.send(request)
        except httpx.HTTPError as error:
            return error

    def _reply(self, answer: httpx.Response) -> Reply:
        status = answer.status_code
        if status == httpx.codes.UNAUTHORIZED:
            raise self.unavailable("it does not accept the key or login")
        if status in _PASSING or answer.is_redirect:
            raise self.unavailable(f"it answers {status} {answer.reason_phrase}")
        try:
            document = json.loads(answer.content, parse_float=Decimal) if answer.content else None
        except ValueError:
            if answer.is_client_error:
                return Reply(status, None)
            raise self.unavailable(f"it answers {status} with something that is no JSON") from None
        return Reply(status, document)


def _wait_seconds(answer: httpx.Response | httpx.HTTPError, attempt: int) -> float:
    """As long as the server asks for, else twice as long each time."""
    told = answer.headers.get("Retry-After", "") if isinstance(answer, httpx.Response) else ""
    wait = float(told) if told.isdecimal() else _FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1)
    return min(wait, _LONGEST_WAIT_SECONDS)


def _spoken(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it does not answer in time"
    return str(error) or type(error).__name__
