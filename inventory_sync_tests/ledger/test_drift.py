"""A difference is one row from the moment it is found until it is gone, and figures come of it."""

from datetime import timedelta
from typing import Any

import pytest

from inventory_sync.domain.drift import Cause, differences
from inventory_sync.domain.publication import Applied
from inventory_sync.ledger import Ledger
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.ledger.samples import CLOCK, NYC, STORE, call, minutes, prepare, wipe

EDITED = (f"RETRO-CLOCK @ {NYC}", "RETRO-CLOCK", NYC, Cause.FOREIGN_EDIT, 90, 20, 20)
LOST = (f"OAK-TABLE @ {NYC}", "OAK-TABLE", NYC, Cause.LOST_WEBHOOK, 17, 17, 20)


@pytest.fixture
def ledger(shared_ledger: Ledger) -> Ledger:
    wipe(shared_ledger)
    return shared_ledger


def found(*rows: tuple[Any, ...]) -> Any:
    names = ("subject", "sku", "store_location_id", "cause")
    names += ("shown_units", "explained_units", "wanted_units")
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return differences(**{name: list(values) for name, values in zip(names, columns, strict=True)})


def compare(ledger: Any, at: float, *rows: tuple[Any, ...], store: str = STORE) -> None:
    ledger.record_drift(store, found(*rows), levels=500, pass_id=f"pass-{at}", at=minutes(at))


def test_a_difference_that_stays_is_one_row_with_the_newest_figures(ledger: Ledger) -> None:
    compare(ledger, 0, EDITED)
    compare(ledger, 60, (*EDITED[:4], 91, 20, 20))
    (row,) = ledger.drift(open_only=True).to_dict("records")
    assert (row["cause"], row["owner"], row["shown_units"]) == ("foreign_edit", "store staff", 91)
    assert (row["found_at"], row["last_seen_at"]) == (minutes(0), minutes(60))
    assert row["pass_id"] == "pass-60"


def test_what_is_not_found_again_is_over(ledger: Ledger) -> None:
    compare(ledger, 0, EDITED, LOST)
    compare(ledger, 60, LOST)
    assert ledger.drift(open_only=True)["sku"].tolist() == ["OAK-TABLE"]
    over = ledger.drift().set_index("sku").loc["RETRO-CLOCK"]
    assert (over["repaired_at"], over["repaired_by"]) == (minutes(60), "others")


def test_another_cause_is_another_difference(ledger: Ledger) -> None:
    compare(ledger, 0, EDITED)
    compare(ledger, 60, (*EDITED[:3], Cause.OUR_FAULT, 20, 20, 18))
    assert ledger.drift(open_only=True)["cause"].tolist() == ["our_fault"]
    assert len(ledger.drift()) == 2


def test_what_reconcile_has_mended_says_so(ledger: Ledger) -> None:
    compare(ledger, 0, EDITED, LOST)
    ledger.mend_drift(STORE, [EDITED[0]], at=minutes(1))
    rows = ledger.drift().set_index("sku")
    assert rows.loc["RETRO-CLOCK", "repaired_by"] == "reconcile"
    assert rows["repaired_at"].isna().tolist() == (rows.index == "OAK-TABLE").tolist()


def test_stores_do_not_meet(ledger: Ledger) -> None:
    compare(ledger, 0, EDITED)
    compare(ledger, 60, store="b2c-us")
    assert ledger.drift(open_only=True)["store"].tolist() == [STORE]


def test_the_figures_tell_rate_and_times_of_each_store(ledger: Ledger) -> None:
    compare(ledger, 0)
    compare(ledger, 60, EDITED, LOST)
    ledger.mend_drift(STORE, [EDITED[0], LOST[0]], at=minutes(62))
    compare(ledger, 120)
    (row,) = ledger.drift_figures(minutes(-1)).to_dict("records")
    assert (row["store"], row["comparisons"], row["levels"]) == (STORE, 3, 1500)
    assert (row["found"], row["open"], row["found_per_1000"]) == (2, 0, pytest.approx(1.333))
    assert (row["detect_seconds"], row["repair_seconds"]) == (3600, 120)


def test_a_store_without_drift_has_figures_too(ledger: Ledger) -> None:
    compare(ledger, 0)
    (row,) = ledger.drift_figures(minutes(-1)).to_dict("records")
    assert (row["found"], row["open"], row["found_per_1000"]) == (0, 0, 0)


def test_a_level_was_right_when_it_was_last_written(ledger: Ledger) -> None:
    compare(ledger, 0)
    prepare(ledger, call("key-1", CLOCK))
    ledger.settle(STORE, "key-1", Applied(), at=minutes(40))
    compare(ledger, 60, EDITED, LOST)
    good = ledger.drift().set_index("sku")["good_at"]
    assert good["RETRO-CLOCK"] == minutes(40)
    assert good["OAK-TABLE"] == minutes(0)
    assert ledger.waterfalls(STORE, ["RETRO-CLOCK"]) == {CLOCK: {"physical": 9, "committed": 2}}


def test_what_is_over_is_forgotten_and_what_is_open_stays(ledger: Ledger) -> None:
    compare(ledger, 0, EDITED, LOST)
    ledger.mend_drift(STORE, [EDITED[0]], at=minutes(1))
    gone = ledger.forget(before=minutes(0) + timedelta(days=90))
    assert (gone["drift"], gone["reconciliations"]) == (1, 1)
    assert ledger.drift()["sku"].tolist() == ["OAK-TABLE"]


@pytest.mark.parametrize("kind", ["PostgreSQL", "memory"])
def test_both_ledgers_know_what_is_open_and_since_when(
    kind: str, request: pytest.FixtureRequest
) -> None:
    ledger: Any = MemoryLedger() if kind == "memory" else request.getfixturevalue("ledger")
    assert ledger.drift(open_only=True).empty
    compare(ledger, 0, EDITED)
    compare(ledger, 60, EDITED, LOST)
    since = ledger.drift(open_only=True).set_index("sku")["found_at"]
    assert since.to_dict() == {"RETRO-CLOCK": minutes(0), "OAK-TABLE": minutes(60)}
    ledger.mend_drift(STORE, [LOST[0]], at=minutes(61))
    assert ledger.drift(open_only=True)["sku"].tolist() == ["RETRO-CLOCK"]
