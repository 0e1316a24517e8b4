"""Which rows of the ERP are believed, and what is not known because of those that are not.

Put here what follows for a SKU from a row that is not believed, and the rules that hold between
rows: keys, references, parts lists. Keep out the rules about single cells: they come from the data
contracts (``rules.py``). Keep out what makes a whole source unusable (the ERP room) and shares of
rows that look like an accident (guards).

A row that is not believed never raises an offer: it leaves a *doubt* about its SKU and location.
"""

from dataclasses import dataclass, field, replace

import pandas as pd

from inventory_sync.domain import kits as kits_rules
from inventory_sync.domain.broken_rules import Broken, any_broken, broken_rules, count_objections
from inventory_sync.domain.findings import (
    DOUBT_COLUMNS,
    FINDING_COLUMNS,
    Certainty,
    Notebook,
    joined,
)
from inventory_sync.domain.frames import DATASETS, SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.rules import SOUND, Rules
from inventory_sync.domain.set_aside import no_rows_aside, rows_aside
from inventory_sync.domain.spelling import misspelt
from inventory_sync.domain.strangers import is_stranger, perhaps_nameless, unknown_skus
from inventory_sync.domain.units import SCALE


@dataclass(frozen=True)
class Judged:
    """A snapshot without the rows that are not believed, with the reasons.

    ``findings``: one row per quarantined or remarkable row (``FINDING_COLUMNS``). ``doubts``: rows
    of ``sku``, ``location`` (null = everywhere), ``certainty`` and whether the cause stands
    elsewhere (``DOUBT_COLUMNS``). The parts
    lists that remain are complete, positive and without cycles. ``aside``: every row with a finding
    that is an error, as the source gave it (``set_aside.py``). ``objections``: the critical rules
    that are broken, one sentence each; nothing is published from a whole reading that has any.
    """

    snapshot: ErpSnapshot
    findings: pd.DataFrame
    doubts: pd.DataFrame
    aside: pd.DataFrame = field(default_factory=no_rows_aside)
    objections: tuple[str, ...] = ()


