"""The hot arithmetic: what stands at each key, from rows coded as integers.

Put the one summation behind every ATP here; it knows keys and micros, not SKUs and locations. Keep
text, frames and rules out: ``atp.py`` codes the keys and explains the result.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inventory_sync.domain.errors import ContractBroken

KINDS: Final = ("pending", "reservation", "hold", "order", "work", "transfer")
"""The kinds of a commitment (design 2), in the order of the waterfall."""

_BLOCK_ROWS: Final = 1 << 16
"""Rows that are added at a time: few enough that the scratch space stays in the cache."""

_EXACT_BELOW: Final = 2.0**62
"""Sums stay exact in 64 bits while the sum of all absolute values is below this."""

Codes = NDArray[np.int32] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StockRows:
    """One row per stock line: its key, and micros on hand and unavailable."""

    key: Codes
    physical: NDArray[np.int64]
    unavailable: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CommitmentRows:
    """One row per open commitment: its key, the position of its kind in ``KINDS``, its micros."""

    key: Codes
    kind: NDArray[np.int8]
    quantity: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Position:
    """Sums per key, in micros; ``committed`` has one row per kind: a number explains itself."""

    physical: NDArray[np.int64]
    unavailable: NDArray[np.int64]
    committed: NDArray[np.int64]

    def atp(self) -> NDArray[np.int64]:
        """ATP = physical - unavailable - all open commitments; a true negative stays (design 5)."""
        result = self.physical - self.unavailable
        for kind in self.committed:
            result -= kind
        return result


def net_position(keys: int, stock: StockRows, commitments: CommitmentRows) -> Position:
    """Sum all rows by key (0 to ``keys`` - 1), exactly.

    Raises ``ContractBroken`` when the quantities together are too large for an exact sum.
    """
    refuse_overflow(stock.physical, stock.unavailable, commitments.quantity)
    physical = np.zeros(keys, np.int64)
    unavailable = np.zeros(keys, np.int64)
    for block in _blocks(len(stock.key)):
        np.add.at(physical, stock.key[block], stock.physical[block])
        np.add.at(unavailable, stock.key[block], stock.unavailable[block])
    committed = np.zeros((len(KINDS), keys), np.int64)
    flat = committed.reshape(-1)
    for block in _blocks(len(commitments.key)):
        cell = commitments.kind[block].astype(np.int64) * keys + commitments.key[block]
        np.add.at(flat, cell, commitments.quantity[block])
    return Position(physical, unavailable, committed)


def _blocks(rows: int) -> list[slice]:
    return [slice(start, start + _BLOCK_ROWS) for start in range(0, rows, _BLOCK_ROWS)]


def refuse_overflow(*columns: NDArray[np.int64]) -> None:
    """Raise ``ContractBroken`` when the micros of these columns are too many for an exact sum."""
    total = sum(
        float(np.abs(column[block]).sum(dtype=np.float64))
        for column in columns
        for block in _blocks(len(column))
    )
    if total >= _EXACT_BELOW:
        raise ContractBroken(
            "The quantities of stock, supply and commitments exceed four million million units; "
            "find the row with the absurd quantity in the ERP and mend it."
        )
