"""Seeded traffic, step by step: in the shops of a real stand-in and in a real ERP."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from inventory_sync.sandbox.company.acme import Acme, Line
from inventory_sync.sandbox.company.bulk import bulk_shops, bulk_sku, create_bulk
from inventory_sync.sandbox.company.database import create
from inventory_sync.sandbox.company.office import AcmeOffice
from inventory_sync.sandbox.company.seed import DEMO_SEED
from inventory_sync.sandbox.company.shops import shops
from inventory_sync.sandbox.importer import Importer, Shops
from inventory_sync.sandbox.market import Market, bulk_market, demo_market
from inventory_sync.sandbox.office import Oversold
from inventory_sync.sandbox.standin import LevelEdit, StandIn, edit_level, running
from inventory_sync.sandbox.traffic import Traffic
from inventory_sync_tests.conftest import fresh_database

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = datetime(2999, 1, 1, tzinfo=UTC)
SKUS = 6
CLOCK, LAMP = bulk_sku(1), bulk_sku(2)
_EVENTS = "SELECT DISTINCT sku FROM erp_contract.events WHERE kind = '{kind}'"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """A bulk company with four warehouses."""
    engine = create_engine(database)
    create_bulk(engine, skus=SKUS, locations=4, kits=1)
    yield engine
    engine.dispose()


@contextmanager
def _shops_with(units: int) -> Iterator[StandIn]:
    """The four bulk shops, with so many units of everything available."""
    with running(bulk_shops(SKUS)) as stand_in:
        for shop in stand_in.shops.values():
            (location_id,) = shop.stock.locations
            for item in shop.stock.item_list:
                edit_level(shop, LevelEdit(item.sku or "", location_id, available=units))
        yield stand_in


def _traffic(stand_in: StandIn, engine: Engine, **changes: Any) -> Traffic:
    wanted: dict[str, Any] = {
        "market": bulk_market(SKUS),
        "control_url": f"{stand_in.url}/control",
        "office": AcmeOffice(engine),
        "clock": lambda: 0.0,
        "now": lambda: LATER,  # however long a test takes, no hold lapses in it
        **changes,
    }
    return Traffic(11, 60.0, **wanted)


def _stock(engine: Engine, units: int) -> None:
    """So many units of everything in every warehouse."""
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE acme.stock_balances SET on_hand = {units}"))


def _all(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_a_container_is_a_wave_of_events_twice(engine: Engine) -> None:
    with _shops_with(40) as stand_in:
        traffic = _traffic(stand_in, engine)
        traffic.order_container(after_seconds=-1)  # before anything else
        for kind in ("supply_changed", "stock_received"):
            while not (told := _all(engine, _EVENTS.format(kind=kind))):
                traffic.step()
            assert len(told) == SKUS


def test_all_kinds_of_things_happen_in_the_erp_and_in_every_shop(engine: Engine) -> None:
    _stock(engine, 35)
    with _shops_with(40) as stand_in:
        traffic = _traffic(stand_in, engine)
        for _ in range(1000):
            traffic.step()
        orders = {handle: len(shop.orders) for handle, shop in stand_in.shops.items()}
    assert min(orders.values()) > 0
    happened = {
        "online accepted",
        "online imported",
        "online cancel",
        "online edit",
        "online refund",
        "online hold",
        "online shipped",
        "offline placed",
        "offline confirmed",
        "offline cancelled",
        "offline shipped",
        "holds placed",
        "holds confirmed",
        "holds cancelled",
        "holds left alone",
        "drafts placed",
        "purchases received",
    }
    assert happened <= {*traffic.counts}
    assert traffic.counts["outages"] == 0
    kinds = {kind for (kind,) in _all(engine, "SELECT kind FROM erp_contract.events")}
    assert {"order_created", "order_shipped", "hold_placed", "hold_cancelled"} <= kinds


def test_the_same_seed_leads_to_the_same_stories(postgres_server_uri: str) -> None:
    told: list[tuple[Counter[str], list[tuple[Any, ...]]]] = []
    for _ in range(2):
        for url in fresh_database(postgres_server_uri):
            engine = create_engine(url)
            create_bulk(engine, skus=SKUS, locations=4)
            with _shops_with(40) as stand_in:
                traffic = _traffic(stand_in, engine)
                for _ in range(300):
                    traffic.step()
            events = _all(engine, "SELECT kind, sku, location FROM erp_contract.events")
            told.append((traffic.counts, events))
            engine.dispose()
    assert told[0] == told[1]


def test_a_shop_that_shows_nothing_sells_nothing(engine: Engine) -> None:
    with _shops_with(0) as stand_in:
        traffic = _traffic(stand_in, engine)
        for _ in range(200):
            traffic.step()
    assert traffic.counts["online refused"] > 0
    assert traffic.counts["online accepted"] == 0


def test_what_the_erp_has_imported_carries_the_shops_ids(engine: Engine) -> None:
    with _shops_with(40) as stand_in:
        traffic = _traffic(stand_in, engine)
        while traffic.counts["online imported"] < 5:
            traffic.step()
        sold = {
            (order.gid, line.gid)
            for shop in stand_in.shops.values()
            for order in shop.orders.values()
            for line in order.lines
        }
    known = "SELECT external_order_id, external_line_id FROM erp_contract.acknowledged_orders"
    assert len(_all(engine, known)) >= 5
    assert {*_all(engine, known)} <= sold


def test_shops_that_show_more_than_there_is_are_found_to_have_oversold(engine: Engine) -> None:
    _stock(engine, 2)
    market = replace(bulk_market(2), outlets=bulk_market(2).outlets[:2])
    with _shops_with(100) as stand_in:
        traffic = _traffic(stand_in, engine, market=market)
        while not traffic.oversold():
            traffic.step()
    (found, *_) = traffic.oversold()
    assert found.sku in {CLOCK, LAMP}
    assert found.units > 0


def test_what_clerks_commit_beyond_the_stock_is_not_oversold_online(engine: Engine) -> None:
    acme = AcmeOffice(engine)
    acme.import_web_order(
        "gid://shopify/Order/1", [Line(CLOCK, "WH-01", 3, "l1")], channel="outlet"
    )
    assert acme.oversold_units(["gid://shopify/Order/1"]) == []
    acme.place_offline_order([Line(CLOCK, "WH-01", 5000)])
    assert acme.oversold_units(["gid://shopify/Order/1"]) == [Oversold(CLOCK, "WH-01", 3)]
    assert acme.oversold_units([]) == []


def test_free_units_leave_out_what_is_committed_and_not_what_has_lapsed(engine: Engine) -> None:
    before = AcmeOffice(engine).free_units(CLOCK)["WH-01"]
    acme = Acme(engine)
    acme.reserve_stock(Line(CLOCK, "WH-01", 4))
    acme.reserve_stock(Line(CLOCK, "WH-01", 8), expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert AcmeOffice(engine).free_units(CLOCK)["WH-01"] == before - 4


def test_a_kit_is_free_as_far_as_its_scarcest_part(engine: Engine) -> None:
    clocks, lamps = (AcmeOffice(engine).free_units(sku)["WH-02"] for sku in (CLOCK, LAMP))
    assert AcmeOffice(engine).free_units("KIT-0000001")["WH-02"] == min(clocks, lamps // 2)


def test_the_importer_brings_over_what_no_single_warehouse_has(engine: Engine) -> None:
    _stock(engine, 1)
    (outlet,) = (each for each in bulk_market(1).outlets if each.store == "b2b-us")
    with _shops_with(5) as stand_in:
        shops_here = Shops(f"{stand_in.url}/control")
        lines = [{"sku": CLOCK, "quantity": 2}]
        order = shops_here.post(outlet, "orders", lines=lines)
        importer = Importer(AcmeOffice(engine), shops_here)
        path = f"orders/{order['id']}"
        number = importer.take_over(outlet, path)
        assert importer.take_over(outlet, path) == number
        shops_here.close()
    assert AcmeOffice(engine).oversold_units(importer.order_ids) == []
    assert AcmeOffice(engine).free_units(CLOCK) == {"WH-01": 0, "WH-02": 0, "WH-03": 1, "WH-04": 1}


def test_an_order_of_which_nothing_is_left_is_not_imported(engine: Engine) -> None:
    outlet = bulk_market(1).outlets[0]
    with _shops_with(5) as stand_in:
        shops_here = Shops(f"{stand_in.url}/control")
        order = shops_here.post(outlet, "orders", lines=[{"sku": CLOCK, "quantity": 2}])
        path = f"orders/{order['id']}"
        shops_here.post(outlet, f"{path}/cancel", restock=True)
        assert Importer(AcmeOffice(engine), shops_here).take_over(outlet, path) is None
        shops_here.close()
    assert _all(engine, "SELECT * FROM erp_contract.acknowledged_orders") == []


def test_an_outage_loses_no_order_that_waits_for_its_import(engine: Engine) -> None:
    with _shops_with(40) as stand_in:
        port = int(stand_in.url.rpartition(":")[2])
        traffic = _traffic(stand_in, engine)
        while traffic.counts["online accepted"] < 3:
            traffic.step()
        kept = dict(stand_in.shops)
    accepted = traffic.counts["online accepted"]
    for _ in range(80):
        traffic.step()
    assert traffic.counts["outages"] > 0
    assert traffic.counts["online accepted"] == accepted
    with running([], port=port) as stand_in:
        stand_in.shops.update(kept)
        waiting = {order.gid for shop in kept.values() for order in shop.orders.values()}
        waiting -= {
            order.gid
            for shop in kept.values()
            for order in shop.orders.values()
            if order.cancelled_at
        }
        for _ in range(600):
            traffic.step()
    known = "SELECT external_order_id FROM erp_contract.acknowledged_orders"
    assert waiting <= {order_id for (order_id,) in _all(engine, known)}


def test_it_runs_in_a_thread_until_it_is_stopped(engine: Engine) -> None:
    stop = threading.Event()
    with _shops_with(40) as stand_in:
        traffic = Traffic(
            3,
            60_000.0,
            market=bulk_market(SKUS),
            control_url=f"{stand_in.url}/control",
            office=AcmeOffice(engine),
        )
        thread = threading.Thread(target=traffic.run, args=[stop])
        thread.start()
        url = f"{stand_in.url}/control/outlet/orders"
        while not httpx.get(url).json()["orders"]:
            assert thread.is_alive()
        stop.set()
        thread.join()
    assert traffic.counts["online accepted"] > 0


def test_a_rate_of_nothing_is_refused() -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(ValueError, match="per minute is none"):
        Traffic(
            1,
            0.0,
            market=bulk_market(1),
            control_url="http://127.0.0.1:1",
            office=AcmeOffice(engine),
        )


def test_the_demo_market_is_traded_in_all_its_shops(database: str) -> None:
    market: Market = demo_market()
    seeds = {seed.handle: seed for seed in shops(DEMO_SEED, NOW)}
    for outlet in market.outlets:
        seed = seeds[outlet.shop]
        tracked = {item.sku for item in seed.items if item.tracked}
        assert {*market.skus, *market.kits} <= tracked
        assert {*outlet.warehouses} == {place.id for place in seed.locations}
    engine = create_engine(database)
    create(engine, seed=DEMO_SEED, now=NOW)
    for sku in (*market.skus, *market.kits):
        assert sum(AcmeOffice(engine).free_units(sku).values()) > 0
    engine.dispose()
