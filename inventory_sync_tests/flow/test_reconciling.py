"""Reconcile on a real ledger: each difference gets its cause, and each failure turns one check red.

The company of ``world.py`` shows 20 of everything in both stores before something goes wrong.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.evidence import Limits
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.flow import reconciling
from inventory_sync.flow.reconciling import Reconciliation, reconcile
from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.conftest import fresh_database
from inventory_sync_tests.erp.rows import commitment, stock
from inventory_sync_tests.flow.world import SKUS, World, build_world, held
from inventory_sync_tests.ledger.samples import wipe

TABLE = "OAK-TABLE @ gid://shopify/Location/1001"
LIMITS = Limits(hold_grace_minutes=0)


@pytest.fixture(scope="module")
def shared_ledger(postgres_server_uri: str) -> Iterator[Ledger]:
    for database in fresh_database(postgres_server_uri):
        opened = connect(database)
        yield opened
        opened.close()


def look(world: World, *, repair: bool = False) -> Reconciliation:
    """Reconcile an hour later."""
    world.now += timedelta(hours=1)
    world.erp.taken_at = world.now
    return reconcile(world.parts, repair=repair, limits=LIMITS)


def causes(found: Reconciliation, store: str = "b2b") -> dict[str, str]:
    """SKU -> cause, as they were found."""
    rows = found.stores[store].found
    return dict(zip(rows["sku"], rows["cause"], strict=True))


def red(found: Reconciliation) -> dict[str, set[str]]:
    """Store -> the checks that failed."""
    failed = {
        store: {each.name for each in verdicts if not each.passed}
        for store, verdicts in found.verdicts.items()
    }
    return {store: names for store, names in failed.items() if names}


def go(world: World, **wishes: object) -> None:
    """A full pass a minute later."""
    world.erp.taken_at = world.now + timedelta(minutes=1)
    assert world.run(**wishes).good


@pytest.fixture
def calm(shared_ledger: Ledger) -> World:
    """Both stores show what they should; an order of a spoon is known to all."""
    wipe(shared_ledger)
    world = build_world(shared_ledger)
    for front in world.stores.values():
        front.now = world.now
    go(world)
    world.stores["b2c"].buy(world.key("b2c", "MINIMALIST-SPOON"), 1)
    go(world)
    return world


def test_a_quiet_company_has_no_drift_and_no_failure(calm: World) -> None:
    found = look(calm, repair=True)
    assert [len(each.found) for each in found.stores.values()] == [0, 0]
    assert red(found) == {}
    assert found.failures == {}
    assert calm.ledger.drift().empty
    assert calm.ledger.last_passes(1)["counts"].iloc[0]["b2b.levels"] == len(SKUS)


def test_somebody_elses_raise_is_named_confuses_customers_and_is_taken_back(calm: World) -> None:
    calm.stores["b2b"].edit(calm.key("b2b"), 90)
    found = look(calm, repair=True)
    assert causes(found) == {"OAK-TABLE": "foreign_edit"}
    assert red(found) == {"b2b": {"customer_confusion"}}
    assert found.stores["b2b"].repaired == {TABLE}
    assert calm.shown("b2b") == 20
    assert red(look(calm)) == {}
    (row,) = calm.ledger.drift().to_dict("records")
    assert (row["owner"], row["shown_units"], row["wanted_units"]) == ("store staff", 90, 20)
    assert row["repaired_by"] == "reconcile"


def test_a_decrease_that_no_order_explains_splits_the_stock_until_a_person_decides(
    calm: World,
) -> None:
    calm.stores["b2b"].edit(calm.key("b2b"), 15)
    found = look(calm, repair=True)
    assert causes(found) == {"OAK-TABLE": "unexplained_decrease"}
    assert red(found) == {"b2b": {"inventory_fragmentation"}}
    assert found.stores["b2b"].repaired == frozenset()
    assert calm.shown("b2b") == 15
    go(calm, trust_observed=True)
    assert red(look(calm)) == {}
    (row,) = calm.ledger.drift().to_dict("records")
    assert (row["wanted_units"], row["repaired_by"]) == (20, "others")


def test_an_order_that_nobody_told_us_of_is_found_and_deducted_everywhere(calm: World) -> None:
    calm.stores["b2c"].buy(calm.key("b2c"), 3)
    found = look(calm, repair=True)
    assert red(found) == {"b2b": {"customer_confusion", "outdated_stock_data"}}
    assert causes(found, "b2c") == {"OAK-TABLE": "lost_webhook"}
    assert causes(found, "b2b") == {"OAK-TABLE": "lost_webhook"}
    assert [calm.shown("b2b"), calm.shown("b2c")] == [17, 17]
    assert causes(look(calm)) == {}


def test_an_order_of_this_minute_is_in_flight_and_no_drift(calm: World) -> None:
    calm.stores["b2c"].now = calm.now + timedelta(minutes=59)
    calm.stores["b2c"].buy(calm.key("b2c"), 3)
    found = look(calm)
    assert causes(found) == {"OAK-TABLE": "in_flight"}
    assert calm.ledger.drift().empty
    assert red(found) == {}


def test_stock_that_arrived_unheard_is_outdated_in_every_store(calm: World) -> None:
    calm.erp.rows = {
        **calm.erp.rows,
        "stock": [
            stock(sku, "30" if sku == "OAK-TABLE" else "20", location="NYC")
            | {"updated_at": str(calm.now + timedelta(minutes=1))}
            for sku in SKUS
        ],
    }
    found = look(calm, repair=True)
    assert causes(found) == {"OAK-TABLE": "erp_not_heard"}
    assert red(found) == {"b2b": {"outdated_stock_data"}, "b2c": {"outdated_stock_data"}}
    (verdict,) = [each for each in found.verdicts["b2b"] if not each.passed]
    assert verdict.number == 59
    assert verdict.examples["quantity_units"].tolist() == [30]
    assert calm.shown() == 30
    assert red(look(calm)) == {}


def test_an_event_that_a_lane_has_yet_to_serve_is_in_flight(calm: World) -> None:
    calm.set_stock(OAK_TABLE="12")
    calm.ledger.record_events("order_events", [], [], at=calm.now, restart_at=0)
    soon = calm.now + timedelta(minutes=59)
    calm.erp.happened.append(ErpEvent(1, soon, "stock_adjusted", "OAK-TABLE", "NYC", None))
    found = look(calm)
    assert causes(found) == {"OAK-TABLE": "in_flight"}
    assert red(found) == {}


def test_an_event_that_no_lane_serves_for_an_hour_is_outdated(calm: World) -> None:
    calm.set_stock(OAK_TABLE="30")
    calm.ledger.record_events("order_events", [], [], at=calm.now, restart_at=0)
    calm.erp.happened.append(ErpEvent(1, calm.now, "stock_adjusted", "OAK-TABLE", "NYC", None))
    found = look(calm)
    assert causes(found) == {"OAK-TABLE": "erp_not_heard"}
    assert red(found)["b2b"] == {"outdated_stock_data"}


def test_new_rules_in_the_settings_are_the_cause_of_what_they_change(calm: World) -> None:
    calm.policies["b2b"] = replace(calm.policies["b2b"], rules=OfferRules(buffer_units=2))
    found = look(calm, repair=True)
    assert set(causes(found).values()) == {"policy_change"}
    assert calm.shown("b2b") == 18
    assert causes(look(calm)) == {}


def test_a_hold_that_ended_unheard_is_the_cause(calm: World) -> None:
    calm.erp.rows = {**calm.erp.rows, "commitments": [held("6")]}
    go(calm)
    calm.erp.rows = {**calm.erp.rows, "commitments": []}
    found = look(calm, repair=True)
    assert causes(found) == {"OAK-TABLE": "expired_hold"}
    assert calm.shown("b2b") == 20


def test_an_item_that_cannot_be_published_is_a_difference_that_stays(calm: World) -> None:
    front = calm.stores["b2b"]
    item = calm.key("b2b").inventory_item_id
    front.items[item] = replace(front.items[item], tracked=False)
    front.stock[calm.key("b2b", "RETRO-CLOCK")].is_active = False
    found = look(calm, repair=True)
    assert causes(found) == {"OAK-TABLE": "untracked", "RETRO-CLOCK": "inactive"}
    assert set(calm.ledger.drift(open_only=True)["sku"]) == {"OAK-TABLE", "RETRO-CLOCK"}


def test_more_sold_in_the_shop_than_there_is_is_overselling(calm: World) -> None:
    for units in (12, 13):
        calm.stores["b2c"].buy(calm.key("b2c"), units)
    found = look(calm)
    assert red(found)["b2c"] >= {"overselling"}
    (verdict,) = [each for each in found.verdicts["b2c"] if each.name == "overselling"]
    assert (verdict.number, verdict.examples["sku"].tolist()) == (5, ["OAK-TABLE"])


def test_an_order_that_the_erp_refuses_is_a_cancellation(calm: World) -> None:
    line = calm.stores["b2c"].buy(calm.key("b2c"), 2)
    go(calm)
    acknowledgement = {
        "external_order_id": line.order_id,
        "external_line_id": line.line_id,
        "quantity": "0",
        "updated_at": str(calm.now),
    }
    calm.erp.rows = {**calm.erp.rows, "acknowledged_orders": [acknowledgement]}
    found = look(calm)
    assert red(found) == {"b2c": {"order_cancellations"}}
    calm.erp.rows = {
        **calm.erp.rows,
        "acknowledged_orders": [acknowledgement | {"quantity": "2"}],
        "commitments": [
            commitment("C-1", sku="OAK-TABLE", quantity="2", kind="order", expires_at=None)
        ],
    }
    go(calm)
    assert red(look(calm)) == {}


def test_a_hold_that_only_the_erp_knows_is_hold_drift(calm: World) -> None:
    line = calm.stores["b2c"].buy(calm.key("b2c"), 2)
    ack = {
        "external_order_id": line.order_id,
        "external_line_id": line.line_id,
        "quantity": "2",
        "updated_at": str(calm.now),
    }
    phantom = held("2", external_order_id=line.order_id, updated_at=str(calm.now))
    calm.erp.rows = {**calm.erp.rows, "acknowledged_orders": [ack], "commitments": [phantom]}
    go(calm)
    assert red(look(calm)) == {"b2c": {"hold_drift"}}
    calm.erp.rows = {**calm.erp.rows, "commitments": [phantom | {"kind": "order"}]}
    assert red(look(calm)) == {}


def test_without_repair_nothing_is_written(calm: World) -> None:
    calm.stores["b2b"].edit(calm.key("b2b"), 90)
    calls = calm.calls("b2b")
    look(calm)
    assert (calm.calls("b2b"), calm.shown("b2b")) == (calls, 90)
    assert len(calm.ledger.drift(open_only=True)) == 1


def test_a_store_in_dry_run_is_explained_and_neither_judged_nor_repaired(calm: World) -> None:
    calm.policies["b2b"] = replace(calm.policies["b2b"], live=False)
    calm.stores["b2b"].edit(calm.key("b2b"), 90)
    found = look(calm, repair=True)
    assert causes(found) == {"OAK-TABLE": "foreign_edit"}
    assert list(found.verdicts) == ["b2c"]
    assert calm.shown("b2b") == 90
    assert calm.ledger.drift().empty


def test_a_store_that_does_not_answer_leaves_the_others_compared(calm: World) -> None:
    calm.stores["b2b"].unreachable = StoreUnreachable(store="b2b", cause="it timed out")
    found = look(calm)
    assert list(found.failures) == ["b2b"]
    assert list(found.stores) == ["b2c"]


def test_a_write_while_the_store_is_read_is_no_foreign_edit(calm: World) -> None:
    front = calm.stores["b2b"]

    def an_event_pass() -> None:
        calm.set_stock(OAK_TABLE="14")
        calm.run(after=timedelta(0), skus=frozenset({"OAK-TABLE"}))

    lock, calm.ledger.store_lock = calm.ledger.store_lock, lambda store: _unlocked()
    front.after_next_levels = an_event_pass
    found = look(calm)
    calm.ledger.store_lock = lock
    assert causes(found).get("OAK-TABLE") in (None, "in_flight")
    assert red(found) == {}


def test_an_order_between_the_reading_of_levels_and_orders_is_in_flight(calm: World) -> None:
    front = calm.stores["b2b"]
    front.now = calm.now + timedelta(hours=1)
    front.after_next_levels = lambda: front.buy(calm.key("b2b"), 4)
    found = look(calm)
    assert causes(found) in ({}, {"OAK-TABLE": "in_flight"})
    assert red(found) == {}
    assert calm.ledger.drift().empty


class _unlocked:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...


def test_a_repair_never_writes_figures_that_grew_old_while_the_store_was_read(
    calm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm.set_stock(OAK_TABLE="30")
    read_store = reconciling.read_store

    def slowly(*arguments: Any) -> Any:
        found = read_store(*arguments)
        calm.now += timedelta(minutes=40)
        return found

    monkeypatch.setattr(reconciling, "read_store", slowly)
    found = look(calm, repair=True)
    assert "too long ago" in str(found.failures["b2b"])
    assert calm.shown("b2b") == 20
