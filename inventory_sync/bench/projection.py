"""How fast dated rows become projected ATP, beside pandas and a database engine.

Put the ways of projecting the same rows here, so that anybody can repeat the table on their own
machine. Keep out reading and coding of keys and dates: every way starts from the same
integer-coded rows in memory, and ends with the same steps.
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

from inventory_sync.domain.lookahead import DatedRows, Steps, promisable
from inventory_sync.domain.units import SCALE

OURS: Final = "inventory_sync promisable"
DAYS: Final = 181
"""Today and the 180 days of the default horizon."""

_ROWS_PER_KEY: Final = 20
_SEED: Final = 20260302

# ru_maxrss counts kilobytes on Linux and bytes on macOS.
_MAXRSS_BYTES: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Rows:
    """The input of every way: what each key begins with, and dated rows in any order."""

    opening: NDArray[np.int64]
    dated: DatedRows


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table: the best of the rounds, and the peak memory beyond the rows."""

    name: str
    seconds: float
    million_rows_per_second: float
    extra_megabytes: float


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    extra_bytes: int
    digest: str


def measure(rows: int = 10_000_000, *, rounds: int = 3) -> list[Measured]:
    """Measure every way on so many dated rows, 20 for each SKU-location.

    Each way runs in a process of its own, so that nobody inherits another's memory. Raises
    ``RuntimeError`` when two ways disagree about a single step.
    """
    runs = {name: _in_fresh_process(name, rows, rounds) for name in ways_to_project()}
    digests = {name: run.digest for name, run in runs.items()}
    if len(set(digests.values())) != 1:
        raise RuntimeError(f"The ways of projecting disagree about the same rows: {digests}.")
    return [
        Measured(name, run.seconds, rows / run.seconds / 1e6, run.extra_bytes / 1e6)
        for name, run in runs.items()
    ]


def ways_to_project() -> Mapping[str, Callable[[Rows], Steps]]:
    """Each way by name: from the rows to the steps of every key."""
    ways: dict[str, Callable[[Rows], Steps]] = {
        OURS: project_by_promisable,
        "pandas sort, cumsum, cummin": project_by_pandas,
    }
    if find_spec("duckdb"):
        ways["duckdb windows"] = project_by_duckdb
    return ways


def project_by_promisable(rows: Rows) -> Steps:
    """What the product does."""
    return promisable(rows.opening, rows.dated, DAYS)


def project_by_pandas(rows: Rows) -> Steps:
    """Sum by key and day, then a running balance forwards and its minimum backwards."""
    balance = _union(rows).groupby(["key", "day"])["micros"].sum().groupby("key").cumsum()
    lowest = balance[::-1].groupby(level="key").cummin()[::-1].reset_index()
    rises = lowest["micros"] != lowest.groupby("key")["micros"].shift()
    kept = lowest[rises & (lowest["day"] < DAYS)]
    return Steps(*(kept[name].to_numpy(np.int64) for name in ("key", "day", "micros")))


def project_by_duckdb(rows: Rows) -> Steps:
    """The same in SQL, on the columns as they lie in memory."""
    import duckdb  # noqa: PLC0415 - compared with, not depended on

    with duckdb.connect() as connection:
        connection.register("dated", _union(rows))
        found = connection.execute(
            f"""
            WITH by_day AS (SELECT key, day, sum(micros) AS micros FROM dated GROUP BY key, day),
            balance AS (SELECT key, day, sum(micros) OVER (PARTITION BY key ORDER BY day) AS micros
                        FROM by_day),
            lowest AS (SELECT key, day, min(micros) OVER (
                           PARTITION BY key ORDER BY day
                           ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS micros
                       FROM balance),
            before AS (SELECT *, lag(micros) OVER (PARTITION BY key ORDER BY day) AS earlier
                       FROM lowest)
            SELECT key::BIGINT AS key, day::BIGINT AS day, micros::BIGINT AS micros
            FROM before WHERE day < {DAYS} AND micros IS DISTINCT FROM earlier
            ORDER BY key, day
            """
        ).fetchnumpy()
    return Steps(*(np.asarray(found[name]) for name in ("key", "day", "micros")))


def rows_for(count: int) -> Rows:
    """The same rows for the same ``count``, in any process: half of them come, half go."""
    rng = np.random.default_rng(_SEED)
    keys = max(1, count // _ROWS_PER_KEY)
    micros = rng.integers(-9, 10, count)
    micros *= SCALE
    return Rows(
        rng.integers(0, 500, keys) * SCALE,
        DatedRows(
            rng.integers(0, keys, count, dtype=np.int32),
            rng.integers(0, DAYS + 1, count, dtype=np.int16),
            micros,
        ),
    )


def _union(rows: Rows) -> pd.DataFrame:
    """All rows below each other; what a key begins with is a row of day 0."""
    opening = np.arange(len(rows.opening), dtype=np.int32)
    return pd.DataFrame(
        {
            "key": np.concatenate([opening, rows.dated.key]),
            "day": np.concatenate([np.zeros(len(opening), np.int16), rows.dated.day]),
            "micros": np.concatenate([rows.opening, rows.dated.micros]),
        }
    )


def _in_fresh_process(name: str, rows: int, rounds: int) -> _Run:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, name, rows, rounds).result()


def _run(name: str, count: int, rounds: int) -> _Run:
    """Time one way in this process, and see how far its memory rises above that of the rows."""
    rows = rows_for(count)
    work = ways_to_project()[name]
    before_bytes = psutil.Process().memory_info().rss
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        steps = work(rows)
        seconds.append(perf_counter() - began)
        digest = hashlib.sha256()
        for column in (steps.key, steps.day, steps.micros):
            digest.update(np.ascontiguousarray(column, np.int64).data)
        del steps  # so that the next round does not stand beside it
    # The peak of the whole process: making the rows counts too, so this is never too small.
    peak_bytes = getrusage(RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES
    return _Run(min(seconds), max(0, peak_bytes - before_bytes), digest.hexdigest())
