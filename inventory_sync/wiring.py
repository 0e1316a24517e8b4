"""The one place that chooses adapters and builds the parts of a pass.

Put here which connector, storefront and ledger belong to which setting. Everything above receives
ready parts; everything below is handed what it needs.
"""

import math
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Final

from inventory_sync import __version__
from inventory_sync.contracts import compiled, load_contracts
from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.calendar import Calendar, weekdays, zone_named
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.evidence import Limits
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.promise import Place
from inventory_sync.erp import tryton
from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.odoo import OdooFace, OdooOptions
from inventory_sync.erp.odoo_client import OdooLogin, odoo_client
from inventory_sync.erp.sql import SqlErp
from inventory_sync.erp.tryton import Tryton, TrytonRules
from inventory_sync.flow.parts import ImportPolicy, Parts, PromisePolicy, StorePolicy
from inventory_sync.ledger import Ledger, connect, embedded
from inventory_sync.ledger.dagster_home import write_dagster_home
from inventory_sync.settings import Erp, PromiseLocation, Settings, Store
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.requests import Endpoint
from inventory_sync.shopify.storefront import ShopifyStorefront

HOME_VARIABLE: Final = "INVENTORY_SYNC_HOME"
DATABASE_VARIABLE: Final = "INVENTORY_SYNC_DATABASE_URL"
DATABASE: Final = "inventory_sync"
EMBEDDED: Final = "embedded:///"


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the embedded server and Dagster's files live: ``.inventory_sync`` in this folder."""
    return Path(environment.get(HOME_VARIABLE, ".inventory_sync")).absolute()


@dataclass(frozen=True)
class Databases:
    """Where our databases are: on the embedded server, unless the environment names another."""

    home: Path
    external_url: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Databases":
        """Read the two variables that decide it."""
        return cls(home_folder(environment), environment.get(DATABASE_VARIABLE) or None)

    @contextmanager
    def ledger_url(self) -> Iterator[str]:
        """The URL of our own database; the embedded server runs while this is held."""
        if self.external_url:
            yield self.external_url
            return
        with self.embedded_url(DATABASE) as url:
            yield url

    @contextmanager
    def embedded_url(self, name: str) -> Iterator[str]:
        """The URL of a database on the embedded server, created if need be."""
        server = embedded.start(self.home)
        try:
            server.ensure_database(name)
            yield server.url(name)
        finally:
            server.release()

    @contextmanager
    def dagster_environment(self) -> Iterator[dict[str, str]]:
        """The variables with which Dagster keeps its own storage in the same database."""
        with self.ledger_url() as url:
            yield {HOME_VARIABLE: str(self.home), **write_dagster_home(self.home, url)}


@contextmanager
def open_ledger(databases: Databases) -> Iterator[Ledger]:
    """Our own memory, its tables up to date. Raises ``InventorySyncError`` without its database."""
    with databases.ledger_url() as url:
        ledger = connect(url)
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def erp_source(
    settings: Settings, databases: Databases, *, tell: Callable[[str], None] = lambda line: None
) -> Iterator[SqlErp | ApiErp]:
    """The ERP connector that the settings name; ``tell`` hears how a full load goes on."""
    with ExitStack() as stack:
        erp: SqlErp | ApiErp
        match settings.erp.connector:
            case "tryton":
                erp = ApiErp(_tryton(settings.erp), tell=tell)
            case "odoo":
                erp = ApiErp(_odoo(settings.erp), tell=tell)
            case _:
                url = settings.erp.url.get_secret_value()
                if url.startswith(EMBEDDED):
                    url = stack.enter_context(databases.embedded_url(url.removeprefix(EMBEDDED)))
                erp = SqlErp(
                    url,
                    settings.erp.schema_,
                    statement_timeout_seconds=settings.erp.statement_timeout_seconds,
                    notify_channel=settings.erp.notify_channel,
                    imports_orders=settings.erp.import_orders is not None,
                )
        stack.callback(erp.close)
        yield erp


def _tryton(erp: Erp) -> Tryton:
    rules = TrytonRules(
        stock_of=erp.stock_of,
        unavailable=tuple(erp.unavailable_locations),
        drafts=erp.drafts,
        company=erp.company,
        web_shop=erp.web_shop if erp.write_back else None,
        customer=erp.customer if erp.write_back else None,
    )
    return tryton.connect(
        erp.url.get_secret_value(),
        _key(erp),
        rules,
        timeout_seconds=erp.call_timeout_seconds,
        parallel_calls=erp.parallel_calls,
    )


