"""What the ERP says: all datasets of one snapshot, so that no row is newer than another.

Put assets here that are read from the ERP. What is computed from them is ``atp.py``.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pandas as pd

from inventory_sync.defs.metadata import columns, table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.errors import ErpUnavailable, InventorySyncError
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.quarantine import Judged
from inventory_sync.domain.stops import Approval
from inventory_sync.flow.gather import read_erp
from inventory_sync.flow.parts import Parts

GROUP = "erp"
OWNERS = ["team:inventory"]

_DESCRIPTIONS = {
    "locations": "Warehouses, plants and zones of the ERP.",
    "products": "The SKUs that the ERP knows, and whether it counts their stock.",
    "components": "Kits and their parts. A kit's ATP is what its parts allow at one location.",
    "stock": "Physical and unavailable units per SKU and location.",
    "commitments": "Open demand: pending orders, reservations, holds, confirmed orders, work and "
    "outgoing transfers.",
    "supply": "Dated incoming units: purchases, production and transfers.",
    "acknowledged_orders": "Shopify order lines that the ERP knows, also shipped or cancelled.",
    "promise_dates": "Dates that the ERP promises itself; empty where it computes none.",
}
_COLUMNS = {
    "stock": {
        "sku": "text: the ERP's item code",
        "location": "text: the ERP's warehouse, plant or zone",
        "physical_micros": "int64: units on hand, in millionths",
        "unavailable_micros": "int64: damaged, quarantine and QC inside it, in millionths",
        "updated_at": "timestamp: when the ERP last changed the row",
    },
    "commitments": {
        "commitment_id": "text: unique",
        "order_id": "text: the ERP document",
        "sku": "text: the ERP's item code",
        "location": "text: where it will be taken from",
        "quantity_micros": "int64: open quantity, in millionths of a unit",
        "kind": "text: pending, reservation, hold, order, work or transfer",
        "due_date": "date: when it is due",
        "expires_at": "timestamp: from then on it is no longer open",
        "external_order_id": "text: Shopify order (gid)",
        "external_line_id": "text: Shopify order line (gid)",
    },
    "components": {
        "kit_sku": "text: what is sold",
        "component_sku": "text: what it consists of",
        "quantity_micros": "int64: parts in one kit, in millionths",
    },
}


def _out(name: str, description: str) -> dg.AssetOut:
    return dg.AssetOut(
        key=["erp", name],
        group_name=GROUP,
        description=description,
        owners=OWNERS,
        kinds={"pandas", "sql"},
        tags={"inventory_sync/storey": "erp"},
        metadata=columns(_COLUMNS.get(name, {})) if name in _COLUMNS else None,
        io_manager_key="frames",
    )


class ErpRead(dg.Config):
    """How the ERP is read in this run; ``approve`` names a pass whose reading was stopped."""

    override_guard: bool = False
    approve: str = ""


def approval_in_run(run_id: str, pass_id: str) -> Approval | None:
    """What a person let through when they launched a run."""
    return Approval(f"Dagster run {run_id}", pass_id) if pass_id else None


@dg.multi_asset(
    name="erp_snapshot",
    outs={
        **{name: _out(name, text) for name, text in _DESCRIPTIONS.items()},
        "quarantine": _out(
            "quarantine",
            "SKUs whose numbers are in doubt because a row of the ERP is not believed. Their "
            "offers are never raised. The rows and reasons are in the findings.",
        ),
        "quarantined_rows": _out(
            "quarantined_rows",
            "Every row of the ERP that is not believed, as the ERP gave it, with the reasons. A "
            "row that is mended in the ERP is judged again by the next pass that reads it.",
        ),
    },
    retry_policy=dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL),
)
def erp_snapshot(
    context: dg.AssetExecutionContext, config: ErpRead, inventory_sync: InventorySync
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Read every contract dataset in one transaction and put rows that cannot be right aside.

    Fails, and nothing is published, when a dataset is missing or the data look like an accident.
    """
    read_at = datetime.now(UTC).isoformat()  # what happens while it is read is later
    with inventory_sync.parts(context.log) as parts:
        judged = _read_once(parts, context, config)
    for name in _DESCRIPTIONS:
        frame = getattr(judged.snapshot, name)
        frame.attrs.update(taken_at=judged.snapshot.taken_at.isoformat(), read_at=read_at)
        wrong = judged.findings[judged.findings["subject"].str.startswith(f"{name} ")]
        yield dg.Output(
            frame,
            output_name=name,
            metadata={
                "rows": len(frame),
                "in quarantine": int((wrong["severity"] == "error").sum()),
                "quarantined rows": table(wrong),
                "taken at": judged.snapshot.taken_at.isoformat(),
                "sample": table(frame, 8),
            },
        )
    yield dg.Output(
        judged.doubts,
        output_name="quarantine",
        metadata={
            "doubtful SKUs": int(judged.doubts["sku"].nunique()),
            "held at the last good number": int(
                (judged.doubts["certainty"] == Certainty.UNKNOWN).sum()
            ),
            "doubts": table(judged.doubts),
        },
    )
    yield dg.Output(
        judged.aside,
        output_name="quarantined_rows",
        metadata={"rows": len(judged.aside), "quarantined rows": table(judged.aside)},
    )


def _read_once(parts: Parts, context: dg.AssetExecutionContext, config: ErpRead) -> Judged:
    """Read the ERP as a pass of its own; only an ERP that is away for a moment is tried again."""
    pass_id = context.run.run_id
    parts.ledger.begin_pass(
        pass_id,
        context.job_name,
        started_at=parts.now(),
        code_version=parts.code_version,
        dagster_run_id=pass_id,
    )
    try:
        judged = read_erp(
            parts,
            pass_id,
            override_guard=config.override_guard,
            approval=approval_in_run(pass_id, config.approve),
            is_checked_later=True,
        )
    except InventorySyncError as error:
        passing = isinstance(error, ErpUnavailable)
        parts.ledger.finish_pass(
            pass_id,
            status="failed" if passing else "refused",
            finished_at=parts.now(),
            counts={},
            reason=str(error),
        )
        raise dg.Failure(str(error), allow_retries=passing) from None
    counts = {name: len(getattr(judged.snapshot, name)) for name in _DESCRIPTIONS}
    parts.ledger.finish_pass(pass_id, status="done", finished_at=parts.now(), counts=counts)
    return judged
