"""What a person reads afterwards: passes, findings, row counts, states of stores."""

from typing import Any

import pandas as pd
import pytest

from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import minutes


def finding(**changes: str | None) -> dict[str, str | None]:
    """A negative quantity of the clock in New York."""
    values: dict[str, str | None] = {
        "subject": "RETRO-CLOCK at NYC",
        "kind": "stock",
        "severity": "error",
        "reason": "physical is negative",
        "value": "-4",
    }
    return values | changes


def found(*rows: dict[str, str | None]) -> pd.DataFrame:
    """A frame of findings; it has its columns also when there are none."""
    return pd.DataFrame(rows, columns=list(finding()), dtype=object)


def begin(ledger: Ledger, pass_id: str, minute: float) -> None:
    """Begin a full pass."""
    ledger.begin_pass(pass_id, "full", started_at=minutes(minute), code_version="0.1.0")


def finish(ledger: Ledger, pass_id: str, minute: float, status: Any = "done") -> None:
    """End a pass, with a count to show."""
    ledger.finish_pass(pass_id, status=status, finished_at=minutes(minute), counts={"written": 3})


def test_the_newest_passes_come_first_with_how_they_ended(ledger: Ledger) -> None:
    begin(ledger, "one", 1)
    begin(ledger, "two", 2)
    ledger.begin_pass(
        "three", "event", started_at=minutes(3), code_version="0.1.0", dagster_run_id="run-3"
    )
    finish(ledger, "one", 4)
    ledger.finish_pass(
        "two", status="refused", finished_at=minutes(5), counts={}, reason="stock is empty"
    )

    newest = ledger.last_passes(2)
    everything = ledger.last_passes(10).set_index("pass_id")

    assert newest["pass_id"].tolist() == ["three", "two"]
    assert list(everything.loc["three", ["status", "dagster_run_id"]]) == ["running", "run-3"]
    assert list(everything.loc["two", ["status", "reason"]]) == ["refused", "stock is empty"]
    assert everything.loc["one", "counts"] == {"written": 3}


def test_a_pass_that_is_begun_again_runs_again(ledger: Ledger) -> None:
    begin(ledger, "one", 1)
    finish(ledger, "one", 2, "failed")
    begin(ledger, "one", 3)

    again = ledger.last_passes(10).iloc[0]

    assert (again["status"], again["started_at"]) == ("running", minutes(3))
    assert again["finished_at"] is None or pd.isna(again["finished_at"])


def test_a_finding_that_stays_keeps_its_first_sight_and_takes_the_new_value(
    ledger: Ledger,
) -> None:
    ledger.record_findings("erp", found(finding()), pass_id="one", at=minutes(1))
    ledger.record_findings("erp", found(finding(value="-9")), pass_id="two", at=minutes(2))

    row = ledger.open_findings("erp").iloc[0]

    assert row["value"] == "-9"
    assert (row["first_seen_at"], row["last_seen_at"]) == (minutes(1), minutes(2))
    assert row["pass_id"] == "two"


def test_a_finding_that_is_gone_is_resolved_and_may_come_back_as_a_new_one(
    ledger: Ledger,
) -> None:
    ledger.record_findings("erp", found(finding()), pass_id="one", at=minutes(1))
    ledger.record_findings("erp", found(), pass_id="two", at=minutes(2))
    assert ledger.open_findings().empty

    ledger.record_findings("erp", found(finding()), pass_id="three", at=minutes(3))

    assert ledger.open_findings()["first_seen_at"].tolist() == [minutes(3)]


def test_findings_of_other_scopes_and_of_unseen_subjects_stay(ledger: Ledger) -> None:
    table = finding(subject="OAK-TABLE at LAX")
    ledger.record_findings("erp", found(finding(), table), pass_id="one", at=minutes(1))
    ledger.record_findings("b2b-us", found(finding()), pass_id="one", at=minutes(1))

    ledger.record_findings(
        "erp", found(), pass_id="two", at=minutes(2), subjects=["RETRO-CLOCK at NYC"]
    )

    left = ledger.open_findings()[["scope", "subject"]].to_numpy().tolist()
    assert sorted(left) == [["b2b-us", "RETRO-CLOCK at NYC"], ["erp", "OAK-TABLE at LAX"]]


def test_errors_are_listed_before_warnings(ledger: Ledger) -> None:
    warning = finding(severity="warning", subject="A-FIRST-SKU", value=None)
    ledger.record_findings("erp", found(warning, finding()), pass_id="one", at=minutes(1))

    listed = ledger.open_findings()

    assert listed["severity"].tolist() == ["error", "warning"]
    assert pd.isna(listed["value"].iloc[1])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("RETRO\0CLOCK", "RETRO\\0CLOCK"),
        ("half \ud83d", "half \\ud83d"),
        ("x" * 9_000, "x" * 9_000),
    ],
    ids=["a NUL", "half a surrogate pair", "longer than an index row"],
)
def test_the_strangest_text_of_the_source_can_be_found_wrong(
    ledger: Ledger, value: str, shown: str
) -> None:
    ledger.record_findings(
        "erp", found(finding(subject=value, value=value)), pass_id="one", at=minutes(1)
    )

    assert ledger.open_findings()[["subject", "value"]].to_numpy().tolist() == [[shown, shown]]


def test_a_finding_told_twice_by_one_pass_is_one_finding(ledger: Ledger) -> None:
    ledger.record_findings("erp", found(finding(), finding()), pass_id="one", at=minutes(1))

    assert len(ledger.open_findings()) == 1


def test_good_counts_are_those_of_the_newest_pass_that_was_done(ledger: Ledger) -> None:
    assert ledger.last_good_counts() == {}
    for minute, (pass_id, status, rows) in enumerate(
        [("one", "done", 100), ("two", "done", 110), ("three", "refused", 4)]
    ):
        begin(ledger, pass_id, minute)
        ledger.record_snapshot(pass_id, {"stock": rows, "supply": 7}, taken_at=minutes(minute))
        finish(ledger, pass_id, minute, status)
    begin(ledger, "four", 4)
    ledger.record_snapshot("four", {"stock": 5}, taken_at=minutes(4))
    begin(ledger, "five", 5)
    finish(ledger, "five", 5)

    assert ledger.last_good_counts() == {"stock": 110, "supply": 7}


def test_a_snapshot_can_be_recorded_again_and_may_hold_nothing(ledger: Ledger) -> None:
    begin(ledger, "one", 1)
    ledger.record_snapshot("one", {"stock": 5}, taken_at=minutes(1))
    ledger.record_snapshot("one", {"stock": 6}, taken_at=minutes(2))
    ledger.record_snapshot("one", {}, taken_at=minutes(2))
    finish(ledger, "one", 3)

    assert ledger.last_good_counts() == {"stock": 6}


def test_a_store_is_stopped_since_its_status_changed(ledger: Ledger) -> None:
    def stop(pass_id: str, minute: float, reason: str) -> None:
        ledger.set_store_state(
            "b2b-us",
            "stopped",
            pass_id=pass_id,
            at=minutes(minute),
            reason=reason,
            way_out="issue a new token",
        )

    ledger.set_store_state("b2b-us", "ok", pass_id="one", at=minutes(1))
    stop("two", 2, "the token was revoked")
    stop("three", 3, "the token is unknown")

    state = ledger.store_states().iloc[0]

    assert state["store"] == "b2b-us"
    assert (state["status"], state["reason"]) == ("stopped", "the token is unknown")
    assert state["way_out"] == "issue a new token"
    assert (state["since"], state["pass_id"]) == (minutes(2), "three")
