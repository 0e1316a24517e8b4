"""Frames between assets rest as Parquet and come back as they were."""

from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from inventory_sync.defs.resources import KEPT_FRAMES, FrameIOManager
from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.domain.quarantine import judge
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import Rows, commitment, dataset_rows, location, product, stock

FULL = dataset_rows(
    locations=[location("NYC"), location("PLANT-1", time_zone=None)],
    products=[product("OAK-TABLE"), product("RETRO-CLOCK", name=None), product("SET-4")],
    components=[{"kit_sku": "SET-4", "component_sku": "OAK-TABLE", "quantity": "0.25"}],
    stock=[stock("OAK-TABLE", "12.5"), stock("RETRO-CLOCK", "NaN"), stock("RETRO-CLOCK", "3")],
    commitments=[commitment(), commitment("C-2", due_date=None, expires_at=None, channel="b2b")],
    acknowledged_orders=[
        {
            "external_order_id": "gid://shopify/Order/1",
            "external_line_id": "gid://shopify/LineItem/1",
            "quantity": "2",
            "updated_at": "2026-11-23 09:00:00.123456+00",
        }
    ],
)
NAMES = [dataset.name for dataset in SNAPSHOT_DATASETS]


def snapshot_of(rows: Rows) -> ErpSnapshot:
    return FakeErp(rows).snapshot()


def through_parquet(folder: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """What an asset downstream receives when one upstream returns the frame."""
    received: list[pd.DataFrame] = []

    @dg.asset(io_manager_key="frames")
    def upstream() -> pd.DataFrame:
        return frame

    @dg.asset
    def downstream(upstream: pd.DataFrame) -> None:
        received.append(upstream)

    frames = FrameIOManager(folder=str(folder))
    assert dg.materialize([upstream, downstream], resources={"frames": frames}).success
    return received[0]


@pytest.mark.parametrize("rows", [FULL, dataset_rows()], ids=["full", "empty"])
@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_keeps_its_rows_dtypes_and_attributes(
    tmp_path: Path, rows: Rows, name: str
) -> None:
    frame: pd.DataFrame = getattr(snapshot_of(rows), name)
    frame.attrs.update(taken_at="2026-11-23T09:00:00+00:00", read_at="2026-11-23T09:00:01+00:00")
    received = through_parquet(tmp_path, frame)
    # Where there is no row, Parquet forgets of what type the categories would be.
    pd.testing.assert_frame_equal(received, frame, check_categorical=len(frame) > 0)
    assert received.attrs == frame.attrs


@pytest.mark.parametrize("rows", [FULL, dataset_rows()], ids=["full", "empty"])
def test_atp_and_doubts_keep_their_dtypes(tmp_path: Path, rows: Rows) -> None:
    judged = judge(snapshot_of(rows))
    atp = available_to_promise(judged, judged.snapshot.taken_at).rows
    for place, frame in (("atp", atp), ("doubts", judged.doubts)):
        received = through_parquet(tmp_path / place, frame)
        # A missing text may come back as another kind of missing.
        pd.testing.assert_frame_equal(received.fillna("-"), frame.fillna("-"))


def test_atp_is_the_same_when_its_inputs_went_through_parquet(tmp_path: Path) -> None:
    judged = judge(snapshot_of(FULL))
    now = judged.snapshot.taken_at
    received = {
        name: through_parquet(tmp_path / name, getattr(judged.snapshot, name)) for name in NAMES
    }
    again = judge(ErpSnapshot(taken_at=now, faults={}, **received))
    pd.testing.assert_frame_equal(
        available_to_promise(
            type(judged)(again.snapshot, judged.findings, judged.doubts), now
        ).rows,
        available_to_promise(judged, now).rows,
    )


def test_only_the_newest_frames_are_kept(tmp_path: Path) -> None:
    for units in range(KEPT_FRAMES + 2):
        received = through_parquet(tmp_path, pd.DataFrame({"units": [units]}))
        assert received["units"].tolist() == [units]
    assert len(list((tmp_path / "upstream").glob("*.parquet"))) == KEPT_FRAMES
    assert not list((tmp_path / "upstream").glob("*.part"))


def test_an_asset_that_was_never_computed_is_named(tmp_path: Path) -> None:
    upstream = dg.AssetSpec(["erp", "stock"]).with_io_manager_key("frames")

    @dg.asset(ins={"stock": dg.AssetIn(["erp", "stock"])})
    def downstream(stock: pd.DataFrame) -> None:
        raise AssertionError("there is nothing to compute from")

    frames = FrameIOManager(folder=str(tmp_path))
    with pytest.raises(dg.Failure, match="erp/stock has not been computed yet; run the job"):
        dg.materialize([upstream, downstream], resources={"frames": frames})
