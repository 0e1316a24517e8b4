"""Events of the ERP become SKUs on the dirty list: each once, none lost, in whatever order."""

import pytest

from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.flow import hearing
from inventory_sync.flow.hearing import LATE_BY, ErpEar
from inventory_sync_tests.flow.lanes import Lanes, sales_order
from inventory_sync_tests.flow.world import World, held


@pytest.fixture
def ear(lanes: Lanes) -> ErpEar:
    return new_ear(lanes)


def new_ear(lanes: Lanes, lane: str = "order_events") -> ErpEar:
    ear = ErpEar(lanes.parts, lane, poll_seconds=1)
    ear.hear()
    return ear


def heard(lanes: Lanes, ear: ErpEar) -> list[str]:
    """What is new on the list after listening once more."""
    ear.hear()
    found = sorted(lanes.dirty())
    ledger = lanes.world.ledger
    ledger.clear(ledger.take(["order_events", "hold_events"], due=lanes.world.now, limit=1000))
    return found


def test_a_lane_that_never_heard_begins_with_the_next_event(world: World) -> None:
    """What was before is in the figures that the first full pass reads."""
    world.run()
    lanes = Lanes(world)
    lanes.event("RETRO-CLOCK")
    ear = new_ear(lanes)
    assert lanes.dirty() == {}
    lanes.event("OAK-TABLE")
    assert heard(lanes, ear) == ["OAK-TABLE"]


def test_an_event_is_heard_once(lanes: Lanes, ear: ErpEar) -> None:
    lanes.event("OAK-TABLE")
    assert heard(lanes, ear) == ["OAK-TABLE"]
    for _ in range(70):
        lanes.later(1)
        assert heard(lanes, ear) == []


def test_the_mark_tells_the_kind_and_when_it_happened(lanes: Lanes, ear: ErpEar) -> None:
    event = lanes.event("OAK-TABLE", "count_corrected")
    lanes.later(2)
    ear.hear()
    (row,) = lanes.world.ledger.dirty().to_dict("records")
    assert (row["lane"], row["reason"]) == ("order_events", "count_corrected")
    assert row["occurred_at"] == event.occurred_at


@pytest.mark.parametrize("late_seconds", [2, 30, LATE_BY.total_seconds() - 2])
def test_an_id_that_is_committed_out_of_order_is_found(
    lanes: Lanes, ear: ErpEar, late_seconds: float
) -> None:
    lanes.event("RETRO-CLOCK", event_id=101)
    lanes.event("MINIMALIST-SPOON", event_id=103)
    assert heard(lanes, ear) == ["MINIMALIST-SPOON", "RETRO-CLOCK"]
    for _ in range(int(late_seconds)):
        lanes.later(1)
        assert heard(lanes, ear) == []
    lanes.event("OAK-TABLE", event_id=102)
    lanes.later(1)
    assert heard(lanes, ear) == ["OAK-TABLE"]
    lanes.later(1)
    assert heard(lanes, ear) == []


@pytest.mark.parametrize("phase_seconds", [1, 10, 29])
def test_it_is_found_whenever_the_lane_looks_back(lanes: Lanes, phase_seconds: int) -> None:
    ear = ErpEar(lanes.parts, "order_events", poll_seconds=30)
    lanes.later(phase_seconds)
    lanes.event("RETRO-CLOCK", event_id=101)
    lanes.event("MINIMALIST-SPOON", event_id=103)
    assert heard(lanes, ear) == ["MINIMALIST-SPOON", "RETRO-CLOCK"]
    lanes.later(LATE_BY.total_seconds() - 1)
    heard(lanes, ear)
    lanes.event("OAK-TABLE", event_id=102)
    found = []
    for _ in range(31):
        lanes.later(1)
        found += heard(lanes, ear)
    assert found == ["OAK-TABLE"]


