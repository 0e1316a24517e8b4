"""``doctor --go-live``: what has to be settled before the first live write, a line each.

Put a line here when a person must have decided something, or must see what would change. A
decision counts once it stands in the settings: a default is nobody's decision. Keep out what every
pass needs to work; that is ``doctor.py``.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pandas as pd

from inventory_sync.cli.checklist import Line, Seen
from inventory_sync.cli.contracts import contract_lines
from inventory_sync.cli.show import records
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.guards import share_objections, tally_of
from inventory_sync.domain.quarantine import Judged
from inventory_sync.domain.stops import Tally
from inventory_sync.flow.parts import Parts
from inventory_sync.settings import Settings, Store

LARGEST: Final = 5
"""So many of the largest differences of a store are shown."""


def go_live_lines(parts: Parts, settings: Settings, seen: Seen) -> Iterator[Line]:
    """The checklist; ``seen`` is what ``doctor`` has read already."""
    for name, store in settings.stores.items():
        yield number_line(name, store)
    yield from channel_lines(parts, settings, seen.judged)
    for name, store in settings.stores.items():
        yield hold_line(name, store)
    yield from location_lines(settings, seen.judged)
    yield from owner_lines(settings)
    for name in settings.stores:
        yield mapping_line(settings, seen, name)
    yield from contract_verdicts()
    for name in settings.stores:
        if name in seen.surveys:
            yield comparison_line(parts, name, seen.surveys[name].rows)
        else:
            detail = "cannot be compared: mend the lines above that fail"
            yield Line("fail", f"store {name}: dry run against today", detail)


# --- what has been decided ---


def number_line(name: str, store: Store) -> Line:
    """Whether somebody has said which number the store displays."""
    what = f"store {name}: number to display"
    if "rules" not in store.model_fields_set:
        detail = f"write stores.{name}.rules down, be it only {{share: 1.0}}: nobody has decided it"
        return Line("fail", what, detail)
    rules = store.rules
    told = f"{rules.share} of ATP less orders in flight, rounded down, less {rules.buffer_units}"
    hidden = f", 0 below {rules.hide_below_units}" if rules.hide_below_units else ""
    cap = f", at most {rules.cap_units}" if rules.cap_units is not None else ""
    return Line("ok", what, f"{told}{hidden}{cap}")


def channel_lines(parts: Parts, settings: Settings, judged: Judged | None) -> Iterator[Line]:
    """Whether it is clear how the channels share stock, and how soon each of them is heard."""
    users = Counter(
        place
        for store in settings.stores.values()
        for place in {place for places in store.locations.values() for place in places}
    )
    shared = sorted(place for place, stores in users.items() if stores > 1)
    if shared and "policy" not in settings.pooling.model_fields_set:
        detail = f"several stores sell from {', '.join(shared)}: write pooling.policy down"
        yield Line("fail", "channels: shared stock", detail)
    else:
        told = f"{settings.pooling.policy}: {', '.join(shared)}" if shared else "no location is"
        yield Line("ok", "channels: shared stock", told)
    for name, store in settings.stores.items():
        if store.webhook_secret is None:
            detail = "found by asking once a minute; with a webhook_secret, within seconds"
            yield Line("warn", f"channels: orders of {name}", detail)
        else:
            yield Line("ok", f"channels: orders of {name}", "by webhooks, and by asking")
    try:
        last_event_id = parts.erp.last_event_id()
    except InventorySyncError as error:
        yield Line("fail", "channels: orders of the ERP", str(error))
        return
    if not last_event_id:
        detail = "the ERP has told no event yet: without them, only batches bring its changes"
        yield Line("warn", "channels: orders of the ERP", detail)
        return
    channels = set() if judged is None else set(judged.snapshot.commitments["channel"].dropna())
    told = ", ".join(sorted(map(str, channels))) or "none named"
    yield Line("ok", "channels: orders of the ERP", f"by its events; channels with demand: {told}")


def hold_line(name: str, store: Store) -> Line:
    """Whether somebody has said which draft orders of the store hold stock."""
    what = f"store {name}: holds"
    if "large_order_units" not in store.model_fields_set:
        detail = f"write stores.{name}.large_order_units down; null: no draft order holds stock"
        return Line("fail", what, detail)
    units = store.large_order_units
    drafts = "no draft order does" if units is None else f"so do draft orders from {units} units"
    return Line("ok", what, f"holds of the ERP reduce ATP until they end; {drafts}")


def location_lines(settings: Settings, judged: Judged | None) -> Iterator[Line]:
    """Whether each location of the ERP is sold by a store, or is left out on purpose."""
    what = "locations"
    if judged is None:
        yield Line("fail", what, "not compared, for the ERP cannot be read")
        return
    known = set(judged.snapshot.locations["location"].astype(str))
    sold = {
        place
        for store in settings.stores.values()
        for places in store.locations.values()
        for place in places
    }
    left_out = set(settings.go_live.not_sold_online)
    wrong = {
        "neither mapped to a store nor in go_live.not_sold_online": known - sold - left_out,
        "mapped to a store and in go_live.not_sold_online as well": sold & left_out,
        "in go_live.not_sold_online and not in the ERP's locations": left_out - known,
    }
    for reason, places in wrong.items():
        if places:
            yield Line("fail", what, f"{', '.join(sorted(places))}: {reason}")
    if not any(wrong.values()):
        apart = f"; not sold online: {', '.join(sorted(left_out))}" if left_out else ""
        yield Line("ok", what, f"{len(sold)} of the ERP's {len(known)} are sold by stores{apart}")


def owner_lines(settings: Settings) -> Iterator[Line]:
    """Whether each decision has an owner."""
    owners = settings.go_live.owners.model_dump()
    nameless = [name for name, owner in owners.items() if owner is None]
    if nameless:
        names = ", ".join(f"go_live.owners.{name}" for name in nameless)
        yield Line("fail", "owners", f"{names}: name the person or team who decides")
    else:
        told = ", ".join(f"{name.replace('_', ' ')}: {owner}" for name, owner in owners.items())
        yield Line("ok", "owners", told)


# --- what is there ---


def mapping_line(settings: Settings, seen: Seen, name: str) -> Line:
    """Whether all that the store sells from is kept right by somebody."""
    what = f"store {name}: every location mapped"
    survey, mapped = seen.surveys.get(name), settings.stores[name].locations
    if survey is None or survey.rows.empty:
        return Line("fail", what, "not a single level can be published: see the lines above")
    others = [
        f"{place.name} ({place.store_location_id})"
        for place in seen.facts[name].locations
        if place.is_active and place.store_location_id not in mapped
    ]
    if others:
        detail = f"nobody keeps what is sold from {', '.join(others)} right: map it, or empty it"
        return Line("warn", what, detail)
    return Line("ok", what, f"{len(mapped)}, with {survey.rows['sku'].nunique()} SKUs")


def contract_verdicts() -> Iterator[Line]:
    """Whether the data keep their contracts; each contract has an owner, or it is refused."""
    found = list(contract_lines())
    for line in found:
        if line["result"] in ("error", "critical"):
            detail = f"{line['wrong_rows']} of {line['rows']} rows: ask {line['owner']}, and look "
            detail += "with `inventory-sync contracts check`"
            yield Line("fail", f"contract of {line['dataset']}", detail)
    counts = Counter(line["result"] for line in found)
    waiting = counts.pop("not computed yet", 0)
    told = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
    if waiting:
        told += f"; {waiting} of our own tables come with the first run of full_sync"
    if not counts["error"] + counts["critical"]:
        yield Line("ok", "contracts", told)


def comparison_line(parts: Parts, name: str, rows: pd.DataFrame) -> Line:
    """What the store shows today beside what it would show.

    Fails when the first write would move more levels than the guard bears: the guard itself lets a
    first publication pass, for it has nothing to compare it with.
    """
    change = (rows["quantity_units"] - rows["observed_units"]).astype("int64")
    higher, lower = int((change < 0).sum()), int((change > 0).sum())
    told = (
        f"of {len(rows)} levels, {len(rows) - higher - lower} equal; the store shows {higher} "
        f"higher and {lower} lower than we would"
    )
    first = change.abs().sort_values(ascending=False, kind="stable").index[:LARGEST]
    largest = rows.loc[first].assign(change=change)
    columns = ["sku", "store_location_id", "observed_units", "quantity_units", "change"]
    examples = records(largest.loc[largest["change"] != 0, columns])
    pairs = zip(rows["observed_units"].tolist(), rows["quantity_units"].tolist(), strict=True)
    objections = share_objections(tally_of(pairs), Tally(), levels=len(rows), limits=parts.limits)
    what = f"store {name}: dry run against today"
    if objections:
        reasons = "; ".join(each.text for each in objections)
        detail = f"{told}: {reasons}. Look with `sync --dry-run`; if all is right, raise `guard`"
        return Line("fail", what, detail, examples)
    return Line("warn" if examples else "ok", what, told, examples)
