"""Whatever happens to orders, the committed units are those still to ship."""

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inventory_sync.sandbox.standin import (
    LineUnits,
    OrderRefused,
    RefundUnits,
    Wanted,
    cancel_order,
    edit_order,
    fulfill_order,
    move_order,
    place_order,
    refund_order,
)
from inventory_sync.sandbox.standin.orders import RestockType
from inventory_sync_tests.sandbox.standin.shops import EWR, NYC, open_shop

SKUS = st.sampled_from(["RETRO-CLOCK", "OAK-TABLE", "GIFT-CARD", "ATTIC-LAMP"])
UNITS = st.integers(0, 6)


class OrderDesk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.shop = open_shop()

    def an_order(self, choice: int) -> int:
        return [*self.shop.orders][choice % len(self.shop.orders)]

    @rule(sku=SKUS, units=st.integers(1, 6), ignore_policy=st.booleans())
    def place(self, sku: str, units: int, ignore_policy: bool) -> None:
        with suppress(OrderRefused):
            place_order(self.shop, [Wanted(sku, units)], ignore_policy=ignore_policy)

    @precondition(lambda self: self.shop.orders)
    @rule(choice=st.integers(0, 99), sku=SKUS, units=UNITS, restock=st.booleans())
    def edit(self, choice: int, sku: str, units: int, restock: bool) -> None:
        with suppress(OrderRefused):
            lines = [LineUnits(sku, units)]
            edit_order(self.shop, self.an_order(choice), lines, restock_units=restock)

    @precondition(lambda self: self.shop.orders)
    @rule(choice=st.integers(0, 99), restock=st.booleans())
    def cancel(self, choice: int, restock: bool) -> None:
        with suppress(OrderRefused):
            cancel_order(self.shop, self.an_order(choice), restock_units=restock)

    @precondition(lambda self: self.shop.orders)
    @rule(choice=st.integers(0, 99), sku=SKUS, units=UNITS)
    def fulfill(self, choice: int, sku: str, units: int) -> None:
        with suppress(OrderRefused):
            fulfill_order(self.shop, self.an_order(choice), [LineUnits(sku, units)])

    @precondition(lambda self: self.shop.orders)
    @rule(
        choice=st.integers(0, 99),
        sku=SKUS,
        units=UNITS,
        restock_type=st.sampled_from(["CANCEL", "RETURN", "NO_RESTOCK"]),
    )
    def refund(self, choice: int, sku: str, units: int, restock_type: RestockType) -> None:
        with suppress(OrderRefused):
            lines = [RefundUnits(sku, units, restock_type)]
            refund_order(self.shop, self.an_order(choice), lines)

    @precondition(lambda self: self.shop.orders)
    @rule(choice=st.integers(0, 99), location_id=st.sampled_from([NYC, EWR]))
    def move(self, choice: int, location_id: int) -> None:
        with suppress(OrderRefused):
            move_order(self.shop, self.an_order(choice), location_id)

    @invariant()
    def committed_units_are_those_still_to_ship(self) -> None:
        to_ship: dict[tuple[int, int], int] = {}
        for order in self.shop.orders.values():
            for line in order.lines:
                for work, part in order.parts(line):
                    assert 0 <= part.remaining_quantity <= part.total_quantity
                    if line.moves_stock and line.item_id:
                        place = (line.item_id, work.location_id)
                        to_ship[place] = to_ship.get(place, 0) + part.remaining_quantity
        for level in self.shop.stock.all_levels():
            place = (level.item_id, level.location_id)
            assert level.quantity("committed") == to_ship.get(place, 0)

    @invariant()
    def lines_add_up(self) -> None:
        for order in self.shop.orders.values():
            shipped = {line.id: 0 for line in order.lines}
            for shipment in order.fulfillments:
                for part in shipment.lines:
                    shipped[part.line_id] += part.quantity
            for line in order.lines:
                assert 0 <= line.current_quantity <= line.quantity
                assert 0 <= order.returnable(line) <= shipped[line.id]


TestOrderDesk = OrderDesk.TestCase
TestOrderDesk.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
