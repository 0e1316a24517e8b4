"""What every ledger keeps about a level (protocol B.3): one write in flight, and never a step back.

Put a law here that keeps two publishers from undoing each other. Put other laws into
``contract.py``.
"""

from datetime import datetime
from typing import Any

import pytest

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.known import KnownLevel, KnownLine
from inventory_sync.domain.publication import Applied, LevelKey, Refusal, Refused
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    LAX,
    PASS,
    SKUS,
    SPOON,
    STORE,
    TABLE,
    call,
    levels,
    line,
    minutes,
    prepare,
)

ADOPTED = ("sku", "quantity_units", "taken_units", "version")
EARLY, LATE = minutes(1), minutes(2)


def adopt(ledger: Ledger, *keys: LevelKey, quantity: int = 5, version: int = 0) -> None:
    """The store was seen to show so many units of each level."""
    found = levels(*((key, SKUS[key], quantity, 1, version) for key in keys), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(0))


def level(ledger: Ledger, key: LevelKey, *, stale_since: datetime = EARLY) -> KnownLevel:
    """The one level that is published as the SKU of ``key``."""
    (found,) = ledger.known([SKUS[key]], stale_since=stale_since).levels
    return found


def open_keys(ledger: Ledger) -> list[str]:
    """The idempotency keys of the writes without an outcome."""
    return sorted(ledger.open_intents(STORE)["idempotency_key"])


