"""An order line has ended when both sides are understood; its promise outlives a bad row."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from inventory_sync.domain.slips import OrderPromise
from inventory_sync.flow.parts import PromisePolicy
from inventory_sync.flow.promise_ledger import keep_promises
from inventory_sync_tests.domain.promises import place
from inventory_sync_tests.erp.rows import Row, acknowledged, commitment
from inventory_sync_tests.flow.readings import reading_of
from inventory_sync_tests.flow.world import World

THIRD, TWENTIETH = date(2026, 12, 3), date(2026, 12, 20)


class Sold:
    """Two tables sold by a store, taken over by the ERP for the third of December."""

    def __init__(self, world: World) -> None:
        self.world, self.passes = world, 0
        world.run()
        self.order = world.stores["b2c"].buy(world.key("b2c"), 2)
        world.run()

    def row(self, due: date = THIRD, quantity: str = "2") -> Row:
        return commitment(
            sku="OAK-TABLE",
            quantity=quantity,
            kind="order",
            due_date=due.isoformat(),
            expires_at=None,
            external_order_id=self.order.order_id,
            external_line_id=self.order.line_id,
        )

    def look(self, rows: Sequence[Row]) -> OrderPromise | None:
        """Follow the promise while the ERP has these commitments."""
        world = self.world
        world.erp.rows = {
            **world.erp.rows,
            "commitments": rows,
            "acknowledged_orders": [acknowledged(self.order.order_id, self.order.line_id, "2")],
        }
        self.passes += 1
        parts = replace(world.parts, promises=PromisePolicy(places={"NYC": place("NYC")}))
        kept = keep_promises(parts, reading_of(parts), pass_id=f"p-{self.passes}")
        return kept.orders[0] if kept.orders else None


@pytest.fixture
def sold(world: World) -> Sold:
    return Sold(world)


def test_a_line_whose_commitment_is_in_quarantine_has_not_ended(sold: Sold) -> None:
    before = sold.look([sold.row()])
    assert before is not None
    assert sold.look([sold.row(quantity="-2")]) == before
    shipped = sold.look([])
    assert shipped is not None
    assert shipped.outcome == "shipped"


def test_a_line_that_is_open_again_keeps_the_promise_that_it_had(sold: Sold) -> None:
    sold.look([sold.row()])
    sold.look([])
    back = sold.look([sold.row(TWENTIETH)])
    assert back is not None
    assert (back.promised_on, back.expected_on, back.outcome) == (THIRD, TWENTIETH, None)
    assert back.slipped_at is not None
    assert sold.world.ledger.order_promises(settled_since=None) == [back]
