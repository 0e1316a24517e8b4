"""The vocabulary of the ERP contract hangs together."""

from dataclasses import fields
from datetime import UTC, datetime

import pandas as pd
import pytest

from inventory_sync.domain.frames import (
    DATASETS,
    FAULT_COLUMNS,
    SNAPSHOT_DATASETS,
    ErpSnapshot,
    RowFault,
    no_faults,
)

BY_NAME = pytest.mark.parametrize("name", DATASETS)


@BY_NAME
def test_the_key_is_made_of_columns(name):
    assert set(DATASETS[name].key) <= {column.name for column in DATASETS[name].columns}


@BY_NAME
def test_no_column_of_the_key_may_be_null(name):
    nullable = {column.name for column in DATASETS[name].columns if column.nullable}
    assert nullable.isdisjoint(DATASETS[name].key)


@BY_NAME
def test_an_empty_frame_has_every_column_in_order(name):
    frame = DATASETS[name].empty_frame()
    assert list(frame.columns) == [column.field for column in DATASETS[name].columns]
    assert len(frame) == 0


def test_a_quantity_is_held_in_micros():
    frame = DATASETS["stock"].empty_frame()
    assert {name: str(frame[name].dtype) for name in frame} == {
        "sku": "category",
        "location": "category",
        "physical_micros": "int64",
        "unavailable_micros": "int64",
        "updated_at": "datetime64[us, UTC]",
    }


def test_only_promise_dates_are_optional():
    assert [dataset.name for dataset in DATASETS.values() if dataset.optional] == ["promise_dates"]


def test_a_snapshot_holds_every_dataset_but_the_events():
    held = {dataset.name for dataset in SNAPSHOT_DATASETS}
    assert held == set(DATASETS) - {"events"}
    assert held == {field.name for field in fields(ErpSnapshot)} - {"taken_at", "faults"}


def test_faults_are_told_one_by_one():
    listing = pd.DataFrame([(3, "physical", "is missing", None)], columns=list(FAULT_COLUMNS))
    snapshot = ErpSnapshot(
        taken_at=datetime(2026, 3, 2, tzinfo=UTC),
        faults={"stock": listing, "supply": no_faults()},
        **{dataset.name: dataset.empty_frame() for dataset in SNAPSHOT_DATASETS},
    )
    assert list(snapshot.row_faults()) == [RowFault("stock", 3, "physical", "is missing", None)]
