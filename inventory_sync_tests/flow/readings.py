"""What one reading of the ERP says about dates, as the assets put it together.

Put here what tests of the promise ledger start from. Keep out what they assert.
"""

from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.orders import in_flight
from inventory_sync.domain.promise import Departures
from inventory_sync.domain.promise_table import promise_table
from inventory_sync.domain.quarantine import judge
from inventory_sync.flow.order_dates import Ordered, order_date_table
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.promise_ledger import Reading
from inventory_sync.flow.promising import places_of, project_snapshot


def reading_of(parts: Parts) -> Reading:
    """All that the ERP says about dates now."""
    figures_of = parts.now()
    judged = judge(parts.erp.snapshot())
    snapshot = judged.snapshot
    atp = available_to_promise(judged, snapshot.taken_at)
    lines = in_flight(parts.ledger.order_lines(), snapshot.acknowledged_orders)
    steps = project_snapshot(parts, snapshot, atp, lines).steps
    places = places_of(parts, snapshot.locations)
    departures = [Departures(place, parts.now()) for place in places]
    rows, _ = promise_table(steps, departures, snapshot.promise_dates)
    ordered = Ordered(lines, snapshot.commitments, snapshot.promise_dates, steps)
    dates = order_date_table(parts, ordered, places)
    return Reading(figures_of, snapshot, atp, steps, rows, dates, judged.aside)
