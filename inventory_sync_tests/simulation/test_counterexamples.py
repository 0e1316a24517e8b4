"""How the usual recipes sell a unit twice, step by step, and why the product does not.

Put a counterexample of the publish protocol (B.2, B.3) here as a story of a few steps. Each is told
twice: to the product as it is, and with the one protection switched off that the story is about.
"""

from functools import partial

from inventory_sync.domain import decision, orders
from inventory_sync.domain.few import decide, offers
from inventory_sync.flow import act, event_pass, store_hearing
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.sim_shop import SimShop
from inventory_sync_tests.simulation import switches as do
from inventory_sync_tests.simulation.scenarios import GIFTS, stores_of
from inventory_sync_tests.simulation.scripted_ports import ScriptedErp
from inventory_sync_tests.simulation.scripts import (
    B2B,
    B2C,
    TWO_CLOCKS,
    TWO_CLOCKS_IN_TWO_STORES,
    TWO_CLOCKS_UNLISTED,
    Stage,
    a_raise_beside_an_unheard_order,
    prove,
    sold_from,
    stage_of,
)
from inventory_sync_tests.simulation.switches import around, without

ONE_GIFT = stage_of(stores_of(GIFTS, B2C), 2)


# --- the value that is written ---


def two_orders_that_the_erp_does_not_know(stage: Stage) -> None:
    stage.buy()
    stage.buy()
    stage.hear()


def test_p0_orders_that_the_erp_does_not_know_yet_are_deducted() -> None:
    """Both units are sold, the ERP still says 2, and 2 is not set again."""

    def story(stage: Stage) -> None:
        two_orders_that_the_erp_does_not_know(stage)
        stage.event_pass()

    prove(TWO_CLOCKS, story, without(decide, "lines_in_flight", lambda lines, acknowledged: []))


def test_p0c_a_fresh_reading_of_the_store_does_not_make_a_stale_value_right() -> None:
    """The same by a pass that reads the store: the comparison with 0 would succeed."""

    def story(stage: Stage) -> None:
        two_orders_that_the_erp_does_not_know(stage)
        stage.full_pass()

    prove(TWO_CLOCKS, story, around(orders, "in_flight", do.no_line_is_in_flight))


def test_torn_an_order_that_is_booked_while_the_erp_is_read_is_deducted_once() -> None:
    """Stock is read, the ERP books the order, its acknowledgement is read: neither side has it."""

    def story(stage: Stage) -> None:
        line = stage.sell(2)
        stage.hear()
        stage.erp.meanwhile.append(lambda: stage.import_order(line))
        stage.event_pass()

    prove(TWO_CLOCKS, story, without(SimErp, "_between_reads", ScriptedErp.let_it_happen))


def test_v1_an_order_that_the_erp_has_booked_is_not_deducted_again() -> None:
    """One of two is sold and booked: the other one stays on sale."""

    def story(stage: Stage) -> None:
        line = stage.sell()
        stage.hear()
        stage.import_order(line)
        stage.event_pass()

    prove(
        TWO_CLOCKS,
        story,
        around(decide, "lines_in_flight", do.as_if_nothing_was_acknowledged),
        harm=lambda stage: stage.shown() < 1,
    )


def test_v2_a_cancelled_order_is_given_back_once() -> None:
    """Shopify has put the unit back, the ERP as well; its acknowledgement stays as it was."""

    def story(stage: Stage) -> None:
        line = stage.sell()
        stage.import_order(line)
        stage.shops[B2C].cancel(line, restock=True, at=stage.clock.seconds)
        stage.hear()
        del stage.erp.promises[line.order_id]
        stage.event_pass()

    prove(TWO_CLOCKS, story, without(offers, "not_yet_known", do.below_nothing))


def test_v3_an_order_that_no_webhook_told_is_found_by_the_list() -> None:
    """Both clocks are sold in one store: the other one hears of it within a minute."""

    def story(stage: Stage) -> None:
        stage.buy(2)
        stage.lose_webhooks()
        stage.clock.sleep(61.0)
        stage.hear()
        stage.event_pass()

    prove(
        TWO_CLOCKS_IN_TWO_STORES,
        story,
        without(store_hearing.StoreEar, "_poll", do.nothing),
        harm=partial(sold_from, store=B2B),
    )


# --- the comparison ---


def test_p1_an_order_whose_webhook_is_late_stops_a_raise() -> None:
    """A clock is sold unheard, another one comes in: setting 3 would sell the first one again."""
    prove(
        TWO_CLOCKS,
        a_raise_beside_an_unheard_order,
        without(SimShop, "_execute", do.without_comparing),
    )


def test_p1_plus_an_order_between_computing_and_writing_stops_the_write() -> None:
    """Webhooks without any delay do not help: the order comes when the value is on its way."""

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.when("before set_quantities", stage.buy, stage.hear)
        stage.event_pass()

    prove(TWO_CLOCKS, story, without(SimShop, "_execute", do.without_comparing))


def test_p2_comparing_with_what_is_shown_now_launders_the_unknown_order() -> None:
    """The store shows 1 because of an order that nobody has heard of: 1 -> 3 would be accepted."""
    prove(
        TWO_CLOCKS,
        a_raise_beside_an_unheard_order,
        around(act, "_send", do.expected_is_what_is_shown),
    )


def test_p2x_what_a_store_shows_less_than_orders_explain_is_an_order_to_come() -> None:
    """The level is read with the order in it, the list of orders without."""

    def story(stage: Stage) -> None:
        stage.buy()
        stage.lose_webhooks()
        stage.receive(1)
        stage.full_pass()

    prove(TWO_CLOCKS_UNLISTED, story, without(decision, "_explain", do.less_is_believed))


def test_what_has_to_fall_does_not_wait_until_the_unknown_order_is_heard() -> None:
    """One clock is sold unheard, the ERP sells the other one: the comparison fails, and yet."""

    def story(stage: Stage) -> None:
        stage.buy()
        stage.sell_offline(1)
        stage.event_pass()

    prove(
        TWO_CLOCKS,
        story,
        without(event_pass.EventPasses, "_send", do.falls_are_not_sent_again),
    )


# --- one pool, several offers ---


def test_m1_what_one_store_sells_the_other_one_does_not_show() -> None:
    """Both show the same two clocks; once the order is heard, the other one has none."""

    def story(stage: Stage) -> None:
        stage.buy(2)
        stage.hear()
        stage.event_pass()

    prove(
        TWO_CLOCKS_IN_TWO_STORES,
        story,
        around(offers, "touched_by", do.own_store_alone),
        harm=partial(sold_from, store=B2B),
    )


def test_a_kit_falls_with_its_parts_in_the_same_store() -> None:
    """A gift set takes two spoons, and one of the last two is sold by itself."""

    def story(stage: Stage) -> None:
        stage.buy(sku="MINIMALIST-SPOON")
        stage.hear()
        stage.event_pass("MINIMALIST-SPOON")

    prove(
        ONE_GIFT,
        story,
        without(offers, "lost_kits", lambda *_: {}),
        harm=partial(sold_from, sku="GIFT-SET"),
    )