class FenceContract:
    """Subclass it with a fixture ``ledger`` that makes an empty one."""

    def test_a_level_takes_one_write_at_a_time_and_a_refused_call_leaves_nothing(
        self, ledger: Ledger
    ) -> None:
        prepare(ledger, call("key-1", CLOCK))

        with pytest.raises(WriteInFlight) as refused:
            prepare(ledger, call("key-2", TABLE, CLOCK))

        assert refused.value.keys == (CLOCK,)
        assert open_keys(ledger) == ["key-1"]
        prepare(ledger, call("key-3", TABLE))

    def test_an_applied_write_becomes_the_base_with_its_version_and_instant(
        self, ledger: Ledger
    ) -> None:
        adopt(ledger, CLOCK)
        prepare(ledger, call("key-1", CLOCK, quantity=7), taken=3, as_of=EARLY)
        assert level(ledger, CLOCK).is_busy

        ledger.settle(STORE, "key-1", Applied(), at=LATE)

        assert level(ledger, CLOCK) == KnownLevel(
            STORE, CLOCK, "RETRO-CLOCK", 7, 3, 1, False, 0, EARLY
        )
        assert open_keys(ledger) == []

    def test_a_write_decided_before_the_last_one_was_applied_is_refused(
        self, ledger: Ledger
    ) -> None:
        """Protocol B.2, C2: the store compares quantities, and they may be equal by chance."""
        prepare(ledger, call("key-1", CLOCK, TABLE))
        ledger.settle(STORE, "key-1", Applied(), at=EARLY)

        with pytest.raises(WriteInFlight) as refused:
            prepare(ledger, call("key-2", CLOCK, TABLE), versions={TABLE: 1})

        assert refused.value.keys == (CLOCK,)
        assert open_keys(ledger) == []

    def test_versions_count_the_refused_writes_too(self, ledger: Ledger) -> None:
        prepare(ledger, call("key-1", CLOCK))
        ledger.settle(STORE, "key-1", Refused({}), at=EARLY)
        prepare(ledger, call("key-2", CLOCK))
        ledger.settle_key(STORE, CLOCK, "applied", at=LATE, settled_by="read")

        assert level(ledger, CLOCK).version == 2

    @pytest.mark.parametrize("status", ["applied", "not_applied"])
    def test_a_level_is_settled_once(self, ledger: Ledger, status: Any) -> None:
        adopt(ledger, CLOCK)
        prepare(ledger, call("key-1", CLOCK, quantity=7))
        ledger.settle_key(STORE, CLOCK, status, at=EARLY, settled_by="read")
        settled = level(ledger, CLOCK)

        ledger.settle(STORE, "key-1", Applied(), at=LATE)
        ledger.settle(STORE, "key-1", Refused({0: Refusal("STALE", "no")}), at=LATE)
        ledger.settle_key(STORE, CLOCK, "applied", at=LATE, settled_by="read")

        assert settled.base_units == (7 if status == "applied" else 5)
        assert level(ledger, CLOCK) == settled

    def test_a_write_from_earlier_figures_than_the_last_decision_is_refused(
        self, ledger: Ledger
    ) -> None:
        adopt(ledger, CLOCK, TABLE)
        assert ledger.stamp(STORE, {CLOCK: 0}, as_of=LATE) == {CLOCK}

        with pytest.raises(WriteInFlight) as refused:
            prepare(ledger, call("key-1", CLOCK, TABLE), as_of=EARLY)

        assert refused.value.keys == (CLOCK,)
        prepare(ledger, call("key-2", CLOCK, TABLE), as_of=LATE)

    def test_a_stamp_needs_the_version_that_was_read_and_no_write_in_flight(
        self, ledger: Ledger
    ) -> None:
        adopt(ledger, CLOCK, TABLE)
        prepare(ledger, call("key-1", CLOCK), as_of=EARLY)
        assert ledger.stamp(STORE, {CLOCK: 0, TABLE: 0}, as_of=LATE) == {TABLE}

        ledger.settle(STORE, "key-1", Applied(), at=LATE)
        assert ledger.stamp(STORE, {CLOCK: 0}, as_of=LATE) == set()
        assert level(ledger, CLOCK).as_of == EARLY

    def test_a_stamp_never_goes_back_in_time(self, ledger: Ledger) -> None:
        adopt(ledger, CLOCK)
        ledger.stamp(STORE, {CLOCK: 0}, as_of=LATE)

        assert ledger.stamp(STORE, {CLOCK: 0}, as_of=EARLY) == {CLOCK}

        assert level(ledger, CLOCK).as_of == LATE

    def test_a_level_without_a_base_cannot_be_stamped(self, ledger: Ledger) -> None:
        assert ledger.stamp(STORE, {CLOCK: 0}, as_of=LATE) == set()
        assert ledger.known(["RETRO-CLOCK"], stale_since=EARLY).levels == []

    def test_an_adopted_quantity_is_the_base_and_keeps_version_and_instant(
        self, ledger: Ledger
    ) -> None:
        prepare(ledger, call("key-1", CLOCK, quantity=7), as_of=EARLY)
        ledger.settle(STORE, "key-1", Applied(), at=LATE)

        adopt(ledger, CLOCK, quantity=40, version=1)

        assert level(ledger, CLOCK) == KnownLevel(
            STORE, CLOCK, "RETRO-CLOCK", 40, 1, 1, False, 0, EARLY
        )

    def test_a_level_that_is_or_was_written_meanwhile_is_not_adopted(self, ledger: Ledger) -> None:
        adopt(ledger, CLOCK, TABLE)
        prepare(ledger, call("key-1", CLOCK, TABLE, quantity=7))
        adopt(ledger, CLOCK, quantity=4)
        assert level(ledger, CLOCK).base_units == 5

        ledger.settle_key(STORE, CLOCK, "applied", at=LATE, settled_by="read")
        ledger.settle_key(STORE, TABLE, "not_applied", at=LATE, settled_by="read")
        adopt(ledger, CLOCK, TABLE, quantity=4)

        assert (level(ledger, CLOCK).base_units, level(ledger, TABLE).base_units) == (7, 4)

    def test_readings_are_noted_for_known_levels_and_never_go_back(self, ledger: Ledger) -> None:
        adopt(ledger, CLOCK, TABLE)

        def observe(minute: int, *rows: tuple[LevelKey, int | None]) -> None:
            seen = levels(*rows, columns=("observed_units",)).astype({"observed_units": "Int64"})
            ledger.record_observed(STORE, seen, at=minutes(minute))

        observe(2, (CLOCK, 3), (TABLE, None), (SPOON, 9))
        observe(1, (CLOCK, 4))

        shown = ledger.publications(STORE).set_index("sku")
        assert shown["observed_units"].dropna().to_dict() == {"RETRO-CLOCK": 3}
        assert shown["observed_at"].to_dict() == dict.fromkeys(
            ["RETRO-CLOCK", "OAK-TABLE"], minutes(2)
        )
        assert shown["quantity_units"].to_dict() == dict.fromkeys(["RETRO-CLOCK", "OAK-TABLE"], 5)

    def test_stale_answers_are_counted_since_an_instant(self, ledger: Ledger) -> None:
        adopt(ledger, CLOCK, TABLE)
        stale = Refused({1: Refusal("CHANGE_FROM_QUANTITY_STALE", "it is 4")})
        for number in range(3):
            prepare(ledger, call(f"key-{number}", TABLE, CLOCK))
            ledger.settle(STORE, f"key-{number}", stale, at=minutes(number))

        assert level(ledger, CLOCK, stale_since=minutes(1)).stale_answers == 2
        assert level(ledger, TABLE, stale_since=minutes(0)).stale_answers == 0

    def test_known_lines_are_those_of_the_sku_and_of_its_items(self, ledger: Ledger) -> None:
        adopt(ledger, CLOCK)
        named = line(order_id="2", line_id="c", inventory_item_id=None, store_location_id=None)
        sold_as_another = line(order_id="1", line_id="b", sku="OLD-CLOCK", store_location_id=LAX)
        elsewhere = line(order_id="3", line_id="d", sku="OLD-CLOCK")
        ledger.record_order_lines(STORE, [named, sold_as_another], read_at=EARLY)
        ledger.record_order_lines("b2c-eu", [elsewhere], read_at=EARLY)

        found = ledger.known(["RETRO-CLOCK"], stale_since=EARLY)

        item = CLOCK.inventory_item_id
        assert found.lines == [
            KnownLine(STORE, "1", "b", "OLD-CLOCK", item, LAX, 1, 1, EARLY),
            KnownLine(STORE, "2", "c", "RETRO-CLOCK", None, None, 1, 1, EARLY),
        ]
        assert ledger.order_ids_of(["RETRO-CLOCK"]) == ["1", "2"]

    def test_an_item_that_is_renamed_owes_under_its_new_sku(self, ledger: Ledger) -> None:
        ledger.record_order_lines(STORE, [line()], read_at=EARLY)

        ledger.rename_item(STORE, CLOCK.inventory_item_id, "NEW-CLOCK")

        assert ledger.order_ids_of(["RETRO-CLOCK"]) == []
        (found,) = ledger.known(["NEW-CLOCK"], stale_since=EARLY).lines
        assert found.sku == "NEW-CLOCK"

    def test_doubts_are_replaced_by_scope(self, ledger: Ledger) -> None:
        ledger.record_doubts("erp", {"OAK-TABLE", "WALL-LAMP"}, pass_id=PASS)
        ledger.record_doubts(STORE, {"WALL-LAMP"}, pass_id=PASS)
        ledger.record_doubts("erp", {"RETRO-CLOCK"}, pass_id=PASS)

        wanted = ["OAK-TABLE", "WALL-LAMP"]
        assert ledger.known(wanted, stale_since=EARLY).doubtful == {"WALL-LAMP"}
