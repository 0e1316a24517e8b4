"""Drift: why a store shows another quantity than it should, and who can mend it.

Put here the rule that names the cause of a difference. Keep out how stores are read
(``flow/reconciling.py``) and how often a cause occurred (``ledger/drift.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from inventory_sync.domain.allocation import OfferRules, offer_units
from inventory_sync.domain.atp import COVERED, TERM_COLUMNS

DIFFERENCE_COLUMNS: Final = (
    "subject",
    "sku",
    "store_location_id",
    "cause",
    "owner",
    "shown_units",
    "explained_units",
    "wanted_units",
)
"""One row for each difference. ``subject`` is the SKU, with its store location where it is about
one level, as findings name it."""


class Cause(StrEnum):
    """Why a store differs from what it should show."""

    IN_FLIGHT = "in_flight"
    LOST_WEBHOOK = "lost_webhook"
    FOREIGN_EDIT = "foreign_edit"
    UNEXPLAINED_DECREASE = "unexplained_decrease"
    MAPPING = "mapping"
    UNTRACKED = "untracked"
    INACTIVE = "inactive"
    POLICY_CHANGE = "policy_change"
    EXPIRED_HOLD = "expired_hold"
    ERP_NOT_HEARD = "erp_not_heard"
    NOT_PUBLISHED = "not_published"
    OUR_FAULT = "our_fault"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cause means: who can mend it, what happened, and what to do about it.

    ``is_safe``: a repair needs nobody's judgement, for all that the store sold is known.
    """

    owner: str
    told: str
    way_out: str
    is_safe: bool = True


MEANINGS: Final[Mapping[Cause, Meaning]] = {
    Cause.IN_FLIGHT: Meaning(
        "nobody", "a sale, an event or a write is on its way", "wait: it is over in a moment"
    ),
    Cause.LOST_WEBHOOK: Meaning(
        "operations",
        "an order was not told to us in time",
        "run `inventory-sync webhooks check`, and look whether `serve` and the sensors run",
    ),
    Cause.FOREIGN_EDIT: Meaning(
        "store staff",
        "somebody else raised the quantity",
        "the item's inventory history in the Shopify admin names the person or the app; "
        "let ours alone set quantities",
    ),
    Cause.UNEXPLAINED_DECREASE: Meaning(
        "store staff",
        "the store shows less than orders explain: an edit by hand, or an order we cannot read",
        "look into the item's inventory history in the Shopify admin; if no order is missing, run "
        "`inventory-sync sync --trust-observed`",
        is_safe=False,
    ),
    Cause.MAPPING: Meaning(
        "store staff",
        "the item or location stands for no SKU or location of the ERP",
        "`inventory-sync status` says what to correct",
        is_safe=False,
    ),
    Cause.UNTRACKED: Meaning(
        "store staff",
        "Shopify does not track the item: it takes writes without any effect",
        "switch on 'Track quantity' in Shopify",
        is_safe=False,
    ),
    Cause.INACTIVE: Meaning(
        "store staff",
        "the item is not stocked at the location, or inactive there",
        "activate it in Shopify, or run `inventory-sync doctor --fix`",
        is_safe=False,
    ),
    Cause.POLICY_CHANGE: Meaning(
        "operations", "the store's rules in the settings changed since", "publish with the new ones"
    ),
    Cause.EXPIRED_HOLD: Meaning(
        "operations",
        "a hold ended and its stock was not offered again",
        "look whether the sensor hold_events runs",
    ),
    Cause.ERP_NOT_HEARD: Meaning(
        "ERP team",
        "the ERP's figures changed and no event told us",
        "look whether the ERP writes its events, and whether the sensors run",
    ),
    Cause.NOT_PUBLISHED: Meaning(
        "operations", "nothing was published to the level yet", "run `inventory-sync sync`"
    ),
    Cause.OUR_FAULT: Meaning(
        "inventory_sync",
        "nothing changed, and yet the store does not show what it should",
        "report it with the output of `inventory-sync drift --json`",
    ),
}

OF_FINDING: Final[Mapping[str, Cause]] = {
    "missing-sku": Cause.MAPPING,
    "duplicate-sku": Cause.MAPPING,
    "near-sku": Cause.MAPPING,
    "unusable-location": Cause.MAPPING,
    "untracked": Cause.UNTRACKED,
    "unconnected": Cause.INACTIVE,
    "inactive": Cause.INACTIVE,
    "unreadable": Cause.INACTIVE,
}
"""The cause behind a finding about an item or level that cannot be published at all."""

_HOLDS: Final = ("hold_micros", "reservation_micros")


