"""What to do at each level of a few SKUs in all stores, without looking at the stores.

Put the decision of an event pass here, in its order. It rests on the explained quantity alone
(protocol B.3): a write that starts from it succeeds only if no order is unknown to us. Whatever
needs a look at the store goes the careful way.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.covered import Lookahead
from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.few.behind import Behind
from inventory_sync.domain.few.covered import few_covered
from inventory_sync.domain.few.dates import plain_dates
from inventory_sync.domain.few.offers import (
    FewAtp,
    FewOffer,
    deductions,
    few_atp,
    few_offers,
    lines_in_flight,
)
from inventory_sync.domain.few.plain import Commitment, Plain, is_open, plain_rows, with_kits
from inventory_sync.domain.known import Known, KnownLevel, taken_of_levels
from inventory_sync.domain.publication import Decided, LevelKey, QuantityChange
from inventory_sync.domain.rules import SOUND, Rules

HOT_ORDERS: Final = 12
HOT_WINDOW: Final = timedelta(seconds=60)
"""A level that sells more often than this, 0.2 orders a second, would starve (protocol B.5)."""

HOT_STALE_ANSWERS: Final = 3
STALE_WINDOW: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class StoreTerms:
    """What the settings say about a store that is written to."""

    locations: Mapping[str, Sequence[str]]
    rules: OfferRules


@dataclass
class FewWrites:
    """What is to be done in one store.

    ``changes``: quantities to set, from the explained one. ``hot``: levels of these that sell too
    fast for a compare-and-swap; ``counted``: those (store_location_id, sku) whose every stock row
    was read. ``kept``: levels that are right already, with their versions.
    ``busy``: SKUs of which a level is being written, so that its state is not known. ``careful``:
    SKU -> why it cannot be decided here.
    """

    changes: list[QuantityChange] = field(default_factory=list)
    decided: dict[LevelKey, Decided] = field(default_factory=dict)
    hot: set[LevelKey] = field(default_factory=set)
    counted: frozenset[tuple[str, str]] = frozenset()
    kept: dict[LevelKey, int] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    careful: dict[str, str] = field(default_factory=dict)

    @property
    def skus(self) -> set[str]:
        """The SKUs of which something is to be done."""
        return {change.sku for change in self.changes} | self.busy | self.careful.keys()


@dataclass(frozen=True)
class FewPlan:
    """The plan of an event pass: writes by store, the SKUs that go the careful way everywhere, and
    the commitments that will end by themselves.

    ``offers``: store -> (store_location_id, sku) -> what it should show and why; ``behind``: the
    rows that they rest on.
    """

    taken_at: datetime
    skus: frozenset[str]
    stores: Mapping[str, FewWrites]
    odd: frozenset[str]
    ending: Sequence[Commitment]
    atp: FewAtp
    offers: Mapping[str, Mapping[tuple[str, str], FewOffer]]
    behind: Behind


def decide_few(
    extract: ErpExtract,
    known: Known,
    stores: Mapping[str, StoreTerms],
    *,
    now: datetime,
    rules: Rules = SOUND,
    lookahead: Lookahead | None = None,
) -> FewPlan:
    """Plan a few SKUs in all stores.

    ``stores`` are all stores of the settings, for they share the pool; ``now`` is by our clock and
    tells only how fast a level sells. An offer that a full pass had a doubt about is not raised.
    With a ``lookahead`` the ATP is today's projection; then the extract has dates.
    """
    plain, atp = _counted(extract, known, rules, lookahead)
    reach = {store: terms.locations for store, terms in stores.items()}
    flying = lines_in_flight(known.lines, plain.acknowledged)
    behind = Behind(plain, flying, reach)
    deducted = deductions(flying, plain, reach)
    sold = taken_of_levels(known)
    busy_selling = _recent_orders(known, now - HOT_WINDOW)
    result: dict[str, FewWrites] = {}
    all_offers: dict[str, Mapping[tuple[str, str], FewOffer]] = {}
    for store, terms in stores.items():
        writes = result[store] = FewWrites()
        if any(set(places) - extract.locations for places in terms.locations.values()):
            mine = (level.sku for level in known.levels if level.store == store)
            writes.careful |= dict.fromkeys(mine, "the settings name a location the ERP has not")
            all_offers[store] = {}
            continue
        offers = all_offers[store] = few_offers(
            atp, deducted, plain, store, terms.locations, terms.rules, extract.skus
        )
        for level in known.levels:
            if level.store != store:
                continue
            offer = offers.get((level.key.store_location_id, level.sku))
            if offer is not None:
                at = (store, level.key)
                hot = busy_selling[at] >= HOT_ORDERS or level.stale_answers >= HOT_STALE_ANSWERS
                doubted = level.sku in known.doubtful
                _plan_level(writes, level, offer, sold[at], terms.rules, hot=hot, doubted=doubted)
        _keep_rows(store, writes, behind)
    ending = [row for row in plain.commitments if row.expires_at and is_open(row, plain.taken_at)]
    return FewPlan(
        extract.taken_at, extract.skus, result, plain.odd, ending, atp, all_offers, behind
    )


def _counted(
    extract: ErpExtract, known: Known, rules: Rules, lookahead: Lookahead | None
) -> tuple[Plain, FewAtp]:
    """The plain rows and their ATP; what nobody can date makes its SKU odd if days count."""
    plain = plain_rows(extract, rules)
    if lookahead is None:
        return plain, few_atp(plain)
    dates = plain_dates(extract, plain)
    plain = replace(plain, odd=plain.odd | with_kits(extract, dates.odd_rows))
    doubtful = with_kits(extract, known.undated)
    return plain, few_atp(plain, few_covered(plain, dates, lookahead, doubtful=doubtful))


def _plan_level(
    writes: FewWrites,
    level: KnownLevel,
    offer: FewOffer,
    taken_units: int,
    rules: OfferRules,
    *,
    hot: bool,
    doubted: bool,
) -> None:
    if level.is_busy:
        writes.busy.add(level.sku)
        return
    explained = level.base_units - (taken_units - level.base_taken_units)
    target = min(offer.offer_units, explained) if doubted else offer.offer_units
    if target == explained:
        writes.kept[level.key] = level.version
        return
    writes.changes.append(QuantityChange(level.sku, level.key, explained, target))
    reason = "a full pass had a doubt about the SKU: not raised" if doubted else ""
    writes.decided[level.key] = Decided(
        taken_units, level.version, _told(offer, rules) | {"reason": reason}
    )
    if hot:
        writes.hot.add(level.key)


def _keep_rows(store: str, writes: FewWrites, behind: Behind) -> None:
    """Keep beside each write the rows that it rests on, and which of them rest on all they need."""
    writes.counted = behind.counted(store, {change.sku for change in writes.changes})
    for change in writes.changes:
        decided = writes.decided[change.key]
        rows = behind.of(store, change.key.store_location_id, change.sku)
        waterfall = {**decided.waterfall, **rows}
        writes.decided[change.key] = replace(decided, waterfall=waterfall)


def _told(offer: FewOffer, rules: OfferRules) -> dict[str, Any]:
    return {**offer.waterfall, "certainty": 0, "provisional_units": 0, "rules": rules.told()}


def _recent_orders(known: Known, since: datetime) -> Counter[tuple[str, LevelKey]]:
    return Counter(
        (line.store, LevelKey(line.inventory_item_id, line.store_location_id))
        for line in known.lines
        if line.first_seen_at > since and line.inventory_item_id and line.store_location_id
    )
