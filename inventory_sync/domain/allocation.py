"""From ATP to what each store location offers (design 5).

Put the pool and the rules share, buffer, hide and cap here. Keep out what a store shows now and
how the difference is written: that is ``decision.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain.atp import TERM_COLUMNS, Atp
from inventory_sync.domain.kit_pools import kits_lost
from inventory_sync.domain.units import SCALE

OFFER_COLUMNS = (
    "store_location_id",
    "sku",
    *TERM_COLUMNS,
    "atp_micros",
    "in_flight_micros",
    "pool_micros",
    "offer_units",
    "certainty",
    "limited_by",
    "covered_by",
)


MAX_OFFER_UNITS = 1_000_000_000
"""Shopify refuses more at one level (facts 1.2)."""

OFFER_STEPS: Final = ("share", "buffer", "hide_below", "cap", "bounds")
"""The rules from the pool to the offer, in the order in which they count."""


@dataclass(frozen=True, slots=True)
class OfferRules:
    """From the pool to the offer. ``share`` is between 0 and 1 with at most six decimals."""

    share: Decimal = Decimal(1)
    buffer_units: int = 0
    hide_below_units: int = 0
    cap_units: int | None = None

    def told(self) -> dict[str, str | int | None]:
        """The rules as they are kept beside a published quantity."""
        return asdict(self) | {"share": str(self.share)}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "OfferRules":
        """The rules that ``told`` gave; names that only another version of ours knows are left."""
        known = {field.name: told[field.name] for field in fields(cls) if field.name in told}
        return cls(**known | {"share": Decimal(str(told.get("share", 1)))})


def offer_units(pool_micros: NDArray[np.int64], rules: OfferRules) -> NDArray[np.int64]:
    """floor(share * max(0, pool)) - buffer; below hide_below it is 0, above cap the cap; never < 0.

    Exact: the share is scaled to an integer and the product is rounded down once.
    """
    return offer_steps(pool_micros, rules)[-1]


def offer_steps(pool_micros: NDArray[np.int64], rules: OfferRules) -> list[NDArray[np.int64]]:
    """The units that are left after each rule in turn (``OFFER_STEPS``); the last are the offer."""
    share = int(rules.share * SCALE)
    whole, rest = np.divmod(np.maximum(pool_micros, 0), SCALE)
    shared = (whole * share + rest * share // SCALE) // SCALE
    buffered = shared - rules.buffer_units
    seen = np.where(buffered < rules.hide_below_units, 0, buffered)
    capped = seen if rules.cap_units is None else np.minimum(seen, rules.cap_units)
    return [shared, buffered, seen, capped, np.clip(capped, 0, MAX_OFFER_UNITS)]


def offers(
    atp: Atp,
    in_flight: pd.DataFrame,
    locations: Mapping[str, Sequence[str]],
    rules: OfferRules,
) -> pd.DataFrame:
    """What one store offers: a row per mapped store location and tracked SKU (``OFFER_COLUMNS``).

    ``in_flight``: store_location_id, sku, in_flight_micros of this store. Terms and ATP are summed
    over the ERP locations of the store location; negatives count. ``limited_by`` names the parts
    that limit a kit, ``covered_by`` the supply that covers commitments.
    """
    mapped = pd.DataFrame(
        [(gid, place) for gid, places in locations.items() for place in places],
        columns=["store_location_id", "location"],
        dtype="object",
    )
    sums = _summed(atp.rows[atp.rows["sku"].isin(atp.tracked_skus)], mapped)
    everything = pd.MultiIndex.from_product(
        [list(locations), sorted(atp.tracked_skus)], names=["store_location_id", "sku"]
    )
    result = sums.reindex(everything, fill_value=0).reset_index()
    for name in ("limited_by", "covered_by"):
        result[name] = _names(atp.rows, name, mapped).reindex(everything).to_numpy()
    deducted = in_flight.set_index(["store_location_id", "sku"])["in_flight_micros"]
    # What stands there for a kit are its own lines; its parts in flight cost it more.
    lost = pd.Series(kits_lost(atp, in_flight, locations), dtype="int64")
    deducted = lost.combine_first(deducted) if len(lost) else deducted
    result["in_flight_micros"] = deducted.reindex(everything, fill_value=0).to_numpy(np.int64)
    result["pool_micros"] = result["atp_micros"] - result["in_flight_micros"]
    result["offer_units"] = offer_units(result["pool_micros"].to_numpy(np.int64), rules)
    return result[list(OFFER_COLUMNS)]


def _summed(rows: pd.DataFrame, mapped: pd.DataFrame) -> pd.DataFrame:
    joined = rows.merge(mapped, on="location")
    groups = joined.groupby(["store_location_id", "sku"], sort=False)
    sums: pd.DataFrame = groups[[*TERM_COLUMNS, "atp_micros"]].sum()
    sums["certainty"] = groups["certainty"].max()
    return sums


def _names(rows: pd.DataFrame, column: str, mapped: pd.DataFrame) -> "pd.Series[str]":
    """What the rows say at the ERP locations of each store location, each text once."""
    said = rows.loc[rows[column].notna(), ["sku", "location", column]]
    texts = said.merge(mapped, on="location").groupby(["store_location_id", "sku"])[column]
    return texts.agg(lambda found: ", ".join(sorted(set(found))))
