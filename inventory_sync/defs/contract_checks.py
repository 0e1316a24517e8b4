"""The data contracts as asset checks: one per dataset, judged by Great Expectations.

Put here which checks share a process: it takes Great Expectations seconds to load, so all datasets
of the ERP are one step, our own tables another, and each store has its own, for it may fail alone.
Keep the judging out (the room ``contracts``).

A check blocks what lies below when its contract has a critical term, and that is broken.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
import pandas as pd

from inventory_sync.contracts import Contract
from inventory_sync.contracts.expectations import hold_against
from inventory_sync.contracts.frames import Given, dataset_of, givens, lists_of, whole_dataset
from inventory_sync.contracts.verdicts import Judgement
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import FrameIOManager
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.rules import Rules

CONTRACT_CHECK = "the_data_keep_their_contract"

Read = Callable[[str], pd.DataFrame | None]
"""Asset (``erp/stock``) -> its frame; ``None``: it has not been computed yet."""


def contract_checks(
    contracts: Sequence[Contract], stores: Sequence[str]
) -> list[dg.AssetChecksDefinition]:
    """The checks of every contract that is about an asset; each store has those about stores."""
    about_erp = {each.asset: each for each in contracts if _is_read_whole(each)}
    own = {e.asset: e for e in contracts if not e.is_of_erp and "*" not in e.asset}
    # Publishing waits for the first, and for nothing else of this.
    found = [_checks("erp_contracts", about_erp, priority=10), _checks("own_contracts", own)]
    for store in stores:
        theirs = {e.asset.replace("*", store): e for e in contracts if "*" in e.asset}
        found.append(_checks(f"store_{store.replace('-', '_')}_contracts", theirs))
    return found


def _is_read_whole(contract: Contract) -> bool:
    """The events of the ERP are no asset: they are heard one by one."""
    return contract.is_of_erp and contract.name != "events"


def _checks(
    name: str, contracts: dict[str, Contract], *, priority: int = -10
) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            CONTRACT_CHECK,
            asset=asset.split("/"),
            description=f"{contract.why} Contract: data_contracts/{contract.file}.",
            blocking=contract.is_critical,
        )
        for asset, contract in contracts.items()
    ]

    @dg.multi_asset_check(
        name=name, specs=specs, can_subset=True, op_tags={"dagster/priority": str(priority)}
    )
    def judge_contracts(
        context: dg.AssetCheckExecutionContext, frames: dg.ResourceParam[FrameIOManager]
    ) -> Iterator[dg.AssetCheckResult]:
        """Hold every frame of this run against its contract."""

        def read(asset: str) -> pd.DataFrame | None:
            return frames.read(dg.AssetKey(asset.split("/")), context.run.run_id)

        for key in sorted(context.selected_asset_check_keys):
            asset = key.asset_key.to_user_string()
            judgement = judge_kept(contracts[asset], asset, read, now=datetime.now(UTC))
            yield result_of(key.asset_key, judgement)

    return judge_contracts


def judge_reading(
    contracts: Sequence[Contract], snapshot: ErpSnapshot, rules: Rules, *, now: datetime
) -> Iterator[Judgement]:
    """Hold a reading of the ERP against the contracts about it."""
    given = givens(snapshot, rules, now)
    for contract in contracts:
        if _is_read_whole(contract):
            yield hold_against(contract, given[contract.name])


def evaluation_of(judgement: Judgement) -> dg.AssetCheckEvaluation:
    """The same verdicts for a pass whose frames are no assets of its run."""
    contract = judgement.contract
    result = result_of(dg.AssetKey(contract.asset.split("/")), judgement)
    assert result.asset_key is not None
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=CONTRACT_CHECK,
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
        blocking=contract.is_critical,
    )


def judge_kept(contract: Contract, asset: str, read: Read, *, now: datetime) -> Judgement | None:
    """Judge the frame that is kept of an asset; ``None`` when there is none yet."""
    frame = read(asset)
    if frame is None:
        return None
    taken_at = frame.attrs.get("taken_at")
    dataset = dataset_of(contract)
    if dataset is not None:
        aside = read("erp/quarantined_rows")
        assert aside is not None  # made by the step that makes the dataset
        frame = whole_dataset(dataset, frame, aside)
    else:
        frame = frame.reset_index(drop=True)
    lists = {name: read(f"erp/{name}") for name in ("locations", "products")}
    return hold_against(
        contract,
        Given(
            frame,
            datetime.fromisoformat(taken_at) if taken_at else None,
            now,
            lists_of({name: rows for name, rows in lists.items() if rows is not None}),
        ),
    )


def result_of(asset: dg.AssetKey, judgement: Judgement | None) -> dg.AssetCheckResult:
    """The verdicts as people see them; an error only where a critical term is broken."""
    if judgement is None:
        return dg.AssetCheckResult(
            passed=True,
            check_name=CONTRACT_CHECK,
            asset_key=asset,
            metadata={"not judged": "the asset has not been computed yet"},
        )
    is_critical = judgement.severity == "critical"
    return dg.AssetCheckResult(
        passed=not judgement.broken,
        check_name=CONTRACT_CHECK,
        asset_key=asset,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        metadata={
            "rows": len(judgement.frame),
            "terms": len(judgement.verdicts),
            "rows that break an error": len(judgement.wrong_rows()),
            "broken terms": table(judgement.summary()),
            "failing rows": table(judgement.failing()),
            "contract": f"data_contracts/{judgement.contract.file}",
            "owner": judgement.contract.owner,
        },
    )
