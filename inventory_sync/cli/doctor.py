"""``inventory-sync doctor``: everything that must be right before a pass, one line each.

Put a check here with its way out. A ``fail`` keeps a pass or a whole store from working; a ``warn``
concerns single items, which are skipped and reported by every pass as well.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict

import pandas as pd

from inventory_sync.cli.checklist import Line, Result, Seen, print_line
from inventory_sync.cli.show import print_json
from inventory_sync.contracts import compiled, load_contracts
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.publication import StoreFacts, level_keys
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.scopes import DRAFTS_SCOPE, NEEDED_SCOPES, OPTIONAL_SCOPES, is_granted
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import survey_store
from inventory_sync.settings import Settings, load_settings, settings_path
from inventory_sync.wiring import Databases, erp_source, open_parts

CONNECTABLE = ("unconnected", "inactive")
MOST_CONNECTIONS = 100
"""More missing levels look like a wrong mapping, not like forgotten ones."""


def examine(*, fix: bool, go_live: bool = False, as_json: bool) -> int:
    """Look at everything, print a line for each, and return 0 when nothing failed.

    ``go_live``: also at what has to be decided and compared before the first live write.
    """
    lines: list[Line] = []
    for line in _all_lines(fix=fix, go_live=go_live):
        lines.append(line)
        if not as_json:
            print_line(line)
    if as_json:
        print_json([asdict(line) for line in lines])
    return 1 if any(line.result == "fail" for line in lines) else 0


def _all_lines(*, fix: bool, go_live: bool) -> Iterator[Line]:
    settings, seen = load_settings(), Seen()
    yield Line("ok", f"settings {settings_path()}", f"{len(settings.stores)} store(s)")
    databases = Databases.of()
    yield from _erp_lines(settings, databases, seen)
    with ExitStack() as stack:
        try:
            parts = stack.enter_context(open_parts(settings, databases))
        except InventorySyncError as error:
            yield Line("fail", "ledger", str(error))
            return
        where = "DATABASE_URL" if databases.external_url else f"embedded in {databases.home}"
        yield Line("ok", "ledger", where)
        for name in settings.stores:
            yield from _store_lines(parts, settings, name, seen, fix=fix)
        if go_live:
            # It loads Dagster, for the frames of its last run.
            from inventory_sync.cli.go_live import go_live_lines  # noqa: PLC0415

            yield from go_live_lines(parts, settings, seen)


def _erp_lines(settings: Settings, databases: Databases, seen: Seen) -> Iterator[Line]:
    is_sql = settings.erp.connector == "sql"
    what = f"ERP contract {f'in schema {settings.erp.schema_}' if is_sql else 'by API'}"
    try:
        with erp_source(settings, databases) as erp:
            problems = erp.check()
            for problem in problems:
                yield Line("fail", what, problem)
            if problems:
                return
            contracts = load_contracts(settings.data_contracts)
            judged = seen.judged = judge(erp.snapshot(), compiled(contracts))
    except InventorySyncError as error:
        yield Line("fail", "ERP", str(error))
        return
    snapshot = judged.snapshot
    detail = f"{len(snapshot.products)} SKUs, {len(snapshot.locations)} locations"
    yield Line("ok", what, detail)
    yield Line("ok", "data contracts", f"{len(contracts)} fit the code")
    for objection in judged.objections:
        yield Line("fail", "data contracts", objection)
    wrong = judged.findings[judged.findings["severity"] == "error"]
    if len(wrong):
        first = f"{wrong['subject'].iloc[0]}: {wrong['reason'].iloc[0]}"
        yield Line("warn", "ERP rows", f"{len(wrong)} not believed, first {first}")
    known = set(snapshot.locations["location"].astype(str))
    for name, store in settings.stores.items():
        unknown = {place for places in store.locations.values() for place in places} - known
        if unknown:
            detail = f"{', '.join(sorted(unknown))} not in the ERP's locations"
            yield Line("fail", f"store {name}: mapped ERP locations", detail)


def _store_lines(
    parts: Parts, settings: Settings, name: str, seen: Seen, *, fix: bool
) -> Iterator[Line]:
    store, storefront = settings.stores[name], parts.storefronts[name]
    try:
        facts = seen.facts[name] = storefront.facts()
        yield Line("ok", f"store {name}: reachable", f"{facts.myshopify_domain}, {facts.plan}")
        yield from _fact_lines(settings, name, facts)
        if seen.judged is None:
            yield Line("warn", f"store {name}: items", "not compared, for the ERP cannot be read")
            return
        survey = seen.surveys[name] = survey_store(parts, name, seen.judged)
    except InventorySyncError as error:
        yield Line("fail", f"store {name}", str(error))
        return
    yield Line("ok", f"store {name}: mapping", f"{len(survey.rows)} levels can be published")
    for kind, found in survey.findings.groupby("kind"):
        result: Result = "fail" if kind == "unusable-location" else "warn"
        subjects = ", ".join(found["subject"].astype(str).head(3))
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        detail = f"{len(found)} ({subjects}{more}): {found['reason'].iloc[0]}"
        yield Line(result, f"store {name}: {kind}", detail)
    if fix:
        yield from _connect(parts, name, survey.unlinked, live=store.mode == "live")


def _fact_lines(settings: Settings, name: str, facts: StoreFacts) -> Iterator[Line]:
    store = settings.stores[name]
    if facts.myshopify_domain != store.shop:
        detail = f"the token belongs to {facts.myshopify_domain}, the settings say {store.shop}"
        yield Line("fail", f"store {name}: shop", detail)
    missing = [scope for scope in NEEDED_SCOPES if not is_granted(scope, facts.scopes)]
    if missing:
        detail = f"{', '.join(missing)} missing: grant them to the app and install it again"
        yield Line("fail", f"store {name}: scopes", detail)
    else:
        yield Line("ok", f"store {name}: scopes")
    for scope, loss in OPTIONAL_SCOPES.items():
        holds, dates = store.large_order_units is not None, bool(settings.promise.locations)
        if (holds if scope == DRAFTS_SCOPE else dates) and not is_granted(scope, facts.scopes):
            detail = f"without it, {loss}: grant it to the app if you want that"
            yield Line("warn", f"store {name}: optional scope {scope}", detail)
    if facts.api_version != store.api_version:
        detail = f"Shopify answers with {facts.api_version}: set api_version to a supported one"
        yield Line("warn", f"store {name}: API version {store.api_version}", detail)
    else:
        yield Line("ok", f"store {name}: API version {facts.api_version}")


def _connect(parts: Parts, name: str, unlinked: pd.DataFrame, *, live: bool) -> Iterator[Line]:
    """Connect or activate levels. Only for live stores: a dry run changes nothing."""
    if not live:
        yield Line("warn", f"store {name}: --fix", "the store is in dry_run, nothing was changed")
        return
    if len(unlinked) > MOST_CONNECTIONS:
        detail = f"{len(unlinked)} levels are more than {MOST_CONNECTIONS}: is the mapping right?"
        yield Line("fail", f"store {name}: --fix", detail)
        return
    for key in level_keys(unlinked):
        refusal = parts.storefronts[name].connect(key, parts.new_id())
        what = f"store {name}: connect {key.inventory_item_id} at {key.store_location_id}"
        yield Line("fail", what, refusal) if refusal else Line("ok", what)
