"""Which rows of an extract are plain enough to be counted without a second look.

Put a sign of oddness here. Keep out what an odd row means: ``quarantine.py`` judges it when the SKU
goes the careful way.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ErpExtract,
    StockRow,
)
from inventory_sync.domain.kits import Kits, related_skus, resolve_rows
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.rules import SOUND, Rules
from inventory_sync.domain.units import FINE, LIMIT_UNITS, SCALE, text_to_micros

_KIND_CODES: Final = {kind: code for code, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Stock:
    """Units on hand of a SKU at a location, in micros."""

    sku: str
    location: str
    physical_micros: int
    unavailable_micros: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """Open demand; ``kind`` is the position in ``KINDS``."""

    commitment_id: str
    sku: str
    location: str
    quantity_micros: int
    kind: int
    expires_at: datetime | None
    due_date: object = None  # as the source gave it: only questions about days judge it
    order_id: str | None = None


@dataclass(frozen=True)
class Plain:
    """What can be counted. ``odd`` are the SKUs that cannot, with all that share a kit with them;
    ``acknowledged``: (external_order_id, external_line_id) -> micros.
    """

    taken_at: datetime
    tracked: frozenset[str]
    odd: frozenset[str]
    kits: Kits
    stock: Sequence[Stock]
    commitments: Sequence[Commitment]
    acknowledged: dict[tuple[str, str], int]


def plain_rows(extract: ErpExtract, rules: Rules = SOUND) -> Plain:
    """Sort the rows of an extract. Nothing raises: what is not plain makes its SKU odd.

    A SKU without a product is odd too: unknown never changes an offer. ``rules`` are those of the
    data contracts: a row that breaks one which sets it aside is not plain.
    """
    odd: set[str] = set()
    tracked = _tracked(extract, odd, rules)
    stock = _stock(extract, odd, rules)
    commitments = _commitments(extract, odd, rules)
    kits = _kits(extract, odd, rules)
    _judge_dates(extract, odd, rules)
    named = {row.sku for row in extract.stock} | {row.sku for row in extract.commitments}
    if not named <= extract.skus:  # the source answered about something else than asked
        odd |= extract.skus
    return Plain(
        extract.taken_at,
        tracked,
        with_kits(extract, odd),
        kits,
        stock,
        commitments,
        _acknowledged(extract.acknowledged, rules),
    )


def with_kits(extract: ErpExtract, skus: Set[str]) -> frozenset[str]:
    """These SKUs with all of the extract that share a kit with them, at any depth."""
    pairs = ((str(row.kit_sku), str(row.component_sku)) for row in extract.components)
    groups = related_skus(pairs, extract.skus)
    return frozenset(sku for group in groups if group & skus for sku in group)


def is_open(commitment: Commitment, now: datetime) -> bool:
    """From ``expires_at`` on, a commitment is no longer open (design 5)."""
    return commitment.expires_at is None or commitment.expires_at > now


def signed_micros(value: object) -> int | None:
    """The micros of a plain number; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    if isinstance(value, int):
        return value * SCALE if abs(value) <= LIMIT_UNITS else None
    micros, reason = text_to_micros(str(value))
    return micros if reason == FINE else None


def plain_micros(value: object) -> int | None:
    """The micros of a plain number that is not negative; ``None`` for anything else."""
    micros = signed_micros(value)
    return micros if micros is not None and micros >= 0 else None


def _cells(row: object, **micros: int | None) -> dict[str, object]:
    """The cells of a row as a rule sees them: quantities in micros."""
    return {name: getattr(row, name) for name in row.__slots__} | micros  # type: ignore[attr-defined]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _tracked(extract: ErpExtract, odd: set[str], rules: Rules) -> frozenset[str]:
    named = Counter(row.sku for row in extract.products)
    # A kit that is no product is not offered, and that is all.
    kits = {row.kit_sku for row in extract.components} - named.keys()
    parts = {str(row.component_sku) for row in extract.components}
    odd |= {sku for sku in (extract.skus - kits) | parts if named[sku] != 1}
    odd |= {
        str(row.sku)
        for row in extract.products
        if not isinstance(row.tracked, bool) or not rules.believe("products", _cells(row))
    }
    return frozenset(str(row.sku) for row in extract.products if row.tracked is True)


