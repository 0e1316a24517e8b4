"""What every ERP source keeps about a few SKUs: a part of ``ErpSourceContract``."""

from collections.abc import Collection
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync_tests.erp.rows import (
    NOON,
    Rows,
    acknowledged,
    commitment,
    component,
    dataset_rows,
    location,
    product,
    stock,
)

# A set of a table and two clocks, a room of two sets and a lamp, a spoon that is in nothing.
FURNITURE = dataset_rows(
    locations=[location(), location("PLANT-1")],
    products=[
        product("RETRO-CLOCK"),
        product("OAK-TABLE", tracked="0"),
        product("TABLE-SET"),
        product("LIVING-ROOM"),
        product("WALL-LAMP"),
        product("MINIMALIST-SPOON"),
    ],
    components=[
        component("TABLE-SET", "OAK-TABLE"),
        component("TABLE-SET", "RETRO-CLOCK", "2"),
        component("LIVING-ROOM", "TABLE-SET", "2"),
        component("LIVING-ROOM", "WALL-LAMP", "0.5"),
    ],
    stock=[
        stock("RETRO-CLOCK", "12.5", unavailable="0.000001"),
        stock("RETRO-CLOCK", "-3", location="PLANT-1"),
        stock("OAK-TABLE", "7"),
        stock("WALL-LAMP", "1000000000000"),
        stock("MINIMALIST-SPOON", "40"),
    ],
    commitments=[
        commitment("C-1", sku="LIVING-ROOM", quantity="0.1"),
        commitment("C-2", expires_at=None, kind="order", external_order_id="gid-1"),
        commitment("C-3", sku="MINIMALIST-SPOON"),
    ],
    acknowledged_orders=[
        acknowledged("gid-1"),
        acknowledged("gid-1", "L-2"),
        acknowledged("gid-2"),
    ],
)

DATED = {
    "locations": [location(), location("PLANT-1", time_zone=None)],
    "supply": [
        {
            "supply_id": name,
            "sku": sku,
            "location": "NYC",
            "quantity": "2.5",
            "kind": "purchase",
            "due_date": "2026-03-09",
            "confirmed": "1",
            "updated_at": NOON,
        }
        for name, sku in (("S-1", "RETRO-CLOCK"), ("S-2", "MINIMALIST-SPOON"))
    ],
    "promise_dates": [
        {"sku": sku, "location": "NYC", "quantity": "3", "promise_date": "2026-04-01"}
        for sku in ("RETRO-CLOCK", "MINIMALIST-SPOON")
    ],
}


def closure(rows: Rows, skus: Collection[str]) -> set[str]:
    """The SKUs with all that share a kit with one that is in already, until nothing is added."""
    found = set(skus)
    for _ in rows["components"]:
        for row in rows["components"]:
            pair = {sku for sku in (row["kit_sku"], row["component_sku"]) if sku is not None}
            found |= pair if pair & found else set()
    return found


def told(extract: ErpExtract) -> dict[str, list[Any]]:
    """Every row of the extract as plain values, quantities in micros."""
    return {
        "locations": sorted(extract.locations),
        "products": _sorted((row.sku, row.tracked) for row in extract.products),
        "components": _sorted(
            (row.kit_sku, row.component_sku, _micros(row.quantity)) for row in extract.components
        ),
        "stock": _sorted(
            (row.sku, row.location, _micros(row.physical), _micros(row.unavailable))
            for row in extract.stock
        ),
        "commitments": _sorted(
            (
                row.commitment_id,
                row.order_id,
                row.sku,
                row.location,
                _micros(row.quantity),
                row.kind,
                row.expires_at,
                row.external_order_id,
            )
            for row in extract.commitments
        ),
        "acknowledged": _sorted(
            (row.external_order_id, row.external_line_id, _micros(row.quantity))
            for row in extract.acknowledged
        ),
    }


def told_of_whole(
    snapshot: ErpSnapshot, skus: Collection[str], order_ids: Collection[str]
) -> dict[str, list[Any]]:
    """The same out of a snapshot of everything: the rows that are about these SKUs and orders."""

    def rows(dataset: str, *columns: str, **about: Collection[str]) -> list[Any]:
        frame = getattr(snapshot, dataset)
        kept = pd.Series(not about, index=frame.index)
        for column, values in about.items():
            kept |= frame[column].astype("object").isin(list(values))
        plain = frame.loc[kept, list(columns)].astype("object")
        return _sorted(plain.where(plain.notna(), None).itertuples(index=False, name=None))

    return {
        "locations": [name for (name,) in rows("locations", "location")],
        "products": rows("products", "sku", "tracked", sku=skus),
        "components": rows(
            "components",
            "kit_sku",
            "component_sku",
            "quantity_micros",
            kit_sku=skus,
            component_sku=skus,
        ),
        "stock": rows(
            "stock", "sku", "location", "physical_micros", "unavailable_micros", sku=skus
        ),
        "commitments": rows(
            "commitments",
            "commitment_id",
            "order_id",
            "sku",
            "location",
            "quantity_micros",
            "kind",
            "expires_at",
            "external_order_id",
            sku=skus,
        ),
        "acknowledged": rows(
            "acknowledged_orders",
            "external_order_id",
            "external_line_id",
            "quantity_micros",
            external_order_id=order_ids,
        ),
    }


