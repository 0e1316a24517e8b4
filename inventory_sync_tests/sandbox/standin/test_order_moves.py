import pytest

from inventory_sync.sandbox.standin import (
    LevelEdit,
    LineUnits,
    OrderRefused,
    RefundUnits,
    Wanted,
    cancel_order,
    complete_draft,
    edit_level,
    edit_order,
    fulfill_order,
    move_order,
    place_draft,
    place_order,
    refund_order,
)
from inventory_sync.sandbox.standin.orders import RestockType
from inventory_sync_tests.sandbox.standin.shops import EWR, LAX, NYC, open_shop, units


def test_a_placed_order_moves_units_from_available_to_committed() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 2, 5)


def test_the_first_location_with_enough_units_ships_the_line() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 6)])
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)
    assert units(shop, "RETRO-CLOCK", EWR) == (14, 6, 20)


def test_lines_of_one_order_compete_for_the_same_units() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 4), Wanted("RETRO-CLOCK", 4)])
    assert units(shop, "RETRO-CLOCK", NYC) == (1, 4, 5)
    assert units(shop, "RETRO-CLOCK", EWR) == (16, 4, 20)


def test_under_deny_an_order_beyond_the_stock_is_refused_and_moves_nothing() -> None:
    shop = open_shop()
    with pytest.raises(OrderRefused, match="21 wanted but only 20 available"):
        place_order(shop, [Wanted("OAK-TABLE", 1), Wanted("RETRO-CLOCK", 21)])
    assert units(shop, "RETRO-CLOCK", EWR) == (20, 0, 20)
    assert units(shop, "OAK-TABLE", NYC) == (3, 0, 3)
    assert shop.orders == {}


def test_under_continue_available_goes_below_zero() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("OAK-TABLE", 5)])
    assert units(shop, "OAK-TABLE", NYC) == (-2, 5, 3)


def test_an_order_that_ignores_the_policy_goes_below_zero_under_deny() -> None:
    shop = open_shop()
    place_order(shop, [Wanted("RETRO-CLOCK", 30)], ignore_policy=True)
    assert units(shop, "RETRO-CLOCK", NYC) == (-25, 30, 5)


def test_an_inactive_level_sells_nothing() -> None:
    shop = open_shop()
    with pytest.raises(OrderRefused, match="only 2 available"):
        place_order(shop, [Wanted("ATTIC-LAMP", 3)])


def test_a_location_that_does_not_fulfil_online_sells_only_when_it_is_named() -> None:
    shop = open_shop()
    edit_level(shop, LevelEdit("OAK-TABLE", LAX, available=50))
    place_order(shop, [Wanted("OAK-TABLE", 5)])
    assert units(shop, "OAK-TABLE", LAX) == (50, 0, 50)
    place_order(shop, [Wanted("OAK-TABLE", 5, location_id=LAX)])
    assert units(shop, "OAK-TABLE", LAX) == (45, 5, 50)


def test_untracked_items_and_custom_lines_sell_without_moving_units() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("GIFT-CARD", 9), Wanted(None, 1)])
    assert units(shop, "GIFT-CARD", NYC) == (0, 0, 0)
    cancel_order(shop, order.id, restock_units=True)
    assert units(shop, "GIFT-CARD", NYC) == (0, 0, 0)


def test_a_fulfilment_takes_units_out_of_the_house() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 4)])
    fulfill_order(shop, order.id, [LineUnits("RETRO-CLOCK", 3)])
    assert units(shop, "RETRO-CLOCK", NYC) == (1, 1, 2)
    assert order.fulfillment_orders[0].status == "IN_PROGRESS"
    fulfill_order(shop, order.id)
    assert units(shop, "RETRO-CLOCK", NYC) == (1, 0, 1)
    assert order.fulfillment_orders[0].status == "CLOSED"


def test_a_cancelled_order_gives_units_back_only_with_restock() -> None:
    shop = open_shop()
    first = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    second = place_order(shop, [Wanted("RETRO-CLOCK", 1)])
    cancel_order(shop, first.id, restock_units=True)
    assert units(shop, "RETRO-CLOCK", NYC) == (4, 1, 5)
    cancel_order(shop, second.id, restock_units=False)
    assert units(shop, "RETRO-CLOCK", NYC) == (4, 0, 4)
    assert second.refunds[0].lines[0].restock_type == "NO_RESTOCK"
    assert second.lines[0].current_quantity == 0


