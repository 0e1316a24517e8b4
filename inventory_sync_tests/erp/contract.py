"""What every ERP source keeps, whatever it is made of: subclass it and say how to make one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.frames import DATASETS, SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.flow.ports import ErpSource
from inventory_sync_tests.erp.event_contract import ErpEventContract
from inventory_sync_tests.erp.extract_contract import ErpExtractContract
from inventory_sync_tests.erp.rows import (
    Rows,
    commitment,
    dataset_rows,
    location,
    product,
    stock,
)

MakeSource = Callable[[Rows], ErpSource]


class ErpSnapshotContract(ErpExtractContract):
    @pytest.fixture
    def source_of(self) -> MakeSource:
        """Makes a source that holds exactly the given rows."""
        raise NotImplementedError

    @pytest.fixture
    def append(self) -> Callable[..., None]:
        """Adds rows to a dataset of the source: ``append("stock", stock(), ...)``."""
        raise NotImplementedError

    @pytest.fixture
    def snapshot_of(self, source_of: MakeSource) -> Callable[..., ErpSnapshot]:
        return lambda **rows: source_of(dataset_rows(**rows)).snapshot()

    def test_every_frame_has_the_columns_and_dtypes_of_its_dataset(self, snapshot_of):
        snapshot = snapshot_of(
            locations=[location()],
            products=[product()],
            stock=[stock()],
            commitments=[commitment(), commitment("C-2", expires_at=None, due_date=None)],
        )
        for dataset in SNAPSHOT_DATASETS:
            frame = getattr(snapshot, dataset.name)
            # Categories are data; that both are categories of str is what counts.
            assert _dtypes(frame) == _dtypes(dataset.empty_frame()), dataset.name

    def test_zero_rows_are_fine(self, snapshot_of):
        snapshot = snapshot_of()
        for dataset in SNAPSHOT_DATASETS:
            assert len(getattr(snapshot, dataset.name)) == 0
            assert len(snapshot.faults[dataset.name]) == 0

    def test_an_optional_dataset_may_be_missing(self, snapshot_of):
        assert list(snapshot_of().promise_dates.columns) == [
            column.field for column in DATASETS["promise_dates"].columns
        ]

    def test_an_optional_dataset_is_read_when_it_is_there(self, snapshot_of):
        row = {
            "sku": "OAK-TABLE",
            "location": "PLANT-1",
            "quantity": "3",
            "promise_date": "2026-04-01",
        }
        frame = snapshot_of(promise_dates=[row]).promise_dates
        assert frame.quantity_micros.tolist() == [3_000_000]
        assert frame.promise_date.tolist() == [pd.Timestamp("2026-04-01")]

    def test_a_missing_dataset_is_named(self, source_of):
        rows = {name: r for name, r in dataset_rows().items() if name != "commitments"}
        with pytest.raises(ContractBroken, match="commitments"):
            source_of(rows).snapshot()

    def test_the_snapshot_says_when_it_was_taken_in_utc(self, snapshot_of):
        assert snapshot_of().taken_at.utcoffset() == timedelta(0)

    def test_quantities_are_exact_micros(self, snapshot_of):
        texts = ["5", "0.1", "0.000001", "-2.5", "0", "12.50", "1000000000000", "-1000000000000"]
        micros = [5_000_000, 100_000, 1, -2_500_000, 0, 12_500_000, 10**18, -(10**18)]
        snapshot = snapshot_of(stock=[stock(physical=text) for text in texts])
        assert snapshot.stock.physical_micros.tolist() == micros
        assert len(snapshot.faults["stock"]) == 0

    def test_unreadable_quantities_are_zero_and_listed_with_their_reason(self, snapshot_of):
        texts = ["7", None, "NaN", "Infinity", "0.0000001", "1000000000001"]
        snapshot = snapshot_of(stock=[stock(physical=text) for text in texts])
        assert snapshot.stock.physical_micros.tolist() == [7_000_000, 0, 0, 0, 0, 0]
        listed = [(f.dataset, f.row_position, f.column, f.reason) for f in snapshot.row_faults()]
        assert listed == [
            ("stock", 1, "physical", "is missing"),
            ("stock", 2, "physical", "is not finite"),
            ("stock", 3, "physical", "is not finite"),
            ("stock", 4, "physical", "has more than 6 decimals"),
            ("stock", 5, "physical", "is beyond 1000000000000"),
        ]
        assert [f.value_text for f in snapshot.row_faults()][:2] == [None, "NaN"]

    def test_rows_with_a_null_location_or_sku_are_kept(self, snapshot_of):
        frame = snapshot_of(stock=[stock(location=None), stock(None), stock()]).stock
        assert frame.location.isna().tolist() == [True, False, False]
        assert frame.sku.isna().tolist() == [False, True, False]
        assert len(frame) == 3

    @pytest.mark.parametrize(
        "sku",
        ["00123", "1E5", "NA", "null", "", " OAK-TABLE ", "a,b", 'say "hi"', "a'; --", "=1+1",
         "two\nlines", "two\r\nlines", "tab\there", "\\N", "\\.", "é", "e\u0301", "桌子"],
    )  # fmt: skip
    def test_a_sku_arrives_letter_for_letter(self, snapshot_of, sku):
        snapshot = snapshot_of(products=[product("x"), product(sku)], stock=[stock(sku)])
        assert snapshot.stock.sku.tolist() == [sku]
        assert snapshot.products.sku.tolist() == ["x", sku]

    def test_duplicate_and_negative_rows_are_not_judged_here(self, snapshot_of):
        snapshot = snapshot_of(stock=[stock(), stock(), stock(physical="-1")])
        assert len(snapshot.stock) == 3
        assert len(snapshot.faults["stock"]) == 0

    def test_times_dates_and_flags_have_their_types(self, snapshot_of):
        snapshot = snapshot_of(
            commitments=[commitment()], products=[product(), product("OAK-TABLE", tracked="0")]
        )
        row = snapshot.commitments.iloc[0]
        assert row.expires_at == datetime(2026, 3, 2, 18, 30, 0, 250_000, tzinfo=UTC)
        assert row.due_date == pd.Timestamp("2026-03-09")
        assert pd.isna(row.channel)
        assert snapshot.products.tracked.tolist() == [True, False]


class ErpSourceContract(ErpSnapshotContract, ErpEventContract):
    @pytest.fixture
    def requested(self) -> Callable[[], dict[str, tuple[str, int]]]:
        """What the source has been asked for: request id -> (action, quantity)."""
        raise NotImplementedError


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {
        name: f"category of {dtype.categories.dtype}"
        if isinstance(dtype, pd.CategoricalDtype)
        else str(dtype)
        for name, dtype in frame.dtypes.items()
    }
