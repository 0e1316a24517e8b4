"""What supply covers of the commitments for a few SKUs, from plain rows.

Put here how plain rows are coded for ``domain/covered.py``, which has the rule and the words; a
test holds both ways against each other. Which rows count is ``dates.py``.
"""

from collections.abc import Sequence, Set
from datetime import date, timedelta

import numpy as np

from inventory_sync.domain.covered import Lookahead, cover, told
from inventory_sync.domain.few.dates import Pair, PlainDates, coming, leaving
from inventory_sync.domain.few.offers import Covered
from inventory_sync.domain.few.plain import Plain
from inventory_sync.domain.lookahead import DatedRows


def few_covered(
    plain: Plain, dates: PlainDates, lookahead: Lookahead, *, doubtful: Set[str]
) -> Covered:
    """(sku, location) -> what is covered there and by what; of ``doubtful`` SKUs nothing is."""
    today, rules = lookahead.today, lookahead.rules
    supply = [
        (day, row)
        for row, day in coming(plain, dates, today, rules)
        if row.sku not in doubtful and row.location not in lookahead.timeless
    ]
    supply.sort(key=lambda each: (each[0], each[1].supply_id))
    pairs = list(dict.fromkeys((row.sku, row.location) for _, row in supply))
    if not pairs:
        return {}
    number = {pair: at for at, pair in enumerate(pairs)}
    demand = [row for row in leaving(plain, (), today, rules) if row[0] in number]
    found = cover(
        len(pairs),
        _coded([(number[r.sku, r.location], day, r.quantity_micros) for day, r in supply]),
        _coded([(number[pair], day, micros) for pair, day, micros in demand]),
        rules.horizon_days + 1,
    )
    names: dict[Pair, list[tuple[str, date]]] = {}
    for (_, row), is_used in zip(supply, found.used, strict=True):
        if is_used and row.due_date:
            names.setdefault((row.sku, row.location), []).append((row.supply_id, row.due_date))
    covered: dict[Pair, tuple[int, str]] = {}
    for pair, micros, needed in zip(pairs, found.micros, found.needed, strict=True):
        if micros:
            first = today.at(pair[1])
            text = told(first, first + timedelta(days=int(needed)), names[pair])
            covered[pair] = int(micros), text
    return covered


def _coded(rows: Sequence[tuple[int, int, int]]) -> DatedRows:
    key, day, micros = np.array(rows, np.int64).reshape(-1, 3).T
    return DatedRows(key, day, micros)
