"""``inventory-sync approve`` and ``refuse``: a person decides about a pass that the guard stopped.

Put here what these commands ask and print. What is derived anew and compared is
``flow/guarded.py``.
"""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

from inventory_sync.cli.show import console
from inventory_sync.cli.sync import report_pass
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.stops import EVERY_STORE, Approval, StoppedPass
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.guard_port import GuardMemoryPort
from inventory_sync.flow.publish import Wishes
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_ledger, open_parts


def approve_pass(pass_id: str, *, store: str | None, by: str | None, as_json: bool) -> int:
    """Read everything again and publish the stopped plan, if it is no worse than it was.

    Raises ``InventorySyncError`` when nothing of the pass waits.
    """
    with open_parts(load_settings()) as parts:
        stores = frozenset(stop.store for stop in _standing(parts.ledger, pass_id, store))
        wishes = Wishes(
            stores=None if EVERY_STORE in stores else stores,
            approval=Approval(by or getpass.getuser(), pass_id),
        )
        report = full_pass(parts, wishes, kind="approved")
    report_pass(report, wishes, as_json=as_json)
    return 0 if report.good else 1


def refuse_pass(pass_id: str, *, store: str | None, by: str | None) -> int:
    """Leave the stores as they are until a full pass finds nothing to object to.

    Raises ``InventorySyncError`` when nothing of the pass waits.
    """
    with open_ledger(Databases.of()) as ledger:
        stops = _standing(ledger, pass_id, store)
        for stop in stops:
            who = by or getpass.getuser()
            ledger.decide_stop(stop, "refused", by=who, at=datetime.now(UTC))
    names = ", ".join("the ERP" if stop.store == EVERY_STORE else stop.store for stop in stops)
    console.print(f"{names}: refused. Mend the source, then run `inventory-sync sync`.")
    return 0


def _standing(ledger: GuardMemoryPort, pass_id: str, store: str | None) -> Sequence[StoppedPass]:
    """The plans of a stopped pass that can still be decided, of one store or of all."""
    stopped = [stop for stop in ledger.stops(pass_id) if stop.pass_id == pass_id]
    found = [stop for stop in stopped if store in (None, stop.store)]
    still = [stop for stop in found if stop.ended_at is None]
    if still:
        return still
    if not found:
        where = f" in {store}" if store else ""
        raise InventorySyncError(
            f"The guard has not stopped a pass {pass_id}{where}; `inventory-sync status` lists "
            "those that wait."
        )
    last = found[-1]
    fate = f"{last.state} by {last.decided_by}" if last.decided_by else "replaced by a later pass"
    raise InventorySyncError(
        f"Pass {pass_id} does not wait any more: it was {fate}; `inventory-sync status` lists "
        "those that wait."
    )