def _stock(extract: ErpExtract, odd: set[str], rules: Rules) -> list[Stock]:
    twice = {
        pair for pair, count in Counter((r.sku, r.location) for r in extract.stock).items()
        if count > 1
    }  # fmt: skip
    found = []
    for row in extract.stock:
        physical, unavailable = signed_micros(row.physical), plain_micros(row.unavailable)
        placed = _is_placed(row, extract.locations) and (row.sku, row.location) not in twice
        believed = rules.believe("stock", _cells(row, physical=physical, unavailable=unavailable))
        if placed and believed and physical is not None and unavailable is not None:
            found.append(Stock(str(row.sku), str(row.location), physical, unavailable))
        else:
            odd.add(str(row.sku))
    return found


def _commitments(extract: ErpExtract, odd: set[str], rules: Rules) -> list[Commitment]:
    named = Counter(row.commitment_id for row in extract.commitments)
    found = []
    for row in extract.commitments:
        quantity, ends = plain_micros(row.quantity), row.expires_at
        timely = ends is None or (isinstance(ends, datetime) and ends.tzinfo is not None)
        good = (
            _is_name(row.commitment_id)
            and named[row.commitment_id] == 1
            and _is_placed(row, extract.locations)
            and row.kind in _KIND_CODES
            and timely
            and rules.believe("commitments", _cells(row, quantity=quantity))
        )
        if not good or quantity is None:
            odd.add(str(row.sku))
            continue
        found.append(
            Commitment(
                str(row.commitment_id),
                str(row.sku),
                str(row.location),
                quantity,
                _KIND_CODES[str(row.kind)],
                ends if isinstance(ends, datetime) else None,
                row.due_date,
                None if row.order_id is None else str(row.order_id),
            )
        )
    return found


def _is_placed(row: StockRow | CommitmentRow, locations: frozenset[str]) -> bool:
    return _is_name(row.sku) and row.location in locations


def _kits(extract: ErpExtract, odd: set[str], rules: Rules) -> Kits:
    """The parts lists; one odd row makes all that it mentions odd."""
    pairs = Counter((row.kit_sku, row.component_sku) for row in extract.components)
    rows = []
    for row in extract.components:
        quantity = plain_micros(row.quantity)
        names = _is_name(row.kit_sku) and _is_name(row.component_sku)
        believed = rules.believe("components", _cells(row, quantity=quantity))
        if names and believed and quantity and pairs[row.kit_sku, row.component_sku] == 1:
            rows.append((str(row.kit_sku), str(row.component_sku), quantity))
        else:
            odd |= {str(row.kit_sku), str(row.component_sku)}
    kits = resolve_rows(rows)
    odd.update(kits.cycles)
    return kits


def _judge_dates(extract: ErpExtract, odd: set[str], rules: Rules) -> None:
    """A row about days that breaks a rule makes its SKU odd; whether it is plain is asked later."""
    if extract.dates is None:
        return
    rows = (("supply", extract.dates.supply), ("promise_dates", extract.dates.promise_dates))
    for dataset, given in rows:
        for row in given:
            if not rules.believe(dataset, _cells(row, quantity=signed_micros(row.quantity))):
                odd.add(str(row.sku))


def _acknowledged(rows: Iterable[AcknowledgedRow], rules: Rules) -> dict[tuple[str, str], int]:
    """What is not believed does not count, so its line stays deducted; of two, the smaller."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        quantity = plain_micros(row.quantity)
        if quantity is None or row.external_order_id is None or row.external_line_id is None:
            continue
        if not rules.believe("acknowledged_orders", _cells(row, quantity=quantity)):
            continue
        key = str(row.external_order_id), str(row.external_line_id)
        found[key] = min(quantity, found.get(key, quantity))
    return found
