"""Small random worlds with dates: a week's horizon, so that everything falls on the same days.

Put Hypothesis strategies for projection and promise here, and what turns their rows into a
projection. Undated worlds are in ``worlds.py``.
"""

from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.projection import Projection, project
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.units import micros_to_decimal
from inventory_sync_tests.domain.dated_oracles import Terms
from inventory_sync_tests.domain.samples import NOW, erp_rows
from inventory_sync_tests.domain.worlds import (
    EXPIRIES,
    HALVES,
    KINDS,
    PLACES,
    SKUS,
    component_lists,
    stocks,
)
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import NOON, Row, Rows, commitment, product

TODAY = date(2026, 3, 2)
HORIZON_DAYS = 6
ZONES = {"NYC": ZoneInfo("America/New_York"), "EWR": UTC, "LAX": ZoneInfo("Pacific/Kiritimati")}
CLOCKS = LocalToday(NOW, ZONES)


def supply(supply_id: str = "S-1", **changes: str | None) -> Row:
    return {
        "supply_id": supply_id,
        "sku": "RETRO-CLOCK",
        "location": "NYC",
        "quantity": "2",
        "kind": "purchase",
        "due_date": "2026-03-09",
        "confirmed": "1",
        "updated_at": NOON,
    } | changes


DUE_DATES = st.none() | st.integers(-3, HORIZON_DAYS + 4).map(
    lambda days: (TODAY + timedelta(days)).isoformat()
)
PAIRS = {"sku": st.sampled_from(SKUS), "location": st.sampled_from(PLACES)}
SUPPLIES = st.lists(
    st.fixed_dictionaries(
        PAIRS
        | {
            "quantity": HALVES,
            "due_date": DUE_DATES,
            "confirmed": st.sampled_from(["1", "1", "0", None]),
        }
    ),
    max_size=12,
).map(lambda rows: [supply(f"S-{i}", **changes) for i, changes in enumerate(rows)])
COMMITMENTS = st.lists(
    st.fixed_dictionaries(
        PAIRS | {"quantity": HALVES, "kind": KINDS, "due_date": DUE_DATES, "expires_at": EXPIRIES}
    ),
    max_size=12,
).map(lambda rows: [commitment(f"C-{i}", **changes) for i, changes in enumerate(rows)])

TERMS = st.builds(
    Terms,
    horizon_days=st.just(HORIZON_DAYS),
    supply_first=st.booleans(),
    overdue_supply_days=st.none() | st.integers(0, HORIZON_DAYS + 2),
    count_unconfirmed=st.booleans(),
)


@st.composite
def dated_erps(draw):
    """The rows of a whole ERP, with dates in the past, in the horizon, after it, and none."""
    return erp_rows(
        products=[product(sku) for sku in SKUS],
        stock=draw(stocks()),
        commitments=draw(COMMITMENTS),
        supply=draw(SUPPLIES),
        components=draw(component_lists()),
    )


def rules_of(terms: Terms) -> ProjectionRules:
    return ProjectionRules(
        terms.horizon_days,
        "supply_first" if terms.supply_first else "demand_first",
        terms.overdue_supply_days,
        terms.count_unconfirmed,
    )


def projection_of(rows: Rows, rules: ProjectionRules, clocks: LocalToday = CLOCKS) -> Projection:
    judged = judge(FakeErp(rows).snapshot())
    return project(available_to_promise(judged, clocks.now), judged.snapshot, clocks, rules)


def by_day(projection: Projection, sku: str, location: str, days: int) -> list[Decimal]:
    """The step function spread over the days of the horizon; 0 where there are no steps."""
    steps = projection.steps
    mine = steps[(steps["sku"] == sku) & (steps["location"] == location)]
    first = CLOCKS.at(location)
    result = [Decimal(0)] * (days + 1)
    for day, micros in zip(mine["day"], mine["atp_micros"], strict=True):
        at = (day.date() - first).days
        result[at:] = [micros_to_decimal(micros)] * (days + 1 - at)
    return result


def dated(days: int) -> str:
    """The date so many days from today."""
    return (TODAY + timedelta(days)).isoformat()
