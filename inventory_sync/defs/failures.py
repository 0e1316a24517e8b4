"""The seven failures as asset checks of every store, each with its number and its threshold.

Put here how a verdict is shown in Dagster. The judgements are ``domain/failures.py``; the job
``reconcile`` reports the same checks from its own reading.
"""

from collections.abc import Callable, Iterator, Sequence
from inspect import getdoc
from typing import Any, Final

import dagster as dg
import pandas as pd

from inventory_sync.defs.basis import BASIS_INS, basis_of
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.evidence import Evidence, Limits, Verdict
from inventory_sync.domain.failures import JUDGES, promise_date_mismatch
from inventory_sync.flow.evidence import evidence_of
from inventory_sync.flow.promises_now import broken_promises
from inventory_sync.settings import Store
from inventory_sync.wiring import check_limits

_NOT_SENT: Final = ("refused", "unknown")
_STOCK: Final = dg.AssetIn(["erp", "stock"])

Judge = Callable[[Evidence, Limits], Verdict]
_QUANTITIES: Final[tuple[Judge, ...]] = tuple(j for j in JUDGES if j is not promise_date_mismatch)


def asset_of(store: str, check: str) -> dg.AssetKey:
    """The asset that a check is about: what is shown of dates, or of quantities."""
    about_dates = check == promise_date_mismatch.__name__
    return dg.AssetKey(
        ["stores", store, "published_promises" if about_dates else "observed_quantities"]
    )


def failure_checks(name: str, store: Store) -> list[dg.AssetChecksDefinition]:
    """The checks of one store. A store that is not live shows what others publish to it: it is not
    judged.
    """
    live = store.mode == "live"

    @dg.multi_asset_check(
        name=f"failures_of_{name.replace('-', '_')}",
        specs=[_spec(name, judge) for judge in _QUANTITIES],
        ins={
            "observed": dg.AssetIn(["stores", name, "observed_quantities"]),
            "stock": _STOCK,
            **BASIS_INS,
        },
    )
    def failures(
        context: dg.AssetCheckExecutionContext,
        inventory_sync: InventorySync,
        observed: pd.DataFrame,
        atp: pd.DataFrame,
        components: pd.DataFrame,
        products: pd.DataFrame,
        locations: pd.DataFrame,
        stock: pd.DataFrame,
        commitments: pd.DataFrame,
        acknowledged_orders: pd.DataFrame,
    ) -> Iterator[dg.AssetCheckResult]:
        if not live:
            yield from (_not_judged(name, judge) for judge in _QUANTITIES)
            return
        basis = basis_of(
            atp=atp,
            components=components,
            products=products,
            locations=locations,
            acknowledged_orders=acknowledged_orders,
            commitments=commitments,
        )
        with inventory_sync.parts(context.log) as parts:
            evidence = evidence_of(parts, name, basis, observed, stock=stock)
        limits = check_limits(inventory_sync.settings())
        yield from (_result(name, judge(evidence, limits)) for judge in _QUANTITIES)

    return [failures, _promise_check(name, live=live)]


def _promise_check(name: str, *, live: bool) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset_of(name, promise_date_mismatch.__name__),
        name=promise_date_mismatch.__name__,
        description=getdoc(promise_date_mismatch),
    )
    def check(
        inventory_sync: InventorySync, published_promises: pd.DataFrame
    ) -> dg.AssetCheckResult:
        if not live:
            return _not_judged(name, promise_date_mismatch)
        kept_back = published_promises[published_promises["action"].isin(_NOT_SENT)]
        broken = broken_promises(kept_back)
        limit = check_limits(inventory_sync.settings()).max_wrong_promises
        verdict = Verdict(promise_date_mismatch.__name__, len(broken), "variants", limit, broken)
        return _result(name, verdict)

    return check


def _spec(store: str, judge: Judge) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=judge.__name__,
        asset=asset_of(store, judge.__name__),
        additional_deps=[asset.key for asset in (_STOCK, *BASIS_INS.values()) if asset.key],
        description=getdoc(judge),
    )


def _not_judged(store: str, judge: Judge) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=True,
        asset_key=asset_of(store, judge.__name__),
        check_name=judge.__name__,
        metadata={"not judged": "the store is in dry_run: what it shows is not ours"},
    )


def _result(store: str, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=verdict.passed,
        asset_key=asset_of(store, verdict.name),
        check_name=verdict.name,
        severity=dg.AssetCheckSeverity.ERROR,
        description=told(verdict),
        metadata=_metadata(verdict),
    )


def evaluations(store: str, verdicts: Sequence[Verdict]) -> Iterator[dg.AssetCheckEvaluation]:
    """The verdicts as results of the same checks, for a run that makes no asset."""
    for verdict in verdicts:
        yield dg.AssetCheckEvaluation(
            asset_key=asset_of(store, verdict.name),
            check_name=verdict.name,
            passed=verdict.passed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=told(verdict),
            metadata=_metadata(verdict),
        )


def told(verdict: Verdict) -> str:
    """The verdict in one sentence: what is wrong, how much is borne, and the first examples."""
    names = next((n for n in ("sku", "document") if n in verdict.examples), None)
    first = verdict.examples[names].dropna().astype(str).unique().tolist() if names else []
    examples = f"; {', '.join(first[:3])}" if first else ""
    return f"{verdict.number:g} {verdict.unit} (at most {verdict.limit:g}){examples}"


def _metadata(verdict: Verdict) -> dict[str, Any]:
    return {
        "number": verdict.number,
        "unit": verdict.unit,
        "at most": verdict.limit,
        "examples": table(verdict.examples),
    }
