"""What was promised for a day is listed until that day has ended at its location."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from inventory_sync.domain.calendar import LocalToday, zone_named
from inventory_sync.domain.slips import OrderPromise
from inventory_sync.flow.promise_review import review

THIRD = date(2026, 12, 3)
ZONES = {"NYC": zone_named("America/New_York")}
ORDER = OrderPromise(
    "b2b-us", "O-1", "L-1", "RETRO-CLOCK", "NYC", THIRD, "erp", "", "stock",
    datetime(2026, 11, 23, 9, tzinfo=UTC), "pass-1", THIRD,
)  # fmt: skip


class Book:
    """One open order, and one published promise that slipped, both for the third of December."""

    def order_promises(self, *, settled_since):
        return [ORDER]

    def slipped_promises(self, *, since):
        rows = pd.DataFrame({"location": ["NYC"], "ships_on": [THIRD.isoformat()]})
        return rows[rows["ships_on"] >= since.isoformat()]


@pytest.mark.parametrize(
    ("hour", "silent", "published"), [(4, 0, 1), (5, 1, 0)], ids=["before midnight", "after it"]
)
def test_a_date_passes_at_midnight_there_and_not_in_greenwich(hour, silent, published):
    now = datetime(2026, 12, 4, hour, 30, tzinfo=UTC)  # five hours ahead of New York
    found = review(Book(), today=LocalToday(now, ZONES), since=THIRD)
    assert (len(found.silent), len(found.published)) == (silent, published)


def test_nothing_published_is_nothing_to_list():
    now = datetime(2026, 12, 6, tzinfo=UTC)
    assert review(Book(), today=LocalToday(now, ZONES), since=THIRD).published.empty
