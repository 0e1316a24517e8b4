"""After writing: what the store shows now, and what became of calls without an answer.

Put reading back here, and how its surprises are reported. Keep writing out.
"""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import datetime

import pandas as pd

from inventory_sync.domain.findings import FINDING_COLUMNS, findings_frame, joined
from inventory_sync.domain.publication import LEVEL, LevelKey, level_keys
from inventory_sync.flow.act import WRITE_IN_FLIGHT, Sent
from inventory_sync.flow.gather import levels_frame, read_back, read_orders, settle_seen_writes
from inventory_sync.flow.parts import Parts


def confirm(parts: Parts, store: str, sent: Sent) -> pd.DataFrame:
    """Read back what was written. A lost answer is settled at once when the write is to be seen."""
    touched = [*sent.applied, *sent.unknown]
    if not touched:
        return levels_frame([])
    shown = read_back(parts.storefronts[store], level_frame(touched))
    read_orders(parts, store)
    if sent.unknown:
        settle_seen_writes(parts, store, shown.merge(level_frame(sent.unknown), on=LEVEL))
    return shown


def with_shown(rows: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """Add ``shown_units``: what was read back, or what was read before when not written."""
    again = shown[[*LEVEL, "available_units"]].rename(columns={"available_units": "shown_units"})
    rows = rows.merge(again, how="left", on=LEVEL)
    return rows.assign(shown_units=rows["shown_units"].fillna(rows["observed_units"]))


def confirmed(
    parts: Parts, store: str, sent: Sent, rows: pd.DataFrame, *, read_at: datetime | None
) -> pd.DataFrame:
    """The rows with what is shown after the writes, which the ledger keeps from here on.

    It keeps since when that is known: now for what was read back, ``read_at`` (when the reading of
    the store began) for the rest, so that a change that is told of since is news.
    """
    fresh = confirm(parts, store, sent)
    rows = with_shown(rows, fresh)
    observed = rows[[*LEVEL, "shown_units"]].set_axis([*LEVEL, "observed_units"], axis=1)
    is_fresh = pd.MultiIndex.from_frame(rows[LEVEL]).isin(pd.MultiIndex.from_frame(fresh[LEVEL]))
    now = parts.now()
    parts.ledger.record_observed(store, observed[~is_fresh], at=read_at or now)
    parts.ledger.record_observed(store, observed[is_fresh], at=now)
    return rows


def problems(parts: Parts, store: str, sent: Sent, rows: pd.DataFrame) -> pd.DataFrame:
    """What Shopify refused, what has no known outcome, and what it took but does not show."""
    if not (sent.applied or sent.refused or sent.unknown):
        return joined([], FINDING_COLUMNS)
    names = dict(
        zip(level_keys(rows), rows["sku"] + " @ " + rows["store_location_id"], strict=True)
    )

    def finding(
        keys: Iterable[LevelKey], kind: str, reason: str, values: list[str]
    ) -> pd.DataFrame:
        subjects = pd.Series(
            [names.get(key, key.inventory_item_id) for key in keys], dtype="object"
        )
        return findings_frame(subjects, kind, reason, values=pd.Series(values, dtype="object"))

    # A level that another pass was quicker with has what it should have.
    refused = {key: why for key, why in sent.refused.items() if why.code != WRITE_IN_FLIGHT}
    odd = unexplained(parts, store, sent, rows)
    return joined(
        [
            finding(
                refused,
                "refused",
                "Shopify refused the quantity; the next pass decides anew",
                [f"{refusal.code} {refusal.message}".strip() for refusal in refused.values()],
            ),
            finding(
                sent.unknown,
                "unknown-outcome",
                "no answer to the write; it is settled by reading",
                list(sent.unknown.values()),
            ),
            finding(
                level_keys(odd),
                "not-shown",
                "the store took the quantity but shows another: the next pass looks into it",
                odd["shown_units"].map(str).tolist(),
            ),
        ],
        FINDING_COLUMNS,
    )


def unexplained(parts: Parts, store: str, sent: Sent, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that were applied and show something that the orders since do not explain.

    ``expected_now_units`` is what these would show.
    """
    applied = set(sent.applied)
    written = pd.Series([key in applied for key in level_keys(rows)], rows.index, dtype=bool)
    rows = rows[written & rows["quantity_units"].ne(rows["shown_units"])]
    now = parts.ledger.taken_units(store)[[*LEVEL, "taken_units"]]
    now = now.rename(columns={"taken_units": "taken_now_units"})
    rows = rows.merge(now, how="left", on=LEVEL)
    before = rows["taken_units"] - rows["provisional_units"]
    since = rows["taken_now_units"].fillna(0) - before
    rows = rows.assign(expected_now_units=rows["quantity_units"] - since)
    return rows[rows["shown_units"].ne(rows["expected_now_units"])]


def level_frame(keys: Iterable[LevelKey]) -> pd.DataFrame:
    """The levels as rows of inventory_item_id and store_location_id."""
    return pd.DataFrame([astuple(key) for key in keys], columns=LEVEL, dtype="object")
