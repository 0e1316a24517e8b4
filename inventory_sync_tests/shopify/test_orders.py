"""What an order amounts to: edits, refunds, cancellations, splits and moves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inventory_sync.domain.orders import OrderLine
from inventory_sync.shopify.order_answers import OrderNode
from inventory_sync.shopify.orders import WholeOrder, order_lines
from inventory_sync_tests.shopify.order_samples import (
    CLOCK,
    ITEM,
    LAX,
    NYC,
    line,
    order_node,
    page,
    portion,
    refund,
    ships,
    variant,
)


def read(*args: Any, **others: Any) -> tuple[OrderLine, ...]:
    order = OrderNode.model_validate(order_node(*args, **others))
    refund_lines = [each for one in order.refunds for each in one.refund_line_items.nodes]
    return order_lines(
        WholeOrder(order, order.line_items.nodes, order.fulfillment_orders.nodes, refund_lines)
    )


def units(*args: Any, **others: Any) -> dict[str | None, tuple[int, int]]:
    """Location -> (current, taken)."""
    lines = read(*args, **others)
    return {each.store_location_id: (each.current_units, each.taken_units) for each in lines}


def test_a_plain_order_takes_its_units_where_it_ships() -> None:
    (value,) = read([line(3)], [ships(NYC, 3)])
    assert value.order_id == "gid://shopify/Order/9007199254740993"
    assert value.order_name == "#1001"
    assert value.line_id == CLOCK
    assert value.sku == "RETRO-CLOCK"
    assert value.inventory_item_id == ITEM
    assert value.store_location_id == NYC
    assert (value.current_units, value.taken_units) == (3, 3)
    assert value.updated_at.isoformat() == "2026-11-23T09:00:00+00:00"
    assert value.created_at is not None
    assert value.created_at.isoformat() == "2026-11-23T08:00:00+00:00"


def to_ship(*args: Any, **others: Any) -> dict[str | None, int | None]:
    return {each.store_location_id: each.to_ship_units for each in read(*args, **others)}


def test_what_is_still_to_ship_is_what_open_fulfillment_orders_have_left() -> None:
    assert to_ship([line(3)], [ships(NYC, 3)]) == {NYC: 3}
    assert to_ship([line(3)], [ships(NYC, 3, remaining=1)]) == {NYC: 1}
    assert to_ship([line(3)], [ships(NYC, 3, "ON_HOLD")]) == {NYC: 3}
    assert to_ship([line(3)], [ships(NYC, 3, "CLOSED", remaining=0)]) == {NYC: 0}
    assert to_ship([line(5)], [ships(NYC, 2, "CLOSED"), ships(LAX, 3)]) == {LAX: 3, NYC: 0}
    assert to_ship([line(3)]) == {None: 0}
    assert to_ship([line(3, 1)], [ships(NYC, 3)]) == {NYC: 1}
    assert to_ship([line(3)], [ships(NYC, 3)], cancelledAt="2026-11-23T10:00:00Z") == {NYC: 0}


def test_of_a_test_order_nothing_is_told_to_be_shipped() -> None:
    assert to_ship([line(3)], [ships(NYC, 3)], test=True) == {NYC: None}


class TestPlaces:
    def test_without_fulfillment_orders_the_place_is_not_known(self) -> None:
        assert units([line(3)]) == {None: (3, 3)}

    def test_a_deleted_location_is_an_unknown_place(self) -> None:
        assert units([line(3)], [ships(None, 3)]) == {None: (3, 3)}

    def test_a_line_is_split_over_the_locations_that_ship_it(self) -> None:
        assert units([line(5)], [ships(NYC, 2), ships(LAX, 3)]) == {LAX: (3, 3), NYC: (2, 2)}

    def test_units_that_no_location_ships_are_reckoned_at_the_first(self) -> None:
        assert units([line(5)], [ships(NYC, 1), ships(LAX, 1)]) == {LAX: (4, 4), NYC: (1, 1)}

    def test_a_cancelled_fulfillment_order_does_not_count_beside_a_live_one(self) -> None:
        assert units([line(3)], [ships(NYC, 3, "CANCELLED"), ships(LAX, 3)]) == {LAX: (3, 3)}

    def test_a_cancelled_fulfillment_order_still_says_where_the_units_were(self) -> None:
        refunds = [refund(3, "CANCEL", NYC)]
        cancelled = {"cancelledAt": "2026-11-23T09:00:00Z"}
        work = [ships(NYC, 3, "CANCELLED")]
        assert units([line(3, 0)], work, refunds, **cancelled) == {NYC: (0, 0)}

    def test_a_moved_line_is_where_it_went_and_not_where_it_was(self) -> None:
        moved = [ships(NYC, 3, "CLOSED"), ships(LAX, 3)]
        assert units([line(3)], moved) == {LAX: (3, 3), NYC: (0, 0)}

    def test_a_moved_line_that_has_shipped_is_at_its_newest_place(self) -> None:
        shipped = [ships(NYC, 3, "CLOSED"), ships(LAX, 3, "CLOSED")]
        assert units([line(3)], shipped) == {LAX: (3, 3), NYC: (0, 0)}


class TestHolds:
    def held(self, work: list[dict[str, Any]]) -> dict[str | None, bool]:
        return {each.store_location_id: each.is_on_hold for each in read([line(5)], work)}

    def test_a_line_is_on_hold_while_a_fulfillment_order_with_its_units_is(self) -> None:
        assert self.held([ships(NYC, 5, "ON_HOLD")]) == {NYC: True}
        assert self.held([ships(NYC, 5, "OPEN")]) == {NYC: False}

    def test_a_hold_concerns_the_location_that_may_not_ship(self) -> None:
        work = [ships(NYC, 2, "ON_HOLD"), ships(LAX, 3)]
        assert self.held(work) == {NYC: True, LAX: False}

    def test_units_that_have_shipped_are_not_on_hold(self) -> None:
        assert self.held([ships(NYC, 5, "ON_HOLD", remaining=0)]) == {NYC: False}

    def test_a_hold_of_another_line_does_not_count(self) -> None:
        other = ships(NYC, 0, "ON_HOLD")
        other["lineItems"] = page([portion(1, line_id="gid://shopify/LineItem/12")])
        assert self.held([other, ships(NYC, 5)]) == {NYC: False}

    def test_an_order_that_no_location_ships_is_not_on_hold(self) -> None:
        assert self.held([]) == {None: False}


class TestRefunds:
    @pytest.mark.parametrize("kind", ["CANCEL", "RETURN", "LEGACY_RESTOCK"])
    def test_restocked_units_are_given_back(self, kind: str) -> None:
        assert units([line(3, 2)], [ships(NYC, 3)], [refund(1, kind, NYC)]) == {NYC: (2, 2)}

    @pytest.mark.parametrize("kind", ["NO_RESTOCK", "A_KIND_OF_TOMORROW"])
    def test_units_refunded_without_restock_stay_taken(self, kind: str) -> None:
        assert units([line(3, 2)], [ships(NYC, 3)], [refund(1, kind)]) == {NYC: (2, 3)}

    def test_units_come_back_where_the_refund_says(self) -> None:
        work = [ships(LAX, 3), ships(NYC, 2)]
        refunds = [refund(2, "RETURN", LAX)]
        assert units([line(5, 3)], work, refunds) == {NYC: (2, 2), LAX: (1, 1)}

    def test_several_refunds_add_up(self) -> None:
        refunds = [refund(1, "CANCEL", NYC), refund(2, "NO_RESTOCK"), refund(1, "RETURN", NYC)]
        assert units([line(6, 2)], [ships(NYC, 6)], refunds) == {NYC: (2, 4)}

    def test_more_refunded_than_ordered_gives_back_no_more_than_was_taken(self) -> None:
        assert units([line(2, 0)], [ships(NYC, 2)], [refund(5, "RETURN", NYC)]) == {NYC: (0, 0)}


class TestEdits:
    def test_units_removed_by_an_edit_are_reckoned_restocked(self) -> None:
        assert units([line(3, 1)], [ships(NYC, 1)]) == {NYC: (1, 1)}

    def test_a_removed_line_stays_with_zeros(self) -> None:
        assert units([line(3, 0)], [ships(NYC, 0, "CLOSED")]) == {NYC: (0, 0)}

    def test_an_edit_lowers_the_location_whose_fulfillment_order_shrank(self) -> None:
        assert units([line(3, 2)], [ships(LAX, 1), ships(NYC, 1)]) == {NYC: (1, 1), LAX: (1, 1)}

    def test_an_edit_and_a_refund_are_told_apart(self) -> None:
        work = [ships(NYC, 4)]
        assert units([line(5, 2)], work, [refund(1, "NO_RESTOCK")]) == {NYC: (2, 3)}


class TestCancellations:
    def test_a_cancelled_order_is_wanted_no_more_and_refunds_tell_what_came_back(self) -> None:
        cancelled = {"cancelledAt": "2026-11-23T09:00:00Z"}
        work = [ships(NYC, 3, "CLOSED")]
        assert units([line(3, 0)], work, [refund(3, "CANCEL", NYC)], **cancelled) == {NYC: (0, 0)}
        assert units([line(3, 0)], work, [refund(3, "NO_RESTOCK")], **cancelled) == {NYC: (0, 3)}

    def test_a_cancelled_order_without_refunds_keeps_what_it_took(self) -> None:
        cancelled = {"cancelledAt": "2026-11-23T09:00:00Z"}
        assert units([line(3)], [ships(NYC, 3)], **cancelled) == {NYC: (0, 3)}


class TestWhatIsOwed:
    @pytest.mark.parametrize(
        ("sold_as", "item_sku", "expected"),
        [
            ("RETRO-CLOCK", "RETRO-CLOCK", "RETRO-CLOCK"),
            ("CLOCK-OLD", "RETRO-CLOCK", "RETRO-CLOCK"),
            (None, "RETRO-CLOCK", "RETRO-CLOCK"),
            ("RETRO-CLOCK", None, "RETRO-CLOCK"),
            ("RETRO-CLOCK", "", "RETRO-CLOCK"),
        ],
    )
    def test_a_line_counts_for_the_sku_of_its_item_now_or_as_it_was_sold(
        self, sold_as: str | None, item_sku: str | None, expected: str
    ) -> None:
        (value,) = read([line(1, sku=sold_as, variant=variant(item_sku))], [ships(NYC, 1)])
        assert value.sku == expected
        assert value.inventory_item_id == ITEM

    def test_a_line_whose_item_is_gone_takes_no_level_down_but_is_owed_all_the_same(self) -> None:
        (value,) = read([line(3, 2, variant=None)], [ships(NYC, 2)])
        assert (value.sku, value.inventory_item_id) == ("RETRO-CLOCK", None)
        assert (value.store_location_id, value.current_units) == (NYC, 2)

    @pytest.mark.parametrize("sku", [None, ""])
    def test_a_line_with_neither_item_nor_sku_is_left_out(self, sku: str | None) -> None:
        tip = line(1, variant=None, sku=sku)
        assert read([tip], [ships(NYC, 1)]) == ()

    @pytest.mark.parametrize("sku", [None, ""])
    def test_a_line_without_any_sku_still_takes_units_of_its_item(self, sku: str | None) -> None:
        (value,) = read([line(1, sku=sku, variant=variant(sku))], [ships(NYC, 1)])
        assert value.sku is None
        assert value.inventory_item_id == ITEM


@given(
    quantity=st.integers(0, 30),
    removed=st.integers(0, 30),
    work=st.lists(
        st.tuples(
            st.sampled_from([NYC, LAX, None]),
            st.integers(0, 40),
            st.sampled_from(["OPEN", "CLOSED", "CANCELLED", "IN_PROGRESS"]),
        ),
        max_size=5,
    ),
    refunds=st.lists(
        st.tuples(
            st.integers(0, 30),
            st.sampled_from(["CANCEL", "RETURN", "NO_RESTOCK"]),
            st.sampled_from([NYC, LAX, None]),
        ),
        max_size=4,
    ),
)
def test_whatever_happened_the_units_add_up(
    quantity: int,
    removed: int,
    work: list[tuple[str | None, int, str]],
    refunds: list[tuple[int, str, str | None]],
) -> None:
    current = max(0, quantity - removed)
    result = units(
        [line(quantity, current)],
        [ships(*each) for each in work],
        [refund(*each) for each in refunds],
    )
    refunded = sum(each[0] for each in refunds)
    restocked = sum(each[0] for each in refunds if each[1] != "NO_RESTOCK")
    edited_away = max(0, quantity - current - refunded)
    assert sum(each[0] for each in result.values()) == current
    assert sum(each[1] for each in result.values()) == max(0, quantity - restocked - edited_away)
    assert all(0 <= current <= quantity and taken >= 0 for current, taken in result.values())


@pytest.mark.parametrize("bad", [-1, 2.5, "3", True, None, 10**12, 1.0])
def test_a_quantity_is_a_whole_number_of_units_and_nothing_like_it(bad: object) -> None:
    with pytest.raises(ValidationError):
        OrderNode.model_validate(order_node([line(5) | {"quantity": bad}]))


def test_more_wanted_than_ordered_is_not_believed() -> None:
    with pytest.raises(ValidationError, match="currentQuantity exceeds quantity"):
        OrderNode.model_validate(order_node([line(2, 3)]))


@pytest.mark.parametrize("instant", ["2026-11-23T09:00:00", "yesterday", None])
def test_an_instant_says_its_time_zone(instant: object) -> None:
    with pytest.raises(ValidationError):
        OrderNode.model_validate(order_node([line(1)], updatedAt=instant))
