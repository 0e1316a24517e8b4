"""Dates on the stage: the table of all promises, and the answer to a single question."""

import json
from typing import Any

import dagster as dg
import httpx
import pandas as pd
import pytest

from inventory_sync.domain.errors import PromiseRefused
from inventory_sync.domain.order_promise import Wanted
from inventory_sync.flow.days import days_now
from inventory_sync.flow.promise_ledger import keep_promises
from inventory_sync.flow.promise_review import review
from inventory_sync.flow.promising import promise_now
from inventory_sync.sandbox.company.demo_orders import SHOP_OF_STORE
from inventory_sync.sandbox.standin import Shop
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_ledger, open_parts
from inventory_sync_tests.defs.conftest import Premiere
from inventory_sync_tests.defs.play import definitions_of, run_full_sync
from inventory_sync_tests.endtoend.stage import Stage
from inventory_sync_tests.flow.readings import reading_of

pytestmark = pytest.mark.xdist_group("acme-promises")


@pytest.fixture
def table(premiere: Premiere) -> pd.DataFrame:
    """What the asset ``atp/promise_dates`` holds."""
    loaded = definitions_of(premiere.stage).load_asset_value(
        dg.AssetKey(["atp", "promise_dates"]), instance=dg.DagsterInstance.ephemeral()
    )
    assert isinstance(loaded, pd.DataFrame)
    return loaded


def test_a_question_is_answered_as_the_table_says(stage: Stage, table: pd.DataFrame) -> None:
    """The table comes from the whole snapshot, the answer from the rows of one SKU."""
    laddered = table.groupby("sku")["ships_on"].nunique().nlargest(3).index
    rows = table[table["sku"].isin(laddered)]
    assert len(rows) > len(laddered), "some have a second date"
    with open_parts(load_settings(stage.settings_file)) as parts:
        for sku, location, units, ships_on in rows[
            ["sku", "location", "units", "ships_on"]
        ].itertuples(index=False):
            answer = promise_now(parts, [Wanted(sku, int(units))], locations=[location])
            (promise,) = answer.lines[0].by_place
            assert (promise.location, promise.ships_on) == (location, ships_on.date())


def test_beyond_the_last_row_there_is_no_date(stage: Stage, table: pd.DataFrame) -> None:
    last = table.drop_duplicates(["sku", "location"], keep="last").iloc[0]
    with open_parts(load_settings(stage.settings_file)) as parts:
        wanted = Wanted(last["sku"], int(last["units"]) + 1)
        answer = promise_now(parts, [wanted], locations=[last["location"]])
    (promise,) = answer.lines[0].by_place
    assert promise.ships_on is None
    assert promise.no_date is not None


def test_a_sku_or_a_place_that_the_erp_does_not_have_is_refused(stage: Stage) -> None:
    with open_parts(load_settings(stage.settings_file)) as parts:
        with pytest.raises(PromiseRefused, match="has no SKU OAK-TABEL"):
            promise_now(parts, [Wanted("OAK-TABEL", 1)])
        with pytest.raises(PromiseRefused, match="has no location MARS"):
            promise_now(parts, [Wanted("RETRO-CLOCK-RED", 1)], locations=["MARS"])


def test_the_dates_of_the_erp_are_relayed_and_marked(table: pd.DataFrame, stage: Stage) -> None:
    said = stage.erp("SELECT sku, location, promise_date FROM erp_contract.promise_dates")
    assert said, "the demo company promises some dates itself"
    relayed = table[table["source"] == "erp"]
    told = {(sku, location, day) for sku, location, day in said}
    found = {
        (row.sku, row.location, row.ships_on.date()) for row in relayed.itertuples(index=False)
    }
    assert found
    assert found <= told


# --- what the stores and their buyers are told ---

AVAILABILITY = "$app:inventory_sync.availability"
ORDER_DATES = "$app:inventory_sync.promise_dates"
LAX = "gid://shopify/Location/1002"


def held(shop: Shop, key: str) -> dict[str, Any]:
    """What a shop holds under a name of ours, by the gid of its owner."""
    with shop.lock:
        found = {owner: fields.get(key) for owner, fields in shop.metafields.items()}
    return {owner: json.loads(field[1]) for owner, field in found.items() if field}


