"""Why a number is what it is: what was published, who decided it, and what would be decided now.

Put here how the ledger's memory and the ERP's figures become one explanation. Keep out the figures
themselves (``figures_now.py``) and how steps follow from a waterfall (``domain/explain.py``).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from inventory_sync.domain.errors import InventorySyncError, StoreStopped, StoreUnreachable
from inventory_sync.domain.explain import order_ids_in, steps_of
from inventory_sync.domain.explain_changes import Change, changes
from inventory_sync.domain.explained import (
    Explanation,
    LevelExplained,
    LevelMemory,
    Number,
    Published,
)
from inventory_sync.flow.explain_port import ExplainMemory
from inventory_sync.flow.figures_now import FiguresNow, Place, figures_now
from inventory_sync.flow.parts import Parts

EXPLAINED_FOR: Final = timedelta(days=90)
"""Any number that was published can be explained for so long; older writes are forgotten."""

THE_PASS: Final = "the pass"


class NotExplained(InventorySyncError):
    """A question that has no answer: no such SKU, store, location, or too long ago."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained. ``location`` is one of a store (gid or its number) or of the ERP.

    ``at``: a past moment, ``None`` for now; ``then``: a second one to compare it with.
    ``reads_stores``: look at what the stores show now instead of when they were last read.
    """

    sku: str
    store: str | None = None
    location: str | None = None
    at: datetime | None = None
    then: datetime | None = None
    reads_stores: bool = False


def explain(parts: Parts, memory: ExplainMemory, question: Question) -> Explanation:
    """Explain a SKU at every level asked for; nothing is written anywhere.

    Raises ``NotExplained`` when there is nothing to explain.
    """
    asked_at = parts.now()
    if question.at and question.then and question.then < question.at:
        question = replace(question, at=question.then, then=question.at)
    _demand_sense(parts, question, asked_at)
    is_now = question.at is None
    figures = figures_now(parts, question.sku) if is_now else FiguresNow()
    first = memory.levels_of_sku(question.sku, at=question.at or asked_at, is_now=is_now)
    later = (
        memory.levels_of_sku(question.sku, at=question.then, is_now=False) if question.then else []
    )
    if not first and not later and not figures.waterfalls:
        raise NotExplained(_nothing(question, figures))
    told = _Telling(parts, memory, question, figures, [*first, *later])
    then = {_place(level): level for level in later}
    levels = [
        told.level(place, {_place(level): level for level in first}.get(place), then.get(place))
        for place in told.places([*first, *later])
    ]
    if not levels:
        raise NotExplained(f"{question.sku} is not published at {question.location}.")
    return Explanation(
        question.sku, asked_at, question.at, question.then, tuple(levels), figures.supply
    )


def _demand_sense(parts: Parts, question: Question, asked_at: datetime) -> None:
    if question.store is not None and question.store not in parts.policies:
        raise NotExplained(
            f"There is no store {question.store}; the settings have {', '.join(parts.policies)}."
        )
    for moment in filter(None, (question.at, question.then)):
        if moment > asked_at:
            raise NotExplained(f"{_clock(moment)} is still to come; name a moment that has passed.")
        if moment < asked_at - EXPLAINED_FOR:
            raise NotExplained(
                f"{_clock(moment)} is too long ago: numbers can be explained for "
                f"{EXPLAINED_FOR.days} days."
            )


def _nothing(question: Question, figures: FiguresNow) -> str:
    if question.at is None:
        return f"{question.sku} cannot be explained: {figures.why_missing(question.store or '')}."
    return (
        f"Nothing is known of {question.sku} at that moment: no store has ever been given a "
        "quantity of it; SKUs are written exactly as in the ERP."
    )


class _Telling:
    """Tells levels; what they share is looked up once."""

    def __init__(
        self,
        parts: Parts,
        memory: ExplainMemory,
        question: Question,
        figures: FiguresNow,
        levels: Collection[LevelMemory],
    ) -> None:
        self._parts, self._question, self._figures = parts, question, figures
        writes = [write for level in levels for write in (level.write, *level.attempts) if write]
        self._passes = memory.passes_named({write.pass_id for write in writes})
        falls = [write.waterfall for write in writes] + list(figures.waterfalls.values())
        ids = set().union(*map(order_ids_in, falls)) if falls else set()
        self._names = memory.order_names(list(parts.policies), ids) if ids else {}

    def places(self, levels: Iterable[LevelMemory]) -> list[Place]:
        """Where the SKU is offered or was published, as far as it is asked for."""
        asked, wanted = self._question.store, self._question.location
        found = dict.fromkeys([*sorted(self._figures.waterfalls), *map(_place, levels)])
        return [
            (store, gid)
            for store, gid in found
            if asked in (None, store)
            and (
                wanted in (None, gid, gid.rpartition("/")[2]) or wanted in self._behind(store, gid)
            )
        ]

    def level(
        self, place: Place, first: LevelMemory | None, later: LevelMemory | None
    ) -> LevelExplained:
        """All that is known of one level."""
        store, gid = place
        published = self._published(first)
        second = self._published(later) if self._question.then else None
        now = self._now(place)
        observed_units, observed_at = self._observed(first)
        return LevelExplained(
            store=store,
            store_location_id=gid,
            locations=self._behind(store, gid),
            is_live=store in self._parts.policies and self._parts.policies[store].live,
            published=published,
            later=second,
            now=now,
            why_not_now=self._why_not_now(place) if now is None else None,
            changes=self._changes(published, second, now),
            sold=first.sold if first else (),
            explained_units=_explained(first) if first else None,
            observed_units=observed_units,
            observed_at=observed_at,
        )

    def _behind(self, store: str, gid: str) -> tuple[str, ...]:
        policy = self._parts.policies.get(store)
        return tuple(policy.locations.get(gid, ())) if policy else ()

    def _published(self, level: LevelMemory | None) -> Published:
        if level is None:
            return Published()
        write = level.write
        number = self._number(write.waterfall, write.quantity_units, write.as_of) if write else None
        by = self._passes.get(write.pass_id) if write else None
        return Published(write, by, level.attempts, level.adopted, number)

    def _now(self, place: Place) -> Number | None:
        fall = self._figures.waterfalls.get(place)
        return self._number(fall, fall["offer_units"], self._figures.taken_at) if fall else None

    def _number(self, fall: Mapping[str, Any], units: int, as_of: datetime | None) -> Number:
        return Number(units, as_of, steps_of(fall, units, self._names))

    def _why_not_now(self, place: Place) -> str | None:
        if self._question.at is not None:
            return None
        if not self._behind(*place):
            return "the settings do not map this store location any more"
        return self._figures.why_missing(place[0])

    def _changes(
        self, published: Published, later: Published | None, now: Number | None
    ) -> tuple[Change, ...]:
        before, after = published.number, later.number if later else now
        if before is None or after is None:
            return ()
        at = self._question.at
        return changes(before.steps, after.steps, since=_clock(at) if at else THE_PASS)

    def _observed(self, level: LevelMemory | None) -> tuple[int | None, datetime | None]:
        """What the store shows: by looking, else as it was last read."""
        if level is None:
            return None, None
        front = self._parts.storefronts.get(level.store)
        if self._question.reads_stores and self._question.at is None and front:
            try:
                for shown in front.levels_of(
                    level.key.store_location_id, [level.key.inventory_item_id]
                ):
                    return shown.available_units, self._parts.now()
            except (StoreStopped, StoreUnreachable) as reason:
                self._parts.tell(f"{reason} What it showed when it was last read is told instead.")
        return level.observed_units, level.observed_at


def _explained(level: LevelMemory) -> int | None:
    """What the level should show: what was set or taken over, less what orders took since."""
    base = level.adopted or level.write
    if base is None:
        return None
    listed = sum(sold.units for sold in level.sold)
    return base.quantity_units - (listed if level.sold_units is None else level.sold_units)


def _place(level: LevelMemory) -> Place:
    return level.store, level.key.store_location_id


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
