"""How long the settings' own ERP takes to read, and how our ATP compares with its own computation.

Put here what is measured of a live ERP, which is only read. Its figures are laid beside ours: each
difference must come from rows that one side counts and the other does not, as the page of the
connector in ``docs`` says; what is left over is not explained.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter
from typing import Final, TypeVar

import pandas as pd

from inventory_sync.domain.atp import Atp, available_to_promise, open_commitments
from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.domain.kits import explode, resolve
from inventory_sync.domain.quarantine import judge
from inventory_sync.erp.api_rows import OwnFigures
from inventory_sync.flow.ports import ErpSource

_T = TypeVar("_T")

_MICROS: Final = 1_000_000
_PAIR: Final = ["sku", "location"]


@dataclass(frozen=True)
class Step:
    """Something that was done: seconds, calls to the ERP (``None`` where it is a database), rows
    that came of it and SKUs that they are about.
    """

    name: str
    seconds: float
    calls: int | None
    rows: int
    skus: int


@dataclass(frozen=True)
class Difference:
    """Why the ERP's figure is above ours: at how many SKU-locations, and by how many units."""

    cause: str
    pairs: int
    units: float


@dataclass(frozen=True)
class Comparison:
    """The ERP's figure beside ours, and the SKU-locations where the causes do not add up."""

    name: str
    compared: int
    equal: int
    differences: list[Difference] = field(default_factory=list)
    unexplained: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Measured:
    """All of it; without a ``comparison``, ``missing`` says why there is none."""

    steps: list[Step]
    comparison: Comparison | None
    missing: str = ""


def measure(
    source: ErpSource,
    *,
    calls: Callable[[], int] | None,
    own: Callable[[], OwnFigures | None],
    sku: str | None = None,
) -> Measured:
    """Read everything, compute ATP, read one SKU as an event pass does, and ask for changes; then
    let the ERP compute. ``calls`` counts those to the ERP; without a ``sku`` a busy one is taken.
    """
    clock = _Steps(calls)
    snapshot = clock.timed("the whole catalogue, read", source.snapshot, _size)
    atp = clock.timed("its ATP, computed", lambda: _atp(snapshot), _size_of_atp)
    few = frozenset({sku or _busy_sku(snapshot)})
    source.extract(few, frozenset())  # from now on it is known what belongs to it
    clock.timed(
        f"an event pass reads {min(few)}",
        lambda: source.extract(few, frozenset()),
        lambda found: (len(found.stock) + len(found.commitments), len(found.skus)),
    )
    last = source.last_event_id()
    clock.timed("a look for changes", lambda: source.events(last), lambda e: (len(e), 0))
    try:
        figures = clock.timed("the ERP's own figures, computed by it", own, _size_of_figures)
    except ContractBroken as refused:
        return Measured(clock.steps, None, str(refused))
    if figures is None:
        clock.steps.pop()
        why = "This connector asks the ERP for no figure of its own to compare with."
        return Measured(clock.steps, None, why)
    return Measured(clock.steps, compared(snapshot, atp, figures))


def compared(snapshot: ErpSnapshot, atp: Atp, figures: OwnFigures) -> Comparison:
    """The ERP's figures beside ATP, each difference by its causes."""
    theirs = _summed(figures.quantities)
    mine = atp.rows[~atp.rows["is_kit"].astype(bool)].astype(dict.fromkeys(_PAIR, "object"))
    ours = mine.set_index(_PAIR)["atp_micros"].reindex(theirs.index, fill_value=0)
    left = theirs - ours
    equal = int((left == 0).sum())
    differences = []
    for cause, micros in _causes(snapshot, figures).items():
        here = micros.reindex(theirs.index, fill_value=0)
        left -= here
        if here.any():
            differences.append(_difference(cause, here))
    doubted = mine.set_index(_PAIR)["certainty"].reindex(theirs.index, fill_value=Certainty.EXACT)
    aside = left[doubted != Certainty.EXACT]
    if aside.any():
        differences.append(_difference("rows that we set aside", aside))
        left = left.drop(aside.index)
    unexplained = [(str(sku), str(place)) for sku, place in left[left != 0].index]
    return Comparison(figures.name, len(theirs), equal, differences, unexplained)


