"""The words of an explanation: which number, who decided it, what came of it, what would be now.

Put the values here that travel from the corridor to the terminal and to the page. How a number came
about is ``explain.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inventory_sync.domain.explain import Step
from inventory_sync.domain.explain_changes import Change
from inventory_sync.domain.publication import LevelKey


@dataclass(frozen=True, slots=True)
class PassNote:
    """What the journal knows of a pass; its row may have been forgotten, or never been written."""

    pass_id: str
    kind: str
    dagster_run_id: str | None


@dataclass(frozen=True, slots=True)
class Write:
    """A write to one level as the ledger keeps it, and what Shopify answered."""

    key: LevelKey
    store: str
    sku: str
    pass_id: str
    version: int
    expected_units: int
    quantity_units: int
    taken_units: int
    relative: bool
    as_of: datetime | None
    waterfall: Mapping[str, Any]
    status: str
    refusal_code: str | None
    refusal_message: str | None
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None

    @property
    def answer(self) -> str:
        """What Shopify said to it, in a sentence's part."""
        by = {"read": " (found by reading the store)"}.get(self.settled_by or "", "")
        why = ": ".join(filter(None, (self.refusal_code, self.refusal_message)))
        told = {
            "applied": "accepted",
            "refused": "refused",
            "not_applied": "not applied, for another row of the call was refused",
            "superseded": "not known, and not needed any more",
            "open": "no answer yet",
        }.get(self.status, self.status)
        return f"{told}{by}" + (f": {why}" if why else "")


@dataclass(frozen=True, slots=True)
class Adopted:
    """A quantity that was found in the store and taken over as it stood."""

    quantity_units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the steps that lead to it; ``as_of`` is by the ERP's clock."""

    quantity_units: int
    as_of: datetime | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Sold:
    """Units that an order took from a level."""

    order: str
    units: int


@dataclass(frozen=True, slots=True)
class LevelMemory:
    """What the ledger knows of one level at an instant.

    ``write`` is the last one that was applied, ``attempts`` those after it that were not;
    ``adopted`` is set when a quantity was taken over later than that. ``sold`` lists what orders
    that were first heard of since then have taken; ``sold_units`` is all that was taken since, also
    by changes of older orders (``None``: of a past instant nobody knows that).
    """

    store: str
    key: LevelKey
    write: Write | None
    attempts: tuple[Write, ...]
    adopted: Adopted | None
    sold: tuple[Sold, ...]
    sold_units: int | None
    observed_units: int | None
    observed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Published:
    """Which number stood at a moment, who decided it and what Shopify answered.

    ``number`` is ``None`` when nothing was written before that moment.
    """

    write: Write | None = None
    by: PassNote | None = None
    attempts: tuple[Write, ...] = ()
    adopted: Adopted | None = None
    number: Number | None = None

    @property
    def code_version(self) -> str | None:
        """The version of this product that decided it, where it was kept."""
        told = self.write.waterfall.get("code_version") if self.write else None
        return str(told) if told else None


@dataclass(frozen=True, slots=True)
class LevelExplained:
    """One level: what was published and why, what follows now or stood later, and what lies
    between.

    ``locations`` are the ERP locations behind it. ``later`` is the second moment of ``--diff``;
    ``now`` is what the ERP's figures give at this instant, ``why_not_now`` why that is unknown.
    ``explained_units`` is what the level should show: what was set, less ``sold``, what orders took
    since.
    """

    store: str
    store_location_id: str
    locations: tuple[str, ...]
    is_live: bool
    published: Published
    later: Published | None = None
    now: Number | None = None
    why_not_now: str | None = None
    changes: tuple[Change, ...] = ()
    sold: tuple[Sold, ...] = ()
    explained_units: int | None = None
    observed_units: int | None = None
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """Incoming units that are not counted, for they are not here yet."""

    supply_id: str
    kind: str
    location: str
    micros: int
    due_date: date | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A SKU at every level asked for. ``at`` is the moment that is explained (``None``: now), and
    ``then`` the later one with which ``--diff`` compares it.
    """

    sku: str
    asked_at: datetime
    at: datetime | None
    then: datetime | None
    levels: tuple[LevelExplained, ...]
    supply: tuple[Supply, ...]
