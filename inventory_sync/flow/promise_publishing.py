"""One store's availability: what each variant promises, read, compared and written if changed.

Put here the steps of showing dates, in their order. The plan is ``domain/promise_plan.py``, the
calls ``metafield_calls.py``, placed orders ``order_publishing.py``.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import pandas as pd

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.findings import FINDING_COLUMNS, findings_frame, joined
from inventory_sync.domain.metafields import (
    MAX_VALUE_BYTES,
    Owner,
    PublishedPromise,
    StoreVariant,
)
from inventory_sync.domain.profile import profile_of, together
from inventory_sync.domain.promise import Departures
from inventory_sync.domain.promise_plan import (
    NEWER,
    Action,
    VariantPlan,
    in_order,
    plan_variants,
)
from inventory_sync.domain.promise_value import PlaceProfile
from inventory_sync.domain.publication import StoreFacts
from inventory_sync.domain.scopes import AVAILABILITY_SCOPE, is_granted
from inventory_sync.flow.metafield_calls import STALE, Sent, remember, send_all
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import OLDEST_BASIS

LOCK_PATIENCE_SECONDS: Final = 60.0

PLACE_BYTES: Final = 4_000
"""The most JSON that the steps of one place may need: some 190 dates."""

SHOWN_COLUMNS: Final = (
    "sku",
    "variant_id",
    "places",
    "steps",
    "bytes",
    "first_ships_on",
    "action",
    "lowers",
    "reason",
    "availability",
)


@dataclass(frozen=True)
class PromiseBasis:
    """What all stores promise from.

    ``table``: every promise (``promise_table.PROMISE_COLUMNS``) as of ``asked_at``; ``departures``:
    of each ERP location then; ``skus``: what the ERP counts; ``waiting``: SKUs that changed since
    dates were last renewed, where stores are only looked at. ``figures_of``: by our clock, when the
    reading of the ERP began; what a store was told since is not overwritten.
    """

    table: pd.DataFrame
    departures: Mapping[str, Departures]
    asked_at: datetime
    skus: frozenset[str]
    figures_of: datetime
    waiting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Shown:
    """What a store shows now: ``variants`` that are read, what is ``known`` to have been written to
    them, and ``levels``: where it sells what (inventory_item_id, store_location_id, sku).
    """

    variants: Sequence[StoreVariant]
    known: Mapping[str, PublishedPromise]
    levels: pd.DataFrame
    are_few: bool = False


@dataclass(frozen=True)
class PromiseReport:
    """What became of a store's availability. ``rows``: a row per variant (``SHOWN_COLUMNS``)."""

    live: bool
    rows: pd.DataFrame
    sent: Sent = field(default_factory=Sent)
    findings: pd.DataFrame = field(default_factory=lambda: joined([], FINDING_COLUMNS))
    remarks: tuple[str, ...] = ()


def publish_availability(
    parts: Parts,
    store: str,
    basis: PromiseBasis,
    levels: pd.DataFrame,
    *,
    pass_id: str,
    live: bool,
) -> PromiseReport:
    """Bring every variant's availability to what the promises say.

    ``levels``: where the store sells what (inventory_item_id, store_location_id, sku); with
    ``levels.attrs["only"]`` those of some SKUs, then the others stay as they are. A store
    whose app may not write it is computed and shown. Raises ``StoreStopped`` or
    ``StoreUnreachable``, and ``PassRefused`` for promises of long ago; what was written until then
    is remembered.
    """
    if live and parts.now() - basis.asked_at > OLDEST_BASIS:
        raise PassRefused(
            f"No dates were written to {store}: they were computed at "
            f"{basis.asked_at:%Y-%m-%d %H:%M} UTC, which is too long ago; run the whole job."
        )
    only = levels.attrs.get("only")
    # Reading all may take minutes, in which others are not kept from telling a few SKUs.
    variants = [v for v in parts.promise_fronts[store].variants() if not only or v.sku in only]
    with ExitStack() as stack:
        if live:
            lock = parts.ledger.promise_lock(store, patience_seconds=LOCK_PATIENCE_SECONDS)
            stack.enter_context(lock)
        known = parts.ledger.published_promises(store, Owner.VARIANT)
        shown = Shown(variants, known, levels)
        return bring_up_to_date(parts, store, basis, shown, pass_id=pass_id, live=live)


def bring_up_to_date(
    parts: Parts, store: str, basis: PromiseBasis, shown: Shown, *, pass_id: str, live: bool
) -> PromiseReport:
    """Write what differs, for whoever holds the store's ``promise_lock`` (if ``live``).

    What was told from later figures stays, and is marked to be looked at again.
    """
    facts, now = parts.storefronts[store].facts(), parts.now()
    plans = plan_variants(
        shown.variants,
        _places_by_item(parts, store, basis, shown.levels, facts),
        skus=basis.skus,
        known=shown.known,
        at=now,
        figures_of=basis.figures_of,
    )
    remarks, sent = [], Sent()
    may_write = is_granted(AVAILABILITY_SCOPE, facts.scopes)
    if not may_write:
        remarks.append(f"the app lacks {AVAILABILITY_SCOPE}: no dates are shown to buyers")
    if live and may_write:
        sent, more = _write(parts, store, plans, shown, pass_id=pass_id)
        remarks += more
        newer = [plan.variant.sku for plan in plans if plan.action == Action.LEAVE]
        marks = [Mark(sku, now, now, NEWER) for sku in newer if sku]
        parts.ledger.mark("event_dates", marks)
    return PromiseReport(live, _rows(plans, sent), sent, _findings(plans, sent), tuple(remarks))