def _difference(cause: str, micros: "pd.Series[int]") -> Difference:
    return Difference(cause, int((micros != 0).sum()), float(micros.sum() / _MICROS))


def _causes(snapshot: ErpSnapshot, figures: OwnFigures) -> dict[str, "pd.Series[int]"]:
    """By how much each cause raises the ERP's figure above ATP, in micros by SKU and location."""
    judged = judge(snapshot).snapshot
    demand = open_commitments(judged.commitments, judged.taken_at)
    demand = explode(demand, resolve(judged.components))
    supply = judged.supply
    in_demand = _of_rows(demand["commitment_id"], figures.counted)
    in_supply = _of_rows(supply["supply_id"], figures.early)
    forgotten = demand.assign(quantity_micros=demand["quantity_micros"] - in_demand)
    early = supply.assign(quantity_micros=in_supply)
    causes = {"stock that is unavailable": _by_pair(judged.stock, "unavailable_micros")}
    for kind, rows in forgotten.groupby(forgotten["kind"].astype("object")):
        causes[f"commitments of kind {kind} that it does not count"] = _by_pair(rows)
    for kind, rows in early.groupby(early["kind"].astype("object")):
        causes[f"supply of kind {kind} that it counts before it is there"] = _by_pair(rows)
    causes["what it takes off that is no commitment"] = -_summed(figures.besides)
    return causes


def _of_rows(ids: "pd.Series[str]", units: Mapping[str, Decimal]) -> "pd.Series[int]":
    return ids.map(lambda row: int(units.get(row, 0) * _MICROS)).astype("int64")


def _by_pair(rows: pd.DataFrame, column: str = "quantity_micros") -> "pd.Series[int]":
    keys = [rows[name].astype("object") for name in _PAIR]
    sums: pd.Series[int] = rows[column].groupby(keys).sum()
    return sums


def _summed(units: Mapping[tuple[str, str], Decimal]) -> "pd.Series[int]":
    index = pd.MultiIndex.from_tuples(list(units), names=_PAIR)
    micros = [int(each * _MICROS) for each in units.values()]
    return pd.Series(micros, index=index, dtype="int64")


def _busy_sku(snapshot: ErpSnapshot) -> str:
    """A SKU with many commitments, else any that there is."""
    for rows in (snapshot.commitments, snapshot.products):
        if len(rows):
            return str(rows["sku"].astype("object").value_counts().index[0])
    return "NO-SKU"


def _atp(snapshot: ErpSnapshot) -> Atp:
    return available_to_promise(judge(snapshot), snapshot.taken_at)


def _size(snapshot: ErpSnapshot) -> tuple[int, int]:
    rows = sum(len(getattr(snapshot, dataset.name)) for dataset in SNAPSHOT_DATASETS)
    return rows, snapshot.products["sku"].nunique()


def _size_of_atp(atp: Atp) -> tuple[int, int]:
    return len(atp.rows), atp.rows["sku"].nunique()


def _size_of_figures(figures: OwnFigures | None) -> tuple[int, int]:
    return (len(figures.quantities), len({s for s, _ in figures.quantities})) if figures else (0, 0)


class _Steps:
    def __init__(self, calls: Callable[[], int] | None) -> None:
        self._calls = calls
        self.steps: list[Step] = []

    def timed(self, name: str, do: Callable[[], _T], size: Callable[[_T], tuple[int, int]]) -> _T:
        """Do it, and keep what it took."""
        before, began = self._calls() if self._calls else 0, perf_counter()
        found = do()
        seconds = perf_counter() - began
        calls = self._calls() - before if self._calls else None
        self.steps.append(Step(name, seconds, calls, *size(found)))
        return found
