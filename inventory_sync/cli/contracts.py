"""``inventory-sync contracts check``: every dataset held against its contract, now.

Put here what is read for it and how the verdicts are shown. The ERP is read anew; our own tables
are judged as the last run of Dagster has left them. Nothing is written anywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from inventory_sync.cli.show import print_json, print_table, records
from inventory_sync.contracts import Contract, compiled, load_contracts
from inventory_sync.contracts.expectations import hold_against
from inventory_sync.contracts.frames import Given, givens
from inventory_sync.contracts.verdicts import Judgement
from inventory_sync.defs.contract_checks import judge_kept
from inventory_sync.defs.metadata import in_units
from inventory_sync.defs.resources import FrameIOManager
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.frames import EVENTS, ErpSnapshot
from inventory_sync.domain.rules import Rules
from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.api_events import instant_of, last_id_at
from inventory_sync.flow.ports import ErpSource
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, erp_source

LAST_EVENTS = 1_000
"""So many ids of events are looked back, where they count events; """
LAST_TIME = timedelta(days=1)
"""so long where they are made of times, as an API's are."""
SHOWN_ROWS = 10


def check_contracts(*, as_json: bool) -> int:
    """Print a line for each dataset. Returns 1 when a term that is no mere warning is broken."""
    lines = list(contract_lines())
    good = not any(line["result"] in ("error", "critical") for line in lines)
    if as_json:
        print_json({"good": good, "datasets": lines})
        return 0 if good else 1
    print_table(
        "Data contracts",
        ["dataset", "result", "rows", "wrong rows", "owner"],
        [[x["dataset"], x["result"], x["rows"], x["wrong_rows"], x["owner"]] for x in lines],
    )
    for line in lines:
        if line["broken"]:
            _print_broken(line)
    return 0 if good else 1


def _print_broken(line: Mapping[str, Any]) -> None:
    print_table(
        f"{line['dataset']}: what breaks {line['contract']}",
        ["breach", "severity", "rows"],
        [[each["breach"], each["severity"], each["rows"]] for each in line["broken"]],
    )
    failing = line["failing_rows"][:SHOWN_ROWS]
    if failing:
        names = [name for name in failing[0] if any(row.get(name) is not None for row in failing)]
        rows = [[row.get(name) for name in names] for row in failing]
        print_table("Failing rows", names, rows)


def contract_lines() -> Iterator[dict[str, Any]]:
    """One line for each dataset: first what the ERP says now, then our own tables."""
    settings, frames, now = load_settings(), FrameIOManager(), datetime.now(UTC)
    contracts = load_contracts(settings.data_contracts)
    with erp_source(settings, Databases.of()) as erp:
        snapshot = erp.snapshot()
        events = erp.events(_events_since(erp))
    given = _erp_given(snapshot, events, compiled(contracts), now)
    for contract in contracts:
        if contract.is_of_erp:
            judgement = hold_against(contract, given[contract.name])
            yield _line(contract, contract.asset, judgement)
    for contract in contracts:
        if not contract.is_of_erp:
            for store in settings.stores if "*" in contract.asset else ("",):
                asset = contract.asset.replace("*", store)
                yield _line(contract, asset, judge_kept(contract, asset, frames.newest, now=now))


def _events_since(erp: ErpSource) -> int:
    """The id after which events are read."""
    last = erp.last_event_id()
    if isinstance(erp, ApiErp) and last:
        return last_id_at(instant_of(last) - LAST_TIME)
    return max(0, last - LAST_EVENTS)


def _erp_given(
    snapshot: ErpSnapshot, events: Sequence[ErpEvent], rules: Rules, now: datetime
) -> dict[str, Given]:
    names = [column.name for column in EVENTS.columns]
    rows = pd.DataFrame([asdict(event) for event in events], columns=names)
    found = givens(snapshot, rules, now)
    return {**found, "events": replace(found["locations"], rows=rows)}


def _line(contract: Contract, asset: str, judgement: Judgement | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "dataset": asset,
        "contract": contract.file,
        "owner": contract.owner,
        "result": "not computed yet",
        "rows": None,
        "wrong_rows": None,
        "broken": [],
        "failing_rows": [],
    }
    if judgement is None:
        return line
    return line | {
        "result": judgement.severity or "good",
        "rows": len(judgement.frame),
        "wrong_rows": len(judgement.wrong_rows()),
        "broken": records(judgement.summary()),
        "failing_rows": records(in_units(judgement.failing())),
    }
