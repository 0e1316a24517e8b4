"""Words of the write guard: what it objects to, and a stopped pass that waits for a person.

Put values here that travel between the guard, the ledger and the command line. Keep rules out:
those are ``guards.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final, Literal

Move = Literal["zeroed", "raised", "dropped"]
"""What can be an accident when many levels do it at once: set to zero from more, raised, lowered by
more than half (a level that is set to zero is dropped as well).
"""

ALL_MOVES: Final[tuple[Move, ...]] = ("zeroed", "raised", "dropped")

ObjectionKind = Literal["zeroed", "raised", "dropped", "missing", "stale", "canary"]

EVERY_STORE: Final = "*"
"""Stands where a store stands when the reading of the ERP itself was stopped."""

KEPT_CHANGES: Final = 200
"""So many changes of a stopped plan are kept, the largest first."""

StopState = Literal["waiting", "approved", "refused", "expired"]


def moves_of(shown_units: int, planned_units: int, *, steep: bool = False) -> frozenset[Move]:
    """The moves that a level makes from what it shows to what it shall show.

    ``steep``: a raise counts only when it is by more than half.
    """
    found: set[Move] = set()
    if 2 * planned_units > (3 * max(shown_units, 0) if steep else 2 * shown_units):
        found.add("raised")
    if shown_units > 0 and planned_units <= 0:
        found.add("zeroed")
    if shown_units > 0 and 2 * planned_units < shown_units:
        found.add("dropped")
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many levels make each move."""

    zeroed: int = 0
    raised: int = 0
    dropped: int = 0

    def of(self, move: Move) -> int:
        """The number for one move."""
        return {"zeroed": self.zeroed, "raised": self.raised, "dropped": self.dropped}[move]

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(*(self.of(move) + other.of(move) for move in ALL_MOVES))


@dataclass(frozen=True, slots=True)
class Held:
    """Moves that passes about few SKUs may not make now.

    ``counted``: those of levels whose every stock row the ERP has in this very reading
    (``held_back.counted_levels``); ``uncounted``: those of the others.
    """

    counted: frozenset[Move] = frozenset()
    uncounted: frozenset[Move] = frozenset()

    @classmethod
    def everywhere(cls, *moves: Move) -> "Held":
        """These moves, whatever stock rows there are."""
        return cls(frozenset(moves), frozenset(moves))

    def __or__(self, other: "Held") -> "Held":
        """What either of them holds."""
        return Held(self.counted | other.counted, self.uncounted | other.uncounted)

    def of(self, *, is_counted: bool) -> frozenset[Move]:
        """The moves that one level may not make."""
        return self.counted if is_counted else self.uncounted


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason to stop. ``count``: levels of a plan, or rows of the dataset ``subject``."""

    kind: ObjectionKind
    text: str
    count: int
    subject: str = ""

    @property
    def holds(self) -> Held:
        """The moves that passes about few SKUs may not make either while this stands.

        Demand that is missing would raise, and so would old figures. Stock that is missing would
        zero: where it is there, the level falls because it is sold. Lowering by half or less always
        goes on, and so does all lowering that no plan of a store was stopped for and that the
        ERP's own rows tell: holding it back would oversell.
        """
        if self.kind in ALL_MOVES:
            return Held.everywhere(self.kind)
        if self.kind == "missing" and self.subject not in ("commitments", "acknowledged_orders"):
            return Held(counted=frozenset({"raised"}), uncounted=frozenset(ALL_MOVES))
        return Held.everywhere("raised")


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One level of a stopped plan: what it shows, what it would show, and why (``waterfall``)."""

    sku: str
    store_location_id: str
    shown_units: int
    quantity_units: int
    waterfall: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoppedPass:
    """The plan of one store, or the reading of the ERP (``EVERY_STORE``), that was stopped.

    ``changed_levels`` counts all changes, ``changes`` holds the largest ``KEPT_CHANGES``;
    ``levels`` are those of the store that we have published. It stands until ``ended_at``: one that
    was refused stands on until a pass finds nothing to object to. ``carried_by``: the pass that
    derived it anew and carried it out.
    """

    pass_id: str
    store: str
    stopped_at: datetime
    objections: tuple[Objection, ...]
    tally: Tally = Tally()
    levels: int = 0
    changed_levels: int = 0
    changes: tuple[PlannedChange, ...] = ()
    state: StopState = "waiting"
    decided_by: str | None = None
    decided_at: datetime | None = None
    carried_by: str | None = None
    ended_at: datetime | None = None

    @property
    def reason(self) -> str:
        """All objections in one clause."""
        return "; ".join(each.text for each in self.objections)

    @property
    def holds(self) -> Held:
        """The moves that passes about few SKUs may not make while it stands."""
        return reduce(or_, (each.holds for each in self.objections), Held())


@dataclass(frozen=True, slots=True)
class GuardMemory:
    """What the guard has to know of a store: the moves of the last minutes, and what stands."""

    recent: Tally = Tally()
    standing: tuple[StoppedPass, ...] = ()

    @classmethod
    def of(
        cls, store: str, recent: Mapping[str, Tally], standing: Iterable[StoppedPass]
    ) -> "GuardMemory":
        """What concerns one store; a stopped reading of the ERP stands in every store."""
        mine = tuple(stop for stop in standing if stop.store in (store, EVERY_STORE))
        return cls(recent.get(store, Tally()), mine)

    @property
    def held(self) -> Held:
        """The moves that passes about few SKUs may not make now."""
        return reduce(or_, (stop.holds for stop in self.standing), Held())


@dataclass(frozen=True, slots=True)
class Approval:
    """A person lets a plan through that the guard objects to, if it is no worse than what they saw.

    They saw either the stopped pass ``pass_id``, or a dry run with the objections ``granted`` by
    store.
    """

    by: str
    pass_id: str | None = None
    granted: Mapping[str, Sequence[Objection]] = field(default_factory=dict)
