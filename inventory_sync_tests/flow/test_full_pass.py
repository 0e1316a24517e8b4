"""A full pass, end to end in memory but for the ledger, which is real."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.errors import ErpUnavailable, PassRefused, StoreStopped
from inventory_sync.domain.publication import LevelKey
from inventory_sync.flow.gather import SETTLE_AFTER
from inventory_sync_tests.erp.rows import product, stock
from inventory_sync_tests.flow.world import B2B, World, held


def test_every_store_shows_the_atp_after_one_pass(world: World) -> None:
    assert world.run().good
    assert [world.shown("b2b"), world.shown("b2c")] == [20, 20]


def test_a_second_quiet_pass_sends_no_mutation_at_all(world: World) -> None:
    world.run()
    before = world.calls("b2b") + world.calls("b2c")
    report = world.run()
    assert world.calls("b2b") + world.calls("b2c") == before
    assert all(store.counts["to_write"] == 0 for store in report.stores.values())


def test_a_pass_writes_only_what_differs(world: World) -> None:
    world.run()
    world.set_stock(OAK_TABLE="7")
    world.run()
    (change,) = world.stores["b2b"].calls[-1].changes
    assert (change.sku, change.expected_units, change.quantity_units) == ("OAK-TABLE", 20, 7)


def test_a_hold_lowers_every_store_and_its_end_raises_them_again(world: World) -> None:
    world.run()
    world.erp.rows = {**world.erp.rows, "commitments": [held("6")]}
    world.run()
    assert [world.shown("b2b"), world.shown("b2c")] == [14, 14]
    world.erp.rows = {**world.erp.rows, "commitments": []}
    world.run()
    assert [world.shown("b2b"), world.shown("b2c")] == [20, 20]


def test_an_order_that_the_erp_does_not_know_is_deducted_from_all_stores(world: World) -> None:
    world.run()
    world.stores["b2c"].buy(world.key("b2c"), 4)
    world.run()
    assert [world.shown("b2b"), world.shown("b2c")] == [16, 16]


def test_an_order_is_never_deducted_twice_once_the_erp_has_it(world: World) -> None:
    world.run()
    line = world.stores["b2c"].buy(world.key("b2c"), 4)
    world.run()
    world.erp.rows = {
        **world.erp.rows,
        "commitments": [held("4")],
        "acknowledged_orders": [
            {
                "external_order_id": line.order_id,
                "external_line_id": line.line_id,
                "quantity": "4",
                "updated_at": "2026-11-23 09:05:00+00",
            }
        ],
    }
    world.run()
    assert [world.shown("b2b"), world.shown("b2c")] == [16, 16]


def test_an_unexplained_decrease_counts_as_demand_and_is_reported(world: World) -> None:
    world.run()
    world.stores["b2b"].edit(world.key("b2b"), 15)
    world.run()
    assert world.shown("b2b") == 15
    assert world.findings("b2b")["kind"].tolist() == ["unexplained-decrease"]
    world.set_stock(OAK_TABLE="18")
    world.run()
    # 18 - 5 unexplained: a demand of the ERP does not swallow the one that we cannot name.
    assert world.shown("b2b") == 13


def test_an_order_that_shows_up_late_explains_the_decrease(world: World) -> None:
    world.run()
    world.stores["b2b"].buy(world.key("b2b"), 5)
    late = world.stores["b2b"].orders.pop()
    world.set_stock(OAK_TABLE="18")
    world.run()
    assert world.shown("b2b") == 13
    world.stores["b2b"].orders.append(late)
    world.run()
    assert world.shown("b2b") == 13
    assert world.findings("b2b").empty


def test_observed_quantities_can_be_trusted_on_demand(world: World) -> None:
    world.run()
    world.stores["b2b"].edit(world.key("b2b"), 15)
    world.run(trust_observed=True)
    assert world.shown("b2b") == 20


def test_a_foreign_increase_is_taken_back_and_reported(world: World) -> None:
    world.run()
    world.stores["b2b"].edit(world.key("b2b"), 90)
    world.run()
    assert world.shown("b2b") == 20
    assert world.findings("b2b")["kind"].tolist() == ["foreign-increase"]


def test_a_dry_run_writes_nothing_anywhere(world: World) -> None:
    report = world.run(dry_run=True)
    assert [world.shown("b2b"), world.shown("b2c"), world.calls("b2b")] == [3, 3, 0]
    assert report.stores["b2b"].rows["quantity_units"].tolist() == [20, 20, 20]
    assert world.ledger.publications("b2b").empty


def test_a_pass_may_be_restricted_to_skus(world: World) -> None:
    world.run(skus=frozenset({"RETRO-CLOCK"}))
    assert world.shown("b2b", "RETRO-CLOCK") == 20
    assert world.shown("b2b", "OAK-TABLE") == 3


def test_a_stopped_store_does_not_keep_the_others_from_being_served(world: World) -> None:
    world.stores["b2b"].stopped = StoreStopped(
        store="b2b", reason="the access token was revoked", way_out="install the app again"
    )
    report = world.run()
    assert list(report.failures) == ["b2b"]
    assert world.shown("b2c") == 20
    states = world.ledger.store_states().set_index("store")
    assert states.loc["b2b", "status"] == "stopped"
    assert states.loc["b2c", "status"] == "ok"


def test_an_erp_that_cannot_be_read_leaves_the_last_good_numbers(world: World) -> None:
    world.run()
    world.erp.failure = ErpUnavailable("The ERP does not answer.")
    with pytest.raises(ErpUnavailable):
        world.run()
    assert world.shown("b2b") == 20
    assert world.ledger.last_passes(1)["status"].tolist() == ["failed"]


def test_an_erp_that_suddenly_reads_empty_never_zeroes_a_shop(world: World) -> None:
    world.run()
    world.erp.rows = {**world.erp.rows, "stock": []}
    with pytest.raises(PassRefused, match="stock is empty"):
        world.run()
    assert world.shown("b2b") == 20


def test_a_row_that_cannot_be_believed_keeps_the_last_good_number(world: World) -> None:
    world.run()
    world.set_stock(OAK_TABLE="NaN", RETRO_CLOCK="9")
    world.run()
    assert world.shown("b2b", "OAK-TABLE") == 20
    assert world.shown("b2b", "RETRO-CLOCK") == 9
    assert world.findings("erp")["subject"].tolist() == ["stock OAK-TABLE @ NYC"]
    world.set_stock(OAK_TABLE="11")
    world.run()
    assert world.shown("b2b", "OAK-TABLE") == 11
    assert world.findings("erp").empty


def test_a_bad_item_does_not_sink_its_batch(world: World) -> None:
    front = world.stores["b2b"]
    front.refused_items.add(world.key("b2b", "RETRO-CLOCK").inventory_item_id)
    report = world.run()
    assert [world.shown("b2b", sku) for sku in ("OAK-TABLE", "MINIMALIST-SPOON")] == [20, 20]
    assert report.stores["b2b"].refused == 1
    assert len(front.calls) == 2


def test_a_lost_answer_is_settled_by_reading_and_never_sent_again(world: World) -> None:
    front = world.stores["b2b"]
    front.lose_next_answer(applied=True)
    world.run()
    assert world.shown("b2b") == 20
    assert world.ledger.open_intents("b2b").empty
    world.run()
    assert len(front.calls) == 1


def test_a_lost_call_that_was_not_applied_is_decided_anew_after_it_cannot_arrive(
    world: World,
) -> None:
    front = world.stores["b2b"]
    front.lose_next_answer(applied=False)
    world.run()
    assert world.shown("b2b") == 3
    assert len(world.ledger.open_intents("b2b")) == 3
    world.run()
    assert world.shown("b2b") == 20
    assert world.ledger.open_intents("b2b").empty


def test_a_pass_that_comes_too_soon_waits_until_a_lost_call_cannot_arrive(world: World) -> None:
    front = world.stores["b2b"]
    front.lose_next_answer(applied=False)
    world.run()
    sent_at = world.now
    world.run(after=timedelta(seconds=5))
    assert set(world.slept_seconds) == {0.25}
    assert world.now == sent_at + SETTLE_AFTER
    assert world.shown("b2b") == 20


def test_an_order_between_reading_and_writing_is_seen_by_the_compare_and_swap(
    world: World,
) -> None:
    world.run()
    world.set_stock(OAK_TABLE="30")
    front = world.stores["b2b"]
    front.before_next_call = lambda: front.buy(world.key("b2b"), 6)
    report = world.run()
    # 30 in stock, 6 sold while we were writing: decided anew within the same pass.
    assert world.shown("b2b") == 24
    assert report.stores["b2b"].refused == 0


def test_a_mapped_location_that_the_erp_does_not_have_stops_the_store(world: World) -> None:
    policy = world.policies["b2b"]
    world.policies["b2b"] = replace(policy, locations={B2B: ["NYC", "NCY"]})
    report = world.run()
    assert "the ERP has no location NCY" in report.failures["b2b"]
    assert [world.shown("b2b"), world.shown("b2c")] == [3, 20]


def test_a_sku_that_vanishes_from_the_erp_is_reported_and_left_alone(world: World) -> None:
    world.run()
    world.erp.rows = {
        **world.erp.rows,
        "products": [product("OAK-TABLE"), product("RETRO-CLOCK")],
        "stock": [stock(sku, "20", location="NYC") for sku in ("OAK-TABLE", "RETRO-CLOCK")],
    }
    world.run()
    assert world.shown("b2b", "MINIMALIST-SPOON") == 20
    assert world.findings("b2b")["kind"].tolist() == ["unknown-sku"]


def test_every_write_was_durable_before_it_was_sent(world: World) -> None:
    """The store looks into the ledger, as it is on disk, at the moment of the call."""
    front = world.stores["b2b"]
    seen: list[set[LevelKey]] = []
    front.before_next_call = lambda: seen.append(
        {
            LevelKey(r.inventory_item_id, r.store_location_id)
            for r in world.ledger.open_intents("b2b").itertuples()
        }
    )
    world.run()
    assert seen == [{change.key for change in front.calls[0].changes}]