def test_an_order_of_which_units_shipped_cannot_be_cancelled() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    fulfill_order(shop, order.id, [LineUnits("RETRO-CLOCK", 1)])
    with pytest.raises(OrderRefused, match="has shipped units"):
        cancel_order(shop, order.id, restock_units=True)


def test_an_edit_can_raise_lower_and_add_lines() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 3), LineUnits("OAK-TABLE", 1)])
    assert units(shop, "RETRO-CLOCK", NYC) == (2, 3, 5)
    assert units(shop, "OAK-TABLE", NYC) == (2, 1, 3)
    edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 1)])
    assert units(shop, "RETRO-CLOCK", NYC) == (4, 1, 5)
    edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 0)], restock_units=False)
    assert units(shop, "RETRO-CLOCK", NYC) == (4, 0, 4)
    assert (order.lines[0].quantity, order.lines[0].current_quantity) == (3, 0)


def test_a_refused_edit_changes_nothing() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    with pytest.raises(OrderRefused, match="no item with SKU 'GHOST'"):
        edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 1), LineUnits("GHOST", 1)])
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 2, 5)


@pytest.mark.parametrize(
    ("restock_type", "after"),
    [("CANCEL", (4, 1, 5)), ("NO_RESTOCK", (3, 1, 4))],
)
def test_a_refund_before_shipping_restocks_as_it_says(
    restock_type: RestockType, after: tuple[int, int, int]
) -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    refund_order(shop, order.id, [RefundUnits("RETRO-CLOCK", 1, restock_type)])
    assert units(shop, "RETRO-CLOCK", NYC) == after
    assert order.lines[0].current_quantity == 1


@pytest.mark.parametrize(
    ("restock_type", "after"),
    [("RETURN", (4, 0, 4)), ("NO_RESTOCK", (3, 0, 3))],
)
def test_a_refund_after_shipping_restocks_as_it_says(
    restock_type: RestockType, after: tuple[int, int, int]
) -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    fulfill_order(shop, order.id)
    refund_order(shop, order.id, [RefundUnits("RETRO-CLOCK", 1, restock_type)])
    assert units(shop, "RETRO-CLOCK", NYC) == after


def test_returned_units_can_go_to_another_location() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    fulfill_order(shop, order.id)
    refund_order(shop, order.id, [RefundUnits("RETRO-CLOCK", 2, "RETURN", EWR)])
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 0, 3)
    assert units(shop, "RETRO-CLOCK", EWR) == (22, 0, 22)


def test_units_that_have_not_shipped_cannot_be_returned() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 2)])
    with pytest.raises(OrderRefused, match="but 0 can be refunded so"):
        refund_order(shop, order.id, [RefundUnits("RETRO-CLOCK", 1, "RETURN")])


def test_a_moved_order_commits_its_remaining_units_elsewhere() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 4)])
    fulfill_order(shop, order.id, [LineUnits("RETRO-CLOCK", 1)])
    move_order(shop, order.id, EWR)
    assert units(shop, "RETRO-CLOCK", NYC) == (4, 0, 4)
    assert units(shop, "RETRO-CLOCK", EWR) == (17, 3, 20)
    assert [work.status for work in order.fulfillment_orders] == ["CLOSED", "OPEN"]


def test_an_order_does_not_move_where_the_item_is_not_stocked() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("OAK-TABLE", 1)])
    with pytest.raises(OrderRefused, match="no active location 1002 stocks it"):
        move_order(shop, order.id, EWR)
    assert units(shop, "OAK-TABLE", NYC) == (2, 1, 3)


def test_a_draft_holds_nothing_until_it_is_completed() -> None:
    shop = open_shop()
    draft = place_draft(shop, [Wanted("RETRO-CLOCK", 25)])
    assert units(shop, "RETRO-CLOCK", NYC) == (5, 0, 5)
    complete_draft(shop, draft.id)
    assert units(shop, "RETRO-CLOCK", NYC) == (-20, 25, 5)
    with pytest.raises(OrderRefused, match="no open draft"):
        complete_draft(shop, draft.id)


def test_a_line_of_which_nothing_was_left_can_be_raised_again_after_a_move() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("RETRO-CLOCK", 1), Wanted("ATTIC-LAMP", 1)])
    edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 0)])
    move_order(shop, order.id, EWR)
    edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 2)])
    assert [order.unfulfilled(line) for line in order.lines] == [2, 1]
    assert units(shop, "RETRO-CLOCK", NYC) == (3, 2, 5)
