"""``inventory-sync promises slipped|score``: what has become of promises.

Put here how they are listed. When a promise slips is ``domain/slips.py``, what is counted is
``domain/promise_score.py``.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from inventory_sync.cli.show import print_json, print_table, records
from inventory_sync.domain.given_promises import SEPARATOR
from inventory_sync.domain.promise_score import scores
from inventory_sync.domain.slips import OrderPromise
from inventory_sync.flow.days import days_now
from inventory_sync.flow.promise_review import review
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_ledger, open_parts

LOOKED_BACK_DAYS: Final = 30


def show_slipped(*, as_json: bool) -> int:
    """Print what slipped; 1 when an order is, or will be, later than promised."""
    with open_parts(load_settings()) as parts, open_ledger(Databases.of()) as book:
        today = days_now(parts)
        since = today.now.date() - timedelta(days=LOOKED_BACK_DAYS)
        found = review(book, today=today, since=since)
    if as_json:
        print_json(
            {
                "late": [asdict(each) for each in found.late],
                "broken_silently": [asdict(each) for each in found.silent],
                "published": records(found.published),
            }
        )
    else:
        _print_orders("Orders that will be late", found.late)
        _print_orders("Dates that passed without a word", found.silent)
        names = ["sku", "location", "units", "ships_on", "now_on", "slip_reason"]
        heads = ["SKU", "location", "up to units", "promised", "now", "why"]
        rows = found.published[names].to_numpy().tolist()
        print_table(f"Published promises that slipped: {len(rows)}", heads, rows)
    return 1 if found.late or found.silent else 0


def _print_orders(title: str, listed: Sequence[OrderPromise]) -> None:
    heads = ["store", "order", "SKU", "location", "promised", "expected", "why", "rests on"]
    rows = [
        [
            each.store,
            each.order_id,
            each.sku,
            each.location,
            each.promised_on,
            each.expected_on or "no date",
            each.reason,
            each.supply_ids.replace(SEPARATOR, ", ") or each.supply_kind,
        ]
        for each in listed
    ]
    print_table(f"{title}: {len(rows)}", heads, rows)


def show_score(days: int, *, as_json: bool) -> int:
    """Print how the promises of order lines were kept that shipped in the last days."""
    with open_parts(load_settings()) as parts, open_ledger(Databases.of()) as book:
        today = days_now(parts)
        since = today.now.date() - timedelta(days=days)
        found = scores(book.order_promises(settled_since=since), today)
    if as_json:
        print_json([{**asdict(each), "on_time_share": each.on_time_share} for each in found])
        return 0
    heads = ["location", "supply", "shipped", "on time", "mean days late", "worst", "silent"]
    rows = [
        [
            each.location,
            each.supply_kind,
            each.shipped,
            f"{each.on_time_share:.0%}",
            round(each.mean_days_late, 1),
            each.worst_days_late,
            each.silent,
        ]
        for each in found
    ]
    print_table(f"Order lines shipped in {days} days", heads, rows)
    return 0
