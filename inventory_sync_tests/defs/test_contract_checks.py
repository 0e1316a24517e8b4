"""Every dataset has a check of its contract; what breaks it is shown, and blocks where critical."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pandas as pd
import pytest

from inventory_sync.contracts import ContractsRefused, compiled, load_contracts
from inventory_sync.defs.assets.atp import available_to_promise_asset
from inventory_sync.defs.contract_checks import contract_checks, judge_kept, result_of
from inventory_sync.defs.contract_fit import refuse_misfits
from inventory_sync.domain.quarantine import judge
from inventory_sync_tests.domain.samples import erp_rows
from inventory_sync_tests.erp.fake import TAKEN_AT, FakeErp
from inventory_sync_tests.erp.rows import stock

CONTRACTS = load_contracts()
STOCK = next(each for each in CONTRACTS if each.asset == "erp/stock")
ATP = next(each for each in CONTRACTS if each.asset == "atp/available_to_promise")
SPECS = {
    spec.asset_key.to_user_string(): spec
    for checks in contract_checks(CONTRACTS, ["b2b", "b2c"])
    for spec in checks.check_specs
}


def frames_of(*rows) -> dict[str, pd.DataFrame]:
    """The frames that a run keeps of an ERP with this stock."""
    snapshot = FakeErp(erp_rows(stock=rows)).snapshot()
    judged = judge(snapshot, compiled(CONTRACTS))
    frames = {name: getattr(judged.snapshot, name) for name in ("stock", "locations", "products")}
    for frame in frames.values():
        frame.attrs["taken_at"] = snapshot.taken_at.isoformat()
    frames["quarantined_rows"] = judged.aside
    return {f"erp/{name}": frame for name, frame in frames.items()}


def checked(*rows, hours_later: float = 0.0) -> dg.AssetCheckResult:
    """What the check of the stock says about it."""
    now = TAKEN_AT + timedelta(hours=hours_later)
    judgement = judge_kept(STOCK, "erp/stock", frames_of(*rows).get, now=now)
    return result_of(dg.AssetKey(["erp", "stock"]), judgement)


def test_every_dataset_and_every_store_has_its_check() -> None:
    about_assets = {each.asset for each in CONTRACTS if each.name != "events"}
    expected = {asset.replace("*", store) for asset in about_assets for store in ("b2b", "b2c")}
    assert SPECS.keys() == expected


def test_a_contract_with_a_critical_term_blocks_what_lies_below() -> None:
    blocking = {asset for asset, spec in SPECS.items() if spec.blocking}
    assert blocking == {"erp/locations", "erp/products", "erp/stock"}


def test_a_good_stock_passes() -> None:
    result = checked(stock(), stock("OAK-TABLE", "7"))
    assert result.passed
    assert result.metadata["rows"].value == 2


def test_wrong_rows_are_shown_and_do_not_block() -> None:
    result = checked(stock(physical="-3"), stock("OAK-TABLE", "a dozen"), stock("WALL-LAMP"))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.metadata["rows that break an error"].value == 2
    failing = [dict(record.data) for record in result.metadata["failing rows"].records]
    assert {row["sku"]: row["breach"] for row in failing} == {
        "RETRO-CLOCK": "physical is negative",
        "OAK-TABLE": "physical is missing",
    }
    assert failing[-1]["physical"] == -3


def test_a_broken_critical_term_is_an_error_that_blocks() -> None:
    result = checked()
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)


def test_figures_of_yesterday_are_remarked() -> None:
    result = checked(stock(), hours_later=24)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_contract_of_our_own_table_fits_the_asset_that_makes_it() -> None:
    refuse_misfits(CONTRACTS, [available_to_promise_asset])
    columns = (*ATP.columns[1:], replace(ATP.columns[0], name="item"))
    with pytest.raises(ContractsRefused, match="has no column item"):
        refuse_misfits([replace(ATP, columns=columns)], [available_to_promise_asset])
