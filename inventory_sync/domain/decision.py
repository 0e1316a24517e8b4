"""What to do at each level of one store: write, keep or leave alone, and why.

The order of the steps is written once, in ``decide``. Put a rule about a single level here; rules
about a whole pass are ``guards.py``. Everything is read before and written after; this is pure.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from inventory_sync.domain.findings import FINDING_COLUMNS, Certainty, findings_frame, joined
from inventory_sync.domain.publication import LEVEL
from inventory_sync.domain.spelling import misspelt

PLAN_COLUMNS = (
    "sku",
    "inventory_item_id",
    "store_location_id",
    "offer_units",
    "observed_units",
    "explained_units",
    "provisional_units",
    "quantity_units",
    "taken_units",
    "version",
    "action",
    "reason",
)


@dataclass(frozen=True)
class StoreView:
    """What is known of one store when its plan is made; all frames are keyed by Shopify gids.

    ``catalog``: inventory_item_id, sku (null when none), tracked.
    ``levels``: inventory_item_id, store_location_id, is_active, available_units (null = not
    believed).
    ``publications``: inventory_item_id, store_location_id, quantity_units, taken_units (the base of
    the explained quantity), version (which of our writes that was).
    ``taken``: inventory_item_id, store_location_id (null = not assigned), taken_units.
    ``busy``: levels whose last write has no known outcome yet, or that moved while they were read.
    ``locations``: the store locations that were read (``None``: all); nothing is planned elsewhere.
    ``read_at``: when the reading began (``None``: just now); what came later may not be seen in it.
    """

    catalog: pd.DataFrame
    levels: pd.DataFrame
    publications: pd.DataFrame
    taken: pd.DataFrame
    busy: pd.DataFrame
    locations: tuple[str, ...] | None = None
    read_at: datetime | None = None


@dataclass(frozen=True)
class StorePlan:
    """``rows``: one per level that we manage (``PLAN_COLUMNS``); ``quantity_units`` is what the
    level shall show, ``action`` is ``write``, ``keep`` or ``hold``. ``findings``: what a person
    should mend (subject, kind, severity, reason, value). ``unlinked``: levels of matched items that
    are not connected or not active.
    """

    rows: pd.DataFrame
    findings: pd.DataFrame
    unlinked: pd.DataFrame

    @property
    def writes(self) -> pd.DataFrame:
        """The rows to send, lowering first: that is the direction that prevents overselling."""
        rows = self.rows[self.rows["action"] == "write"]
        change = rows["quantity_units"] - rows["observed_units"]
        return (
            rows.assign(_raises=change > 0)
            .sort_values(["_raises", "sku", "store_location_id"])
            .drop(columns="_raises")
        )


_NOTHING = joined([], FINDING_COLUMNS)


def decide(
    offers: pd.DataFrame, view: StoreView, *, skus: pd.Index, untracked: frozenset[str]
) -> StorePlan:
    """Plan one store. ``skus`` are all SKUs of the ERP, ``untracked`` those it does not count.

    For each level (protocol B.3, B.6): the *explained* quantity is what we last set, less what
    order lines have taken since. When the store shows less, an order may be unknown to us: the
    difference counts as demand and the offer is never raised. When it shows more, somebody else
    raised it: orders were read after the level, so the write starts from what is shown.
    """
    items, item_findings = match_items(view.catalog, skus, untracked)
    if view.locations is not None:
        offers = offers[offers["store_location_id"].isin(view.locations)]
    rows = offers.merge(items, on="sku").merge(view.levels, how="left", on=LEVEL)
    usable, level_findings = _usable_levels(rows)
    unlinked = rows.loc[~rows["is_active"].fillna(False).astype(bool), LEVEL]
    rows = _explain(rows[usable].reset_index(drop=True), view)
    rows = _target(rows)
    findings = joined([item_findings, level_findings, _surprises(rows)], FINDING_COLUMNS)
    return StorePlan(rows[list(PLAN_COLUMNS)], findings, unlinked)


def match_items(
    catalog: pd.DataFrame, skus: pd.Index, untracked: frozenset[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which inventory item stands for which SKU, one to one; the rest is reported and skipped.

    Returns (sku, inventory_item_id) and the findings. SKUs are compared exactly: a difference in
    case or blanks is reported, not guessed.
    """
    catalog = catalog.assign(sku=catalog["sku"].astype("object"))
    nameless = catalog["sku"].isna() | (catalog["sku"] == "")
    twice = catalog["sku"].duplicated(keep=False) & ~nameless
    known = catalog["sku"].isin(skus)
    uncounted = catalog["sku"].isin(untracked)
    untracked_here = ~catalog["tracked"].astype(bool) & known & ~uncounted
    unknown = catalog["sku"].where(~nameless & ~known)
    near = unknown.map(misspelt(set(unknown.dropna()), skus), na_action="ignore")
    findings = [
        _found(
            catalog[nameless],
            "missing-sku",
            "the item has no SKU: give it one in Shopify",
            by="inventory_item_id",
        ),
        _found(
            catalog[twice],
            "duplicate-sku",
            "several items have this SKU: keep it on one of them in Shopify",
            value="inventory_item_id",
        ),
        _found(
            catalog[~known & ~nameless & near.isna()],
            "unknown-sku",
            "the SKU is not in the ERP's products",
            severity="warning",
        ),
        _found(
            catalog.assign(near=near)[near.notna()],
            "near-sku",
            "the SKU differs from one of the ERP only in case or blanks: make them equal",
            value="near",
        ),
        _found(
            catalog[untracked_here & ~twice],
            "untracked",
            "Shopify does not track this item: switch on 'Track quantity'",
        ),
    ]
    good = known & ~twice & ~nameless & ~uncounted & ~untracked_here
    return catalog.loc[good, ["sku", "inventory_item_id"]], joined(findings, FINDING_COLUMNS)


