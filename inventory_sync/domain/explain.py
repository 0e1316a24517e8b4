"""How a number came about, step by step: from physical stock down to what a store shows.

Put here how a waterfall, as the decision has left it, becomes steps that add up. There is no second
formula: terms are read, and the rules of a store are those of ``allocation.offer_steps``; what they
do not account for is a step of its own and never lost. Two such ways are compared in
``explain_changes.py``; who decided and what came of it is ``explained.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from inventory_sync.domain.allocation import OFFER_STEPS, OfferRules, offer_steps
from inventory_sync.domain.behind import CommitmentBehind, LineBehind
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.units import SCALE, micros_to_decimal

LABELS: Final = {
    "physical": "physical stock",
    "unavailable": "unavailable: damaged, quarantine, inspection",
    "pending": "pending orders",
    "reservation": "reservations",
    "hold": "holds",
    "order": "confirmed orders",
    "work": "parts for production",
    "transfer": "outgoing transfers",
    "covered": "later commitments that supply covers",
    "basis": "counted otherwise than from stock",
    "atp": "ATP",
    "in_flight": "orders in flight, unknown to the ERP",
    "pool": "pool",
    "buffer": "buffer",
    "offer": "offer",
    "other_version": "decided by other rules than today's",
    "decision": "not simply the offer",
    "quantity": "quantity to show",
}
TOTALS: Final = frozenset({"atp", "pool", "offer", "quantity"})
LINE: Final = "order line"


@dataclass(frozen=True, slots=True)
class Row:
    """A commitment or order line behind a step. ``key`` names it for good, ``name`` for people;
    ``place`` is the ERP location or the store; ``kit`` was ordered, if not the SKU itself.
    """

    key: str
    name: str
    kind: str
    place: str
    micros: int
    document: str | None = None
    kit: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``change_micros`` leads to ``total_micros``; a total changes nothing.

    ``rows`` are what it is made of, ``rest_micros`` what none of them accounts for (less than
    nothing when they are more than the step), and ``rest`` why.
    """

    name: str
    label: str
    change_micros: int
    total_micros: int
    rows: tuple[Row, ...] = ()
    rest_micros: int = 0
    rest: str = ""

    @property
    def is_total(self) -> bool:
        """Whether it only says where the steps before it have led."""
        return self.name in TOTALS


def steps_of(
    waterfall: Mapping[str, Any], quantity_units: int, names: Mapping[str, str] | None = None
) -> tuple[Step, ...]:
    """The steps from physical stock to ``quantity_units``; their changes add up to it.

    ``names``: Shopify order id -> the name that people know, such as #1042.
    """
    stairs = _Stairs(waterfall, names or {})
    for name in ("physical", "unavailable", *KINDS):
        micros = waterfall.get(f"{name}_micros") or 0
        if micros or name == "physical":
            stairs.step(name, micros if name == "physical" else -micros)
    if covered := waterfall.get("covered_micros"):
        stairs.step("covered", covered, waterfall.get("covered_by"))
    stairs.reach("basis", waterfall.get("atp_micros"), _limits(waterfall))
    stairs.total("atp")
    stairs.step("in_flight", -(waterfall.get("in_flight_micros") or 0))
    stairs.reach("other_version", waterfall.get("pool_micros"))
    stairs.total("pool")
    if "rules" in waterfall:
        rules = OfferRules.read(waterfall["rules"])
        pool_micros = stairs.micros
        for name, (units,) in zip(
            OFFER_STEPS, offer_steps(np.array([pool_micros], np.int64), rules), strict=True
        ):
            stairs.reach(name, int(units) * SCALE, rule_label(name, rules, pool_micros))
    offered = waterfall.get("offer_units")
    stairs.reach("other_version", None if offered is None else offered * SCALE)
    stairs.total("offer")
    stairs.reach("decision", quantity_units * SCALE, waterfall.get("reason") or None)
    stairs.total("quantity")
    return tuple(stairs.steps)


def rule_label(name: str, rules: OfferRules, pool_micros: int) -> str:
    """What a rule did, in words."""
    if name == "share" and pool_micros < 0:
        return "nothing is left: less than zero is shown as zero"
    if name == "hide_below" and rules.hide_below_units == 0:
        return "never below zero"
    if name == "share" and rules.share == 1:
        return "rounded down to whole units"
    return {
        "share": f"left to other stores: the share here is {rules.share.normalize():f}",
        "buffer": f"buffer of {rules.buffer_units}",
        "hide_below": f"hidden below {rules.hide_below_units}",
        "cap": f"cap of {rules.cap_units}",
        "bounds": "never below zero, nor above what Shopify takes",
    }[name]


def order_ids_in(waterfall: Mapping[str, Any]) -> set[str]:
    """The Shopify orders behind a waterfall."""
    return {LineBehind(*row).order_id for row in waterfall.get("lines", ())}


def units(micros: int) -> str:
    """Micros as people read them, without needless zeros."""
    return f"{micros_to_decimal(micros).normalize():f}"


@dataclass
class _Stairs:
    """Goes down step by step and remembers where it stands."""

    waterfall: Mapping[str, Any]
    names: Mapping[str, str]
    micros: int = 0
    steps: list[Step] = field(default_factory=list)

    def step(self, name: str, change: int, label: str | None = None) -> None:
        rows = self._rows(name)
        self.micros += change
        # What rows take comes off the number, so together with a step they are nothing.
        rest = -change - sum(row.micros for row in rows) if name in (*KINDS, "in_flight") else 0
        self.steps.append(
            Step(
                name,
                label or LABELS.get(name, name),
                change,
                self.micros,
                rows,
                rest,
                self._why_rest(name) if rest else "",
            )
        )

    def reach(self, name: str, micros: int | None, label: str | None = None) -> None:
        """Go where the decision stood; no step when that is here, or nobody knows."""
        if micros is not None and micros != self.micros:
            self.step(name, micros - self.micros, label)

    def total(self, name: str) -> None:
        self.steps.append(Step(name, LABELS[name], 0, self.micros))

    def _rows(self, name: str) -> tuple[Row, ...]:
        if name == "in_flight":
            return tuple(map(self._line, self.waterfall.get("lines", ())))
        if name not in KINDS:
            return ()
        kept = (CommitmentBehind(*row) for row in self.waterfall.get("commitments", ()))
        return tuple(
            Row(f"{c.commitment_id} {c.location}", c.commitment_id, c.kind, c.location, c.micros,
                c.order_id, c.kit)
            for c in kept if c.kind == name
        )  # fmt: skip

    def _line(self, row: Sequence[Any]) -> Row:
        line = LineBehind(*row)
        name = self.names.get(line.order_id, line.order_id)
        key = f"{line.store} {line.line_id}"
        return Row(key, name, LINE, line.store, line.micros, line.order_id, line.kit)

    def _why_rest(self, name: str) -> str:
        if "commitments" not in self.waterfall:
            return "the version that published it kept no rows"
        kind = "lines" if name == "in_flight" else "commitments"
        if left_out := self.waterfall.get(f"{kind}_left_out"):
            return f"among {left_out} smaller rows that were not kept one by one"
        return "parts of it in flight, alone or in other kits"


def _limits(waterfall: Mapping[str, Any]) -> str | None:
    limit = waterfall.get("limited_by")
    return f"a kit: what its parts allow, limited by {limit}" if limit else None
