"""The seven failures that the product exists to prevent, each as a judgement of one store.

Put here when a failure has happened, as a number, a threshold and examples. Keep out where the
figures come from (``flow/evidence.py``) and how a verdict is shown or told.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from inventory_sync.domain.evidence import Evidence, Limits, Verdict
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.holds import held, phantom_holds
from inventory_sync.domain.orders import in_flight, in_flight_effect
from inventory_sync.domain.oversold import pools_of_the_sold
from inventory_sync.domain.units import SCALE


def overselling(evidence: Evidence, limits: Limits) -> Verdict:
    """Units sold in this store that nobody can deliver.

    Where the pool of a SKU is negative, more is promised than there is. As much of that as this
    store's open orders take, whether the ERP has them already or not, is oversold. A SKU at several
    store locations counts once, kits as their parts. What may be delivered from elsewhere, or was
    cancelled, does not count.
    """
    pools = pools_of_the_sold(evidence)
    pools = pools[pools["certainty"] != Certainty.UNKNOWN]
    pools = pools[(pools["pool_micros"] < 0) & ~pools["sku"].isin(set(evidence.kits.parts))]
    rows = pools.merge(_sold(evidence), on=["store_location_id", "sku"])
    missing, sold = (rows[name].to_numpy(np.int64) for name in ("pool_micros", "sold_micros"))
    oversold = np.minimum(-missing, sold)
    rows = rows.assign(oversold_units=-(-oversold // SCALE))
    worst = rows.sort_values("oversold_units", ascending=False).drop_duplicates("sku")
    worst = worst.loc[worst["oversold_units"] > 0]
    examples = worst[["sku", "store_location_id", "pool_micros", "sold_micros", "oversold_units"]]
    total = int(worst["oversold_units"].sum())
    return Verdict("overselling", total, "units", limits.max_oversold_units, examples)


def _sold(evidence: Evidence) -> pd.DataFrame:
    """What this store's open orders take: store_location_id, sku, sold_micros."""
    mapped = evidence.locations[evidence.store]
    flying = in_flight(evidence.mine, evidence.acknowledged)
    effect = in_flight_effect(flying, evidence.kits, {evidence.store: mapped})
    places = pd.DataFrame(
        [(gid, place) for gid, erp_locations in mapped.items() for place in erp_locations],
        columns=["store_location_id", "location"],
    )
    ours = evidence.commitments["external_order_id"].isin(set(evidence.mine["order_id"]))
    known = evidence.commitments[ours].astype({"sku": "object", "location": "object"})
    taken = known.merge(places, on="location")[["store_location_id", "sku", "quantity_micros"]]
    both = pd.concat(
        [
            taken.set_axis(["store_location_id", "sku", "sold_micros"], axis=1),
            effect[["store_location_id", "sku", "in_flight_micros"]].set_axis(
                ["store_location_id", "sku", "sold_micros"], axis=1
            ),
        ],
        ignore_index=True,
    )
    return both.groupby(["store_location_id", "sku"])["sold_micros"].sum().reset_index()


def order_cancellations(evidence: Evidence, limits: Limits) -> Verdict:
    """The share of recent order lines of which the ERP will not deliver all (``cut_lines``)."""
    since = pd.Timestamp(evidence.taken_at - timedelta(days=limits.cancelled_days))
    mine = evidence.mine[evidence.mine["first_seen_at"] >= since]
    cut = cut_lines(mine, evidence.acknowledged)
    lines = len(mine[["order_id", "line_id"]].drop_duplicates())
    share = len(cut) / lines if lines else 0.0
    return Verdict(
        "order_cancellations",
        round(share, 4),
        f"of {lines} order lines in {limits.cancelled_days} days",
        limits.max_cancelled_share,
        cut[["order_name", "sku", "wanted_units", "accepted_units"]],
    )


