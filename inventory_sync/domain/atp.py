"""Available to promise: the one formula, and the frame in which every term stays visible.

Put here what turns judged ERP rows into ATP per SKU and location. The summation itself is in
``position.py``, kits in ``kits.py``; from ATP to a store's offer it is ``allocation.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain import kits as kits_rules
from inventory_sync.domain.covered import Lookahead, covered_by_supply, no_cover
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.keys import code_pairs
from inventory_sync.domain.position import KINDS, CommitmentRows, StockRows, net_position
from inventory_sync.domain.quarantine import Judged

COVERED = "covered_micros"
"""The only term that is given back: commitments that supply covers (``covered.py``)."""

TERM_COLUMNS = (
    "physical_micros",
    "unavailable_micros",
    *(f"{kind}_micros" for kind in KINDS),
    COVERED,
)
ATP_COLUMNS = (
    "sku",
    "location",
    *TERM_COLUMNS,
    "atp_micros",
    "certainty",
    "is_kit",
    "limited_by",
    "covered_by",
)


@dataclass(frozen=True)
class Atp:
    """ATP as of one snapshot, with what is needed to offer it.

    ``rows`` holds one row per SKU and location that has stock, a commitment or a part of a kit
    (``ATP_COLUMNS``; micros; a kit's own terms are 0, its ATP comes from ``limited_by``). A tracked
    SKU without a row at a location has 0 there; a doubtful one always has a row. By the method
    ``stock``, ``covered_micros`` is 0 everywhere.
    """

    rows: pd.DataFrame
    kits: kits_rules.Kits
    tracked_skus: frozenset[str]
    untracked_skus: frozenset[str]

    @classmethod
    def of(cls, rows: pd.DataFrame, components: pd.DataFrame, products: pd.DataFrame) -> "Atp":
        """Join computed rows with the believed parts lists and products of the same snapshot."""
        tracked = products["tracked"].astype(bool)
        return cls(
            rows,
            kits_rules.resolve(components),
            frozenset(products.loc[tracked, "sku"].astype(str)),
            frozenset(products.loc[~tracked, "sku"].astype(str)),
        )


def open_commitments(commitments: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Without those that have expired: from ``expires_at`` on, a commitment is no longer open."""
    expired = commitments["expires_at"].notna() & (commitments["expires_at"] <= pd.Timestamp(now))
    return commitments[~expired]


def sum_of_terms(terms: Mapping[str, Any] | pd.DataFrame) -> Any:
    """What the terms of a row come to, or of all rows of a frame (``TERM_COLUMNS``)."""
    physical, *less = (terms[name] for name in TERM_COLUMNS if name != COVERED)
    return physical - sum(less) + terms[COVERED]


def available_to_promise(judged: Judged, now: datetime, lookahead: Lookahead | None = None) -> Atp:
    """ATP(sku, location) = physical - unavailable - sum of open commitments (design 5).

    With a ``lookahead`` of the same instant it is today's projection: what supply covers does not
    count as taken. Where there is any doubt, everything counts.
    """
    snapshot = judged.snapshot
    covered = covered_by_supply(snapshot, lookahead) if lookahead else no_cover()
    kits = kits_rules.resolve(snapshot.components)
    demand = kits_rules.explode(open_commitments(snapshot.commitments, now), kits)
    # What stands at a kit itself is not counted: its ATP is what its parts allow.
    stock = snapshot.stock[~snapshot.stock["sku"].isin(set(kits.parts))]
    doubts = _with_parts(judged.doubts, kits)
    doubtful = _doubtful_pairs(doubts, snapshot.locations)
    pairs, (stock_key, demand_key, _, covered_key) = code_pairs(stock, demand, doubtful, covered)
    position = net_position(
        len(pairs),
        StockRows(
            stock_key,
            stock["physical_micros"].to_numpy(np.int64),
            stock["unavailable_micros"].to_numpy(np.int64),
        ),
        CommitmentRows(
            demand_key,
            pd.Categorical(demand["kind"], categories=KINDS).codes.astype(np.int8),
            demand["quantity_micros"].to_numpy(np.int64),
        ),
    )
    pairs["certainty"] = certainty_of(pairs, doubts)
    sure = (pairs["certainty"] == Certainty.EXACT).to_numpy()[covered_key]
    covered, covered_key = covered[sure], covered_key[sure]
    given_back, covered_by = np.zeros(len(pairs), np.int64), np.full(len(pairs), None, object)
    given_back[covered_key] = covered["covered_micros"]
    covered_by[covered_key] = covered["covered_by"]
    terms = [position.physical, position.unavailable, *position.committed, given_back]
    rows = pairs.assign(
        **dict(zip(TERM_COLUMNS, terms, strict=True)),
        atp_micros=position.atp() + given_back,
        is_kit=False,
        limited_by=None,
        covered_by=covered_by,
    )
    assembled = kits_rules.assemble(kits, rows)
    assembled["certainty"] = np.maximum(assembled["certainty"], certainty_of(assembled, doubts))
    assembled = assembled.assign(is_kit=True, covered_by=None, **dict.fromkeys(TERM_COLUMNS, 0))
    return Atp.of(_stacked(rows, assembled), snapshot.components, snapshot.products)


def certainty_of(rows: pd.DataFrame, doubts: pd.DataFrame) -> NDArray[np.int8]:
    """The worst doubt about each row's SKU at its location; without location it is everywhere."""
    result = np.full(len(rows), Certainty.EXACT, np.int8)
    if doubts.empty or rows.empty:
        return result
    suspects = np.flatnonzero(rows["sku"].isin(set(doubts["sku"])))
    everywhere: dict[str, int] = {}
    there: dict[tuple[str, str], int] = {}
    for sku, location, certainty in doubts[["sku", "location", "certainty"]].itertuples(
        index=False
    ):
        if pd.isna(location):
            everywhere[sku] = max(certainty, everywhere.get(sku, 0))
        else:
            there[sku, location] = max(certainty, there.get((sku, location), 0))
    for at, sku, location in zip(
        suspects, rows["sku"].iloc[suspects], rows["location"].iloc[suspects], strict=True
    ):
        result[at] = max(everywhere.get(sku, 0), there.get((sku, location), 0))
    return result


def _with_parts(doubts: pd.DataFrame, kits: kits_rules.Kits) -> pd.DataFrame:
    """Doubts with those that follow: an unreadable demand for a kit is one for its parts too."""
    demand = doubts[doubts["certainty"] == Certainty.AT_MOST].assign(quantity_micros=0)
    return pd.concat([doubts, kits_rules.explode(demand, kits)[list(doubts)]], ignore_index=True)


def _doubtful_pairs(doubts: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """Every pair that a doubt touches, so that a quarantined row cannot pass for no row at all."""
    everywhere = doubts["location"].isna()
    spread = doubts.loc[everywhere, ["sku"]].merge(locations[["location"]], how="cross")
    pairs = pd.concat([doubts.loc[~everywhere, ["sku", "location"]], spread], ignore_index=True)
    return pairs.dropna().drop_duplicates()


def _stacked(rows: pd.DataFrame, assembled: pd.DataFrame) -> pd.DataFrame:
    if assembled.empty:
        return rows[list(ATP_COLUMNS)]
    # A kit with demand of its own from a refused parts list keeps only its assembled row.
    own = rows[~rows["sku"].isin(set(assembled["sku"]))]
    return pd.concat([own, assembled], ignore_index=True)[list(ATP_COLUMNS)]
