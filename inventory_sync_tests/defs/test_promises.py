"""Dates on the stage: the table of all promises, and the answer to a single question."""

import dagster as dg
import pandas as pd
import pytest

from inventory_sync.domain.errors import PromiseRefused
from inventory_sync.domain.order_promise import Wanted
from inventory_sync.flow.promising import promise_now
from inventory_sync.settings import load_settings
from inventory_sync.wiring import open_parts
from inventory_sync_tests.defs.conftest import Premiere
from inventory_sync_tests.defs.play import definitions_of
from inventory_sync_tests.endtoend.stage import Stage

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
            answer = promise_now(parts, [Wanted(sku, int(units))], location=location)
            (promise,) = answer.lines[0].by_place
            assert (promise.location, promise.ships_on) == (location, ships_on.date())


def test_beyond_the_last_row_there_is_no_date(stage: Stage, table: pd.DataFrame) -> None:
    last = table.drop_duplicates(["sku", "location"], keep="last").iloc[0]
    with open_parts(load_settings(stage.settings_file)) as parts:
        wanted = Wanted(last["sku"], int(last["units"]) + 1)
        answer = promise_now(parts, [wanted], location=last["location"])
    (promise,) = answer.lines[0].by_place
    assert promise.ships_on is None
    assert promise.no_date is not None


def test_a_sku_or_a_place_that_the_erp_does_not_have_is_refused(stage: Stage) -> None:
    with open_parts(load_settings(stage.settings_file)) as parts:
        with pytest.raises(PromiseRefused, match="has no SKU OAK-TABEL"):
            promise_now(parts, [Wanted("OAK-TABEL", 1)])
        with pytest.raises(PromiseRefused, match="has no location MARS"):
            promise_now(parts, [Wanted("RETRO-CLOCK-RED", 1)], location="MARS")


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
