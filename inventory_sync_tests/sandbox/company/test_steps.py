"""Each step of the ERP changes exactly the contract rows that it should, and says so in events."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import Engine, text

from inventory_sync.sandbox.company.acme import Acme, AcmeRefused, Line
from inventory_sync_tests.sandbox.company.watch import NOW, watching

CHAIR = Line("BEECH-CHAIR-GREEN", "NYC", 3)
CHAIR_AT = ("BEECH-CHAIR-GREEN", "NYC")


@pytest.fixture(autouse=True)
def enough_on_hand(acme: Acme) -> None:
    """However the seed falls, these tests have something to ship."""
    for sku, warehouse in (
        CHAIR_AT,
        ("OAK-SHELF-120", "EWR"),
        ("LED-STRIP-M", "EWR"),
        ("LED-DRIVER-30W", "EWR"),
    ):
        acme.adjust_stock(sku, warehouse, 100)


def row(order_no: str, units: int, kind: str) -> tuple[object, ...]:
    return (f"{order_no}/1/BEECH-CHAIR-GREEN", *CHAIR_AT, units, kind)


def on_hand(company: Engine, sku: str, location: str) -> tuple[object, ...]:
    query = "SELECT sku, location, physical, unavailable FROM erp_contract.stock"
    with company.connect() as connection:
        found = connection.execute(
            text(f"{query} WHERE sku = :sku AND location = :location"),
            {"sku": sku, "location": location},
        )
        return tuple(found.one())


def test_an_offline_order_begins_as_a_pending_commitment(company: Engine, acme: Acme) -> None:
    with watching(company) as change:
        order_no = acme.place_offline_order([CHAIR], ship_date=date(2026, 12, 1))
    assert change.gone == {}
    assert change.new == {"commitments": {row(order_no, 3, "pending")}}
    assert change.events == [("order_created", *CHAIR_AT, order_no)]


def test_confirming_a_quotation_makes_it_an_order(company: Engine, acme: Acme) -> None:
    order_no = acme.place_offline_order([CHAIR])
    with watching(company) as change:
        acme.confirm_order(order_no)
    assert change.gone == {"commitments": {row(order_no, 3, "pending")}}
    assert change.new == {"commitments": {row(order_no, 3, "order")}}
    assert change.events == [("order_confirmed", *CHAIR_AT, order_no)]


def test_a_hold_keeps_the_stock_committed_and_tells_when_it_lapses(
    company: Engine, acme: Acme
) -> None:
    order_no = acme.place_offline_order([CHAIR])
    until = NOW + timedelta(days=2)
    with watching(company) as change:
        acme.hold_order(order_no, until=until)
    assert change.new == {"commitments": {row(order_no, 3, "hold")}}
    assert change.events == [("hold_placed", *CHAIR_AT, order_no)]
    with company.connect() as connection:
        expires_at = connection.execute(
            text("SELECT expires_at FROM erp_contract.commitments WHERE order_id = :no"),
            {"no": order_no},
        ).scalar()
    assert expires_at == until


def test_releasing_a_hold_leaves_a_confirmed_order_without_expiry(
    company: Engine, acme: Acme
) -> None:
    order_no = acme.place_offline_order([CHAIR])
    acme.hold_order(order_no, until=NOW)
    with watching(company) as change:
        acme.release_hold(order_no)
    assert change.new == {"commitments": {row(order_no, 3, "order")}}
    assert change.events == [("hold_confirmed", *CHAIR_AT, order_no)]
    with company.connect() as connection:
        expires_at = connection.execute(
            text("SELECT expires_at FROM erp_contract.commitments WHERE order_id = :no"),
            {"no": order_no},
        ).scalar_one()
    assert expires_at is None


@pytest.mark.parametrize(
    ("is_held", "event_kind"), [(True, "hold_cancelled"), (False, "order_cancelled")]
)
def test_cancelling_frees_the_stock_at_once(
    company: Engine, acme: Acme, is_held: bool, event_kind: str
) -> None:
    order_no = acme.place_offline_order([CHAIR])
    if is_held:
        acme.hold_order(order_no)
    with watching(company) as change:
        (acme.cancel_hold if is_held else acme.cancel_order)(order_no)
    assert change.gone == {"commitments": {row(order_no, 3, "hold" if is_held else "pending")}}
    assert change.new == {}
    assert change.events == [(event_kind, *CHAIR_AT, order_no)]


def test_shipping_takes_the_units_from_stock_and_the_commitment(
    company: Engine, acme: Acme
) -> None:
    order_no = acme.place_offline_order([CHAIR])
    acme.confirm_order(order_no)
    sku, location, physical, unavailable = on_hand(company, *CHAIR_AT)
    assert isinstance(physical, Decimal)
    with watching(company) as change:
        acme.ship_order(order_no)
    assert change.gone["commitments"] == {row(order_no, 3, "order")}
    assert change.new == {"stock": {(sku, location, physical - 3, unavailable)}}
    assert change.events == [("order_shipped", *CHAIR_AT, order_no)]


def test_shipping_one_line_leaves_the_other_committed(company: Engine, acme: Acme) -> None:
    order_no = acme.place_offline_order([CHAIR, Line("OAK-SHELF-120", "EWR", 2)])
    acme.confirm_order(order_no)
    with watching(company) as change:
        acme.ship_order(order_no, line_no=1)
    assert change.gone["commitments"] == {row(order_no, 3, "order")}
    assert change.events == [("order_shipped", *CHAIR_AT, order_no)]
    with watching(company) as change:
        acme.ship_order(order_no)
    assert change.places == {("OAK-SHELF-120", "EWR")}
    with pytest.raises(AcmeRefused, match=f"{order_no} is shipped"):
        acme.ship_order(order_no)


def test_selling_and_shipping_a_kit_moves_its_components(company: Engine, acme: Acme) -> None:
    with watching(company) as change:
        order_no = acme.place_offline_order([Line("LED-SHELF-KIT", "EWR", 3)])
    assert {row[1:4] for row in change.new["commitments"]} == {
        ("OAK-SHELF-120", "EWR", 3),
        ("LED-STRIP-M", "EWR", Decimal("7.5")),
        ("LED-DRIVER-30W", "EWR", 3),
    }
    assert change.event_places == change.places
    acme.confirm_order(order_no)
    with watching(company) as change:
        acme.ship_order(order_no)
    assert len(change.gone["commitments"]) == len(change.new["stock"]) == 3
    assert change.event_places == change.places


def test_a_service_line_commits_no_stock(company: Engine, acme: Acme) -> None:
    with watching(company) as change:
        order_no = acme.place_offline_order([CHAIR, Line("GIFT-WRAP", "NYC", 1)])
    assert change.new == {"commitments": {row(order_no, 3, "pending")}}


def test_a_changed_quantity_changes_the_commitment(company: Engine, acme: Acme) -> None:
    order_no = acme.place_offline_order([CHAIR])
    with watching(company) as change:
        acme.change_quantity(order_no, 1, 5)
    assert change.new == {"commitments": {row(order_no, 5, "pending")}}
    assert change.events == [("order_changed", *CHAIR_AT, order_no)]


def test_a_postponed_order_is_an_event_of_the_whole_document(company: Engine, acme: Acme) -> None:
    order_no = acme.place_offline_order([CHAIR], ship_date=date(2026, 12, 1))
    with watching(company) as change:
        acme.postpone_order(order_no, date(2026, 12, 8))
    assert change.events == [("order_changed", None, None, order_no)]


def test_a_web_order_is_acknowledged_line_by_line_and_imported_once(
    company: Engine, acme: Acme
) -> None:
    order_id = "gid://shopify/Order/77001"
    lines = [
        Line("BEECH-CHAIR-GREEN", "NYC", 3, "gid://shopify/LineItem/88001"),
        Line("LED-SHELF-KIT", "EWR", 1, "gid://shopify/LineItem/88002"),
        Line("GIFT-WRAP", "NYC", 1, "gid://shopify/LineItem/88003"),
    ]
    with watching(company) as change:
        order_no = acme.import_web_order(order_id, lines, channel="b2b-us")
    acknowledged = {(order_id, f"gid://shopify/LineItem/8800{n}") for n in (1, 2, 3)}
    assert {row[:2] for row in change.new["acknowledged_orders"]} == acknowledged
    assert {row[4] for row in change.new["commitments"]} == {"order"}
    assert change.kinds == {"order_created"}
    with watching(company) as change:
        assert acme.import_web_order(order_id, lines, channel="b2b-us") == order_no
    assert (change.gone, change.new, change.events) == ({}, {}, [])


def test_a_cancelled_web_order_stays_acknowledged_with_nothing(company: Engine, acme: Acme) -> None:
    order_id, line_id = "gid://shopify/Order/77002", "gid://shopify/LineItem/88010"
    line = Line("BEECH-CHAIR-GREEN", "NYC", 3, line_id)
    order_no = acme.import_web_order(order_id, [line], channel="b2c-us")
    with watching(company) as change:
        acme.cancel_order(order_no)
    assert change.new == {"acknowledged_orders": {(order_id, line_id, 0)}}
    assert change.gone["commitments"] == {row(order_no, 3, "order")}


def test_a_shipped_web_order_stays_acknowledged_in_full(company: Engine, acme: Acme) -> None:
    line = Line("BEECH-CHAIR-GREEN", "NYC", 3, "gid://shopify/LineItem/88011")
    order_no = acme.import_web_order("gid://shopify/Order/77003", [line], channel="b2c-us")
    with watching(company) as change:
        acme.ship_order(order_no)
    assert "acknowledged_orders" not in change.gone | change.new


def test_a_reservation_commits_until_it_is_released(company: Engine, acme: Acme) -> None:
    with watching(company) as change:
        number = acme.reserve_stock(CHAIR, expires_at=NOW)
    reserved = {(f"{number}/BEECH-CHAIR-GREEN", *CHAIR_AT, 3, "reservation")}
    assert change.new == {"commitments": reserved}
    assert change.events == [("hold_placed", *CHAIR_AT, number)]
    with watching(company) as change:
        acme.release_reservation(number)
    assert change.gone == {"commitments": reserved}
    assert change.events == [("hold_cancelled", *CHAIR_AT, number)]


def test_a_purchase_becomes_supply_then_confirmed_supply_then_stock(
    company: Engine, acme: Acme
) -> None:
    with watching(company) as change:
        order_no = acme.order_purchase("NYC", {"BEECH-CHAIR-GREEN": 40}, due_date=date(2026, 12, 1))
    supply = (f"{order_no}/1", *CHAIR_AT, 40, "purchase")
    assert change.new == {"supply": {(*supply, False)}}
    with watching(company) as change:
        acme.confirm_purchase(order_no)
    assert change.new == {"supply": {(*supply, True)}}
    assert change.events == [("supply_changed", *CHAIR_AT, order_no)]
    before = on_hand(company, *CHAIR_AT)
    with watching(company) as change:
        acme.receive_purchase(order_no)
    assert change.gone == {"supply": {(*supply, True)}, "stock": {before}}
    assert on_hand(company, *CHAIR_AT)[2] == before[2] + 40  # type: ignore[operator]
    assert change.events == [("stock_received", *CHAIR_AT, order_no)]


def test_goods_received_where_none_ever_lay_open_a_balance(company: Engine, acme: Acme) -> None:
    order_no = acme.order_purchase("PLANT-1", {"MINIMALIST-SPOON": 12})
    with company.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM acme.stock_balances"
                " WHERE sku = 'MINIMALIST-SPOON' AND warehouse = 'PLANT-1'"
            )
        )
    with watching(company) as change:
        acme.receive_purchase(order_no)
    assert change.new == {"stock": {("MINIMALIST-SPOON", "PLANT-1", 12, 0)}}


def test_finished_production_uses_materials_and_brings_the_product(
    company: Engine, acme: Acme
) -> None:
    with company.connect() as connection:
        order_no, sku = connection.execute(
            text("SELECT order_no, sku FROM acme.production_orders WHERE state = 'released'")
        ).first() or ("", "")
        materials = set(
            connection.execute(
                text("SELECT sku FROM acme.production_materials WHERE order_no = :no"),
                {"no": order_no},
            ).scalars()
        )
    for material in materials:
        acme.adjust_stock(material, "PLANT-1", 1000)
    with watching(company) as change:
        acme.complete_production(order_no)
    assert {row[1] for row in change.gone["commitments"]} == materials
    assert {row[0] for row in change.gone["supply"]} == {order_no}
    assert {row[0] for row in change.new["stock"]} == materials | {sku}
    assert change.kinds == {"production_completed"}
    assert change.event_places == change.places


def test_a_transfer_is_committed_at_its_origin_then_on_its_way_then_there(
    company: Engine, acme: Acme
) -> None:
    with watching(company) as change:
        number = acme.request_transfer("NYC", "LAX", {"BEECH-CHAIR-GREEN": 10})
    supply = (f"{number}/BEECH-CHAIR-GREEN", "BEECH-CHAIR-GREEN", "LAX", 10, "transfer")
    commitment = (f"{number}/BEECH-CHAIR-GREEN", *CHAIR_AT, 10, "transfer")
    assert change.new == {"commitments": {commitment}, "supply": {(*supply, False)}}
    assert change.kinds == {"supply_changed"}
    with watching(company) as change:
        acme.ship_transfer(number)
    assert change.gone["commitments"] == {commitment}
    assert change.new["supply"] == {(*supply, True)}
    assert ("transfer_shipped", *CHAIR_AT, number) in change.events
    assert change.event_places == change.places
    with watching(company) as change:
        acme.receive_transfer(number)
    assert change.gone["supply"] == {(*supply, True)}
    assert change.events == [("transfer_received", "BEECH-CHAIR-GREEN", "LAX", number)]


def test_a_count_changes_physical_and_an_inspection_unavailable(
    company: Engine, acme: Acme
) -> None:
    sku, location, physical, unavailable = on_hand(company, *CHAIR_AT)
    with watching(company) as change:
        acme.adjust_stock("BEECH-CHAIR-GREEN", "NYC", -2, blocked_change_units=1)
    assert change.new == {
        "stock": {(sku, location, physical - 2, unavailable + 1)}  # type: ignore[operator]
    }
    assert change.events == [("stock_adjusted", *CHAIR_AT, None)]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (lambda acme: acme.confirm_order("SO-1"), r"There is no SO-1 among the sales orders\."),
        (lambda acme: acme.adjust_stock("BEECH-CHAIR-GREEN", "NYC", -10_000), "on_hand"),
        (lambda acme: acme.place_offline_order([Line("NO-SUCH-SKU", "NYC", 1)]), "NO-SUCH-SKU"),
    ],
)
def test_a_refused_step_says_why_and_changes_nothing(
    company: Engine, acme: Acme, step: Callable[[Acme], None], sentence: str
) -> None:
    with watching(company) as change, pytest.raises(AcmeRefused, match=sentence):
        step(acme)
    assert (change.gone, change.new, change.events) == ({}, {}, [])


def test_one_step_announces_itself_once_however_many_items_it_touches(
    company: Engine, acme: Acme
) -> None:
    url = company.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN erp_events")
        acme.place_offline_order([Line("LED-SHELF-KIT", "EWR", 1), CHAIR])
        (announcement,) = listener.notifies(timeout=30, stop_after=1)
        assert announcement.channel == "erp_events"
        # Answering a query delivers whatever else was announced before it.
        listener.execute("SELECT 1")
        assert list(listener.notifies(timeout=0)) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_events_name_exactly_the_places_that_changed_whatever_happens(
    company: Engine, acme: Acme, seed: int
) -> None:
    rng = random.Random(seed)
    skus = ("BEECH-CHAIR-GREEN", "LED-SHELF-KIT", "OAK-DINING-ROOM", "GIFT-WRAP", "LED-STRIP-M")
    steps = (acme.confirm_order, acme.cancel_order, acme.hold_order, acme.release_hold)
    orders: list[str] = []
    for _ in range(25):
        with watching(company) as change:
            if not orders or rng.random() < 0.3:
                lines = [Line(rng.choice(skus), "EWR", rng.randint(1, 2)) for _ in range(3)]
                orders.append(acme.place_offline_order(lines))
            else:
                # A step that is refused changes nothing, and says nothing.
                with suppress(AcmeRefused):
                    rng.choice((*steps, acme.cancel_hold, acme.ship_order))(rng.choice(orders))
        assert change.event_places == change.places
