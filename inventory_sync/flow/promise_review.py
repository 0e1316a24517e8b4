"""A look at the promise ledger: which promises are late, and which were broken without a word.

Put here what the check and the commands about promises ask. How promises are followed is
``promise_ledger.py``.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.slips import OrderPromise
from inventory_sync.flow.promise_ledger_port import PromiseBook


@dataclass(frozen=True)
class Review:
    """Open orders that will be late (``late``), orders whose date passed without a word
    (``silent``), and published promises for today and later that supply has broken.
    """

    late: list[OrderPromise]
    silent: list[OrderPromise]
    published: pd.DataFrame


def review(book: PromiseBook, *, today: LocalToday, since: date) -> Review:
    """Look at all open promises, and at those of orders that were settled since then.

    A date passes with its day at the location, which ends last where it is still yesterday by UTC.
    """
    orders = book.order_promises(settled_since=since)
    silent = [each for each in orders if each.broken_silently(today)]
    late = [each for each in orders if each.slipped_at is not None and each.outcome is None]
    published = book.slipped_promises(since=today.now.date() - timedelta(days=1))
    days = [today.at(str(location)).isoformat() for location in published["location"]]
    return Review(
        late, silent, published[published["ships_on"] >= pd.Series(days, published.index)]
    )
