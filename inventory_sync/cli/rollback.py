"""``inventory-sync rollback``: what was written since a time is derived anew and put right.

Put here what the command asks and prints. What it looks at is ``flow/rollback.py``.
"""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from inventory_sync.cli.show import console
from inventory_sync.cli.sync import report_pass
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.stops import Approval
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.guard_port import GuardMemoryPort
from inventory_sync.flow.rollback import carried_out, granted_by, preview_of
from inventory_sync.settings import load_settings
from inventory_sync.wiring import open_parts


def roll_back(
    to: str | None,
    stores: Sequence[str],
    *,
    only_lower: bool,
    is_agreed: bool | None,
    as_json: bool,
) -> int:
    """Show what would change, ask, and write it; 1 when a store could not be served.

    ``is_agreed``: nobody is asked; ``None``: only show.
    """
    with open_parts(load_settings()) as parts:
        since = _instant(parts.ledger, to) if to else None
        wishes = preview_of(parts, since, stores=stores, only_lower=only_lower)
        if wishes is None:
            raise InventorySyncError(f"Nothing was written since {to}; there is nothing to undo.")
        report = full_pass(parts, wishes, kind="rollback preview")
        changes = sum(one.counts["to_write"] for one in report.stores.values())
        if changes and is_agreed is not None:
            if not as_json:
                report_pass(report, wishes, as_json=False)
            if not is_agreed and not typer.confirm(f"Write these {changes} levels?", err=True):
                console.print("Nothing was written.")
                return 1
            who = f"{getpass.getuser()} (rollback)"
            wishes = carried_out(wishes, Approval(who, granted=granted_by(parts, report)))
            report = full_pass(parts, wishes, kind="rollback")
    report_pass(report, wishes, as_json=as_json)
    return 0 if report.good else 1


def _instant(ledger: GuardMemoryPort, to: str) -> datetime:
    """A time (UTC unless it says another zone), or the end of a pass."""
    try:
        found = datetime.fromisoformat(to)
    except ValueError:
        ended_at = ledger.pass_ended_at(to)
        if ended_at is None:
            raise InventorySyncError(
                f"{to} is neither a time such as 2026-11-23T10:00 nor the id of a pass; "
                "`inventory-sync status` lists the last passes."
            ) from None
        return ended_at.astimezone(UTC)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
