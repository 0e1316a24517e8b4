"""What every ledger keeps about the import of orders: a part of ``LedgerContract``."""

from dataclasses import replace
from typing import Any

import pytest

from inventory_sync.domain.imports import LineToImport, OrderImport
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync_tests.ledger.samples import LAX, NOON, NYC, STORE, line, minutes

DUE = minutes(30)


def due(ledger: Ledger, *, at: float = 30, limit: int = 10) -> list[LineToImport]:
    """What has to be looked at, of orders placed since noon."""
    return ledger.lines_to_import(
        [STORE], since=NOON, quiet_since=minutes(at - 15), now=minutes(at), limit=limit
    )


def sold(ledger: Ledger, *changes: dict[str, Any], read: float = 0) -> None:
    usual = {"to_ship_units": 2, "current_units": 2, "created_at": NOON}
    parts = [line(**{**usual, **each}) for each in changes]
    ledger.record_order_lines(STORE, parts, read_at=minutes(read))


def begun(ledger: Ledger, **changes: Any) -> OrderImport:
    """The import of the line, as it was saved."""
    one = line()
    new = OrderImport(STORE, one.order_id, one.line_id, one.order_name, "asked", NOON, look_at=DUE)
    saved = ledger.save_import(replace(new, **changes))
    assert saved is not None
    return saved


class ImportContract:
    """Subclass it with a fixture ``ledger`` that makes an empty one."""

    def test_a_new_line_is_due_once_it_was_seen_long_enough(self, ledger: Ledger) -> None:
        sold(ledger, {})
        assert due(ledger, at=14) == []
        (found,) = due(ledger, at=15)
        one = line()
        assert found == LineToImport(
            STORE, one.order_id, one.line_id, one.order_name, one.sku, (NYC,), 2, 2, False, None
        )

    def test_the_parts_of_a_line_are_one(self, ledger: Ledger) -> None:
        gone = {"store_location_id": "gid://shopify/Location/9", "current_units": 0,
                "to_ship_units": 0}  # fmt: skip
        sold(ledger, {}, {"store_location_id": LAX, "to_ship_units": 1}, gone)
        (found,) = due(ledger)
        assert found.store_location_ids == (NYC, LAX)
        assert (found.wanted_units, found.to_ship_units) == (4, 3)

    @pytest.mark.parametrize(
        "changes",
        [
            {"to_ship_units": 0},
            {"to_ship_units": None},
            {"created_at": None},
            {"current_units": 0},
            {"is_on_hold": True},
            {"order_id": "inventory-sync:R-1"},
            {"order_id": "gid://shopify/DraftOrder/1"},
        ],
    )
    def test_what_nobody_shall_bring_in_is_not_due(
        self, ledger: Ledger, changes: dict[str, Any]
    ) -> None:
        sold(ledger, changes)
        assert due(ledger) == []

    def test_what_is_begun_is_told_to_be_held_back(self, ledger: Ledger) -> None:
        sold(ledger, {"is_on_hold": True})
        begun(ledger)
        assert [each.is_on_hold for each in due(ledger)] == [True]

    def test_another_store_and_an_older_order_are_left_alone(self, ledger: Ledger) -> None:
        elsewhere = line(to_ship_units=1, created_at=NOON)
        ledger.record_order_lines("b2c-eu", [elsewhere], read_at=NOON)
        sold(ledger, {"created_at": minutes(-1)})
        assert due(ledger) == []

    def test_what_was_changed_lately_is_left_to_others_for_a_while(self, ledger: Ledger) -> None:
        sold(ledger, {"updated_at": minutes(16)}, read=-60)
        assert due(ledger) == []
        assert len(due(ledger, at=31)) == 1

    def test_what_is_begun_is_due_at_its_time_oldest_first_up_to_the_limit(
        self, ledger: Ledger
    ) -> None:
        sold(ledger, {}, {"line_id": "gid://shopify/LineItem/12"})
        known = begun(ledger)
        assert [each.known for each in due(ledger, at=29)] == [None]
        assert [each.known for each in due(ledger)] == [None, known]
        assert [each.known for each in due(ledger, limit=1)] == [None]

    @pytest.mark.parametrize("state", ["asked", "answered", "waiting", "parked"])
    def test_what_has_left_the_shop_wants_nothing(self, ledger: Ledger, state: str) -> None:
        known = begun(ledger, state=state, seen_units=2)
        (found,) = due(ledger)
        assert (found.known, found.wanted_units, found.to_ship_units) == (known, 0, None)
        assert found.order_name == known.order_name

    @pytest.mark.parametrize(
        ("state", "booked", "seen", "shop", "is_due"),
        [
            ("done", 2, 2, {}, False),
            ("done", 3, 3, {}, True),
            ("done", 2, 2, {"to_ship_units": 0}, True),
            ("parked", 0, 2, {}, False),
            ("parked", 0, 3, {}, True),
            ("theirs", 0, 3, {}, False),
            ("closed", 3, 3, {}, False),
        ],
    )
    def test_what_has_come_to_rest_is_due_when_the_shop_has_changed_it(
        self, ledger: Ledger, state: str, booked: int, seen: int, shop: dict[str, Any], is_due: bool
    ) -> None:
        sold(ledger, shop)
        begun(ledger, state=state, booked_units=booked, seen_units=seen, look_at=minutes(60))
        assert bool(due(ledger)) is is_due

    def test_who_knows_less_than_the_ledger_writes_nothing(self, ledger: Ledger) -> None:
        first = begun(ledger)
        second = ledger.save_import(replace(first, state="done"))
        assert second == replace(first, state="done", changes=2)
        assert ledger.save_import(replace(first, state="parked")) is None
        assert ledger.save_import(replace(first, changes=0)) is None
        assert ledger.imports() == [second]

    def test_what_is_parked_can_be_asked_for_alone(self, ledger: Ledger) -> None:
        begun(ledger)
        parked = begun(
            ledger, state="parked", line_id="gid://shopify/LineItem/12", reason="No such SKU."
        )
        begun(ledger, state="theirs", line_id="gid://shopify/LineItem/13")
        assert len(ledger.imports()) == 2
        assert ledger.imports(parked_only=True) == [parked]

    def test_one_imports_at_a_time(self, ledger: Ledger) -> None:
        with (
            ledger.import_lock(patience_seconds=0.01) as first,
            ledger.import_lock(patience_seconds=0.01) as second,
        ):
            assert (first, second) == (True, False)
        with ledger.import_lock(patience_seconds=1) as third:
            assert third
