"""Shopify order lines, and what of them is *in flight*: not yet acknowledged by the ERP.

Put the set difference between the order ledger and the ERP's acknowledgements here. Lines hold
ids, quantities and time stamps only; no personal data ever gets this far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain.kits import Kits, explode
from inventory_sync.domain.spelling import misspelt
from inventory_sync.domain.units import SCALE

# Store -> store location (gid) -> the ERP locations whose ATP it offers.
StoreLocations = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """The state of one Shopify order line at one store location, as last read.

    ``current_units`` is what the buyer still wants (ordered, less edits, refunds, cancellations);
    ``taken_units`` is what Shopify has taken out of ``available`` for it and not put back, so it
    stays when units are refunded without restock. ``store_location_id`` is ``None`` when Shopify
    has not assigned the line to a location. ``is_on_hold``: Shopify holds its fulfillment back.
    ``to_ship_units``: what of it Shopify has not shipped, held back or not; ``None``: not told.
    ``created_at``: when the order was placed, by Shopify's clock; ``None``: not told.
    """

    order_id: str
    order_name: str
    line_id: str
    sku: str | None
    inventory_item_id: str | None
    store_location_id: str | None
    current_units: int
    taken_units: int
    updated_at: datetime
    is_on_hold: bool = False
    to_ship_units: int | None = None
    created_at: datetime | None = None


def in_flight(order_lines: pd.DataFrame, acknowledged: pd.DataFrame) -> pd.DataFrame:
    """What the ERP's figures do not yet hold of each order line (protocol B.1: L less acks).

    ``order_lines``: the order ledger (store, order_id, order_name, line_id, store_location_id, sku,
    current_units, taken_units). ``acknowledged``: external_order_id, external_line_id,
    quantity_micros as of the same snapshot as the stock. Returns the lines whose
    ``in_flight_micros`` is not 0, with ``acknowledged_micros`` (null: the ERP does not know it).

    Where both sides agree on what the buyer still wants, nothing is in flight. Otherwise what
    Shopify took out of ``available`` counts, so units refunded without restock stay deducted until
    the ERP has its say. Never negative: a cancelled or returned line is given back by the ERP's own
    figures alone, for its acknowledgement may stay as it was.
    """
    key = ["external_order_id", "external_line_id"]
    lines = order_lines.rename(columns={"order_id": key[0], "line_id": key[1]})
    acks = acknowledged[[*key, "quantity_micros"]].astype(dict.fromkeys(key, "object"))
    lines = lines.merge(acks, how="left", on=key)
    line = lines.groupby(["store", *key], sort=False).ngroup()
    current = _sum_by(line, lines["current_units"]) * SCALE
    taken = _sum_by(line, lines["taken_units"]) * SCALE
    known = lines["quantity_micros"].notna().to_numpy()
    said = lines["quantity_micros"].fillna(0).to_numpy(np.int64)
    open_micros = not_yet_known(current, taken, known, said)
    # A line that is split over locations is deducted from its parts in turn, up to each one's size.
    lines["in_flight_micros"] = _spread(line, lines, open_micros)
    lines["acknowledged_micros"] = lines.pop("quantity_micros").astype("Int64")
    lines = lines.rename(columns={key[0]: "order_id", key[1]: "line_id"})
    return lines[lines["in_flight_micros"] != 0].reset_index(drop=True)


def not_yet_known(
    current: NDArray[np.int64],
    taken: NDArray[np.int64],
    known: NDArray[np.bool_],
    said: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The part of whole order lines that the ERP has not acknowledged; the rule of ``in_flight``.

    ``current`` and ``taken`` are what the buyer wants and what Shopify took, ``known`` whether the
    ERP has the line and ``said`` how much of it, all in micros.
    """
    agreed = known & (said == current)
    result: NDArray[np.int64] = np.where(
        agreed, 0, np.maximum(np.maximum(current, taken) - said, 0)
    )
    return result


def _sum_by(line: "pd.Series[int]", units: "pd.Series[int]") -> NDArray[np.int64]:
    """The sum over each line, at every row of it."""
    return np.bincount(line, units, minlength=1)[line].astype(np.int64)