def test_every_store_tells_its_buyers_what_the_table_says(
    stage: Stage, premiere: Premiere, table: pd.DataFrame
) -> None:
    made = premiere.run.made["stores/b2b-us/published_promises"]
    assert made["written"] == made["to write"] > 0
    assert made["refused"] == made["unknown"] == 0
    shop = stage.shops["b2b-us"]
    shown = held(shop, AVAILABILITY)
    assert len(shown) == made["written"]
    at_lax = table[table["location"] == "LAX"]
    for item in shop.stock.item_list:
        places = shown.get(Variant(item).gid, {"places": []})["places"]
        steps = [place["steps"] for place in places if place["id"] == LAX]
        rows = at_lax[at_lax["sku"] == item.sku]
        days = rows["ships_on"].dt.date.astype(str)
        if steps:
            assert steps[0] == [list(pair) for pair in zip(rows["units"], days, strict=True)]
    url = f"{stage.stand_in.shop_url(SHOP_OF_STORE['b2b-us'])}/products/RETRO-CLOCK-RED"
    page = httpx.get(url, trust_env=False).text
    (clock,) = shop.stock.with_sku("RETRO-CLOCK-RED")
    assert json.dumps(shown[Variant(clock).gid]["places"][0]["steps"]) in page


def test_placed_orders_are_told_when_each_line_ships(stage: Stage, premiere: Premiere) -> None:
    shop = stage.shops["b2b-us"]
    told = held(shop, ORDER_DATES)
    made = premiere.run.made["stores/b2b-us/published_promises"]
    assert len(told) == made["orders told"] == made["open orders"] > 0
    dated = {line["id"]: line for order in told.values() for line in order["lines"]}
    theirs = stage.erp(
        "SELECT external_line_id, due_date FROM erp_contract.commitments"
        " WHERE external_line_id IS NOT NULL AND due_date IS NOT NULL AND kind <> 'hold'"
    )
    mine = [(line, day) for line, day in theirs if line in dated]
    assert all(dated[line]["ships_on"] >= day.isoformat() for line, day in mine)
    assert {line["source"] for line in dated.values()} <= {"erp", "computed", None}


def test_a_second_run_tells_nothing_new(stage: Stage, premiere: Premiere) -> None:
    before = {store: held(shop, AVAILABILITY) for store, shop in stage.shops.items()}
    again = run_full_sync(stage, assets=["stores/b2b-us/published_promises"])
    made = again.made["stores/b2b-us/published_promises"]
    assert (made["written"], made["orders told"], made["to mend"]) == (0, 0, "_none_")
    assert made["unchanged"] == len(before["b2b-us"])
    assert {store: held(shop, AVAILABILITY) for store, shop in stage.shops.items()} == before


def test_supply_that_is_put_off_is_listed_before_the_dates_of_its_promises(stage: Stage) -> None:
    """The run has written every promise down; then the purchases come a month later."""
    put_off = "UPDATE acme.purchase_orders SET due_date = due_date + :days WHERE state = :state"
    settings = load_settings(stage.settings_file)
    with open_parts(settings) as parts, open_ledger(Databases.of()) as book:
        today = days_now(parts)
        assert keep_promises(parts, reading_of(parts), pass_id="pass-1").slipped.empty
        assert review(book, today=today, since=today.now.date()).published.empty
        stage.erp(put_off, days=30, state="confirmed")
        try:
            found = keep_promises(parts, reading_of(parts), pass_id="pass-2")
            again = keep_promises(parts, reading_of(parts), pass_id="pass-3")
        finally:
            stage.erp(put_off, days=-30, state="confirmed")
        listed = review(book, today=today, since=today.now.date())
    assert len(found.slipped) > 0
    assert again.slipped.empty, "noticed once"
    assert found.slipped["reason"].str.contains(" comes on | does not count ").all()
    assert len(listed.published) == len(found.slipped)
    assert (listed.published["ships_on"] >= today.at("NYC").isoformat()).all()


def test_the_run_follows_the_promise_of_every_dated_order_line(premiere: Premiere) -> None:
    made = premiere.run.made["orders/promise_slips"]
    dated = premiere.stage.ledger(
        "SELECT count(*), count(distinct line_id) FROM inventory_sync.order_promises"
    )
    assert dated[0][0] == dated[0][1] == made["open order lines"] > 0
    places = premiere.stage.ledger("SELECT DISTINCT location FROM inventory_sync.order_promises")
    named = premiere.stage.erp("SELECT location FROM erp_contract.locations")
    assert {name for (name,) in places} <= {"", *(name for (name,) in named)}
    assert made["promises given"] > made["on supply"] > 0
    assert premiere.run.made["atp/projected"]["over the horizon"].startswith("![Units that can")
    check = premiere.run.check("atp/promise_dates", "no_promise_was_broken_silently")
    assert check.metadata["broken silently"].value == 0
