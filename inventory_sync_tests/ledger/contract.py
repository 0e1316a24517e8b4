"""What every ledger keeps, whatever it is made of: subclass it and say how to make an empty one.

Put a law here that a lane or an event pass relies on. Keep out what only PostgreSQL can show: two
connections at once (``test_races.py``), a lost one, what is on disk. The laws of a level are in
``fence_contract.py``.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from inventory_sync.domain.dirty import LANES, Channel, Clock, DirtySku, Mark
from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync_tests.ledger.fence_contract import FenceContract
from inventory_sync_tests.ledger.import_contract import ImportContract
from inventory_sync_tests.ledger.samples import ENDED, HELD, LAX, STORE, hint, line, minutes

LATE = minutes(600)


def mark(sku: str, occurred: float = 0, due: float = 0, reason: str = "order_created") -> Mark:
    """A mark whose times are minutes after noon."""
    return Mark(sku, minutes(occurred), minutes(due), reason)


def event(event_id: int, sku: str | None = "OAK-TABLE", document: str | None = None) -> ErpEvent:
    """An event of the ERP about a table in its plant."""
    return ErpEvent(event_id, minutes(0), "order_created", sku, "PLANT-1", document)


def taken(ledger: Ledger) -> list[DirtySku]:
    """Everything on the lists of all lanes."""
    return ledger.take(LANES, due=LATE, limit=1000)


def names(rows: Sequence[DirtySku]) -> list[tuple[str, str]]:
    """Lane and SKU of each row."""
    return [(row.lane, row.sku) for row in rows]


class LedgerContract(FenceContract, ImportContract):
    """Subclass it with a fixture ``ledger`` that makes an empty one."""

    # The dirty list.

    def test_a_sku_is_one_row_of_a_lane_however_often_it_is_marked(self, ledger: Ledger) -> None:
        ledger.mark("order_events", [mark("OAK-TABLE", 3, 5), mark("OAK-TABLE", 2, 9)])
        ledger.mark("order_events", [mark("OAK-TABLE", 4, 4, "stock_adjusted")])

        (row,) = taken(ledger)

        assert row == DirtySku(
            "order_events",
            "OAK-TABLE",
            row.generation,
            minutes(2),
            minutes(4),
            "stock_adjusted",
            3,
        )

    def test_what_is_due_is_taken_oldest_first_and_stays(self, ledger: Ledger) -> None:
        ledger.mark("repair", [mark("OAK-TABLE", 2, 5), mark("RETRO-CLOCK", 3, 5)])
        ledger.mark("order_events", [mark("OAK-TABLE", 1, 6), mark("WALL-LAMP", 0, 7)])

        due = ledger.take(["repair", "order_events"], due=minutes(6), limit=2)

        assert names(due) == [("order_events", "OAK-TABLE"), ("repair", "OAK-TABLE")]
        assert len(taken(ledger)) == 4
        assert ledger.next_due(["order_events", "hold_events"]) == {"order_events": minutes(6)}

    def test_what_may_wait_comes_behind_what_may_not(self, ledger: Ledger) -> None:
        ledger.mark("order_events", [mark("OAK-TABLE", 1, 2, "stock_adjusted")])
        ledger.mark("order_events", [mark("WALL-LAMP", 4, 5, "order_created")])
        ledger.mark("order_events", [mark("OAK-BENCH", 3, 5, "order_created")])
        found = ledger.take(["order_events"], due=LATE, limit=2, last={"stock_adjusted"})
        assert [item.sku for item in found] == ["OAK-BENCH", "WALL-LAMP"]

    def test_a_batch_notes_its_changes_and_never_goes_back(self, ledger: Ledger) -> None:
        assert ledger.batch_until("replenishment") is None
        ledger.note_changes("replenishment", [mark("OAK-TABLE")], until=minutes(5))
        ledger.note_changes("replenishment", [], until=minutes(4))
        ledger.note_changes("replenishment", [mark("WALL-LAMP")], until=None)
        ledger.note_changes("manufacturing", [], until=minutes(3))
        assert ledger.batch_until("replenishment") == minutes(5)
        assert ledger.batch_until("manufacturing") == minutes(3)
        assert sorted(names(taken(ledger))) == [("batch", "OAK-TABLE"), ("batch", "WALL-LAMP")]

    def test_what_was_marked_since_it_was_taken_is_not_cleared(self, ledger: Ledger) -> None:
        ledger.mark("order_events", [mark("OAK-TABLE"), mark("RETRO-CLOCK")])
        before = taken(ledger)
        ledger.mark("order_events", [mark("OAK-TABLE")])

        ledger.clear(before)

        assert names(taken(ledger)) == [("order_events", "OAK-TABLE")]

    def test_a_row_that_was_cleared_and_marked_anew_is_another_one(self, ledger: Ledger) -> None:
        ledger.mark("order_events", [mark("OAK-TABLE")])
        orphaned = taken(ledger)
        ledger.clear(orphaned)
        ledger.mark("order_events", [mark("OAK-TABLE")])

        ledger.clear(orphaned)

        assert names(taken(ledger)) == [("order_events", "OAK-TABLE")]

    # Events of the ERP.

    def test_the_cursor_of_a_lane_never_falls_unless_it_is_set_back(self, ledger: Ledger) -> None:
        assert ledger.heard_until("order_events") is None

        ledger.record_events("order_events", [event(7), event(5)], [], at=minutes(1))
        ledger.record_events("order_events", [event(6)], [], at=minutes(2))
        assert ledger.heard_until("order_events") == 7
        assert ledger.heard_until("hold_events") is None

        ledger.record_events("order_events", [event(2)], [], at=minutes(3), restart_at=1)
        assert ledger.heard_until("order_events") == 2
        assert ledger.heard_since("order_events", minutes(0)) == {2: minutes(3)}

    def test_an_event_was_heard_when_it_was_heard_first(self, ledger: Ledger) -> None:
        ledger.record_events("order_events", [event(5)], [], at=minutes(1))
        ledger.record_events("order_events", [event(5), event(6)], [], at=minutes(2))

        assert ledger.heard_since("order_events", minutes(0)) == {5: minutes(1), 6: minutes(2)}
        assert ledger.heard_since("order_events", minutes(1)) == {6: minutes(2)}

    def test_events_mark_what_they_concern_and_link_documents(self, ledger: Ledger) -> None:
        events = [event(1, "OAK-TABLE", "SO-7"), event(2, "WALL-LAMP", "SO-7"), event(3, None)]
        ledger.record_events("hold_events", events, [mark("OAK-TABLE")], at=minutes(1))

        assert names(taken(ledger)) == [("hold_events", "OAK-TABLE")]
        assert ledger.skus_of_document("SO-7") == ["OAK-TABLE", "WALL-LAMP"]
        assert ledger.skus_of_document("SO-8") == []

    # The inbox.

    @pytest.mark.parametrize(
        ("second", "is_new"),
        [
            (hint(2, webhook_id="delivery-1"), False),
            (hint(2, event_id="event-1"), False),
            (hint(2, event_id="event-1", topic="orders/edited"), True),
            (hint(2, digest="sha256-1"), False),
            (hint(1, store="b2c-eu"), True),
        ],
    )
    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_delivery_is_written_down_once(
        self, ledger: Ledger, second: Hint, is_new: bool, at_once: bool
    ) -> None:
        both = [hint(1), second]
        calls = [both] if at_once else [[one] for one in both]

        assert sum(ledger.receive(one) for one in calls) == 1 + is_new

        found = [entry.hint for entry in ledger.inbox(["b2b-us", "b2c-eu"], limit=9)]
        assert found == both[: 1 + is_new]

    @pytest.mark.parametrize(("minute", "is_new"), [(60.9, False), (61, True)])
    def test_a_body_is_news_again_after_an_hour(
        self, ledger: Ledger, minute: float, is_new: bool
    ) -> None:
        ledger.receive([hint(1)])

        again = hint(2, digest="sha256-1", received_at=minutes(minute))
        assert ledger.receive([again]) == is_new

    def test_news_is_not_lost_beside_a_double_with_the_same_body(self, ledger: Ledger) -> None:
        ledger.receive([hint(1)])
        ledger.inbox_done([entry.inbox_id for entry in ledger.inbox([STORE], limit=9)], at=LATE)
        back_again = hint(2, digest="sha256-1")

        assert ledger.receive([hint(1), back_again]) == 1
        assert [entry.hint for entry in ledger.inbox([STORE], limit=9)] == [back_again]

    def test_deliveries_are_handed_on_in_order_until_they_are_done(self, ledger: Ledger) -> None:
        ledger.receive([hint(3), hint(1), hint(2, dead_reason="no id"), hint(4, store="b2c-eu")])

        entries = ledger.inbox([STORE], limit=9)
        assert [entry.hint for entry in entries] == [hint(3), hint(1)]
        assert ledger.inbox([STORE], limit=1) == entries[:1]

        ledger.inbox_done([entries[0].inbox_id], at=LATE)
        assert ledger.inbox([STORE], limit=9) == entries[1:]
        assert ledger.receive([hint(3)]) == 0

    # Clocks and reservations.

    def test_clocks_ring_once_and_mark_their_skus_for_the_hold_lane(self, ledger: Ledger) -> None:
        clocks = [
            Clock("H-1", "RETRO-CLOCK", minutes(4)),
            Clock("H-2", "RETRO-CLOCK", minutes(3)),
            Clock("H-3", "OAK-TABLE", minutes(9)),
        ]
        ledger.set_clocks(None, clocks, at=minutes(0))

        assert ledger.ring_clocks(now=minutes(4)) == ["RETRO-CLOCK"]
        assert ledger.ring_clocks(now=minutes(4)) == []
        assert ledger.next_clock() == minutes(9)
        (row,) = taken(ledger)
        assert (row.lane, row.sku, row.occurred_at, row.due_at, row.reason) == (
            "hold_events",
            "RETRO-CLOCK",
            minutes(3),
            minutes(3),
            "expired",
        )

    def test_clocks_are_replaced_unless_a_later_reading_set_them(self, ledger: Ledger) -> None:
        def set_clock(skus: list[str] | None, sku: str, *, at: datetime) -> None:
            ledger.set_clocks(skus, [Clock(f"H-{sku}", sku, minutes(9))], at=at)

        set_clock(["OAK-TABLE"], "OAK-TABLE", at=minutes(1))
        set_clock(["WALL-LAMP"], "WALL-LAMP", at=minutes(3))
        ledger.set_clocks(["RETRO-CLOCK"], [], at=minutes(5))
        ledger.set_clocks(None, [], at=minutes(2))

        assert ledger.ring_clocks(now=LATE) == ["WALL-LAMP"]

    def test_a_reservation_that_has_ended_stays_ended(self, ledger: Ledger) -> None:
        young = replace(HELD, reservation_id="res-0", created_at=minutes(1))
        ledger.save_reservations([young, HELD])
        assert ledger.reservations(held_only=True) == [HELD, young]

        ledger.save_reservations([ENDED])
        ledger.save_reservations([replace(HELD, state="released")])

        assert ledger.reservation("res-1") == ENDED
        assert ledger.reservations() == [ENDED, young]
        assert ledger.reservations(held_only=True) == [young]

    def test_a_reservation_is_saved_together_with_its_order_line(self, ledger: Ledger) -> None:
        taken_line = HELD.as_order_line(minutes(1))

        told = {"read_at": minutes(1), "reservations": [HELD]}
        assert ledger.record_order_lines(STORE, [taken_line], **told) == {"OAK-TABLE"}

        assert ledger.reservations() == [HELD]
        assert ledger.order_ids_of(["OAK-TABLE"]) == [HELD.order_id]

    # Orders.

    def test_the_newest_state_of_an_order_replaces_all_its_lines(self, ledger: Ledger) -> None:
        first = [line(line_id="a"), line(line_id="b", sku="OAK-TABLE")]
        moved = line(line_id="a", store_location_id=LAX, updated_at=minutes(2))
        assert ledger.record_order_lines(STORE, first, read_at=minutes(1)) == {
            "RETRO-CLOCK",
            "OAK-TABLE",
        }

        assert ledger.record_order_lines(STORE, [moved], read_at=minutes(3)) == {
            "RETRO-CLOCK",
            "OAK-TABLE",
        }
        assert ledger.record_order_lines(STORE, [moved], read_at=minutes(4)) == set()
        assert ledger.record_order_lines(STORE, first, read_at=minutes(5)) == set()

        kept = ledger.order_lines()[["line_id", "store_location_id"]].to_numpy().tolist()
        assert kept == [["a", LAX]]
        assert names(taken(ledger)) == [
            ("store_orders", "OAK-TABLE"),
            ("store_orders", "RETRO-CLOCK"),
        ]

    # Locks and bells.

    def test_a_store_and_a_lane_are_held_by_one_at_a_time(self, ledger: Ledger) -> None:
        with (
            ledger.lane_lock("repair", patience_seconds=0) as first,
            ledger.lane_lock("repair", patience_seconds=0) as second,
            ledger.lane_lock("order_events", patience_seconds=0) as other,
        ):
            assert (first, second, other) == (True, False, True)
        with ledger.lane_lock("repair", patience_seconds=0) as again:
            assert again

    def test_a_store_is_free_again_after_a_pass_that_failed(self, ledger: Ledger) -> None:
        with pytest.raises(StoreUnreachable), ledger.store_lock(STORE):
            raise StoreUnreachable(store=STORE, cause="it is away")
        with ledger.store_lock(STORE), ledger.store_lock("b2c-eu"):
            pass

    @pytest.mark.parametrize("channel", ["repair", "inbox"])
    def test_whoever_waits_for_work_is_woken_by_it(self, ledger: Ledger, channel: Channel) -> None:
        bell = threading.Event()
        with ledger.on_work(["hold_events", channel], bell.set):
            if channel == "repair":
                ledger.mark("repair", [mark("OAK-TABLE")])
            else:
                ledger.receive([hint(1)])
            assert bell.wait(timeout=30)