def _usable_levels(rows: pd.DataFrame) -> "tuple[pd.Series[bool], pd.DataFrame]":
    """Which rows can be written. Other levels accept writes without showing them (facts 1.4)."""
    unconnected = rows["is_active"].isna()
    inactive = ~unconnected & ~rows["is_active"].fillna(True).astype(bool)
    unbelieved = ~unconnected & ~inactive & rows["available_units"].isna()
    place = "store_location_id"
    findings = [
        _found(
            rows[unconnected],
            "unconnected",
            "the item is not stocked at this location: connect it, or run `doctor --fix`",
            value=place,
        ),
        _found(
            rows[inactive],
            "inactive",
            "the level is inactive: activate it in Shopify, or run `doctor --fix`",
            value=place,
        ),
        _found(rows[unbelieved], "unreadable", "Shopify shows no quantity here", value=place),
    ]
    return ~unconnected & ~inactive & ~unbelieved, joined(findings, FINDING_COLUMNS)


def _explain(rows: pd.DataFrame, view: StoreView) -> pd.DataFrame:
    """Add observed, explained, provisional and taken units, and whether a write is under way."""
    rows = rows.rename(columns={"available_units": "observed_units"})
    rows["observed_units"] = rows["observed_units"].astype(np.int64)
    base = view.publications[[*LEVEL, "quantity_units", "taken_units", "version"]].rename(
        columns={"quantity_units": "base_units", "taken_units": "base_taken_units"}
    )
    rows = rows.merge(base, how="left", on=LEVEL)
    rows["version"] = rows["version"].fillna(0).astype(np.int64)
    rows = rows.merge(view.taken[[*LEVEL, "taken_units"]], how="left", on=LEVEL)
    rows["taken_units"] = rows["taken_units"].fillna(0).astype(np.int64)
    explained = rows["base_units"] - (rows["taken_units"] - rows["base_taken_units"])
    rows["explained_units"] = explained.astype("Int64")
    shortfall = (explained - rows["observed_units"]).fillna(0)
    rows["provisional_units"] = np.maximum(shortfall, 0).astype(np.int64)
    busy = pd.MultiIndex.from_frame(view.busy[LEVEL])
    rows["is_busy"] = pd.MultiIndex.from_frame(rows[LEVEL]).isin(busy)
    return rows


def _target(rows: pd.DataFrame) -> pd.DataFrame:
    """The quantity that each level shall show, and the reason when it is not simply the offer."""
    observed = rows["observed_units"].to_numpy(np.int64)
    provisional = rows["provisional_units"].to_numpy(np.int64)
    offer = rows["offer_units"].to_numpy(np.int64)
    certainty = rows["certainty"].to_numpy(np.int64)
    missing = provisional > 0
    lowered = np.minimum(np.maximum(offer - provisional, 0), observed)
    target = np.where(missing, lowered, offer)
    target = np.where(certainty == Certainty.AT_MOST, np.minimum(target, observed), target)
    held = rows["is_busy"].to_numpy(bool) | (certainty == Certainty.UNKNOWN)
    target = np.where(held, observed, target)
    rows["quantity_units"] = target
    rows["action"] = np.select([held, target != observed], ["hold", "write"], "keep")
    rows["reason"] = np.select(
        [
            rows["is_busy"].to_numpy(bool),
            certainty == Certainty.UNKNOWN,
            missing,
            certainty == Certainty.AT_MOST,
        ],
        [
            "the last write has no known outcome yet, or it moved while the store was read",
            "a row of the ERP is in quarantine: the last good number stays",
            "the store shows less than orders explain: not raised",
            "a demand of the ERP is in quarantine: not raised",
        ],
        "",
    )
    # Demand that we cannot name yet is carried in the base, so that it is not forgotten by the
    # write and is explained once its order appears (protocol B.6).
    rows["taken_units"] = rows["taken_units"] + rows["provisional_units"]
    return rows


def _surprises(rows: pd.DataFrame) -> pd.DataFrame:
    """Levels that changed for a reason we do not know."""
    less = rows[rows["provisional_units"] > 0]
    more = rows[(rows["observed_units"] > rows["explained_units"]).fillna(False).astype(bool)]
    findings = [
        _found(
            less,
            "unexplained-decrease",
            "the store shows less than we set and orders explain: look for an order that cannot "
            "be read or an edit by hand, then run `sync --trust-observed`",
            severity="warning",
            value="provisional_units",
        ),
        _found(
            more,
            "foreign-increase",
            "somebody else raised the quantity: our offer counts",
            severity="warning",
            value="observed_units",
        ),
    ]
    return joined(findings, FINDING_COLUMNS)


def _found(
    rows: pd.DataFrame,
    kind: str,
    reason: str,
    *,
    severity: str = "error",
    by: str = "sku",
    value: str | None = None,
) -> pd.DataFrame:
    if rows.empty:
        return _NOTHING
    subjects = rows[by].astype("object")
    if "store_location_id" in rows:
        subjects = subjects + " @ " + rows["store_location_id"].astype("object")
    values = rows[value].astype("object").map(str) if value else None
    return findings_frame(subjects, kind, reason, severity=severity, values=values)
