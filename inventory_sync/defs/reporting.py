"""Event passes in Dagster's words: materializations and check results without a run.

Put here what people see of event passes in the UI. Passes that come faster than they can be
reported are reported together, every five seconds at most: the event log stays small, and reports
take little of the time that events need.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import dagster as dg
import numpy as np
import pandas as pd

from inventory_sync.defs.metadata import explained_by, table
from inventory_sync.domain.atp import sum_of_terms
from inventory_sync.domain.dirty import Lane
from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.parts import Parts

_LOG = logging.getLogger(__name__)

MATERIALS: Final = "published_quantities"
_AT_MOST_EVERY_SECONDS: Final = 5.0
_SHOWN_SKUS: Final = 50
_SHOWN_WATERFALLS: Final = 20


class Reporter:
    """Takes the reports of one lane and writes them to Dagster from a thread of its own."""

    def __init__(self, instance: dg.DagsterInstance, parts: Parts, lane: Lane) -> None:
        self._instance = instance
        self._parts = parts
        self._lane = lane
        self._reports: list[EventReport] = []
        self._taking, self._writing = threading.Lock(), threading.Lock()
        self._news, self._over = threading.Event(), threading.Event()
        self._written = 0

    def take(self, report: EventReport) -> None:
        """A pass has ended."""
        with self._taking:
            self._reports.append(report)
        self._news.set()

    def flush(self) -> int:
        """Write everything that was taken; returns how many passes were written since last asked.

        Raises what Dagster's storage raised.
        """
        self._write()
        with self._writing:
            written, self._written = self._written, 0
        return written

    @contextmanager
    def running(self) -> Iterator["Reporter"]:
        """Report while this is held; everything that was taken is reported when it ends."""
        thread = threading.Thread(target=self._run, name=f"report {self._lane}", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._news.set()
            thread.join()
            self._write()

    def _run(self) -> None:
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            try:
                self._write()
            except Exception:  # what is not written is kept, and the next tick tries again
                _LOG.warning("Dagster's storage did not take the reports", exc_info=True)
            self._over.wait(_AT_MOST_EVERY_SECONDS)

    def _write(self) -> None:
        with self._writing:
            with self._taking:
                reports, self._reports = self._reports, []
            try:
                for event in runless_events(self._parts, self._lane, reports):
                    self._instance.report_runless_asset_event(event)
            except Exception:
                with self._taking:
                    self._reports = reports + self._reports
                raise
            self._written += len(reports)


RunlessEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation


def runless_events(
    parts: Parts, lane: Lane, reports: Sequence[EventReport]
) -> Iterator[RunlessEvent]:
    """One materialization for each asset that the passes touched, and the results of its checks."""
    if not reports:
        return
    about = _about(lane, reports)
    if lane == "store_orders":
        yield dg.AssetMaterialization(["orders", "in_flight"], metadata=about)
    yield dg.AssetMaterialization(["atp", "available_to_promise"], metadata=about)
    told = [row for report in reports for rows in report.waterfalls.values() for row in rows]
    yield _sum_check(told)
    touched = {
        store for report in reports for store, outcome in report.stores.items() if outcome.touched
    }
    for store in sorted(touched):
        yield from _store_events(parts, store, reports, about)


def _about(lane: Lane, reports: Sequence[EventReport]) -> dict[str, Any]:
    skus = sorted({sku for report in reports for sku in report.skus})
    seconds = [value for report in reports for value in report.latencies_seconds]
    found: dict[str, Any] = {
        "lane": lane,
        "passes": len(reports),
        "pass ids": ", ".join(report.pass_id for report in reports[:10]),
        "SKUs": len(skus),
        "affected SKUs": ", ".join(skus[:_SHOWN_SKUS])
        + (" ..." if len(skus) > _SHOWN_SKUS else ""),
        "events": ", ".join(sorted({why for report in reports for why in report.reasons})),
        "left to a careful pass": len({sku for report in reports for sku in report.odd}),
    }
    if seconds:
        for share in (50, 95, 99):
            name = f"event to mutation p{share} (ms)"
            found[name] = round(float(np.percentile(seconds, share)) * 1000, 1)
    return found


def _store_events(
    parts: Parts, store: str, reports: Sequence[EventReport], about: dict[str, Any]
) -> Iterator[RunlessEvent]:
    outcomes = [report.stores[store] for report in reports if store in report.stores]
    rows = [row for report in reports for row in report.waterfalls.get(store, ())]
    counts = {
        "applied": sum(len(outcome.sent.applied) for outcome in outcomes),
        "kept": sum(outcome.kept for outcome in outcomes),
        "refused": sum(len(outcome.sent.refused) for outcome in outcomes),
        "unknown": sum(len(outcome.sent.unknown) for outcome in outcomes),
    }
    key = ["stores", store, MATERIALS]
    yield dg.AssetMaterialization(
        key,
        metadata={
            **about,
            **counts,
            "explained by": explained_by(parts, (row["sku"] for row in rows)),
            "waterfall": table(pd.DataFrame(rows[-_SHOWN_WATERFALLS:])),
        },
    )
    open_findings = parts.ledger.open_findings(store)
    broken = sorted({why for outcome in outcomes for why in outcome.repair.values()})
    wrong = int((open_findings["severity"] == "error").sum())
    yield dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(key),
        check_name="nothing_in_the_store_needs_mending",
        passed=not wrong and not broken,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"findings": wrong, "left to a careful pass": "; ".join(broken) or "nothing"},
    )


def _sum_check(rows: Sequence[dict[str, Any]]) -> dg.AssetCheckEvaluation:
    plain = [row for row in rows if not row["limited_by"]]
    wrong = [row for row in plain if row["atp_micros"] != sum_of_terms(row)]
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["atp", "available_to_promise"]),
        check_name="atp_is_the_sum_of_its_terms",
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"rows": len(plain), "wrong rows": len(wrong)},
    )
