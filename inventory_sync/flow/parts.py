"""What a pass is made of: the adapters, the rules and the sources of time and ids.

Put here what ``wiring`` hands to the flow. Keep out how any of it is built.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.promise import Place
from inventory_sync.domain.rules import SOUND, Rules
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.flow.ports import ErpSource, Storefront
from inventory_sync.flow.promise_publishing_port import PromiseStorefront


@dataclass(frozen=True)
class StorePolicy:
    """What the settings say about one store.

    ``locations``: store location (gid) -> the ERP locations whose ATP it offers. A store that is
    not ``live`` is computed and shown, and nothing is written to it. A line of a draft order with
    at least ``large_order_units``, or one that Shopify keeps back, reserves its stock (``None``:
    none does).
    """

    locations: Mapping[str, Sequence[str]]
    rules: OfferRules
    live: bool
    large_order_units: int | None = None


@dataclass(frozen=True)
class PromisePolicy:
    """What the settings say about dates: how dated rows count, and the calendar of each place.

    ``offered``: whether stores offer today's projection instead of the stock less all commitments.
    """

    rules: ProjectionRules = field(default_factory=ProjectionRules)
    places: Mapping[str, Place] = field(default_factory=dict)
    offered: bool = False


@dataclass(frozen=True)
class ImportPolicy:
    """Orders placed ``since`` then are brought into the ERP, ``after`` so long without news of
    them: another importer may be first.
    """

    since: datetime
    after: timedelta


@dataclass(frozen=True)
class Parts:
    """Everything a pass needs. ``now`` is aware; ``sleep`` waits seconds; ``new_id`` is unique;
    ``threads`` opens a pool of so many threads. ``explain_url``, with a SKU behind it, is a page.
    ``imports``: orders are brought into the ERP; ``None``: they are not.
    """

    erp: ErpSource
    ledger: Ledger
    storefronts: Mapping[str, Storefront]
    policies: Mapping[str, StorePolicy]
    limits: GuardLimits
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
    code_version: str
    tell: Callable[[str], None] = field(default=lambda line: None)
    threads: Callable[[int], Executor] = ThreadPoolExecutor
    promises: PromisePolicy = field(default_factory=PromisePolicy)
    explain_url: str | None = None
    rules: Rules = SOUND
    promise_fronts: Mapping[str, PromiseStorefront] = field(default_factory=dict)
    imports: ImportPolicy | None = None

    def locations(self) -> dict[str, Mapping[str, Sequence[str]]]:
        """Store -> store location -> ERP locations, for all stores."""
        return {store: policy.locations for store, policy in self.policies.items()}