def assert_equals_the_whole(source: Any, rows: Rows, skus: set[str], order_ids: set[str]) -> None:
    """The extract holds what a full snapshot holds of the closure, and nothing else."""
    extract = source.extract(skus, order_ids)
    wanted = closure(rows, skus)

    assert extract.skus == wanted
    assert told(extract) == told_of_whole(source.snapshot(), wanted, order_ids)


class ErpExtractContract:
    @pytest.mark.parametrize(
        "skus",
        [
            {"RETRO-CLOCK"},
            {"LIVING-ROOM"},
            {"WALL-LAMP", "MINIMALIST-SPOON"},
            {"MINIMALIST-SPOON"},
            {"NO-SUCH-SKU"},
            set(),
        ],
        ids=lambda skus: " ".join(sorted(skus)) or "none",
    )
    def test_an_extract_is_the_snapshot_of_all_that_shares_a_kit(self, source_of, skus):
        assert_equals_the_whole(source_of(FURNITURE), FURNITURE, skus, {"gid-1", "gid-9"})

    def test_a_repeated_extract_is_the_same(self, source_of):
        source = source_of(FURNITURE)
        first = told(source.extract({"OAK-TABLE"}, {"gid-2"}))
        assert told(source.extract({"OAK-TABLE"}, {"gid-2"})) == first

    def test_only_the_orders_that_are_asked_for_are_acknowledged(self, source_of):
        source = source_of(FURNITURE)
        for order_ids in ({"gid-1"}, {"gid-2"}, {"gid-1", "gid-2"}, set()):
            extract = source.extract({"RETRO-CLOCK"}, order_ids)
            assert {row.external_order_id for row in extract.acknowledged} == order_ids
            frame = source.snapshot({"RETRO-CLOCK"}, order_ids).acknowledged_orders
            assert set(frame.external_order_id) == order_ids

    def test_a_kit_that_is_added_between_two_calls_is_seen(self, source_of, append):
        source = source_of(FURNITURE)
        assert source.extract({"MINIMALIST-SPOON"}, ()).skus == {"MINIMALIST-SPOON"}
        lamp = {"RETRO-CLOCK", "OAK-TABLE", "TABLE-SET", "LIVING-ROOM", "WALL-LAMP"}
        assert source.extract({"WALL-LAMP"}, ()).skus == lamp

        append("components", component("PICNIC", "MINIMALIST-SPOON"), component("PICNIC", "CUP"))
        append("commitments", commitment("C-9", sku="PICNIC", quantity="6"))
        append("components", component("LIVING-ROOM", "SOFA"), component("SUITE", "SOFA"))

        picnic = source.extract({"MINIMALIST-SPOON"}, ())
        assert picnic.skus == {"MINIMALIST-SPOON", "PICNIC", "CUP"}
        assert {row.commitment_id for row in picnic.commitments} == {"C-3", "C-9"}
        assert source.extract({"WALL-LAMP"}, ()).skus == lamp | {"SOFA", "SUITE"}
        assert set(source.snapshot({"WALL-LAMP"}).components.kit_sku) == {
            "TABLE-SET", "LIVING-ROOM", "SUITE"
        }  # fmt: skip

    def test_a_snapshot_of_a_few_skus_is_the_whole_one_restricted(self, source_of):
        source = source_of(FURNITURE)
        for skus in ({"RETRO-CLOCK"}, {"MINIMALIST-SPOON"}, {"NO-SUCH-SKU"}, set()):
            few = source.snapshot(skus, {"gid-1"})
            wanted = closure(FURNITURE, skus)
            assert told_of_whole(few, wanted, {"gid-1"}) == told_of_whole(
                source.snapshot(), wanted, {"gid-1"}
            )
            assert set(few.stock.sku) <= wanted
            assert set(few.commitments.sku) <= wanted
            assert list(few.locations.location) == ["NYC", "PLANT-1"]

    def test_quantities_of_an_extract_are_exact(self, source_of):
        texts = ["5", "0.1", "0.000001", "-2.5", "0", "12.50", "1000000000000", "999999.999999"]
        source = source_of(dataset_rows(stock=[stock(physical=text) for text in texts]))
        found = sorted(row.physical for row in source.extract({"RETRO-CLOCK"}, ()).stock)
        assert found == sorted(Decimal(text) for text in texts)
        assert not any(isinstance(quantity, float) for quantity in found)

    def test_what_is_no_number_is_handed_on_for_others_to_judge(self, source_of):
        source = source_of(dataset_rows(stock=[stock(physical=None), stock(physical="NaN")]))
        found = {str(row.physical) for row in source.extract({"RETRO-CLOCK"}, ()).stock}
        assert found == {"None", "NaN"}

    @pytest.mark.parametrize("odd", [("TABLE-SET", None), (None, "OAK-TABLE"), (None, None)])
    def test_a_parts_list_without_a_name_connects_nothing(self, source_of, odd):
        rows = dataset_rows(components=[component(*odd), component("PICNIC", None)])
        source = source_of(rows)
        assert source.extract({"TABLE-SET"}, ()).skus == {"TABLE-SET"}
        assert source.extract({"OAK-TABLE"}, ()).skus == {"OAK-TABLE"}
        assert len(source.extract({"TABLE-SET"}, ()).components) == (odd[0] == "TABLE-SET")

    def test_times_of_an_extract_tell_their_zone_and_flags_are_flags(self, source_of):
        source = source_of(FURNITURE)
        extract = source.extract({"RETRO-CLOCK"}, ())
        ends = {row.commitment_id: row.expires_at for row in extract.commitments}
        assert ends == {"C-1": datetime(2026, 3, 2, 18, 30, 0, 250_000, tzinfo=UTC), "C-2": None}
        assert ends["C-1"].utcoffset() == timedelta(0)
        assert extract.taken_at.utcoffset() == timedelta(0)
        tracked = {row.sku: row.tracked for row in extract.products}
        assert (tracked["RETRO-CLOCK"], tracked["OAK-TABLE"]) == (True, False)
        assert isinstance(tracked["RETRO-CLOCK"], bool)

    def test_days_are_told_only_when_they_are_asked_for(self, source_of):
        source = source_of(FURNITURE | DATED)
        assert source.extract({"RETRO-CLOCK"}, ()).dates is None
        dates = source.extract({"RETRO-CLOCK"}, (), dated=True).dates
        assert dates.zones == {"NYC": "America/New_York"}
        assert [astuple(row) for row in dates.supply] == [
            ("S-1", "RETRO-CLOCK", "NYC", Decimal("2.5"), date(2026, 3, 9), True, "purchase")
        ]
        assert [astuple(row) for row in dates.promise_dates] == [
            ("RETRO-CLOCK", "NYC", Decimal("3"), date(2026, 4, 1))
        ]

    def test_days_that_are_missing_or_unsaid_are_nothing(self, source_of):
        supply = [DATED["supply"][0] | {"due_date": None, "confirmed": None}]
        source = source_of({**FURNITURE, "supply": supply})
        extract = source.extract({"RETRO-CLOCK"}, (), dated=True)
        assert [(row.due_date, row.confirmed) for row in extract.dates.supply] == [(None, None)]
        assert extract.dates.promise_dates == []
        assert {row.due_date for row in extract.commitments} == {date(2026, 3, 9)}

    @pytest.mark.parametrize(
        "sku",
        ["00123", "NULL", "", " OAK-TABLE ", 'say "hi"', "a'; --", "{a,b}", "\\N", "100%", "%s",
         ":x", "桌子"],
    )  # fmt: skip
    def test_any_sku_can_be_asked_for(self, source_of, sku):
        rows = dataset_rows(
            locations=[location()],
            stock=[stock(sku), stock("x")],
            components=[component(sku, "PART")],
            acknowledged_orders=[acknowledged(sku)],
        )
        source = source_of(rows)
        extract = source.extract({sku}, {sku})
        assert extract.skus == {sku, "PART"}
        assert [row.sku for row in extract.stock] == [sku]
        assert [row.external_order_id for row in extract.acknowledged] == [sku]
        assert source.snapshot({sku}, {sku}).stock.sku.tolist() == [sku]

    def test_many_skus_can_be_asked_for_at_once(self, source_of):
        skus = {f"SKU-{number}" for number in range(1_200)}
        source = source_of(dataset_rows(stock=[stock(sku) for sku in sorted(skus)[:20]]))
        assert source.extract(skus, skus).skus == skus
        assert len(source.extract(skus, ()).stock) == 20
        assert len(source.snapshot(skus).stock) == 20

    def test_a_missing_dataset_is_named_by_an_extract_as_well(self, source_of):
        rows = {name: r for name, r in dataset_rows().items() if name != "commitments"}
        with pytest.raises(ContractBroken, match="commitments"):
            source_of(rows).extract({"RETRO-CLOCK"}, ())

    def test_every_dataset_of_a_restricted_snapshot_has_its_columns(self, source_of):
        snapshot = source_of(FURNITURE).snapshot({"NO-SUCH-SKU"})
        for dataset in SNAPSHOT_DATASETS:
            frame = getattr(snapshot, dataset.name)
            assert list(frame.columns) == [column.field for column in dataset.columns]


def _micros(quantity: Any) -> int:
    micros = Fraction(quantity) * 1_000_000
    assert micros.denominator == 1
    return int(micros)


def _sorted(rows: Any) -> list[Any]:
    return sorted((tuple(row) for row in rows), key=str)