def _spread(
    line: "pd.Series[int]", lines: pd.DataFrame, open_micros: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Share the open quantity of a line among its locations; what is over goes to the first."""
    size = lines[["current_units", "taken_units"]].max(axis=1).to_numpy(np.int64)
    before = (pd.Series(size).groupby(line.to_numpy()).cumsum().to_numpy(np.int64) - size) * SCALE
    part = np.clip(open_micros - before, 0, size * SCALE)
    placed = pd.Series(part).groupby(line.to_numpy()).cumsum()
    rest = open_micros - placed.groupby(line.to_numpy()).transform("last").to_numpy(np.int64)
    result: NDArray[np.int64] = np.where(line.duplicated(), part, part + rest)
    return result


def in_flight_effect(lines: pd.DataFrame, kits: Kits, stores: StoreLocations) -> pd.DataFrame:
    """What each store location has to deduct: store, store_location_id, sku, in_flight_micros.

    A line is deducted once from every store location, of any store, whose ERP locations intersect
    those of the line's own; a line without location counts at all locations of its store (design
    5). Kit lines stand here both as the kit itself and as its base parts.
    """
    return summed_pieces(in_flight_pieces(lines, kits, stores))


def summed_pieces(pieces: pd.DataFrame) -> pd.DataFrame:
    """The sums of ``in_flight_pieces`` by store location and SKU."""
    keys = ["store", "store_location_id", "sku"]
    return pieces.groupby(keys)["in_flight_micros"].sum().reset_index()


def in_flight_pieces(lines: pd.DataFrame, kits: Kits, stores: StoreLocations) -> pd.DataFrame:
    """The same line by line, before it is summed: with ``order_id`` and ``line_id`` if the lines
    have them, and with the ``from_store`` and ``line_sku`` of the line itself.
    """
    touched = _touched(lines[["store", "store_location_id"]].drop_duplicates(), stores)
    names = [name for name in ("order_id", "line_id") if name in lines]
    told = lines[["store", "store_location_id", "sku", "in_flight_micros", *names]]
    told = told.rename(columns={"in_flight_micros": "quantity_micros"}).assign(line_sku=told["sku"])
    whole = told[told["sku"].isin(set(kits.parts))]
    effect = pd.concat([explode(told, kits), whole], ignore_index=True)
    spread = effect.merge(touched, on=["store", "store_location_id"])
    return spread.drop(columns="store_location_id").rename(
        columns={
            "store": "from_store",
            "at_store": "store",
            "at_location": "store_location_id",
            "quantity_micros": "in_flight_micros",
        }
    )


def demand_in_flight(lines: pd.DataFrame, stores: StoreLocations) -> pd.DataFrame:
    """The same for ERP locations: ``sku``, ``location``, ``quantity_micros``, kits as they are.

    A line may be taken from any ERP location behind its store location, so it counts at each of
    them: what is promised from one of them is a lower bound.
    """
    rows = [
        (sku, place, micros)
        for store, at, sku, micros in lines[
            ["store", "store_location_id", "sku", "in_flight_micros"]
        ].itertuples(index=False)
        for place in erp_locations_of(stores.get(store, {}), at)
    ]
    frame = pd.DataFrame(rows, columns=["sku", "location", "quantity_micros"])
    return frame.astype({"sku": "str", "location": "str", "quantity_micros": "int64"})


def erp_locations_of(mapped: Mapping[str, Sequence[str]], at: str | None) -> set[str]:
    """The ERP locations that a line at this store location, or at any, may be taken from."""
    places = mapped.values() if pd.isna(at) else [mapped.get(str(at), ())]
    return {place for erp_locations in places for place in erp_locations}


def _touched(origins: pd.DataFrame, stores: StoreLocations) -> pd.DataFrame:
    """For each place where a line can be (store, store location or none): where it is deducted."""
    rows = [
        (store, location, at_store, at_location)
        for store, location in origins.itertuples(index=False)
        for at_store, at_location in touched_by(
            store, None if pd.isna(location) else location, stores
        )
    ]
    columns = ["store", "store_location_id", "at_store", "at_location"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def touched_by(
    store: str, store_location_id: str | None, stores: StoreLocations
) -> list[tuple[str, str]]:
    """The store locations, of any store, that a line at this one takes from: (store, gid)."""
    own = stores.get(store, {})
    places = own.values() if store_location_id is None else [own.get(store_location_id, ())]
    reach = {place for erp_locations in places for place in erp_locations}
    return [
        (at_store, at_location)
        for at_store, mapped in stores.items()
        for at_location, erp_locations in mapped.items()
        if reach & set(erp_locations)
    ]


def known_sku(lines: pd.DataFrame, skus: frozenset[str]) -> pd.DataFrame:
    """The lines under the ERP's spelling of their SKU, without those that the ERP does not have.

    A shop item ``oak-table`` is never published, but its orders still take ``OAK-TABLE``.
    """
    ordered = set(lines["sku"].dropna())
    spelled = {sku: sku for sku in ordered & skus} | misspelt(ordered, skus)
    return lines.assign(sku=lines["sku"].map(spelled)).dropna(subset=["sku"])