def judge(snapshot: ErpSnapshot, rules: Rules = SOUND) -> Judged:
    """Separate the rows that are believed from those that are not.

    Nothing raises here: whatever is wrong with a row becomes a finding and, where it matters for a
    number, a doubt. ``rules`` are those of the data contracts.
    """
    notes = Notebook()
    names = [dataset.name for dataset in SNAPSHOT_DATASETS]
    broken = {name: broken_rules(snapshot, name, rules, notes) for name in names}
    locations = _judge_named(snapshot, "locations", broken["locations"], notes)
    products = _judge_named(snapshot, "products", broken["products"], notes)
    known_skus = pd.Index(products["sku"].astype("object"))
    known_locations = pd.Index(locations["location"].astype("object"))
    stock = _judge_stock(snapshot, broken["stock"], known_skus, known_locations, notes)
    commitments = _judge_commitments(
        snapshot, broken["commitments"], known_skus, known_locations, notes
    )
    supply = _judge_supply(snapshot, broken["supply"], notes)
    acknowledged = _judge_acknowledged(snapshot, broken["acknowledged_orders"], notes)
    components = _judge_components(snapshot, broken["components"], known_skus, notes)
    judged = replace(
        snapshot,
        locations=locations,
        products=products,
        components=components,
        stock=stock,
        commitments=commitments,
        supply=supply,
        acknowledged_orders=acknowledged,
        promise_dates=_judge_promise_dates(snapshot, broken["promise_dates"]),
    )
    return Judged(
        snapshot=judged,
        findings=joined(notes.findings, FINDING_COLUMNS),
        doubts=joined(notes.doubts, DOUBT_COLUMNS),
        aside=rows_aside(snapshot, notes.wrong),
        objections=(*notes.objections, *count_objections(snapshot, rules)),
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


def _judge_named(
    snapshot: ErpSnapshot, dataset: str, broken: Broken, notes: Notebook
) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(snapshot, dataset)
    (key,) = DATASETS[dataset].key
    bad = any_broken(frame, broken)
    nameless = frame[key].isna()
    notes.find(dataset, frame[nameless], "missing-key", f"{key} is missing")
    twice = frame[key].duplicated() & ~nameless
    notes.find(dataset, frame[twice], "duplicate-key", f"{key} stands more than once")
    if dataset == "products":
        undecided = frame["tracked"].isna() & ~nameless
        notes.find(dataset, frame[undecided], "missing-value", "tracked is missing: not published")
        frame = frame.assign(tracked=frame["tracked"].fillna(False).astype(bool))
    return frame[~nameless & ~twice & ~bad]


def _judge_stock(
    snapshot: ErpSnapshot, broken: Broken, skus: pd.Index, locations: pd.Index, notes: Notebook
) -> pd.DataFrame:
    frame = snapshot.stock
    bad = _faulty(snapshot, "stock", ("physical", "unavailable"), notes) | any_broken(frame, broken)
    key = ["sku", "location"]
    twice = frame.duplicated(key, keep=False) & frame[key].notna().all(axis=1)
    notes.find(
        "stock",
        frame[twice],
        "duplicate-key",
        "the SKU stands more than once at this location",
    )
    bad |= twice
    nowhere = frame["location"].isna() | is_stranger(frame["location"], locations)
    notes.find(
        "stock", frame[nowhere], "unknown-location", "location is missing or not in locations"
    )
    nameless = frame["sku"].isna()
    notes.find("stock", frame[nameless], "missing-key", "sku is missing")
    meant = unknown_skus("stock", frame, skus, notes)
    fraction = frame[~bad & (frame["physical_micros"] % SCALE != 0)]
    notes.find_all(
        "stock",
        fraction,
        "fraction",
        "physical is not a whole number: counted exactly, offered rounded down",
    )
    notes.doubt(frame[bad], Certainty.UNKNOWN)
    notes.doubt(frame[nowhere], Certainty.UNKNOWN, everywhere=True)
    hidden = pd.concat([meant, perhaps_nameless(frame, skus, nameless)])
    notes.doubt(hidden, Certainty.UNKNOWN, elsewhere=True)
    return frame[~bad & ~nowhere & ~nameless]


def _judge_commitments(
    snapshot: ErpSnapshot, broken: Broken, skus: pd.Index, locations: pd.Index, notes: Notebook
) -> pd.DataFrame:
    """A demand that cannot be placed makes its SKU doubtful; one that can be counted is counted."""
    frame = snapshot.commitments
    bad = _faulty(snapshot, "commitments", ("quantity",), notes) | any_broken(
        frame, broken, but="kind"
    )
    nameless = frame["sku"].isna()
    notes.find("commitments", frame[nameless], "missing-key", "sku is missing")
    nowhere = frame["location"].isna() | is_stranger(frame["location"], locations)
    notes.find(
        "commitments", frame[nowhere], "unknown-location", "location is missing or not in locations"
    )
    kind = frame["kind"].astype("object")
    strange = broken.get("kind", False) | ~kind.isin(KINDS)
    missing = frame["kind"].isna()
    notes.find("commitments", frame[missing], "unknown-kind", "kind is missing: counted as order")
    twice = frame["commitment_id"].duplicated(keep=False) | frame["commitment_id"].isna()
    notes.find(
        "commitments", frame[twice], "duplicate-key", "commitment_id is not unique: all counted"
    )
    meant = unknown_skus("commitments", frame, skus, notes)
    notes.doubt(frame[bad | strange | twice], Certainty.AT_MOST)
    notes.doubt(frame[nowhere], Certainty.AT_MOST, everywhere=True)
    notes.doubt(meant, Certainty.AT_MOST, elsewhere=True)
    counted = frame.assign(kind=pd.Categorical(kind.where(~strange, "order"), categories=KINDS))
    return counted[~bad & ~nameless & ~nowhere]


def _judge_supply(snapshot: ErpSnapshot, broken: Broken, notes: Notebook) -> pd.DataFrame:
    """Of rows with one id nobody knows which is true, so none makes a date: not even alike ones."""
    frame = snapshot.supply
    bad = _faulty(snapshot, "supply", ("quantity",), notes) | any_broken(frame, broken)
    nameless = frame["supply_id"].isna()
    twice = frame["supply_id"].duplicated(keep=False) & ~nameless
    nowhere = frame["sku"].isna() | frame["location"].isna()
    for mask, kind, reason in (
        (nowhere, "missing-key", "sku or location is missing"),
        (nameless, "missing-key", "supply_id is missing"),
        (twice, "duplicate-key", "supply_id stands more than once: none of its rows counts"),
    ):
        notes.find("supply", frame[mask], kind, reason)
        bad |= mask
    return frame[~bad]


def _judge_acknowledged(snapshot: ErpSnapshot, broken: Broken, notes: Notebook) -> pd.DataFrame:
    """Without a believable acknowledgement an order line stays in flight, that is: deducted."""
    frame = snapshot.acknowledged_orders
    bad = _faulty(snapshot, "acknowledged_orders", ("quantity",), notes) | any_broken(frame, broken)
    key = list(DATASETS["acknowledged_orders"].key)
    nameless = frame[key].isna().any(axis=1)
    notes.find("acknowledged_orders", frame[nameless], "missing-key", "an external id is missing")
    twice = frame.duplicated(key, keep=False) & ~nameless
    notes.find(
        "acknowledged_orders",
        frame[twice],
        "duplicate-key",
        "the line is acknowledged more than once: the smallest quantity counts",
    )
    good = frame[~bad & ~nameless]
    return good.sort_values("quantity_micros").drop_duplicates(key)


def _judge_promise_dates(snapshot: ErpSnapshot, broken: Broken) -> pd.DataFrame:
    """Where the ERP's own date is not believed, there is none: nothing is computed in its place."""
    frame = snapshot.promise_dates
    return frame[~any_broken(frame, broken)] if broken else frame


def _judge_components(
    snapshot: ErpSnapshot, broken: Broken, skus: pd.Index, notes: Notebook
) -> pd.DataFrame:
    """One wrong part makes the whole kit unknown: a kit without its rarest part looks plentiful.

    Demand for such a kit cannot be passed on to its parts, so they are doubtful too, at any depth.
    """
    frame = snapshot.components
    near = misspelt({*frame["kit_sku"].dropna(), *frame["component_sku"].dropna()}, skus)
    bad = _faulty(snapshot, "components", ("quantity",), notes) | any_broken(frame, broken)
    pair = ["kit_sku", "component_sku"]
    for mask, kind, reason in (
        (frame[pair].isna().any(axis=1), "missing-key", "kit_sku or component_sku is missing"),
        (frame.duplicated(pair, keep=False), "duplicate-key", "the part stands more than once"),
        (
            is_stranger(frame["component_sku"], skus),
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
