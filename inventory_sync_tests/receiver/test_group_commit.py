"""Who waits for the inbox is answered when its hint is on disk, and never before."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.webhooks import Hint
from inventory_sync.receiver import group_commit
from inventory_sync.receiver.group_commit import Inbox, InboxUnavailable, Receive
from inventory_sync.receiver.hints import to_hint
from inventory_sync.receiver.metrics import Metrics
from inventory_sync_tests.receiver.deliveries import NOW, Book, encoded, order

HINT = to_hint("b2b-us", {"x-shopify-topic": "orders/create"}, encoded(order()), received_at=NOW)


def hints(count: int) -> list[Hint]:
    return [replace(HINT, webhook_id=f"w{number}") for number in range(count)]


def inbox(receive: Receive, *, patience_seconds: float = 60) -> Inbox:
    return Inbox(receive, Metrics(["b2b-us"]), patience_seconds=patience_seconds)


class SlowBook(Book):
    """Writes nothing until the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.gate = threading.Event(), threading.Event()

    def receive(self, hints: Sequence[Hint]) -> int:
        self.begun.set()
        self.gate.wait()
        return super().receive(hints)


def test_what_comes_while_a_commit_is_under_way_shares_the_next_one() -> None:
    book = SlowBook()

    async def play() -> None:
        it = inbox(book.receive)
        first, *others = hints(21)
        async with it.writing():
            waiting = [asyncio.create_task(it.put(first))]
            await asyncio.to_thread(book.begun.wait)
            waiting += [asyncio.create_task(it.put(hint)) for hint in others]
            await asyncio.sleep(0)
            assert not any(task.done() for task in waiting)
            book.gate.set()
            await asyncio.gather(*waiting)

    asyncio.run(play())
    assert [len(call) for call in book.calls] == [1, 20]


def test_a_batch_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MAX_BATCH", 8)
    book = Book()

    async def play() -> None:
        it = inbox(book.receive)
        async with it.writing():
            await asyncio.gather(*(it.put(hint) for hint in hints(20)))

    asyncio.run(play())
    assert max(map(len, book.calls)) == 8
    assert book.hints == hints(20)


@pytest.mark.parametrize(
    "failure", [InventorySyncError("The ledger is away."), ValueError("a bug")]
)
def test_a_failed_commit_is_everybodys_failure_and_the_next_one_goes_well(
    failure: Exception,
) -> None:
    book = Book(failure=failure)

    async def play() -> None:
        it = inbox(book.receive)
        async with it.writing():
            results = await asyncio.gather(*map(it.put, hints(3)), return_exceptions=True)
            assert [type(result) for result in results] == 3 * [InboxUnavailable]
            book.failure = None
            await it.put(HINT)

    asyncio.run(play())
    assert book.hints == [HINT]


def test_a_full_queue_turns_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAITING", 5)
    book = SlowBook()

    async def play() -> None:
        it = inbox(book.receive)
        async with it.writing():
            waiting = [asyncio.create_task(it.put(HINT))]
            await asyncio.to_thread(book.begun.wait)
            waiting += [asyncio.create_task(it.put(hint)) for hint in hints(5)]
            await asyncio.sleep(0)
            with pytest.raises(InboxUnavailable):
                await it.put(HINT)
            book.gate.set()
            await asyncio.gather(*waiting)

    asyncio.run(play())
    assert len(book.hints) == 6


def test_a_commit_that_takes_too_long_is_not_waited_for() -> None:
    book = SlowBook()

    async def play() -> None:
        it = inbox(book.receive, patience_seconds=0.01)
        async with it.writing():
            with pytest.raises(InboxUnavailable):
                await it.put(HINT)
            book.gate.set()

    asyncio.run(play())
    assert book.hints == [HINT]  # it was written all the same: once more does no harm


def test_what_waits_at_the_end_is_still_written() -> None:
    book = Book()

    async def play() -> list[asyncio.Task[None]]:
        it = inbox(book.receive)
        async with it.writing():
            waiting = [asyncio.create_task(it.put(hint)) for hint in hints(10)]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return waiting

    assert len(asyncio.run(play())) == len(book.hints) == 10
