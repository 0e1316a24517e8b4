"""Which variants of a store get which availability, and what is wrong with the others.

Put the decision here. The value itself is ``promise_value.py``; reading and writing are the flow's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from inventory_sync.domain.metafields import (
    MAX_VALUE_BYTES,
    MetafieldWrite,
    PublishedPromise,
    StoreVariant,
)
from inventory_sync.domain.promise_value import (
    NOTHING,
    PlaceProfile,
    availability,
    promises_less,
    same,
)

FOREIGN: Final = "somebody else has changed our availability of it: it is written anew"
NO_PLACE: Final = "it has no active level at a location of the settings, so it shows no date"
TOO_LARGE: Final = f"its availability has more than {MAX_VALUE_BYTES} bytes: it shows no date"
WITHDRAWN: Final = "there is nothing to promise any more"
NEWER: Final = "it tells dates from later figures: they are looked at again"


class Action(StrEnum):
    """What becomes of a variant's availability."""

    WRITE = "write"
    KEEP = "keep"
    LEAVE = "leave"  # who wrote it knew later figures
    NONE = "none"  # it holds none and gets none


@dataclass(frozen=True, slots=True)
class VariantPlan:
    """What a variant shall hold, and why it is not simply that.

    ``lowers``: some quantity ships later than the store says now. ``finding``: the kind under which
    a person is told the reason.
    """

    variant: StoreVariant
    value: str
    action: Action
    lowers: bool = False
    reason: str = ""
    finding: str | None = None
    places: tuple[PlaceProfile, ...] = ()

    @property
    def write(self) -> MetafieldWrite:
        """The write that carries it out: only over what was read."""
        held = self.variant.held
        return MetafieldWrite(self.variant.variant_id, self.value, held.digest if held else None)


def plan_variants(
    variants: Iterable[StoreVariant],
    places: Mapping[str, Sequence[PlaceProfile]],
    *,
    skus: frozenset[str],
    known: Mapping[str, PublishedPromise],
    at: datetime,
    figures_of: datetime,
) -> list[VariantPlan]:
    """Plan a store at an instant. ``places``: the store locations that sell an inventory item, with
    what each promises by ``figures_of`` that instant. ``skus``: what the ERP counts. ``known``:
    what we last wrote, by variant.
    """
    found = []
    for each in variants:
        last, sold_at = known.get(each.variant_id), places.get(each.inventory_item_id, ())
        plan = _plan(each, sold_at, each.sku in skus, last, at)
        found.append(_newer(plan) if _is_told_since(figures_of, plan, last) else plan)
    return found


def in_order(plans: Iterable[VariantPlan]) -> tuple[list[VariantPlan], list[VariantPlan]]:
    """The writes: first those that promise less, for a date too early is the one that is broken."""
    writes = [plan for plan in plans if plan.action == Action.WRITE]
    return [plan for plan in writes if plan.lowers], [plan for plan in writes if not plan.lowers]


def _plan(
    variant: StoreVariant,
    places: Sequence[PlaceProfile],
    is_counted: bool,
    known: PublishedPromise | None,
    at: datetime,
) -> VariantPlan:
    value = availability(places) if places else NOTHING
    reason, finding = _remark(variant, places, is_counted, known)
    if len(value.encode()) > MAX_VALUE_BYTES:
        value, reason, finding = NOTHING, TOO_LARGE, "promise-too-large"
    action, lowers = _action(variant, value, at)
    return VariantPlan(variant, value, action, lowers, reason, finding, tuple(places))


def _is_told_since(figures_of: datetime, plan: VariantPlan, known: PublishedPromise | None) -> bool:
    """Whether it would overwrite what was told from later figures than those at hand. What is held
    was perhaps read before that, or its answer was lost, so it does not tell who wrote it.
    """
    if not known or not known.told_at or known.told_at <= figures_of:
        return False
    held = plan.variant.held.digest if plan.variant.held else None
    return plan.action == Action.WRITE or held != known.digest


def _newer(plan: VariantPlan) -> VariantPlan:
    return replace(plan, action=Action.LEAVE, lowers=False, reason=NEWER, finding=None)


def _action(variant: StoreVariant, value: str, at: datetime) -> tuple[Action, bool]:
    """What to do, and whether it promises less than what is there."""
    if variant.held is None:
        return (Action.NONE if value == NOTHING else Action.WRITE), False
    if same(variant.held.value, value):
        return Action.KEEP, False
    return Action.WRITE, promises_less(variant.held.value, value, at)


def _remark(
    variant: StoreVariant,
    places: Sequence[PlaceProfile],
    is_counted: bool,
    known: PublishedPromise | None,
) -> tuple[str, str | None]:
    """Why a variant is remarkable, and as what it is reported."""
    held = variant.held
    if known and known.digest and (held is None or held.digest != known.digest):
        return FOREIGN, "foreign-promise"
    if is_counted and not places:
        return NO_PLACE, "no-promise-place"
    return (WITHDRAWN, None) if held and not places else ("", None)
