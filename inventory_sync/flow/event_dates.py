"""Dates after an event: what stores tell of a few SKUs is renewed soon, but after quantities.

Put here what an event pass leaves to be done about dates, and how it is done: told, written into
the promise ledger, and only then taken off the list. A renewal changes
only the dates of what a store tells already. What it sells where, what is odd, and placed orders
are settled by the hourly one (``promise_publishing.py``), which also catches up on what was left.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import pandas as pd

from inventory_sync.domain.dirty import FAST_LANES, DirtySku, Mark
from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.few.given import few_given
from inventory_sync.domain.given_promises import Pair, Recording
from inventory_sync.domain.metafields import PublishedPromise
from inventory_sync.domain.promise import Departures
from inventory_sync.domain.promise_plan import Action
from inventory_sync.domain.promise_table import table_of
from inventory_sync.domain.promise_value import locations_of
from inventory_sync.flow.away import Away
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.promise_publishing import (
    PromiseBasis,
    PromiseReport,
    Shown,
    bring_up_to_date,
)
from inventory_sync.flow.promising import PlainFacts, ladders_of, places_in, plain_facts

SETTLE: Final = timedelta(seconds=10)
"""So long after an event others are waited for: several of them are one renewal."""

PORTION_SKUS: Final = 25
"""So many SKUs are read and told together: their variants fit into a call or two."""

AGAIN_AFTER: Final = timedelta(minutes=1)
"""A store that could not be told is told after this."""

LEFT_AFTER: Final = timedelta(hours=1)
"""What could not be told for so long has been left to the hourly renewal."""

LOCK_PATIENCE_SECONDS: Final = 1.0
"""The lock of a session that has just ended is free a moment later."""


@dataclass
class Renewed:
    """What was renewed: how many variants of how many SKUs, and why some could not be."""

    skus: int = 0
    variants: Counter[str] = field(default_factory=Counter)  # by what became of them
    reasons: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """For people."""
        told = ", ".join(f"{count} {action}" for action, count in sorted(self.variants.items()))
        return "; ".join([f"dates of {self.skus} SKUs: {told or 'no variant'}", *self.reasons])


@dataclass
class Portion:
    """SKUs that are looked at together, and of which pairs stores were ``told`` what is right."""

    facts: PlainFacts
    basis: PromiseBasis
    told: set[Pair] = field(default_factory=set)


def ask_for_dates(parts: Parts, work: Sequence[DirtySku]) -> None:
    """Quantities of these SKUs are done; what is told of them is to be looked at too."""
    if not any(parts.policies[store].live for store in parts.promise_fronts):
        return
    due = parts.now() + SETTLE
    marks = [Mark(item.sku, item.occurred_at, due, item.reason) for item in work]
    parts.ledger.mark("event_dates", marks)


def renew_dates(parts: Parts, away: Away, *, stay: timedelta) -> Renewed | None:
    """Renew what is due; None if another process does so. One portion always, and others within
    ``stay`` as long as no quantity waits. Stores that are ``away`` are told later.

    Raises ``ErpUnavailable`` or ``ContractBroken`` when the ERP cannot be read: all stays on the
    list.
    """
    renewed, until, ledger = Renewed(), parts.now() + stay, parts.ledger
    with ledger.lane_lock("event_dates", patience_seconds=LOCK_PATIENCE_SECONDS) as is_mine:
        if not is_mine:
            return None
        while work := ledger.take(["event_dates"], due=parts.now(), limit=PORTION_SKUS):
            _renew(parts, away, work, renewed)
            if parts.now() >= until or _quantities_wait(parts):
                break
    return renewed


def _quantities_wait(parts: Parts) -> bool:
    due = parts.ledger.next_due(FAST_LANES)
    return any(at <= parts.now() for at in due.values())


def _renew(parts: Parts, away: Away, work: Sequence[DirtySku], renewed: Renewed) -> None:
    """Tell every live store of these SKUs, all at once; what one does not take is tried again."""
    stores = [store for store in parts.promise_fronts if parts.policies[store].live]
    near = [store for store in stores if not away.has(store, parts.now())]
    portions = _portions(parts, sorted({item.sku for item in work})) if near else []
    with parts.threads(max(1, len(near))) as pool:
        waiting = {store: pool.submit(_tell_all, parts, store, portions) for store in near}
    failed = len(near) < len(stores)
    for store, telling in waiting.items():
        try:
            reports = telling.result()
        except (StoreStopped, StoreUnreachable) as error:
            away.add(store, error, parts.now())
            renewed.reasons.append(str(error))
            failed = True
            continue
        for portion, report in reports:
            portion.told |= _told(parts, store, report)
            renewed.variants.update(report.rows["action"])
            failed |= bool(report.sent.refused or report.sent.unknown)
    renewed.skus += len(work)
    for portion in portions:
        _record(parts, portion)
    _take_off(parts, work, failed=failed)


def _told(parts: Parts, store: str, report: PromiseReport) -> set[Pair]:
    """The SKUs of which the store tells the right dates now, with the ERP locations behind them."""
    rows, mapped = report.rows, parts.policies[store].locations
    is_right = (rows["action"] == Action.KEEP) | rows["variant_id"].isin(report.sent.digests)
    return {
        (str(sku), place)
        for sku, value in rows.loc[is_right, ["sku", "availability"]].itertuples(index=False)
        for at in locations_of(value)
        for place in mapped[at]
    }


def _record(parts: Parts, portion: Portion) -> None:
    """Keep what was published, and what has slipped; who is killed before finds it right again."""
    if not portion.told:
        return
    basis, facts = portion.basis, portion.facts
    given, coming = few_given(basis.table, facts.curves, facts.arrivals)
    recording = Recording(given, coming, basis.figures_of, frozenset(portion.told))
    parts.ledger.record_promises(recording, pass_id=parts.new_id(), at=parts.now())


def _take_off(parts: Parts, work: Sequence[DirtySku], *, failed: bool) -> None:
    """What failed is never off the list in between: who is killed there would lose it."""
    now = parts.now()
    again = [item for item in work if failed and now - item.occurred_at < LEFT_AFTER]
    parts.ledger.postpone(again, due_at=now + AGAIN_AFTER, reason="a store could not be told")
    parts.ledger.clear([item for item in work if item not in again])


def _portions(parts: Parts, skus: Sequence[str]) -> list[Portion]:
    """What can be promised of these SKUs and their kits now, but for those with an odd row: frames
    judge them, which would take the time of events.
    """
    read_at = parts.now()
    facts = plain_facts(parts, skus)
    if facts is None:
        return [] if len(skus) == 1 else [one for sku in skus for one in _portions(parts, [sku])]
    places, asked_at = places_in(parts, facts), parts.now()
    ladders = ladders_of(facts, places, asked_at)
    departures = {place.location: Departures(place, asked_at) for place in places}
    table = table_of(ladders.values())
    basis = PromiseBasis(table, departures, asked_at, frozenset(facts.skus), read_at)
    return [Portion(facts, basis)]


def _tell_all(
    parts: Parts, store: str, portions: Sequence[Portion]
) -> list[tuple[Portion, PromiseReport]]:
    reports = ((portion, _tell(parts, store, portion.basis)) for portion in portions)
    return [(portion, report) for portion, report in reports if report]


def _tell(parts: Parts, store: str, basis: PromiseBasis) -> PromiseReport | None:
    """Renew what the store tells of these SKUs; None when that is nothing."""
    pass_id, ledger = parts.new_id(), parts.ledger
    with ledger.promise_lock(store, patience_seconds=LOCK_PATIENCE_SECONDS):
        told = ledger.availability_told(store, skus=basis.skus)
        known = {name: each for name, each in told.items() if locations_of(each.value)}
        read = parts.promise_fronts[store].variants_of(known) if known else ()
        # One that has another SKU by now is the hourly renewal's.
        variants = [each for each in read if each.sku == known[each.variant_id].sku]
        if not variants:
            return None
        items = {each.variant_id: each.inventory_item_id for each in variants}
        shown = Shown(variants, known, _levels(items, known.values()), are_few=True)
        report = bring_up_to_date(parts, store, basis, shown, pass_id=pass_id, live=True)
    ledger.record_findings(
        f"{store} promises",
        report.findings,
        pass_id=pass_id,
        at=parts.now(),
        subjects=frozenset(str(each.sku) for each in variants),
    )
    return report


def _levels(items: dict[str, str], known: Collection[PublishedPromise]) -> pd.DataFrame:
    """Where the variants are sold, as the store was told last."""
    rows = [
        (items[each.owner_id], place, each.sku)
        for each in known
        if each.owner_id in items
        for place in locations_of(each.value)
    ]
    return pd.DataFrame(rows, columns=["inventory_item_id", "store_location_id", "sku"])
