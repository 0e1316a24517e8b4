"""The import of orders: what shops have sold becomes orders of the ERP, each line exactly once.

Put here who asks the ERP, in which order what is written down, and what people are told. What comes
next is decided in ``domain/imports.py``. Nothing here touches an offer: a line is deducted until
the ERP acknowledges it, whatever we believe about its import.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

import pandas as pd

from inventory_sync.domain.errors import (
    ContractBroken,
    ErpUnavailable,
    InventorySyncError,
    NeedsDecision,
)
from inventory_sync.domain.extract import ErpExtract, OrderRequest
from inventory_sync.domain.few.offers import few_atp
from inventory_sync.domain.few.plain import plain_rows
from inventory_sync.domain.findings import FINDING_COLUMNS, findings_frame, joined
from inventory_sync.domain.imports import (
    LEAVES_WITHIN,
    ErpView,
    LineToImport,
    OrderImport,
    answered,
    looked_at,
    refused,
    tried_again,
    unanswered,
)
from inventory_sync.flow.import_port import ImportMemory
from inventory_sync.flow.parts import Parts

IMPORTS_SCOPE: Final = "erp imports"
"""Where findings about imports stand beside those of ``erp`` and of the stores."""

ACTION: Final = "import"

_AT_ONCE: Final = 20
"""So many lines share one look at the ERP: what was seen must not be old when it is acted upon."""

_UNREADABLE: Final = Decimal(-1)

_PATIENCE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Imported:
    """What a visit has done: ``asked`` requests; ``parked`` lines wait for a person."""

    asked: int
    parked: Sequence[OrderImport]

    def sentence(self) -> str:
        """For a log, and for a check."""
        first = f": {told(self.parked[0])}" if self.parked else ""
        return f"{self.asked} orders asked for, {len(self.parked)} parked{first}"


def told(parked: OrderImport) -> str:
    """An import and its reason in a few words."""
    return f"{parked.order_name} of {parked.store} ({parked.line_id}): {parked.reason}"


def import_orders(parts: Parts, *, stay: timedelta) -> Imported | None:
    """Look at every line that is due and ask the ERP for what it lacks; ``None``: another importer
    is at work, or orders are not imported.

    Begins nothing new after ``stay``. Raises what ``ErpSource.extract`` raises: then nothing was
    asked, and nothing has changed.
    """
    if parts.imports is None:
        return None
    with parts.ledger.import_lock(patience_seconds=_PATIENCE_SECONDS) as is_ours:
        if not is_ours:
            return None
        asked = _Visit(parts, parts.now() + stay).run()
        parked = parts.ledger.imports(parked_only=True)
        _tell(parts, parked)
        return Imported(asked, parked)


def try_again(ledger: ImportMemory, orders: Sequence[str], *, now: datetime) -> list[OrderImport]:
    """Let parked lines of these orders (names or gids; none: of all) be tried anew at once.

    Raises ``InventorySyncError`` for an order of which nothing is parked.
    """
    known = ledger.imports(parked_only=True)
    wanted = [each for each in known if not orders or {each.order_id, each.order_name} & {*orders}]
    missing = set(orders) - {name for each in wanted for name in (each.order_id, each.order_name)}
    if missing:
        raise InventorySyncError(
            f"No import of {', '.join(sorted(missing))} is parked; `inventory-sync imports list`"
            " shows those that are."
        )
    saved = [ledger.save_import(tried_again(each, now)) for each in wanted]
    return [each for each in saved if each]


class _Visit:
    """One importer at work, until its time is over."""

    def __init__(self, parts: Parts, until: datetime) -> None:
        self._parts = parts
        self._until = until
        self._asked = 0

    def run(self) -> int:
        """Serve what is due; returns how many requests were made."""
        while self._parts.now() < self._until:
            lines = self._due()
            if not lines:
                break
            view = self._view(lines)
            for line in lines:
                if not self._serve(line, view):
                    return self._asked
        return self._asked

    def _due(self) -> list[LineToImport]:
        policy, now = self._parts.imports, self._parts.now()
        assert policy is not None
        return self._parts.ledger.lines_to_import(
            [store for store, each in self._parts.policies.items() if each.live],
            since=policy.since,
            quiet_since=now - policy.after,
            now=now,
            limit=_AT_ONCE,
        )

    def _view(self, lines: Sequence[LineToImport]) -> ErpView:
        skus = {line.sku for line in lines if line.sku}
        return erp_view(self._parts.erp.extract(skus, {line.order_id for line in lines}))

    def _serve(self, line: LineToImport, view: ErpView) -> bool:
        """Whether to go on: an ERP that does not answer is not asked for more."""
        parts = self._parts
        if parts.now() >= self._until:
            return False
        mapped = parts.policies[line.store].locations
        kept = parts.ledger.save_import(looked_at(line, view, mapped, parts.now()))
        if kept is None or kept.state != "asked":  # None: somebody else was quicker
            return True
        return self._ask(line, kept)

    def _ask(self, line: LineToImport, asked: OrderImport) -> bool:
        parts, now = self._parts, self._parts.now
        if now() >= asked.changed_at + LEAVES_WITHIN:
            late = refused(
                asked, "it was written down too long ago to be sent", now(), is_final=False
            )
            parts.ledger.save_import(late)
            return True
        self._asked += 1
        is_answered = True
        try:
            parts.erp.request([_request(line, asked)])
        except ErpUnavailable as lost:
            is_answered = False
            after = unanswered(asked, str(lost), now())
        except ContractBroken as error:
            is_final = isinstance(error, NeedsDecision)
            after = refused(asked, str(error), now(), is_final=is_final)
        else:
            after = answered(asked, now())
        parts.ledger.save_import(after)
        return is_answered


def erp_view(extract: ErpExtract) -> ErpView:
    """What imports need to know of a reading."""
    acknowledged: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row in extract.acknowledged:
        key = str(row.external_order_id), str(row.external_line_id)
        acknowledged[key].append(_decimal(row.quantity))
    plain = plain_rows(extract)
    return ErpView(acknowledged, plain.tracked, extract.locations, few_atp(plain).micros)


def _decimal(quantity: object) -> Decimal:
    try:
        number = Decimal(str(quantity))
    except InvalidOperation:
        return _UNREADABLE
    return number if number.is_finite() else _UNREADABLE


def _request(line: LineToImport, asked: OrderImport) -> OrderRequest:
    return OrderRequest(
        request_id=asked.request_id,
        action=ACTION,
        external_order_id=asked.order_id,
        external_line_id=asked.line_id,
        sku=line.sku or "",
        location=asked.erp_location or "",
        quantity_units=asked.asked_units,
        expires_at=None,
        requested_at=asked.changed_at,
        is_change=asked.booked_units > 0,
    )


def _tell(parts: Parts, parked: Sequence[OrderImport]) -> None:
    """What is parked is a finding until it is settled."""
    rows = [
        findings_frame(pd.Series([f"{e.order_name} {e.line_id}"]), "import_parked", e.reason or "")
        for e in parked
    ]
    found = joined(rows, FINDING_COLUMNS)
    parts.ledger.record_findings(IMPORTS_SCOPE, found, pass_id=parts.new_id(), at=parts.now())
