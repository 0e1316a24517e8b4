"""A full pass: the ERP once, then all stores at the same time.

Put here the order in which a whole pass runs and what happens when one of its parts fails. Dagster
runs the same steps as assets; the command line runs them through ``full_pass``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from inventory_sync.domain.atp import Atp
from inventory_sync.domain.dirty import DirtySku, Mark
from inventory_sync.domain.errors import (
    InventorySyncError,
    PassRefused,
    StoreStopped,
    StoreUnreachable,
    WriteInFlight,
)
from inventory_sync.flow.gather import read_erp, read_orders
from inventory_sync.flow.guarded import HELD_FOR
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.publish import StoreReport, Wishes, publish_store

T = TypeVar("T")

TRY_AGAIN_AFTER: Final = timedelta(minutes=2)
"""What could not be served in every store is looked at again after this."""


@dataclass(frozen=True)
class PassReport:
    """What a full pass did. ``failures``: store -> why nothing was published to it."""

    pass_id: str
    atp: Atp
    stores: dict[str, StoreReport]
    failures: dict[str, str]

    @property
    def good(self) -> bool:
        """Whether every store was served."""
        return not self.failures


def full_pass(parts: Parts, wishes: Wishes, *, kind: str = "full") -> PassReport:
    """Read the ERP, compute ATP and bring every store to its offer.

    A store that fails is reported and the others go on. Raises what ``read_erp`` raises: without a
    believable snapshot no store is touched.
    """
    pass_id = parts.new_id()
    ledger = parts.ledger
    ledger.begin_pass(pass_id, kind, started_at=parts.now(), code_version=parts.code_version)
    try:
        report = _run(parts, wishes, pass_id)
    except BaseException as error:
        ledger.finish_pass(
            pass_id,
            status="refused" if isinstance(error, PassRefused) else "failed",
            finished_at=parts.now(),
            counts={},
            reason=str(error) if isinstance(error, InventorySyncError) else type(error).__name__,
        )
        raise
    counts = {
        f"{store}.{name}": value
        for store, done in report.stores.items()
        for name, value in done.counts.items()
    }
    ledger.finish_pass(
        pass_id,
        status="done" if report.stores else "failed",
        finished_at=parts.now(),
        counts=counts,
        reason="; ".join(report.failures.values()) or None,
    )
    return report


def serve_everything(parts: Parts, work: Sequence[DirtySku]) -> dict[str, str]:
    """A full pass because of what is on the dirty list; returns what failed and why.

    It is tried again when a store was not served; later still when the ERP's reading was stopped,
    for then a person has to decide first.
    """
    wait = TRY_AGAIN_AFTER
    try:
        failures = full_pass(parts, Wishes(), kind="event").failures
    except PassRefused as refused:
        failures, wait = {"erp": str(refused)}, HELD_FOR
    if failures:
        due_at = parts.now() + wait
        marks = {item.sku: Mark(item.sku, item.occurred_at, due_at, item.reason) for item in work}
        parts.ledger.mark("repair", list(marks.values()))
    parts.ledger.clear(work)
    return failures


def _run(parts: Parts, wishes: Wishes, pass_id: str) -> PassReport:
    parts.tell("reading the ERP")
    judged = read_erp(
        parts, pass_id, override_guard=wishes.override_guard, approval=wishes.approval
    )
    basis = Basis.of(parts, judged)
    if wishes.must_exist:
        _know(wishes.skus or frozenset(), basis.atp)
    stores = list(parts.policies)
    parts.tell(f"{len(basis.atp.rows)} SKU-locations; reading the orders of {len(stores)} stores")
    # All stores' orders are read before the first store is decided, for they share the pool.
    read, no_orders = each_store(parts, pass_id, stores, partial(read_orders, parts))
    served = [store for store in read if wishes.stores is None or store in wishes.stores]
    done, failed = each_store(
        parts, pass_id, served, partial(_publish, parts, basis, pass_id, wishes)
    )
    return PassReport(pass_id, basis.atp, done, no_orders | failed)


def _know(skus: frozenset[str], atp: Atp) -> None:
    strangers = skus - atp.tracked_skus - atp.untracked_skus
    if strangers:
        raise PassRefused(
            f"The ERP has no SKU {', '.join(sorted(strangers))}; SKUs are written exactly as there."
        )


def _publish(parts: Parts, basis: Basis, pass_id: str, wishes: Wishes, store: str) -> StoreReport:
    report = publish_store(parts, store, basis, pass_id=pass_id, wishes=wishes)
    parts.tell(f"{store}: {report.counts['to_write']} levels differ, {report.applied} written")
    return report


def each_store(
    parts: Parts, pass_id: str, stores: Sequence[str], work: Callable[[str], T]
) -> tuple[dict[str, T], dict[str, str]]:
    """Do the work for all stores at once: results by store, and the reason where it failed.

    Only errors that concern a single store are caught; each is kept in the ledger.
    """
    results: dict[str, T] = {}
    failures: dict[str, str] = {}
    with parts.threads(max(1, len(stores))) as pool:
        waiting = {store: pool.submit(work, store) for store in stores}
    for store, outcome in waiting.items():
        try:
            results[store] = outcome.result()
        except (StoreStopped, StoreUnreachable, PassRefused, WriteInFlight) as error:
            note_failure(parts, store, pass_id, error)
            failures[store] = str(error)
    return results, failures


def note_failure(parts: Parts, store: str, pass_id: str, error: InventorySyncError) -> None:
    """Keep in the ledger why nothing was published to a store, with the way out if there is one."""
    reason, way_out = str(error), None
    if isinstance(error, StoreStopped):
        reason, way_out = error.reason, error.way_out
    parts.ledger.set_store_state(
        store, "stopped", at=parts.now(), pass_id=pass_id, reason=reason, way_out=way_out
    )
