"""Why a level differs: one healthy sight, and what changes when one fact of it is another."""

from typing import Any

import pandas as pd
import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.atp import TERM_COLUMNS
from inventory_sync.domain.drift import MEANINGS, OF_FINDING, Cause, Sight, cause_of, of_findings
from inventory_sync.domain.findings import findings_frame, joined

UNIT = 1_000_000


def figures(units: int, **micros: int) -> dict[str, Any]:
    """The columns of a waterfall in which nothing but ``units`` of stock plays a part."""
    terms = dict.fromkeys(TERM_COLUMNS, 0) | {"physical_micros": units * UNIT}
    pool = {"atp_micros": units * UNIT, "in_flight_micros": 0, "pool_micros": units * UNIT}
    return {**terms, **pool, **micros}


def sight(**changes: Any) -> Sight:
    """A level that shows 20, as it was published and as it should."""
    rules = changes.get("rules", OfferRules())
    values: dict[str, Any] = {
        "shown_units": 20,
        "wanted_units": 20,
        "explained_units": 20,
        "first_units": 20,
        "heard_units": 20,
        "is_moving": False,
        "is_late": False,
        "is_waiting": False,
        "was": {**figures(20), "rules": OfferRules().told()},
        "now": figures(20),
        "rules": rules,
    }
    return Sight(**{**values, **changes})


HELD = {**figures(30, hold_micros=10 * UNIT), "atp_micros": 20 * UNIT}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({}, None),
        ({"shown_units": 90}, Cause.FOREIGN_EDIT),
        ({"shown_units": 15}, Cause.UNEXPLAINED_DECREASE),
        ({"explained_units": None}, None),
        ({"explained_units": None, "wanted_units": 7}, Cause.NOT_PUBLISHED),
        # An order between the reading of levels and that of orders, before it and at its time.
        ({"explained_units": 17, "shown_units": 20, "wanted_units": 17}, Cause.IN_FLIGHT),
        ({"explained_units": 14, "shown_units": 17, "wanted_units": 14}, Cause.IN_FLIGHT),
        ({"explained_units": 17, "shown_units": 12}, Cause.UNEXPLAINED_DECREASE),
        ({"explained_units": 23, "shown_units": 24}, Cause.FOREIGN_EDIT),
        # A write of ours meanwhile says nothing about others.
        ({"shown_units": 12, "is_moving": True}, Cause.IN_FLIGHT),
        ({"is_moving": True, "explained_units": 12}, None),
        ({"wanted_units": 18, "is_waiting": True}, Cause.IN_FLIGHT),
        ({"wanted_units": 18, "is_late": True, "is_waiting": True}, Cause.LOST_WEBHOOK),
        # Its own order, found too late: Shopify itself has lowered the level.
        ({"is_late": True, "heard_units": 23}, Cause.LOST_WEBHOOK),
        ({"is_late": True}, None),
        ({"wanted_units": 18, "rules": OfferRules(buffer_units=2)}, Cause.POLICY_CHANGE),
        ({"wanted_units": 30, "now": figures(30)}, Cause.ERP_NOT_HEARD),
        ({"wanted_units": 30, "was": None}, Cause.ERP_NOT_HEARD),
        (
            {"wanted_units": 30, "was": {**HELD, "rules": OfferRules().told()}, "now": figures(30)},
            Cause.EXPIRED_HOLD,
        ),
        # The rules changed as well, but it is the stock that makes the difference.
        (
            {"wanted_units": 28, "now": figures(30), "rules": OfferRules(buffer_units=2)},
            Cause.ERP_NOT_HEARD,
        ),
        ({"wanted_units": 17, "now": figures(20, in_flight_micros=3 * UNIT)}, Cause.IN_FLIGHT),
        ({"wanted_units": 18}, Cause.OUR_FAULT),
    ],
)
def test_one_changed_fact_names_the_cause(changes: dict[str, Any], cause: Cause | None) -> None:
    assert cause_of(sight(**changes)) == cause


@pytest.mark.parametrize(
    ("covered", "cause"),
    [
        (0, Cause.EXPIRED_HOLD),  # supply covered four of the ten units that were held
        (4, Cause.EXPIRED_HOLD),  # and covers four of what others ordered now
        (5, Cause.ERP_NOT_HEARD),  # supply has come nearer besides
    ],
)
def test_a_hold_that_ended_is_one_whatever_supply_covered_of_it(covered: int, cause: Cause) -> None:
    held = figures(30, hold_micros=10 * UNIT, covered_micros=4 * UNIT, atp_micros=24 * UNIT)
    now = figures(30, covered_micros=covered * UNIT, atp_micros=(30 + covered) * UNIT)
    was = {**held, "rules": OfferRules().told()}
    assert cause_of(sight(wanted_units=30 + covered, was=was, now=now)) == cause


def test_supply_that_covers_less_is_no_hold_that_ended() -> None:
    was = {**figures(30, covered_micros=4 * UNIT), "rules": OfferRules().told()}
    now = figures(30, atp_micros=26 * UNIT)
    assert cause_of(sight(wanted_units=26, was=was, now=now)) == Cause.ERP_NOT_HEARD
    more = figures(30, hold_micros=2 * UNIT, covered_micros=9 * UNIT, atp_micros=37 * UNIT)
    gone = {**more, "rules": OfferRules().told()}
    now = figures(30, atp_micros=30 * UNIT)
    assert cause_of(sight(wanted_units=30, was=gone, now=now)) == Cause.ERP_NOT_HEARD


def test_a_kit_whose_parts_changed_was_not_heard() -> None:
    was = {**figures(0, atp_micros=20 * UNIT), "rules": OfferRules().told()}
    now = figures(0, atp_micros=25 * UNIT)
    assert cause_of(sight(wanted_units=25, was=was, now=now)) == Cause.ERP_NOT_HEARD


def test_every_cause_has_an_owner_and_a_way_out() -> None:
    assert set(MEANINGS) == set(Cause)
    assert all(each.owner and each.told and each.way_out for each in MEANINGS.values())


def test_what_needs_judgement_is_never_safe_to_repair() -> None:
    unsafe = {cause for cause, meaning in MEANINGS.items() if not meaning.is_safe}
    assert unsafe == {Cause.UNEXPLAINED_DECREASE, *OF_FINDING.values()}


def test_a_finding_about_a_level_or_an_item_is_a_difference_of_its_own() -> None:
    found = of_findings(
        joined(
            [
                findings_frame(pd.Series(["OAK-TABLE @ gid://1"]), "inactive", "why"),
                findings_frame(pd.Series(["RETRO-CLOCK"]), "untracked", "why"),
                findings_frame(pd.Series(["WALL-LAMP"]), "unknown-sku", "why"),
            ],
            ("subject", "kind", "severity", "reason", "value"),
        )
    )
    assert found[["sku", "store_location_id", "cause"]].fillna("").to_numpy().tolist() == [
        ["OAK-TABLE", "gid://1", "inactive"],
        ["RETRO-CLOCK", "", "untracked"],
    ]
