"""The hot arithmetic of dates: what can be promised of each key on each day, with look-ahead.

Put the one running balance behind every projection here; it knows keys, day numbers and micros, not
SKUs, calendars and rules. Keep frames and dates out: ``projection.py`` codes them, and decides on
which day a row counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inventory_sync.domain.position import Codes, refuse_overflow

_CELLS: Final = 1 << 16
"""Cells (a key on a day) of one block of keys: their numbers have 16 bits, which numpy sorts by
counting instead of by comparing."""

_CHUNK_ROWS: Final = 1 << 18
"""Rows that are laid into blocks at a time: few enough that they stay in the cache."""

_EXACT_BELOW: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class DatedRows:
    """What comes (positive micros) and what goes (negative), each for a key on a day.

    Days count from 0, which is today; the day after the last one stands for all later ones.
    """

    key: Codes
    day: NDArray[np.integer[Any]]
    micros: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Steps:
    """A rising step function for each key: from ``day`` on, ``micros`` can be promised in all.

    Sorted by key and day; the first step of every key is on day 0, and each later one is higher.
    Negative micros say by how much the commitments exceed what is there.
    """

    key: NDArray[np.int64]
    day: NDArray[np.int64]
    micros: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some rows, sorted by block; those of block b are ``starts[b]`` to ``starts[b + 1]``."""

    cell: NDArray[np.uint16]
    micros: NDArray[np.int64]
    starts: Sequence[int]

    def of(self, block: int) -> slice:
        return slice(self.starts[block], self.starts[block + 1])


@dataclass(frozen=True, slots=True)
class _Grid:
    """Keys x days, cut into blocks of as many whole keys as ``_CELLS`` hold."""

    keys: int
    width: int

    @property
    def block_keys(self) -> int:
        return _CELLS // self.width

    @property
    def blocks(self) -> int:
        return -(-self.keys // self.block_keys)


def promisable(opening: NDArray[np.int64], rows: DatedRows, days: int) -> Steps:
    """What can be promised of each key on the days 0 to ``days`` - 1 without breaking a commitment.

    ``opening`` holds the micros of every key before any row (keys are its positions). On day d that
    is the lowest balance from the end of d to the end of all rows, so later commitments are looked
    at, also those of the day ``days``, which stands for everything after the horizon.

    Raises ``ValueError`` for a row outside of keys and days, and ``ContractBroken`` when the
    quantities together are too large for an exact sum.
    """
    _refuse_strangers(len(opening), rows, days)
    refuse_overflow(opening, rows.micros)
    grid = _Grid(len(opening), days + 1)
    chunks = [_laid_into_blocks(rows, part, grid) for part in _spans(len(rows.key))]
    return _joined([_steps_of_block(opening, chunks, block, grid) for block in range(grid.blocks)])


def _refuse_strangers(keys: int, rows: DatedRows, days: int) -> None:
    if not 1 <= days < _CELLS:
        raise ValueError(f"A projection covers 1 to {_CELLS - 1} days, not {days}.")
    if len(rows.key) == 0:
        return
    if rows.key.min() < 0 or rows.key.max() >= keys:
        raise ValueError(f"A row has a key outside of 0 to {keys - 1}.")
    if rows.day.min() < 0 or rows.day.max() > days:
        raise ValueError(f"A row has a day outside of 0 to {days}.")


def _spans(rows: int) -> list[slice]:
    return [slice(start, start + _CHUNK_ROWS) for start in range(0, rows, _CHUNK_ROWS)]


def _laid_into_blocks(rows: DatedRows, part: slice, grid: _Grid) -> _Chunk:
    block, key = np.divmod(rows.key[part], grid.block_keys)
    block = block.astype(np.min_scalar_type(grid.blocks))
    cell = (key * grid.width + rows.day[part]).astype(np.uint16)
    order = np.argsort(block, kind="stable")
    ends = np.bincount(block, minlength=grid.blocks).cumsum()
    return _Chunk(cell[order], rows.micros[part][order], [0, *ends.tolist()])


def _steps_of_block(
    opening: NDArray[np.int64], chunks: Iterable[_Chunk], block: int, grid: _Grid
) -> Steps:
    """The steps of a few keys: sort by key and day, add up, and look back from the end."""
    first_key = block * grid.block_keys
    own = opening[first_key : first_key + grid.block_keys]
    # What a key begins with is its first row of day 0, so every key has a row.
    cell = [np.arange(len(own), dtype=np.uint16) * np.uint16(grid.width)]
    micros = [own]
    for chunk in chunks:
        cell.append(chunk.cell[chunk.of(block)])
        micros.append(chunk.micros[chunk.of(block)])
    cells, running = _balance_after_each_cell(np.concatenate(cell), np.concatenate(micros))
    key = cells // np.uint16(grid.width)
    starts = np.append(0, np.flatnonzero(key[1:] != key[:-1]) + 1)
    before = running[starts - 1]  # of the keys ahead of it; the first has none
    before[0] = 0
    lowest = _lowest_from_here(running - before[key], key, starts)
    day = cells - key * np.uint16(grid.width)
    rises = np.append(True, lowest[1:] != lowest[:-1])
    rises[starts] = True
    kept = np.flatnonzero(rises & (day < grid.width - 1))
    return Steps(key[kept].astype(np.int64) + first_key, day[kept].astype(np.int64), lowest[kept])


def _balance_after_each_cell(
    cell: NDArray[np.uint16], micros: NDArray[np.int64]
) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """The cells that occur, in order, and the sum of all rows up to the last one of each."""
    order = np.argsort(cell, kind="stable")
    cell = cell[order]
    running = np.cumsum(micros[order])
    last = np.append(np.flatnonzero(cell[1:] != cell[:-1]), len(cell) - 1)
    return cell[last], running[last]


def _lowest_from_here(
    balance: NDArray[np.int64], key: NDArray[np.uint16], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The lowest balance of the same key from each row to its last one."""
    spread = int(balance.max()) - int(balance.min()) + 1
    if spread * len(starts) < _EXACT_BELOW:
        # Lifted so far apart that no key is as low as the one before it, all keys go at once.
        lift = key * np.int64(spread)
        lowest = np.minimum.accumulate((balance + lift)[::-1])[::-1]
        lowest -= lift
        return lowest
    parts = np.split(balance, starts[1:])
    return np.concatenate([np.minimum.accumulate(part[::-1])[::-1] for part in parts])


def _joined(parts: Sequence[Steps]) -> Steps:
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Steps(nothing, nothing, nothing)
    return Steps(
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.micros for part in parts]),
    )
