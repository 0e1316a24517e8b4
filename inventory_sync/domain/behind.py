"""The rows behind a number: which commitments and order lines make up its terms, one by one.

Put here the compact form in which they are kept beside a published quantity, and how frames are
brought into it; a few plain rows are in ``few/behind.py``. Keep out how they are told to people
(``explain.py``), and every sum: the terms themselves come from the decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pandas as pd

from inventory_sync.domain.kits import Kits, explode

KEPT_ROWS: Final = 100
"""Of each kind of row, the biggest so many are kept one by one; of the others it is told how many
there are, and their units remain in the term (docs/decisions/0014).
"""


class CommitmentBehind(NamedTuple):
    """A commitment as it is kept; ``kit`` is what was ordered when that is not the SKU itself."""

    commitment_id: str
    kind: str
    location: str
    micros: int
    order_id: str | None = None
    kit: str | None = None


class LineBehind(NamedTuple):
    """An order line in flight as it is kept, with the store where it was ordered."""

    store: str
    order_id: str
    line_id: str
    micros: int
    kit: str | None = None


def kept_rows(
    commitments: Iterable[CommitmentBehind], lines: Iterable[LineBehind]
) -> dict[str, Any]:
    """What a waterfall holds of the rows behind it, biggest first, in a fixed order."""
    demand = sorted(commitments, key=lambda row: (-row.micros, row.commitment_id))
    flying = sorted(lines, key=lambda row: (-row.micros, row.order_id, row.line_id))
    return {
        "commitments": [list(row) for row in demand[:KEPT_ROWS]],
        "lines": [list(row) for row in flying[:KEPT_ROWS]],
        "commitments_left_out": max(0, len(demand) - KEPT_ROWS),
        "lines_left_out": max(0, len(flying) - KEPT_ROWS),
    }


def terms(waterfall: Mapping[str, Any]) -> dict[str, Any]:
    """A waterfall without its rows and rules: one value under each name."""
    return {k: v for k, v in waterfall.items() if not isinstance(v, list | Mapping)}


def rows_behind(
    levels: pd.DataFrame,
    commitments: pd.DataFrame,
    pieces: pd.DataFrame,
    kits: Kits,
    locations: Mapping[str, Sequence[str]],
) -> dict[tuple[str, str], dict[str, Any]]:
    """(store_location_id, sku) -> its rows, for the ``levels`` of one store that are asked for.

    ``commitments``: those that are open; ``pieces``: ``in_flight_pieces`` of this store;
    ``locations``: store location -> the ERP locations whose ATP it offers.
    """
    skus = set(levels["sku"].astype(str))
    demand = _by_place(commitments, kits, skus)
    lines = _by_level(pieces[pieces["sku"].isin(skus)])
    return {
        (gid, sku): kept_rows(
            (row for place in locations[gid] for row in demand.get((sku, place), ())),
            lines.get((gid, sku), ()),
        )
        for gid, sku in _pairs(levels)
    }


def _by_place(
    commitments: pd.DataFrame, kits: Kits, skus: set[str]
) -> dict[tuple[str, str], list[CommitmentBehind]]:
    """The demand for some SKUs at each ERP location, that for kits as the demand for their parts.

    What stands at a kit itself is told nowhere: its ATP is what its parts allow.
    """
    base = kits.base_parts()
    wanted = skus | {kit for kit, parts in base.items() if skus & parts.keys()}
    asked = commitments[commitments["sku"].isin(wanted)]
    rows = explode(asked.assign(ordered_sku=asked["sku"]), kits)
    found: defaultdict[tuple[str, str], list[CommitmentBehind]] = defaultdict(list)
    columns = ["sku", "location", "commitment_id", "kind", "quantity_micros", "order_id"]
    values = zip(*(rows[name].tolist() for name in [*columns, "ordered_sku"]), strict=True)
    for sku, place, name, kind, micros, order_id, ordered in values:
        if sku in skus and micros:
            document = None if pd.isna(order_id) else str(order_id)
            kit = None if ordered == sku else str(ordered)
            row = CommitmentBehind(str(name), str(kind), str(place), int(micros), document, kit)
            found[str(sku), str(place)].append(row)
    return found


def _by_level(pieces: pd.DataFrame) -> dict[tuple[str, str], list[LineBehind]]:
    found: defaultdict[tuple[str, str], list[LineBehind]] = defaultdict(list)
    columns = ["store_location_id", "sku", "from_store", "order_id", "line_id", "in_flight_micros"]
    values = zip(*(pieces[name].tolist() for name in [*columns, "line_sku"]), strict=True)
    for gid, sku, store, order_id, line_id, micros, ordered in values:
        kit = None if ordered == sku else str(ordered)
        row = LineBehind(str(store), str(order_id), str(line_id), int(micros), kit)
        found[str(gid), str(sku)].append(row)
    return found


def _pairs(levels: pd.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(levels["store_location_id"].astype(str), levels["sku"].astype(str), strict=True)
