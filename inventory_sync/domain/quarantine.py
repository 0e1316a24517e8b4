"""Which rows of the ERP are believed, and what is not known because of those that are not.

Put a row rule here: what is wrong with the row, and what follows for its SKU. Keep out what makes
a whole source unusable (the ERP room) and shares of rows that look like an accident (guards).

A row that is not believed never raises an offer: it leaves a *doubt* about its SKU and location.
"""

from dataclasses import dataclass, replace

import pandas as pd

from inventory_sync.domain import kits as kits_rules
from inventory_sync.domain.findings import (
    DOUBT_COLUMNS,
    FINDING_COLUMNS,
    Certainty,
    Notebook,
    joined,
)
from inventory_sync.domain.frames import DATASETS, ErpSnapshot
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.spelling import misspelt
from inventory_sync.domain.units import SCALE


@dataclass(frozen=True)
class Judged:
    """A snapshot without the rows that are not believed, with the reasons.

    ``findings``: one row per quarantined or remarkable row (``FINDING_COLUMNS``). ``doubts``: rows
    of ``sku``, ``location`` (null = everywhere) and ``certainty`` (``DOUBT_COLUMNS``). The parts
    lists that remain are complete, positive and without cycles.
    """

    snapshot: ErpSnapshot
    findings: pd.DataFrame
    doubts: pd.DataFrame


def judge(snapshot: ErpSnapshot) -> Judged:
    """Separate the rows that are believed from those that are not.

    Nothing raises here: whatever is wrong with a row becomes a finding and, where it matters for a
    number, a doubt.
    """
    notes = Notebook()
    locations = _judge_named(snapshot, "locations", "location", notes)
    products = _judge_named(snapshot, "products", "sku", notes)
    known_skus = pd.Index(products["sku"].astype("object"))
    known_locations = pd.Index(locations["location"].astype("object"))
    stock = _judge_stock(snapshot, known_skus, known_locations, notes)
    commitments = _judge_commitments(snapshot, known_skus, known_locations, notes)
    supply = _judge_supply(snapshot, notes)
    acknowledged = _judge_acknowledged(snapshot, notes)
    components = _judge_components(snapshot, known_skus, notes)
    judged = replace(
        snapshot,
        locations=locations,
        products=products,
        components=components,
        stock=stock,
        commitments=commitments,
        supply=supply,
        acknowledged_orders=acknowledged,
    )
    return Judged(
        snapshot=judged,
        findings=joined(notes.findings, FINDING_COLUMNS),
        doubts=joined(notes.doubts, DOUBT_COLUMNS),
    )


def _faulty(
    snapshot: ErpSnapshot, dataset: str, columns: tuple[str, ...], notes: Notebook
) -> "pd.Series[bool]":
    """Which rows hold an unreadable cell in one of the columns; every fault becomes a finding."""
    frame: pd.DataFrame = getattr(snapshot, dataset)
    faults = snapshot.faults.get(dataset)
    if faults is None or faults.empty:
        return pd.Series(False, index=frame.index)
    for (column, reason), group in faults.groupby(["column", "reason"], sort=True):
        rows = frame.loc[group["row"]].assign(_value=group["value"].to_numpy())
        severity = "error" if column in columns else "warning"
        notes.find(dataset, rows, "unreadable", f"{column} {reason}", severity=severity)
    fatal = faults.loc[faults["column"].isin(columns), "row"]
    return pd.Series(frame.index.isin(fatal), index=frame.index)


def _judge_named(snapshot: ErpSnapshot, dataset: str, key: str, notes: Notebook) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(snapshot, dataset)
    nameless = frame[key].isna()
    notes.find(dataset, frame[nameless], "missing-key", f"{key} is missing")
    twice = frame[key].duplicated() & ~nameless
    notes.find(dataset, frame[twice], "duplicate-key", f"{key} stands more than once")
    if dataset == "products":
        undecided = frame["tracked"].isna() & ~nameless
        notes.find(dataset, frame[undecided], "missing-value", "tracked is missing: not published")
        frame = frame.assign(tracked=frame["tracked"].fillna(False).astype(bool))
    return frame[~nameless & ~twice]


