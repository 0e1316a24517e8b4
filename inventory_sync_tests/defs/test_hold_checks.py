"""The checks about holds and orders turn red when something is wrong, and green again."""

from collections.abc import Iterator

import dagster as dg
import pytest

from inventory_sync.sandbox.company.acme import Line
from inventory_sync_tests.defs.play import Run, run_full_sync, shown
from inventory_sync_tests.defs.ticks import acme_of
from inventory_sync_tests.endtoend.stage import Stage

pytestmark = pytest.mark.xdist_group("acme-checks")

CLOCK = "RETRO-CLOCK-RED"
COMMITMENTS, IN_FLIGHT = "erp/commitments", "orders/in_flight"
FORGOTTEN = "no_hold_is_forgotten"
SAME = "holds_are_the_same_in_the_erp_and_in_shopify"
IN_TIME = "every_order_reaches_the_erp_in_time"


def checked(stage: Stage) -> Run:
    """Read the ERP and the orders, with all checks about them."""
    return run_full_sync(stage, assets=[COMMITMENTS, IN_FLIGHT])


def warned(run: Run, asset: str, name: str) -> bool:
    """Whether a check failed; the run goes on all the same."""
    assert run.failures == {}
    found = run.check(asset, name)
    assert found.passed or found.severity == dg.AssetCheckSeverity.WARN
    return not found.passed


@pytest.fixture
def fresh_holds(stage: Stage) -> Iterator[Stage]:
    """A company whose holds and reservations are all of today."""
    for table, state in (("sales_orders", "on_hold"), ("reservations", None)):
        where = f"WHERE state = '{state}'" if state else ""
        stage.erp(f"UPDATE acme.{table} SET changed_at = now() {where}")
    yield stage


def test_a_hold_that_nobody_has_touched_for_a_week_is_named(fresh_holds: Stage) -> None:
    stage = fresh_holds
    with acme_of(stage) as acme:
        order = acme.place_offline_order([Line(CLOCK, "NYC", 2)])
        acme.hold_order(order)
    assert not warned(checked(stage), COMMITMENTS, FORGOTTEN)
    stage.erp("ALTER TABLE acme.sales_orders DISABLE TRIGGER USER")  # they would set changed_at
    stage.erp(
        "UPDATE acme.sales_orders SET changed_at = now() - interval '8 days' WHERE order_no = :no",
        no=order,
    )
    stage.erp("ALTER TABLE acme.sales_orders ENABLE TRIGGER USER")
    run = checked(stage)
    assert warned(run, COMMITMENTS, FORGOTTEN)
    check = run.check(COMMITMENTS, FORGOTTEN)
    assert shown(check.metadata["older than a week"]) == 1
    oldest = shown(check.metadata["oldest"])[0]
    assert (oldest["document"], oldest["sku"], oldest["units"]) == (order, CLOCK, 2)
    with acme_of(stage) as acme:
        acme.release_hold(order)
    assert not warned(checked(stage), COMMITMENTS, FORGOTTEN)
    with acme_of(stage) as acme:
        acme.cancel_order(order)


def test_an_order_that_only_the_erp_holds_back_is_a_phantom(stage: Stage) -> None:
    ((order, web_order),) = stage.erp(
        "SELECT order_no, external_order_id FROM acme.sales_orders"
        " JOIN acme.sales_order_lines USING (order_no)"
        " WHERE external_order_id IS NOT NULL AND state = 'confirmed' AND sku = :sku LIMIT 1",
        sku=CLOCK,
    )
    assert not warned(checked(stage), COMMITMENTS, SAME)
    with acme_of(stage) as acme:
        acme.hold_order(order)
    run = checked(stage)
    assert warned(run, COMMITMENTS, SAME)
    (phantom,) = shown(run.check(COMMITMENTS, SAME).metadata["orders"])
    assert (phantom["side"], phantom["document"], phantom["order_id"]) == ("ERP", order, web_order)
    with acme_of(stage) as acme:
        acme.release_hold(order)
    assert not warned(checked(stage), COMMITMENTS, SAME)


def test_an_order_that_the_erp_does_not_take_over_in_time_is_named_and_stays_deducted(
    stage: Stage,
) -> None:
    assert not warned(checked(stage), IN_FLIGHT, IN_TIME)
    late = "#1004"
    stage.ledger(
        "UPDATE inventory_sync.order_lines SET first_seen_at = first_seen_at - interval '2 hours'"
        " WHERE store = 'b2c-us' AND order_name = :name",
        name=late,
    )
    before = stage.shown()
    run = checked(stage)
    assert warned(run, IN_FLIGHT, IN_TIME)
    lines = shown(run.check(IN_FLIGHT, IN_TIME).metadata["lines"])
    assert {(line["store"], line["order_name"]) for line in lines} == {("b2c-us", late)}
    assert stage.shown() == before
    ((web_order,),) = stage.ledger(
        "SELECT DISTINCT order_id FROM inventory_sync.order_lines"
        " WHERE store = 'b2c-us' AND order_name = :name",
        name=late,
    )
    taken = stage.ledger(
        "SELECT sku, line_id, current_units FROM inventory_sync.order_lines"
        " WHERE store = 'b2c-us' AND order_name = :name",
        name=late,
    )
    with acme_of(stage) as acme:
        lines = [Line(sku, "NYC", units, line_id) for sku, line_id, units in taken]
        acme.import_web_order(web_order, lines, channel="b2c-us")
    assert not warned(run_full_sync(stage), IN_FLIGHT, IN_TIME)
    assert stage.wrong() == {}