def _places_by_item(
    parts: Parts, store: str, basis: PromiseBasis, levels: pd.DataFrame, facts: StoreFacts
) -> dict[str, list[PlaceProfile]]:
    """What each store location promises of each item, in the order of the settings."""
    steps = _steps(basis.table)
    names = {place.store_location_id: place.name for place in facts.locations}
    mapped = parts.policies[store].locations
    room = min(PLACE_BYTES, MAX_VALUE_BYTES // (2 * len(mapped)))
    found: dict[str, list[PlaceProfile]] = defaultdict(list)
    for at, erp_locations in mapped.items():
        here = levels[levels["store_location_id"] == at]
        for item, sku in here[["inventory_item_id", "sku"]].itertuples(index=False):
            profiles = [
                profile_of(steps[sku, place], basis.departures[place], most_bytes=room)
                for place in erp_locations
                if (sku, place) in steps and place in basis.departures
            ]
            whole = together(profiles, most_bytes=room)
            found[item].append(PlaceProfile(at, names.get(at, at), whole))
    return found


def _steps(table: pd.DataFrame) -> dict[tuple[str, str], tuple[tuple[int, date], ...]]:
    found: dict[tuple[str, str], list[tuple[int, date]]] = defaultdict(list)
    columns = (table[name].tolist() for name in ("sku", "location", "units", "ships_on"))
    for sku, location, units, day in zip(*columns, strict=True):
        found[sku, location].append((units, day.date()))
    return {pair: tuple(steps) for pair, steps in found.items()}


def _write(
    parts: Parts,
    store: str,
    plans: Sequence[VariantPlan],
    shown: Shown,
    *,
    pass_id: str,
) -> tuple[Sent, list[str]]:
    """Write what differs, and remember it: that it is about to be before, its digest after."""
    stages = in_order(plans)
    front, ledger = parts.promise_fronts[store], parts.ledger
    refusal = front.define_promises(Owner.VARIANT) if any(stages) else None
    values = {plan.variant.variant_id: _promise(plan) for stage in stages for plan in stage}
    kept = [plan for plan in plans if plan.action == Action.KEEP]
    found = [_found_there(plan) for plan in kept if not _is_known(plan, shown)]
    news = [*values.values(), *found]
    ledger.save_published_promises(store, Owner.VARIANT, news, pass_id=pass_id, at=parts.now())
    if shown.are_few:
        right = [plan.variant.variant_id for plan in kept if _is_known(plan, shown)]
        ledger.found_right(store, right, at=parts.now())
    writes = [[plan.write for plan in stage] for stage in stages]
    sent = send_all(parts, store, Owner.VARIANT, writes)
    remember(parts, store, Owner.VARIANT, values, sent, pass_id=pass_id)
    if sent.failure:
        raise sent.failure
    return sent, [f"the definition was refused: {refusal}"] if refusal else []


def _promise(plan: VariantPlan) -> PublishedPromise:
    return PublishedPromise(plan.variant.variant_id, plan.variant.sku, plan.value, None)


def _found_there(plan: VariantPlan) -> PublishedPromise:
    """What is there already, though we do not know that we wrote it: an answer was lost."""
    digest = plan.variant.held.digest if plan.variant.held else None
    return PublishedPromise(plan.variant.variant_id, plan.variant.sku, plan.value, digest)


def _is_known(plan: VariantPlan, shown: Shown) -> bool:
    held, last = plan.variant.held, shown.known.get(plan.variant.variant_id)
    return held is not None and last is not None and last.digest == held.digest


def _rows(plans: Sequence[VariantPlan], sent: Sent) -> pd.DataFrame:
    return pd.DataFrame([_row(plan, sent) for plan in plans], columns=list(SHOWN_COLUMNS))


def _row(plan: VariantPlan, sent: Sent) -> tuple[object, ...]:
    name = plan.variant.variant_id
    action, reason = str(plan.action), plan.reason
    if name in sent.refused:
        action, reason = "refused", sent.refused[name].message
    elif name in sent.unknown:
        action, reason = "unknown", sent.unknown[name]
    days = [step[1] for place in plan.places for step in place.profile.steps]
    return (
        plan.variant.sku,
        name,
        len(plan.places),
        len(days),
        len(plan.value.encode()),
        min(days).isoformat() if days else None,
        action,
        plan.lowers,
        reason,
        plan.value,
    )


def _findings(plans: Sequence[VariantPlan], sent: Sent) -> pd.DataFrame:
    """What a person should know of: remarkable variants, and writes that came to nothing."""
    frames = []
    for plan in plans:
        subject = pd.Series([plan.variant.sku or plan.variant.variant_id], dtype="object")
        if plan.finding:
            found = findings_frame(subject, plan.finding, plan.reason, severity="warning")
            frames.append(found)
        refusal = sent.refused.get(plan.variant.variant_id)
        if refusal:
            stale = refusal.code == STALE
            kind = "foreign-promise" if stale else "promise-refused"
            frames.append(findings_frame(subject, kind, refusal.message, severity="warning"))
    return joined(frames, FINDING_COLUMNS)
