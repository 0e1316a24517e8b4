"""How fast and how lean the ATP sums are, beside the memory bus, pandas and a database engine.

Put the ways of summing the same rows here, so that anybody can repeat the table on their own
machine. Keep out what the product does not compute with, beyond what it is compared to, and keep
out reading and coding of keys: every way starts from the same integer-coded rows in memory.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Final

import numpy as np
import pandas as pd
import psutil
from numpy.typing import NDArray

from inventory_sync.domain.position import KINDS, CommitmentRows, StockRows, net_position
from inventory_sync.domain.units import SCALE

FLOOR: Final = "floor: np.add of arrays of the same bytes"
OURS: Final = "inventory_sync net_position"

_COMMITMENTS_PER_KEY: Final = 1.6
_SEED: Final = 20260302

# ru_maxrss counts kilobytes on Linux and bytes on macOS.
_MAXRSS_BYTES: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Rows:
    """The input of every way: per key one stock row and 1.6 commitments.

    Stock comes in the order of its key, as a table of the ERP does; commitments come in any order.
    """

    keys: int
    stock: StockRows
    commitments: CommitmentRows

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.stock.key) + len(self.commitments.key)

    @property
    def input_bytes(self) -> int:
        """The bytes of all columns."""
        stock, demand = self.stock, self.commitments
        return sum(
            column.nbytes
            for table in (
                (stock.key, stock.physical, stock.unavailable),
                (demand.key, demand.kind, demand.quantity),
            )
            for column in table
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table.

    ``seconds`` is the best of the rounds, ``times_floor`` its ratio to the floor's;
    ``extra_megabytes`` is the peak memory beyond the rows (results included), ``extra_share`` its
    ratio to the bytes of the rows.
    """

    name: str
    seconds: float
    times_floor: float
    extra_megabytes: float
    extra_share: float


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    extra_bytes: int
    input_bytes: int
    digest: str


def measure(keys: int = 10_000_000, *, rounds: int = 3) -> list[Measured]:
    """Measure every way on ``keys`` SKU-locations (2.6 rows each), the floor first.

    Each way runs in a process of its own, so that nobody inherits another's memory. Raises
    ``RuntimeError`` when two ways disagree about a single ATP.
    """
    runs = {name: _in_fresh_process(name, keys, rounds) for name in (FLOOR, *ways_to_sum())}
    floor = runs[FLOOR]
    digests = {name: run.digest for name, run in runs.items() if name != FLOOR}
    if len(set(digests.values())) != 1:
        raise RuntimeError(f"The ways of summing disagree about the same rows: {digests}.")
    return [
        Measured(
            name,
            run.seconds,
            run.seconds / floor.seconds,
            run.extra_bytes / 1e6,
            run.extra_bytes / run.input_bytes,
        )
        for name, run in runs.items()
    ]


def ways_to_sum() -> Mapping[str, Callable[[Rows], NDArray[np.int64]]]:
    """Each way by name: from the rows to the ATP of every key, in micros."""
    ways: dict[str, Callable[[Rows], NDArray[np.int64]]] = {
        OURS: sum_by_net_position,
        "pandas groupby": sum_by_pandas,
    }
    if find_spec("duckdb"):
        ways["duckdb union, group by"] = sum_by_duckdb
    return ways


def sum_by_net_position(rows: Rows) -> NDArray[np.int64]:
    """What the product does; it alone also keeps every term of the waterfall apart."""
    return net_position(rows.keys, rows.stock, rows.commitments).atp()


def sum_by_pandas(rows: Rows) -> NDArray[np.int64]:
    """All rows below each other with their sign, then one group-by."""
    stock, demand = rows.stock, rows.commitments
    union = pd.DataFrame(
        {
            "key": np.concatenate([stock.key, demand.key]),
            "micros": np.concatenate([stock.physical - stock.unavailable, -demand.quantity]),
        }
    )
    return union.groupby("key")["micros"].sum().to_numpy(np.int64)


def sum_by_duckdb(rows: Rows) -> NDArray[np.int64]:
    """The same in SQL, on the columns as they lie in memory."""
    import duckdb  # noqa: PLC0415 - compared with, not depended on

    with duckdb.connect() as connection:
        connection.register("stock", _frame(rows.stock, "key", "physical", "unavailable"))
        connection.register("commitments", _frame(rows.commitments, "key", "quantity"))
        result = connection.execute(
            """
            SELECT sum(micros)::BIGINT AS atp_micros
            FROM (SELECT key, physical - unavailable AS micros FROM stock
                  UNION ALL SELECT key, -quantity FROM commitments)
            GROUP BY key ORDER BY key
            """
        ).fetchnumpy()
    atp: NDArray[np.int64] = np.asarray(result["atp_micros"])
    return atp


def rows_for(keys: int) -> Rows:
    """The same rows for the same ``keys``, in any process."""
    rng = np.random.default_rng(_SEED)
    count = int(keys * _COMMITMENTS_PER_KEY)
    return Rows(
        keys,
        StockRows(np.arange(keys, dtype=np.int32), _micros(rng, keys, 500), _micros(rng, keys, 5)),
        CommitmentRows(
            rng.integers(0, keys, count, dtype=np.int32),
            rng.integers(0, len(KINDS), count, dtype=np.int8),
            _micros(rng, count, 9),
        ),
    )


def _micros(rng: np.random.Generator, count: int, below_units: int) -> NDArray[np.int64]:
    quantities = rng.integers(0, below_units, count)
    quantities *= SCALE
    return quantities


def _frame(columns: object, *names: str) -> pd.DataFrame:
    return pd.DataFrame({name: getattr(columns, name) for name in names}, copy=False)


def _in_fresh_process(name: str, keys: int, rounds: int) -> _Run:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, name, keys, rounds).result()


def _run(name: str, keys: int, rounds: int) -> _Run:
    """Time one way in this process, and see how far its memory rises above that of the rows."""
    rows = rows_for(keys)
    work = _floor(rows) if name == FLOOR else ways_to_sum()[name]
    before_bytes = psutil.Process().memory_info().rss
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        result = work(rows)
        seconds.append(perf_counter() - began)
        digest = hashlib.sha256(np.ascontiguousarray(result).data).hexdigest()
        del result  # so that the next round does not stand beside it
    # The peak of the whole process: making the rows counts too, so this is never too small.
    peak_bytes = getrusage(RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES
    return _Run(min(seconds), max(0, peak_bytes - before_bytes), rows.input_bytes, digest)


def _floor(rows: Rows) -> Callable[[Rows], NDArray[np.int64]]:
    """Add two arrays, each of as many bytes as the rows, into a third one that stands ready."""
    words = rows.input_bytes // 8
    left, right, total = (np.full(words, fill) for fill in (1, 2, 0))

    def add(_: Rows) -> NDArray[np.int64]:
        np.add(left, right, out=total)
        return total

    return add