def test_between_polls_only_what_is_new_is_read(
    lanes: Lanes, ear: ErpEar, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    erp = lanes.world.erp
    events = erp.events
    monkeypatch.setattr(
        erp, "events", lambda after, **options: asked.append(after) or events(after, **options)
    )
    lanes.event("RETRO-CLOCK", event_id=101)
    ear.hear()
    lanes.event("OAK-TABLE", event_id=102)
    ear.hear()
    assert asked[-1] == 101


class TestRestart:
    def test_it_goes_on_where_it_stopped(self, lanes: Lanes, ear: ErpEar) -> None:
        lanes.event("OAK-TABLE")
        assert heard(lanes, ear) == ["OAK-TABLE"]
        lanes.event("RETRO-CLOCK")
        lanes.later(3600)
        assert heard(lanes, new_ear(lanes)) == ["RETRO-CLOCK"]

    def test_what_was_heard_before_is_not_heard_again(self, lanes: Lanes, ear: ErpEar) -> None:
        lanes.event("OAK-TABLE")
        lanes.event("RETRO-CLOCK")
        heard(lanes, ear)
        lanes.later(1)
        again = new_ear(lanes)
        for _ in range(3):
            lanes.later(1)
            assert heard(lanes, again) == []

    def test_an_id_that_came_late_meanwhile_is_found(self, lanes: Lanes, ear: ErpEar) -> None:
        lanes.event("RETRO-CLOCK", event_id=101)
        lanes.event("MINIMALIST-SPOON", event_id=103)
        heard(lanes, ear)
        lanes.later(5)
        lanes.event("OAK-TABLE", event_id=102)
        again = new_ear(lanes)
        lanes.later(1)
        assert heard(lanes, again) == ["OAK-TABLE"]

    @pytest.mark.parametrize("away_seconds", [5, 3600, 3 * 86400])
    def test_an_id_that_came_late_after_a_quiet_time_is_found(
        self, lanes: Lanes, ear: ErpEar, away_seconds: int
    ) -> None:
        lanes.event("RETRO-CLOCK", event_id=101)
        heard(lanes, ear)
        lanes.later(20 * 60)
        lanes.event("MINIMALIST-SPOON", event_id=103)
        heard(lanes, ear)
        lanes.later(away_seconds)
        lanes.event("OAK-TABLE", event_id=102)
        again = new_ear(lanes)
        lanes.later(1)
        assert heard(lanes, again) == ["OAK-TABLE"]


class TestIdsThatWentBack:
    def test_everything_is_looked_at_and_new_events_are_heard(
        self, lanes: Lanes, ear: ErpEar
    ) -> None:
        lanes.event("OAK-TABLE", event_id=5000)
        heard(lanes, ear)
        lanes.world.erp.happened.clear()
        lanes.event("RETRO-CLOCK", event_id=3)
        lanes.later(1)
        assert EVERYTHING in heard(lanes, ear)
        lanes.event("MINIMALIST-SPOON", event_id=4)
        assert heard(lanes, ear) == ["MINIMALIST-SPOON"]

    def test_an_emptied_event_table_is_told_from_silence(self, lanes: Lanes, ear: ErpEar) -> None:
        lanes.event("OAK-TABLE", event_id=5000)
        heard(lanes, ear)
        lanes.later(1)
        assert heard(lanes, ear) == []
        lanes.world.erp.happened.clear()
        lanes.later(1)
        assert heard(lanes, ear) == [EVERYTHING]
        lanes.later(1)
        assert heard(lanes, ear) == []


class TestEventsWithoutSku:
    def test_it_means_the_open_skus_of_its_document(self, lanes: Lanes, ear: ErpEar) -> None:
        lanes.commit(
            sales_order("2", "OAK-TABLE", order_id="SO-77"),
            sales_order("2", "RETRO-CLOCK", order_id="SO-77"),
            sales_order("2", "MINIMALIST-SPOON", order_id="SO-78"),
        )
        lanes.event(None, "order_changed", document="SO-77")
        assert heard(lanes, ear) == ["OAK-TABLE", "RETRO-CLOCK"]

    def test_it_means_also_what_earlier_events_named(self, lanes: Lanes, ear: ErpEar) -> None:
        lanes.event("OAK-TABLE", "order_placed", document="SO-77")
        heard(lanes, ear)
        lanes.event(None, "order_cancelled", document="SO-77")
        assert heard(lanes, ear) == ["OAK-TABLE"]

    def test_it_means_also_what_its_document_had_before(self, lanes: Lanes, ear: ErpEar) -> None:
        """A line that is taken out of an order sets stock free, and no event names its SKU."""
        clock = sales_order("2", "RETRO-CLOCK", order_id="SO-77")
        lanes.commit(sales_order("2", "OAK-TABLE", order_id="SO-77"), clock)
        lanes.event(None, "order_created", document="SO-77")
        heard(lanes, ear)
        lanes.commit(clock)
        lanes.event(None, "order_changed", document="SO-77")
        assert heard(lanes, ear) == ["OAK-TABLE", "RETRO-CLOCK"]
        lanes.commit()
        lanes.event(None, "order_shipped", document="SO-77")
        assert heard(lanes, ear) == ["OAK-TABLE", "RETRO-CLOCK"]

    @pytest.mark.parametrize("document", ["SO-77", None])
    def test_of_an_unknown_document_or_of_none_it_means_everything(
        self, lanes: Lanes, ear: ErpEar, document: str | None
    ) -> None:
        lanes.event(None, "order_changed", document=document)
        assert heard(lanes, ear) == [EVERYTHING]


def test_each_lane_hears_its_own_kinds(lanes: Lanes) -> None:
    orders, holds = new_ear(lanes), new_ear(lanes, "hold_events")
    lanes.event("OAK-TABLE", "hold_placed")
    lanes.event("RETRO-CLOCK", "stock_changed")
    orders.hear()
    holds.hear()
    assert lanes.dirty("order_events") == {"RETRO-CLOCK": "stock_changed"}
    assert lanes.dirty("hold_events") == {"OAK-TABLE": "hold_placed"}


def test_more_events_than_are_read_at_once_are_heard_without_waiting(
    lanes: Lanes, ear: ErpEar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "_EVENTS_AT_ONCE", 2)
    for sku in ("OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON"):
        lanes.event(sku)
    assert ear.hear() == lanes.world.now
    assert sorted(lanes.dirty()) == ["OAK-TABLE", "RETRO-CLOCK"]
    assert heard(lanes, ear) == ["MINIMALIST-SPOON", "OAK-TABLE", "RETRO-CLOCK"]


def test_the_hold_lane_works_on_the_holds_of_a_document_that_it_released(lanes: Lanes) -> None:
    """The hold is gone when its event is heard; what it was about is remembered."""
    lanes.commit(held("6", order_id="SO-77"))
    lanes.event("OAK-TABLE", "hold_placed", document="SO-77")
    lanes.turn("hold_events")
    assert lanes.shown() == [14, 14]
    lanes.commit()
    lanes.event(None, "hold_cancelled", document="SO-77")
    lanes.turn("hold_events")
    assert lanes.shown() == [20, 20]