@dataclass(frozen=True, slots=True)
class Sight:
    """One level as reconcile saw it. Units; ``None`` in ``explained_units``: never published.

    ``heard_units``, ``first_units`` and ``explained_units`` are the explained quantity by the
    orders known before anything was read, by those read before the level, and after it.
    ``is_moving``: it was written meanwhile. ``is_late``: orders of the SKU were found that should
    have been heard long ago; ``is_waiting``: it is on a lane's list. ``was``: the waterfall of the
    last write, ``now``: the same columns as of now.
    """

    shown_units: int
    wanted_units: int
    explained_units: int | None
    first_units: int
    heard_units: int
    is_moving: bool
    is_late: bool
    is_waiting: bool
    was: Mapping[str, Any] | None
    now: Mapping[str, Any]
    rules: OfferRules


def cause_of(sight: Sight) -> Cause | None:
    """Why the level differs; ``None`` when it shows what it should.

    What the store did comes before what we did: only a quantity that orders explain (protocol B.6)
    tells something about us.
    """
    shown, wanted, explained = sight.shown_units, sight.wanted_units, sight.explained_units
    if explained is None:
        return None if shown == wanted else Cause.NOT_PUBLISHED
    low, high = sorted((sight.first_units, explained))
    if sight.is_moving or (low <= shown <= high and shown != explained):
        return None if shown == wanted else Cause.IN_FLIGHT
    if shown != explained:
        return Cause.FOREIGN_EDIT if shown > high else Cause.UNEXPLAINED_DECREASE
    if sight.is_late and (shown != wanted or shown != sight.heard_units):
        return Cause.LOST_WEBHOOK
    if shown == wanted:
        return None
    return Cause.IN_FLIGHT if sight.is_waiting else _behind(sight)


def _behind(sight: Sight) -> Cause:
    """Why we have not published what should be shown."""
    was, now = sight.was, sight.now
    if was is None:
        return Cause.ERP_NOT_HEARD
    if was.get("rules") != sight.rules.told() and _by_old_rules(was, now) == sight.shown_units:
        return Cause.POLICY_CHANGE
    changed = {name for name in TERM_COLUMNS if was.get(name, 0) != now[name]}
    if not changed and was.get("atp_micros") == now["atp_micros"]:
        same = was.get("in_flight_micros") == now["in_flight_micros"]
        return Cause.OUR_FAULT if same else Cause.IN_FLIGHT
    return Cause.EXPIRED_HOLD if _is_ended_hold(was, now, changed) else Cause.ERP_NOT_HEARD


def _is_ended_hold(was: Mapping[str, Any], now: Mapping[str, Any], changed: set[str]) -> bool:
    """Whether holds ended and nothing else happened. What supply covered of them is covered no
    more, which is never more than they were.
    """
    if not changed & set(_HOLDS) or not changed <= {*_HOLDS, COVERED}:
        return False
    freed: list[int] = [was.get(name, 0) - now[name] for name in _HOLDS]
    uncovered: int = was.get(COVERED, 0) - now[COVERED]
    return min(freed) >= 0 and 0 <= uncovered <= sum(freed)


def _by_old_rules(was: Mapping[str, Any], now: Mapping[str, Any]) -> int | None:
    """What the rules of the last write would offer of today's pool."""
    told = was.get("rules")
    if told is None:
        return None
    rules = OfferRules(**{**told, "share": Decimal(told["share"])})
    return int(offer_units(np.array([now["pool_micros"]], np.int64), rules)[0])


def of_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """The findings about what cannot be published at all, as differences."""
    found = findings[findings["kind"].isin(set(OF_FINDING))]
    causes = found["kind"].map(OF_FINDING).astype("object")
    parts = found["subject"].astype("str").str.split(" @ ", n=1)
    return differences(
        subject=found["subject"].tolist(),
        sku=[part[0] for part in parts],
        store_location_id=[part[1] if len(part) > 1 else None for part in parts],
        cause=causes.tolist(),
    ).drop_duplicates("subject", ignore_index=True)


def differences(**columns: Any) -> pd.DataFrame:
    """A frame of ``DIFFERENCE_COLUMNS``; the owner follows from the cause, what is left out is
    null.
    """
    owners = [MEANINGS[cause].owner for cause in columns["cause"]]
    frame = pd.DataFrame({name: columns.get(name) for name in DIFFERENCE_COLUMNS})
    frame["owner"] = owners
    frame["cause"] = [str(cause) for cause in columns["cause"]]
    units = dict.fromkeys(("shown_units", "explained_units", "wanted_units"), "Int64")
    texts = dict.fromkeys(("subject", "sku", "store_location_id", "cause", "owner"), "object")
    return frame.astype(units | texts)