def cut_lines(lines: pd.DataFrame, acknowledged: pd.DataFrame) -> pd.DataFrame:
    """The order lines of which the ERP will not deliver all: store, store_location_id, order_name,
    sku, first_seen_at, wanted_units and accepted_units.

    A line is cut when the ERP accepted nothing of what the buyer still wants, or, at a later time
    than the buyer's last change, less than that. What the buyer cancelled is wanted no more.
    """
    wanted = lines.groupby(["order_id", "order_name", "line_id"], as_index=False, dropna=False).agg(
        store=("store", "first"),
        store_location_id=("store_location_id", "first"),
        sku=("sku", "first"),
        first_seen_at=("first_seen_at", "min"),
        wanted_units=("current_units", "sum"),
        changed=("updated_at", "max"),
    )
    acks = acknowledged.set_axis(acknowledged.columns.str.replace("external_", ""), axis=1)
    keys = ["order_id", "line_id"]
    said = wanted.astype(dict.fromkeys(keys, "object")).merge(
        acks.astype(dict.fromkeys(keys, "object")), on=keys
    )
    less = said["quantity_micros"] < said["wanted_units"] * SCALE
    final = (said["quantity_micros"] == 0) | (said["updated_at"] > said["changed"])
    return said[less & final].assign(accepted_units=lambda rows: rows["quantity_micros"] // SCALE)


def outdated_stock_data(evidence: Evidence, limits: Limits) -> Verdict:
    """Minutes for which the store has not shown what the ERP says.

    Of the levels that only we could have changed (orders explain what is shown) and have not, the
    one whose change in the ERP is the oldest.
    """
    levels = evidence.levels
    late = levels[
        ~levels["is_moving"]
        & _is_ours(levels)
        & (levels["shown_units"] != levels["quantity_units"])
    ]
    taken_at = pd.Timestamp(evidence.taken_at)
    since = pd.to_datetime(late["sku"].map(evidence.changed_at), utc=True)
    minutes = (taken_at - since).dt.total_seconds().fillna(0).clip(lower=0) / 60
    rows = late.assign(minutes=minutes.round(1)).sort_values("minutes", ascending=False)
    oldest = float(rows["minutes"].max()) if len(rows) else 0.0
    columns = ["sku", "store_location_id", "shown_units", "quantity_units", "minutes"]
    limit = limits.outdated_after_minutes
    return Verdict("outdated_stock_data", oldest, "minutes", limit, rows[columns])


def inventory_fragmentation(evidence: Evidence, limits: Limits) -> Verdict:
    """Levels that show less than their rules offer of the shared stock, while another store that
    sells from one of the same ERP locations shows all of its offer: the stock is divided against
    the rules. What is merely late does not count: that is outdated stock data.
    """
    own = evidence.levels
    less = own[
        ~own["is_moving"]
        & ~_is_ours(own)
        & (own["certainty"] == Certainty.EXACT)
        & (own["shown_units"] < own["offer_units"])
    ]
    peers = [
        _by_location(rows, evidence.locations[str(store)])
        for store, rows in evidence.healthy.groupby("store")
        if store != evidence.store
    ]
    if not peers:
        less = less.head(0)
    else:
        whole = pd.concat(peers).groupby(["sku", "location"])["store"].first()
        less = (
            _by_location(less, evidence.locations[evidence.store])
            .merge(whole.rename("shown_whole_in").reset_index(), on=["sku", "location"])
            .drop_duplicates(["sku", "store_location_id"])
        )
    columns = ["sku", "store_location_id", "shown_units", "offer_units"]
    columns += ["shown_whole_in"] if peers else []
    limit = limits.max_fragmented_levels
    return Verdict("inventory_fragmentation", len(less), "levels", limit, less[columns])


def _is_ours(levels: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a level shows what orders explain: only we have to change it."""
    return (levels["shown_units"] == levels["explained_units"]).fillna(False).astype(bool)


def _by_location(rows: pd.DataFrame, mapped: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The levels, each once for every ERP location behind it (``location``)."""
    behind = rows["store_location_id"].map(mapped)
    return rows.assign(location=behind).explode("location", ignore_index=True)


def customer_confusion(evidence: Evidence, limits: Limits) -> Verdict:
    """Units that the store shows and nobody could deliver: more than the whole pool behind it."""
    levels = evidence.levels
    sure = ~levels["is_moving"] & (levels["certainty"] != Certainty.UNKNOWN)
    there = levels["pool_micros"].clip(lower=0) // SCALE
    rows = levels.assign(too_many=levels["shown_units"] - there, deliverable_units=there)
    rows = rows[sure & (rows["too_many"] > 0)].sort_values("too_many", ascending=False)
    columns = ["sku", "store_location_id", "shown_units", "deliverable_units", "too_many"]
    return Verdict(
        "customer_confusion",
        int(rows["too_many"].sum()),
        "units",
        limits.max_unfulfillable_units,
        rows[columns],
    )


def hold_drift(evidence: Evidence, limits: Limits) -> Verdict:
    """Orders of this store that only one side holds back, and holds on its stock that nobody has
    touched for too long.
    """
    grace = pd.Timestamp(evidence.taken_at - timedelta(minutes=limits.hold_grace_minutes))
    known = evidence.commitments
    fresh_lines = evidence.mine.loc[evidence.mine["updated_at"] > grace, "order_id"]
    fresh = set(fresh_lines) | set(known.loc[known["updated_at"] > grace, "external_order_id"])
    phantoms = phantom_holds(known, evidence.mine, evidence.taken_at)
    phantoms = phantoms[~phantoms["order_id"].isin(fresh)]
    reach = {place for each in evidence.locations[evidence.store].values() for place in each}
    waiting = held(known, evidence.taken_at)
    waiting = waiting[waiting["location"].isin(reach)]
    old = waiting[waiting["age_hours"] > limits.max_held_hours]
    told = pd.DataFrame(
        {
            "document": [*phantoms["document"], *old["document"]],
            "reason": [
                *phantoms["reason"],
                *(
                    f"{kind} on {sku} at {place}: nobody has touched it for {hours:.0f} hours"
                    for kind, sku, place, hours in old[
                        ["kind", "sku", "location", "age_hours"]
                    ].itertuples(index=False)
                ),
            ],
        }
    )
    return Verdict("hold_drift", len(told), "holds", limits.max_drifted_holds, told)


def promise_date_mismatch(evidence: Evidence, limits: Limits) -> Verdict:
    """Variants that promise some quantity for an earlier day than would be promised now; what
    changed in the last 75 minutes is borne until the next renewal.
    """
    rows = evidence.promises
    limit = limits.max_wrong_promises
    return Verdict("promise_date_mismatch", len(rows), "variants", limit, rows)


JUDGES: Final[tuple[Callable[[Evidence, Limits], Verdict], ...]] = (
    overselling,
    order_cancellations,
    outdated_stock_data,
    inventory_fragmentation,
    customer_confusion,
    hold_drift,
    promise_date_mismatch,
)


def judge_store(evidence: Evidence, limits: Limits) -> list[Verdict]:
    """All seven verdicts about one store."""
    return [judge(evidence, limits) for judge in JUDGES]
