"""Many deliveries, one commit: whoever waits is answered when the batch is on disk.

Put here how hints wait for the inbox. One writer takes all that has come while it wrote, so a
commit is shared by as many deliveries as the disk is slow. Keep out HTTP and what is written.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from inventory_sync.domain.webhooks import Hint
from inventory_sync.receiver.metrics import Metrics

MAX_WAITING: Final = 2_000
"""Above that, deliveries are turned away: Shopify sends them again."""
MAX_BATCH: Final = 500

_log = structlog.get_logger(__name__)

Receive = Callable[[Sequence[Hint]], int]
"""Writes hints on disk; how many were new. Raises when it cannot."""


class InboxUnavailable(Exception):
    """The hint is not known to be on disk: the delivery has to be sent again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    hint: Hint
    written: asyncio.Future[None]


class Inbox:
    """The queue before the inbox, and its one writer. It belongs to one event loop."""

    def __init__(self, receive: Receive, metrics: Metrics, *, patience_seconds: float) -> None:
        self._receive = receive
        self._metrics = metrics
        self._patience_seconds = patience_seconds
        self._queue = asyncio.Queue[_Waiting](MAX_WAITING)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Keep the writer at work; what waits at the end is still written."""
        with ThreadPoolExecutor(1, "inbox") as thread:
            writer = asyncio.create_task(self._write_batches(thread))
            try:
                yield
                await self._queue.join()
            finally:
                writer.cancel()

    async def put(self, hint: Hint) -> None:
        """Return when the hint is on disk.

        Raises ``InboxUnavailable`` when too many wait, when writing fails, or when it takes longer
        than the sender waits; in the last case it may still be written.
        """
        waiting = _Waiting(hint, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
            async with asyncio.timeout(self._patience_seconds):
                await waiting.written
        except (asyncio.QueueFull, TimeoutError) as reason:
            raise InboxUnavailable from reason

    async def _write_batches(self, thread: ThreadPoolExecutor) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch, thread)

    async def _write(self, batch: list[_Waiting], thread: ThreadPoolExecutor) -> None:
        hints, on_disk = [each.hint for each in batch], False
        try:
            loop = asyncio.get_running_loop()
            new = await loop.run_in_executor(thread, self._receive, hints)
        except Exception as error:  # whatever it is: the senders must know, the writer must go on
            _log.error("inbox_unavailable", deliveries=len(hints), cause=_sentence(error))
        else:
            on_disk = True
            self._metrics.batch(len(hints), new)
        for each in batch:
            self._queue.task_done()
            if each.written.done():  # its sender waits no more
                continue
            if on_disk:
                each.written.set_result(None)
            else:
                each.written.set_exception(InboxUnavailable())


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
