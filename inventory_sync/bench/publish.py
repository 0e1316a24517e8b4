"""How fast a store is filled for the first time, against what the rate limit of its plan allows.

Put what is published and how it is counted here: the flow, the ledger and the storefront are the
real ones. Keep the stores out: who measures hands them in, with a way to ask what they counted.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import create_engine, text

from inventory_sync.domain.frames import (
    LOCATIONS,
    PRODUCTS,
    SNAPSHOT_DATASETS,
    STOCK,
    Dataset,
    ErpSnapshot,
)
from inventory_sync.domain.quarantine import judge
from inventory_sync.erp.conversion import typed_frame
from inventory_sync.erp.sql_errors import parsed_url
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.publish import Wishes, publish_store

ERP_LOCATION: Final = "NYC"
UNITS: Final = 20
_TAKEN_AT: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoreCount:
    """What a store has counted of its callers. ``throttled_in_a_row`` is the most ever."""

    calls: int
    points_spent: float
    throttled: int
    throttled_in_a_row: int
    bucket_points: float
    restore_points_per_second: float


@dataclass(frozen=True, slots=True)
class Published:
    """One store after its cold publish."""

    store: str
    levels: int
    seconds: float
    count: StoreCount

    @property
    def rows_per_second(self) -> float:
        """Levels that were read, written and read back, per second."""
        return self.levels / self.seconds

    @property
    def allowed_points(self) -> float:
        """What could have been spent: the full bucket, and what was restored meanwhile."""
        return self.count.bucket_points + self.count.restore_points_per_second * self.seconds

    @property
    def used_share(self) -> float:
        """The part of it that was used: near 1 when the rate limit alone sets the pace."""
        return self.count.points_spent / self.allowed_points


def sku_of(number: int) -> str:
    """The SKU of the n-th level, so that stores can be made to fit."""
    return f"SKU-{number:07}"


def measure(parts: Parts, levels: int, count: Callable[[str], StoreCount]) -> list[Published]:
    """Publish ``levels`` levels to each store of ``parts``, all stores at once.

    The stores must hold ``sku_of(0)`` and following at one location each, with other quantities
    than ``UNITS``, and the ledger must be fresh. Raises ``RuntimeError`` when a store does not show
    everything afterwards: a fast wrong publish is no measurement.
    """
    judged = judge(_full_shelves(levels))
    basis = Basis.of(parts, judged)

    def publish(store: str) -> Published:
        began = perf_counter()
        report = publish_store(parts, store, basis, pass_id=f"bench-{store}", wishes=Wishes())
        seconds = perf_counter() - began
        right = int((report.rows["shown_units"] == UNITS).sum())
        if report.applied != levels or right != levels:
            raise RuntimeError(
                f"{store}: {report.applied} of {levels} levels were written, {right} are right."
            )
        return Published(store, levels, seconds, count(store))

    with ThreadPoolExecutor(max(1, len(parts.policies))) as pool:
        return list(pool.map(publish, parts.policies))


@contextmanager
def fresh_ledger(url: str) -> Iterator[None]:
    """Forget what the ledger in this database holds, now and afterwards: one of the bench's own."""
    _forget(url)
    try:
        yield
    finally:
        _forget(url)


def _forget(url: str) -> None:
    engine = create_engine(parsed_url(url))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS inventory_sync CASCADE"))
    engine.dispose()


def _full_shelves(levels: int) -> ErpSnapshot:
    """An ERP that has ``UNITS`` of each SKU at one location, and nothing else."""
    skus = [sku_of(number) for number in range(levels)]
    columns: dict[Dataset, dict[str, list[Any]]] = {
        LOCATIONS: {"location": [ERP_LOCATION], "name": [ERP_LOCATION], "time_zone": [None]},
        PRODUCTS: {"sku": skus, "name": skus, "tracked": ["true"] * levels},
        STOCK: {
            "sku": skus,
            "location": [ERP_LOCATION] * levels,
            "physical": [str(UNITS)] * levels,
            "unavailable": ["0"] * levels,
            "updated_at": [_TAKEN_AT.isoformat()] * levels,
        },
    }
    frames = {dataset.name: dataset.empty_frame() for dataset in SNAPSHOT_DATASETS}
    for dataset, texts in columns.items():
        table = pa.table({name: pa.array(cells, pa.string()) for name, cells in texts.items()})
        frames[dataset.name] = typed_frame(dataset, [table])[0]
    return ErpSnapshot(taken_at=_TAKEN_AT, faults={}, **frames)
