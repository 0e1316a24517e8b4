"""HTTP connections that nobody can hold open for nothing.

Put here the limits on how long a request may take to arrive, which uvicorn does not have. Limits on
a body's size belong to ``app``.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ARRIVAL_SECONDS: Final = 10.0
"""From a connection, or from the end of an answer, to the end of the next request."""
MAX_HEAD_BYTES: Final = 65_536


class PunctualHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, closed when a whole request does not arrive in time.

    A request that is refused while its body still arrives is read to its end, so that the sender
    can read the answer; the time for that is the same.
    """

    arrival_seconds = ARRIVAL_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes: int | None = 0
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Time runs from the first byte of a request; a head without end is refused."""
        self._await_request()
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins, perhaps right behind another one."""
        self._await_request()
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """From here on the application limits what is held."""
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here."""
        self._stop_waiting()
        super().on_message_complete()

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.arrival_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