def _judge_stock(
    snapshot: ErpSnapshot, skus: pd.Index, locations: pd.Index, notes: Notebook
) -> pd.DataFrame:
    frame = snapshot.stock
    bad = _faulty(snapshot, "stock", ("physical", "unavailable"), notes)
    rules = [
        (frame["physical_micros"] < 0, "negative", "physical is negative"),
        (frame["unavailable_micros"] < 0, "negative", "unavailable is negative"),
        (
            frame.duplicated(["sku", "location"], keep=False)
            & frame["sku"].notna()
            & frame["location"].notna(),
            "duplicate-key",
            "the SKU stands more than once at this location",
        ),
    ]
    for mask, kind, reason in rules:
        notes.find("stock", frame[mask], kind, reason)
        bad |= mask
    nowhere = frame["location"].isna() | _stranger(frame["location"], locations)
    notes.find(
        "stock", frame[nowhere], "unknown-location", "location is missing or not in locations"
    )
    nameless = frame["sku"].isna()
    notes.find("stock", frame[nameless], "missing-key", "sku is missing")
    meant = _find_unknown_skus("stock", frame, skus, notes)
    fraction = frame[~bad & (frame["physical_micros"] % SCALE != 0)]
    notes.find_all(
        "stock",
        fraction,
        "fraction",
        "physical is not a whole number: counted exactly, offered rounded down",
    )
    notes.doubt(frame[bad], Certainty.UNKNOWN)
    notes.doubt(frame[nowhere], Certainty.UNKNOWN, everywhere=True)
    notes.doubt(meant, Certainty.UNKNOWN)
    notes.doubt(_perhaps_nameless(frame, skus, nameless), Certainty.UNKNOWN)
    return frame[~bad & ~nowhere & ~nameless]


def _perhaps_nameless(
    stock: pd.DataFrame, skus: pd.Index, nameless: "pd.Series[bool]"
) -> pd.DataFrame:
    """Whose row a stock row without a SKU may be: every SKU that has none at its location."""
    places = stock.loc[nameless, ["location"]].dropna().drop_duplicates().astype("object")
    every = pd.DataFrame({"sku": skus}).merge(places, how="cross")
    named = stock.loc[~nameless, ["sku", "location"]].astype("object").drop_duplicates()
    marked = every.merge(named, how="left", on=["sku", "location"], indicator=True)
    return marked.loc[marked["_merge"] == "left_only", ["sku", "location"]]


def _judge_commitments(
    snapshot: ErpSnapshot, skus: pd.Index, locations: pd.Index, notes: Notebook
) -> pd.DataFrame:
    """A demand that cannot be placed makes its SKU doubtful; one that can be counted is counted."""
    frame = snapshot.commitments
    unreadable = _faulty(snapshot, "commitments", ("quantity",), notes)
    negative = frame["quantity_micros"] < 0
    notes.find("commitments", frame[negative], "negative", "quantity is negative")
    nameless = frame["sku"].isna()
    notes.find("commitments", frame[nameless], "missing-key", "sku is missing")
    nowhere = frame["location"].isna() | _stranger(frame["location"], locations)
    notes.find(
        "commitments", frame[nowhere], "unknown-location", "location is missing or not in locations"
    )
    kind = frame["kind"].astype("object")
    strange = ~kind.isin(KINDS)
    notes.find("commitments", frame[strange], "unknown-kind", "kind is unknown: counted as order")
    twice = frame["commitment_id"].duplicated(keep=False) | frame["commitment_id"].isna()
    notes.find(
        "commitments", frame[twice], "duplicate-key", "commitment_id is not unique: all counted"
    )
    meant = _find_unknown_skus("commitments", frame, skus, notes)
    notes.doubt(frame[unreadable | negative | strange | twice], Certainty.AT_MOST)
    notes.doubt(frame[nowhere], Certainty.AT_MOST, everywhere=True)
    notes.doubt(meant, Certainty.AT_MOST)
    counted = frame.assign(kind=pd.Categorical(kind.where(~strange, "order"), categories=KINDS))
    return counted[~unreadable & ~negative & ~nameless & ~nowhere]


def _judge_supply(snapshot: ErpSnapshot, notes: Notebook) -> pd.DataFrame:
    frame = snapshot.supply
    bad = _faulty(snapshot, "supply", ("quantity",), notes)
    for mask, kind, reason in (
        (frame["quantity_micros"] < 0, "negative", "quantity is negative"),
        (
            frame["sku"].isna() | frame["location"].isna(),
            "missing-key",
            "sku or location is missing",
        ),
        (frame["supply_id"].duplicated(), "duplicate-key", "supply_id stands more than once"),
    ):
        notes.find("supply", frame[mask], kind, reason)
        bad |= mask
    return frame[~bad]


