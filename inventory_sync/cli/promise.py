"""``inventory-sync promise``: when a quantity can ship, from where, and in which parts.

Put here how an answer is shown. What is promised is ``domain/promise.py``.
"""

from dataclasses import asdict
from datetime import date

from inventory_sync.cli.show import print_json, print_table
from inventory_sync.domain.order_promise import OrderPromise, Wanted
from inventory_sync.domain.promise import Promise
from inventory_sync.flow.promising import promise_now
from inventory_sync.settings import load_settings
from inventory_sync.wiring import open_parts

ON_REQUEST = "date on request"


def show_promise(
    sku: str, quantity_units: int, *, location: str | None, region: str | None, as_json: bool
) -> int:
    """Print the promise of one line; 1 when no location has a date for the whole quantity."""
    from_there = None if location is None else [location]
    with open_parts(load_settings()) as parts:
        found = promise_now(
            parts, [Wanted(sku, quantity_units)], region=region, locations=from_there
        )
    (line,) = found.lines
    if as_json:
        print_json(asdict(found))
    else:
        title = f"{quantity_units} x {sku}" + (f" to {region}" if region else "")
        heads = ["location", "ships", "arrives", "source", "why"]
        print_table(title, heads, [_row(each) for each in line.by_place])
        for sentence in _sentences(found, line.best):
            print(sentence)
    return 0 if line.best else 1


def _row(promise: Promise) -> list[str]:
    return [
        promise.location,
        _day(promise.ships_on) if promise.ships_on else ON_REQUEST,
        _day(promise.delivered_on) if promise.delivered_on else "",
        promise.source.value if promise.source else "",
        promise.no_date.value if promise.no_date else "",
    ]


def _sentences(found: OrderPromise, best: Promise | None) -> list[str]:
    """The best of the table, and what a split would give."""
    sentences = [f"Best: {best.location}, {_day(best.ships_on)}." if best else f"{ON_REQUEST}."]
    if len(found.split) > 1 or (found.split and best is None):
        parts = [
            f"{one.promise.quantity_units} from {one.promise.location} on "
            f"{_day(one.promise.ships_on)}"
            for one in found.split
        ]
        rest = f"; {found.open_units[0]} have no date" if found.open_units[0] else ""
        sentences.append(f"In parts: {', '.join(parts)}{rest}.")
    return [*sentences, *found.notes]


def _day(day: date | None) -> str:
    return day.strftime("%a %d %b %Y") if day else ""