def _odoo(erp: Erp) -> OdooFace:
    quotations = dict.fromkeys(("draft", "sent"), "pending") if erp.drafts == "pending" else {}
    quotations.update(erp.odoo.quotations.items())
    options = OdooOptions(
        time_zone=erp.odoo.time_zone,
        quotations=quotations,
        unavailable_locations=tuple(erp.unavailable_locations),
        order_field=erp.odoo.order_field,
        line_field=erp.odoo.line_field,
        partner_id=erp.odoo.partner_id if erp.write_back else None,
    )
    origin, _, database = erp.url.get_secret_value().rstrip("/").rpartition("/")
    client = odoo_client(
        origin,
        OdooLogin(database, erp.user or "", _key(erp), erp.company),
        timeout_seconds=erp.call_timeout_seconds,
        parallel_calls=erp.parallel_calls,
    )
    return OdooFace(client, options)


def _key(erp: Erp) -> str:
    return erp.api_key.get_secret_value() if erp.api_key else ""


def storefront(
    name: str,
    store: Store,
    *,
    reserve_share: float = 0.0,
    left_seconds: Callable[[], float] = lambda: math.inf,
) -> ShopifyStorefront:
    """The client of one store; it connects when it is first used.

    ``reserve_share`` of the store's rate limit is left to other processes; calls leave within
    ``left_seconds`` or never.
    """
    endpoint = Endpoint(
        store=name,
        origin=store.origin,
        api_version=store.api_version,
        token=store.access_token.get_secret_value(),
    )
    client = ShopifyClient(endpoint, reserve_share=reserve_share, left_seconds=left_seconds)
    return ShopifyStorefront(client)


@contextmanager
def open_parts(
    settings: Settings,
    databases: Databases | None = None,
    *,
    tell: Callable[[str], None] = lambda line: None,
    reserve_share: float = 0.0,
    left_seconds: Callable[[], float] = lambda: math.inf,
) -> Iterator[Parts]:
    """Everything that a pass needs, connected to the real world; closed afterwards.

    ``reserve_share`` of each store's rate limit is left to other processes; calls of stores leave
    within ``left_seconds`` or never.

    Raises ``InventorySyncError`` when the ledger's database cannot be used, and
    ``ContractsRefused`` when the data contracts do not fit the code.
    """
    databases = databases or Databases.of()
    rules = compiled(load_contracts(settings.data_contracts))
    with ExitStack() as stack:
        ledger = connect(stack.enter_context(databases.ledger_url()))
        stack.callback(ledger.close)
        fronts: dict[str, ShopifyStorefront] = {}
        for name, store in settings.stores.items():
            front = storefront(name, store, reserve_share=reserve_share, left_seconds=left_seconds)
            stack.callback(front.close)
            fronts[name] = front
        yield Parts(
            erp=stack.enter_context(erp_source(settings, databases, tell=tell)),
            ledger=ledger,
            storefronts=fronts,
            promise_fronts={name: front.promises for name, front in fronts.items()},
            policies={name: policy(store) for name, store in settings.stores.items()},
            limits=GuardLimits(**settings.guard.model_dump()),
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
            new_id=lambda: str(uuid.uuid4()),
            code_version=__version__,
            tell=tell,
            promises=promise_policy(settings),
            explain_url=settings.receiver.explain_url,
            rules=rules,
            imports=import_policy(settings.erp),
        )


def import_policy(erp: Erp) -> ImportPolicy | None:
    """What the settings say about importing orders."""
    wanted = erp.import_orders
    if wanted is None:
        return None
    return ImportPolicy(wanted.since, timedelta(minutes=wanted.after_minutes))


def check_limits(settings: Settings) -> Limits:
    """How much of each failure the settings bear."""
    return Limits(**settings.checks.model_dump())


def promise_policy(settings: Settings) -> PromisePolicy:
    """What the settings say about dates, in the words of the flow."""
    promise = settings.promise
    rules = ProjectionRules(
        horizon_days=promise.horizon_days,
        same_day=promise.same_day,
        overdue_supply_days=promise.overdue_supply_days,
        count_unconfirmed=promise.count_unconfirmed,
    )
    places = {
        name: Place(name, _calendar(location), priority)
        for priority, (name, location) in enumerate(promise.locations.items())
    }
    return PromisePolicy(rules, places, settings.pooling.atp_method == "projected")


def _calendar(location: PromiseLocation) -> Calendar:
    return Calendar(
        zone=zone_named(location.time_zone),
        working_days=weekdays(location.working_days),
        holidays=frozenset(location.holidays),
        cutoff=time_of_day.fromisoformat(location.cutoff),
        handling_days=location.handling_days,
        transit_days=location.transit_days,
    )


def policy(store: Store) -> StorePolicy:
    """What the settings say about one store, in the words of the flow."""
    return StorePolicy(
        locations=store.locations,
        rules=OfferRules(**store.rules.model_dump()),
        live=store.mode == "live",
        large_order_units=store.large_order_units,
    )