def _judge_acknowledged(snapshot: ErpSnapshot, notes: Notebook) -> pd.DataFrame:
    """Without a believable acknowledgement an order line stays in flight, that is: deducted."""
    frame = snapshot.acknowledged_orders
    bad = _faulty(snapshot, "acknowledged_orders", ("quantity",), notes)
    key = list(DATASETS["acknowledged_orders"].key)
    for mask, kind, reason in (
        (frame["quantity_micros"] < 0, "negative", "quantity is negative"),
        (frame[key].isna().any(axis=1), "missing-key", "an external id is missing"),
    ):
        notes.find("acknowledged_orders", frame[mask], kind, reason)
        bad |= mask
    good = frame[~bad]
    twice = good.duplicated(key, keep=False)
    notes.find(
        "acknowledged_orders",
        good[twice],
        "duplicate-key",
        "the line is acknowledged more than once: the smallest quantity counts",
    )
    return good.sort_values("quantity_micros").drop_duplicates(key)


def _judge_components(snapshot: ErpSnapshot, skus: pd.Index, notes: Notebook) -> pd.DataFrame:
    """One wrong part makes the whole kit unknown: a kit without its rarest part looks plentiful.

    Demand for such a kit cannot be passed on to its parts, so they are doubtful too, at any depth.
    """
    frame = snapshot.components
    near = misspelt({*frame["kit_sku"].dropna(), *frame["component_sku"].dropna()}, skus)
    bad = _faulty(snapshot, "components", ("quantity",), notes)
    pair = ["kit_sku", "component_sku"]
    for mask, kind, reason in (
        ((frame["quantity_micros"] <= 0) & ~bad, "not-positive", "quantity is zero or negative"),
        (frame[pair].isna().any(axis=1), "missing-key", "kit_sku or component_sku is missing"),
        (frame.duplicated(pair, keep=False), "duplicate-key", "the part stands more than once"),
        (
            _stranger(frame["component_sku"], skus),
            "unknown-sku",
            "component_sku is not in products",
        ),
        (
            frame["kit_sku"].isin(near),
            "unknown-sku",
            "kit_sku differs from a product only in case or blanks",
        ),
    ):
        notes.find("components", frame[mask], kind, reason)
        bad = bad | mask
    refused = set(frame.loc[bad, "kit_sku"].dropna().astype(str))
    cycles = kits_rules.resolve(frame[~frame["kit_sku"].isin(refused) & ~bad]).cycles
    for kit, cycle in cycles.items():
        rows = frame[frame["kit_sku"] == kit].head(1)
        notes.find("components", rows, "cycle", f"the kit contains itself: {cycle}")
    refused |= cycles.keys()
    theirs = frame["kit_sku"].isin(refused)
    parts = _contents(frame, set(frame.loc[theirs | bad, "component_sku"].dropna().astype(str)))
    unknown = refused | {near[sku] for sku in refused & near.keys()}
    doubtful = parts | {near[sku] for sku in parts & near.keys()}
    notes.doubt_everywhere(unknown, Certainty.UNKNOWN)
    notes.doubt_everywhere(doubtful - unknown, Certainty.AT_MOST)
    return frame[~theirs & ~bad]


def _contents(components: pd.DataFrame, skus: set[str]) -> set[str]:
    """The SKUs and what they contain, at any depth; cycles are no obstacle."""
    content: dict[str, set[str]] = {}
    for kit, part in components[["kit_sku", "component_sku"]].dropna().itertuples(index=False):
        content.setdefault(kit, set()).add(part)
    found, ahead = set[str](), set(skus)
    while ahead:
        found |= ahead
        ahead = {part for kit in ahead for part in content.get(kit, ())} - found
    return found


def _stranger(values: "pd.Series[str]", known: pd.Index) -> "pd.Series[bool]":
    """Which values are given but not known; judged per category, not per row."""
    column = values.astype("category")
    unknown = column.cat.categories[~column.cat.categories.isin(known)]
    return column.isin(unknown)


def _find_unknown_skus(
    dataset: str, frame: pd.DataFrame, skus: pd.Index, notes: Notebook
) -> pd.DataFrame:
    """Report SKUs that are not in products; return the rows under the SKU that they likely mean.

    A demand on ``oak-table`` is most likely one on ``OAK-TABLE``: that SKU becomes doubtful.
    """
    unknown = frame[_stranger(frame["sku"], skus)]
    if unknown.empty:
        return unknown
    meant = unknown["sku"].astype("object").map(misspelt(set(unknown["sku"]), skus))
    notes.find(dataset, unknown[meant.isna()], "unknown-sku", "sku is not in products")
    for sku, rows in unknown.groupby(meant):
        notes.find(dataset, rows, "unknown-sku", f"sku differs from {sku} only in case or blanks")
    return unknown.assign(sku=meant)
