"""The real graph, executed: an ERP in PostgreSQL, three shops over HTTP, Parquet between assets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import dagster as dg
import pandas as pd
import pytest

from inventory_sync.defs.assets import atp as atp_module
from inventory_sync.domain.atp import Atp
from inventory_sync.domain.quarantine import Judged
from inventory_sync.flow.days import atp_of
from inventory_sync.flow.parts import Parts
from inventory_sync_tests.defs.conftest import Premiere
from inventory_sync_tests.defs.play import run_full_sync, shown
from inventory_sync_tests.endtoend.stage import Stage
from inventory_sync_tests.endtoend.truth import Key, Shown, wrong

# The stage is built once, and the tests change it: one worker runs them in their order.
pytestmark = pytest.mark.xdist_group("acme")

STORES = ("b2b-us", "b2c-us", "b2c-eu")
BALANCE = "WHERE sku = 'RETRO-CLOCK-RED' AND warehouse = 'NYC'"


def step(store: str, asset: str = "published_quantities") -> str:
    return f"stores__{store.replace('-', '_')}__{asset}"


@contextmanager
def balance_of_red_clocks(stage: Stage, on_hand: str) -> Iterator[None]:
    """Another quantity of red clocks in NYC, for as long as the block lasts."""
    stage.erp(f"CREATE TABLE kept AS SELECT * FROM acme.stock_balances {BALANCE}")
    stage.erp(f"UPDATE acme.stock_balances SET on_hand = '{on_hand}' {BALANCE}")
    try:
        yield
    finally:
        stage.erp(
            "UPDATE acme.stock_balances SET on_hand = (SELECT on_hand FROM kept)" + f" {BALANCE}"
        )
        stage.erp("DROP TABLE kept")


def of_sku(stage: Stage, levels: Shown, store: str, sku: str) -> dict[int, int]:
    """Location number -> units, of one SKU in one store."""
    (item,) = stage.shops[store].stock.with_sku(sku)
    return {
        place: units for (at, gid, place), units in levels.items() if (at, gid) == (store, item.gid)
    }


def sku_of(stage: Stage, key: Key) -> tuple[str, str | None]:
    """The store and the SKU of a level."""
    store, gid, _ = key
    item = stage.shops[store].stock.item(gid)
    assert item is not None
    return store, item.sku


class TestTheFirstRun:
    def test_every_store_shows_what_brute_force_computes(self, premiere: Premiere) -> None:
        assert premiere.run.failures == {}
        expected = premiere.stage.should_show()
        after = premiere.stage.shown()
        assert wrong(after, expected) == {}
        changed = {key for key, units in after.items() if units != premiere.before[key]}
        assert changed <= expected.keys()
        assert len(expected) > 1500
        assert len(changed) > 500
        assert sum(len(units) > 1 for units in expected.values()) <= 20

    def test_the_truth_holds_kits_holds_orders_in_flight_and_capped_levels(
        self, premiere: Premiere
    ) -> None:
        """What makes the comparison above worth something."""
        rows = pd.concat(
            pd.read_parquet(premiere.stage.folder / f"frames/stores/{store}/published_quantities")
            for store in STORES
        )
        assert rows["limited_by"].notna().sum() > 20
        assert (rows["hold_micros"] > 0).any()
        assert (rows["in_flight_micros"] > 0).any()
        assert (rows["atp_micros"] < 0).any()
        assert (rows["pool_micros"] > rows["offer_units"] * 1_000_000).any()

    def test_a_second_run_sends_no_mutation(self, stage: Stage) -> None:
        before = stage.writes(), stage.shown()
        run = run_full_sync(stage)
        assert run.failures == {}
        assert (stage.writes(), stage.shown()) == before
        assert all(each["to write"] == 0 for key, each in run.made.items() if "published" in key)

    def test_a_person_sees_counts_and_the_biggest_changes(self, premiere: Premiere) -> None:
        made = premiere.run.made
        seen = made["stores/b2b-us/published_quantities"]
        assert seen["levels"] > seen["to write"] == seen["applied"] > 0
        assert (seen["refused"], seen["unknown"]) == (0, 0)
        assert seen["units offered"] > 0
        assert seen["mode"] == "live"
        changes = [abs(row["change"]) for row in seen["biggest changes"]]
        assert changes == sorted(changes, reverse=True)
        assert min(changes) > 0
        biggest = seen["biggest changes"][0]
        assert biggest["quantity_units"] - biggest["observed_units"] == biggest["change"]
        assert made["erp/stock"]["rows"] > 500
        assert made["atp/available_to_promise"]["negative"] > 0
        assert made["orders/in_flight"]["lines in flight"] == 6
        assert made["stores/b2b-us/observed_quantities"]["unexplained"] == 0

    def test_the_checks_pass_but_for_the_blemishes_of_the_shops(self, premiere: Premiere) -> None:
        run = premiere.run
        for dataset in ("stock", "commitments", "components", "products", "locations"):
            assert run.check(f"erp/{dataset}", "every_row_is_believed").passed
        assert run.check("atp/available_to_promise", "atp_is_the_sum_of_its_terms").passed
        for store in STORES:
            observed = f"stores/{store}/observed_quantities"
            assert run.check(observed, "the_store_shows_what_was_published").passed
            mending = run.check(
                f"stores/{store}/published_quantities", "nothing_in_the_store_needs_mending"
            )
            assert not mending.passed
            assert mending.severity == dg.AssetCheckSeverity.WARN

    def test_each_blemish_is_named_for_the_person_who_can_mend_it(self, stage: Stage) -> None:
        found = stage.ledger(
            "SELECT scope, kind, count(*) FROM inventory_sync.findings"
            " WHERE resolved_at IS NULL AND severity = 'error' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        assert [tuple(row) for row in found] == [
            ("b2b-us", "inactive", 1),
            ("b2b-us", "unconnected", 1),
            ("b2c-eu", "untracked", 1),
            ("b2c-us", "duplicate-sku", 1),
            ("b2c-us", "missing-sku", 1),
            ("b2c-us", "near-sku", 1),
        ]


class TestTrouble:
    def test_a_revoked_token_fails_only_its_store(self, stage: Stage) -> None:
        shop = stage.shops["b2c-us"]
        token, shop.access_token = shop.access_token, None
        try:
            with balance_of_red_clocks(stage, "140"):
                run = run_full_sync(stage)
                mistakes = {store for store, _, _ in stage.wrong()}
        finally:
            shop.access_token = token
        assert set(run.failures) == {step("b2c-us")}
        assert "access_token" in run.failures[step("b2c-us")]
        made = {key.split("/")[1] for key in run.made if key.startswith("stores/")}
        assert made == {"b2b-us", "b2c-eu"}
        assert mistakes == {"b2c-us"}
        states = dict(stage.ledger("SELECT store, status FROM inventory_sync.store_states"))
        assert states == {"b2b-us": "ok", "b2c-us": "stopped", "b2c-eu": "ok"}

    def test_a_row_that_is_no_number_warns_and_keeps_the_last_good_number(
        self, stage: Stage
    ) -> None:
        before = stage.shown()
        with balance_of_red_clocks(stage, "NaN"):
            stage.erp(
                "UPDATE acme.stock_balances SET on_hand = on_hand + 1 WHERE sku = 'OAK-BENCH-160'"
            )
            run = run_full_sync(stage)
        assert run.failures == {}
        check = run.check("erp/stock", "every_row_is_believed")
        assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert shown(check.metadata["rows in quarantine"]) == 1
        told = {row["subject"]: row["reason"] for row in shown(check.metadata["rows"])}
        assert told["stock RETRO-CLOCK-RED @ NYC"] == "physical is not finite"
        after = stage.shown()
        assert of_sku(stage, after, "b2b-us", "RETRO-CLOCK-RED") == of_sku(
            stage, before, "b2b-us", "RETRO-CLOCK-RED"
        )
        assert of_sku(stage, after, "b2b-us", "OAK-BENCH-160") != of_sku(
            stage, before, "b2b-us", "OAK-BENCH-160"
        )

    def test_a_missing_column_stops_the_run_before_any_store(self, stage: Stage) -> None:
        before = stage.shown(), stage.writes()
        stage.erp("ALTER VIEW erp_contract.stock RENAME COLUMN unavailable TO not_available")
        try:
            run = run_full_sync(stage)
        finally:
            stage.erp("ALTER VIEW erp_contract.stock RENAME COLUMN not_available TO unavailable")
        assert set(run.failures) == {"erp_snapshot"}
        assert "stock" in run.failures["erp_snapshot"]
        assert "unavailable" in run.failures["erp_snapshot"]
        assert run.made == {}
        assert (stage.shown(), stage.writes()) == before

    def test_an_emptied_stock_table_never_zeroes_a_shop(self, stage: Stage) -> None:
        before = stage.shown(), stage.writes()
        ((view,),) = stage.erp("SELECT pg_get_viewdef('erp_contract.stock')")
        replaced = "CREATE OR REPLACE VIEW erp_contract.stock AS "
        stage.erp(f"{replaced} {view.rstrip('; ')} WHERE false")
        try:
            run = run_full_sync(stage)
        finally:
            stage.erp(replaced + view)
        assert set(run.failures) == {"erp_snapshot"}
        assert "stock is empty" in run.failures["erp_snapshot"]
        assert "inventory-sync approve" in run.failures["erp_snapshot"]
        assert (stage.shown(), stage.writes()) == before

    def test_a_dry_run_store_is_computed_and_not_written(self, stage: Stage) -> None:
        settings = stage.settings_with(
            "mode: live                  # dry_run (the default)", "mode: dry_run  #"
        )
        before = stage.shown()
        with balance_of_red_clocks(stage, "150"):
            run = run_full_sync(stage, settings_file=settings)
            mistakes, after = stage.wrong(), stage.shown()
        assert run.failures == {}
        seen = run.made["stores/b2b-us/published_quantities"]
        assert seen["mode"] == "dry run: nothing written"
        assert (seen["to write"], seen["applied"]) == (1, 0)
        (change,) = seen["biggest changes"]
        assert change["sku"] == "RETRO-CLOCK-RED"
        assert change["quantity_units"] != change["observed_units"]
        left_alone = {key for key in before if key[0] == "b2b-us"}
        assert {key: after[key] for key in left_alone} == {key: before[key] for key in left_alone}
        assert {sku_of(stage, key) for key in mistakes} == {("b2b-us", "RETRO-CLOCK-RED")}
        assert all(change["quantity_units"] in allowed for _, allowed in mistakes.values())

    def test_a_run_may_be_dry_or_limited_to_skus_by_its_config(self, stage: Stage) -> None:
        before = stage.shown()
        wishes = {"b2b-us": {"dry_run": True}, "b2c-us": {"skus": ["OAK-BENCH-160"]}}
        config = {step(store): {"config": wish} for store, wish in wishes.items()}
        with balance_of_red_clocks(stage, "160"):
            assert run_full_sync(stage, config=config).failures == {}
            mistakes = stage.wrong()
        after, red = stage.shown(), "RETRO-CLOCK-RED"
        for store in wishes:
            assert of_sku(stage, after, store, red) == of_sku(stage, before, store, red)
        assert {sku_of(stage, key) for key in mistakes} == {(store, red) for store in wishes}

    def test_falsified_figures_never_reach_a_store(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def falsified(parts: Parts, judged: Judged) -> Atp:
            atp = atp_of(parts, judged)
            first = atp.rows.index[~atp.rows["is_kit"]][0]
            atp.rows.loc[first, "atp_micros"] += 5_000_000
            return atp

        monkeypatch.setattr(atp_module, "atp_of", falsified)
        before = stage.shown(), stage.writes()
        run = run_full_sync(stage)
        check = run.check("atp/available_to_promise", "atp_is_the_sum_of_its_terms")
        assert not check.passed
        assert check.blocking
        assert len(shown(check.metadata["wrong rows"])) == 1
        assert not run.result.success
        assert [key for key in run.made if key.startswith("stores/")] == []
        assert (stage.shown(), stage.writes()) == before

    def test_a_single_store_is_not_written_from_old_figures(self, stage: Stage) -> None:
        before = stage.shown(), stage.writes()
        with figures_of_age(stage, timedelta(minutes=16)):
            run = run_full_sync(stage, assets=["stores/b2b-us/published_quantities"])
        assert set(run.failures) == {step("b2b-us")}
        assert "run the whole job" in run.failures[step("b2b-us")]
        assert (stage.shown(), stage.writes()) == before

    def test_a_single_store_is_written_from_fresh_figures(self, stage: Stage) -> None:
        with figures_of_age(stage, timedelta(minutes=14)):
            run_full_sync(stage, assets=["stores/b2b-us/published_quantities"])
            level = next(iter(stage.shops["b2b-us"].stock.levels_at(1001)))
            right = level.quantity("available")
            level.add("available", 3, now=datetime.now(UTC))
            run = run_full_sync(stage, assets=["stores/b2b-us/published_quantities"])
        assert run.failures == {}
        assert level.quantity("available") == right


@contextmanager
def figures_of_age(stage: Stage, age: timedelta) -> Iterator[None]:
    """Let the newest ATP have been read so long ago, for as long as the block lasts."""
    folder = stage.folder / "frames/atp/available_to_promise"
    newest = max(folder.glob("*.parquet"), key=lambda file: file.stat().st_mtime)
    kept, frame = newest.read_bytes(), pd.read_parquet(newest)
    frame.attrs["read_at"] = (datetime.now(UTC) - age).isoformat()
    frame.to_parquet(newest)
    try:
        yield
    finally:
        newest.write_bytes(kept)
