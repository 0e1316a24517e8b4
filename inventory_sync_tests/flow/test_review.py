"""What once went wrong, or nearly: awkward moments, odd orders, refusals and stopped stores."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import PassRefused, StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import LevelKey, Refusal, SetQuantities
from inventory_sync.domain.quarantine import judge
from inventory_sync.flow import act
from inventory_sync.flow.gather import MISSING_ORDER_GRACE
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.publish import Wishes, publish_store
from inventory_sync_tests.erp.rows import location, product, stock
from inventory_sync_tests.flow.world import B2B, B2C, World

TABLE_ONLY = frozenset({"OAK-TABLE"})
REVOKED = StoreStopped(store="b2b", reason="the token was revoked", way_out="install it again")


def kinds(world: World, scope: str = "b2b") -> list[str]:
    return world.findings(scope)["kind"].tolist()


def status(world: World, store: str = "b2b") -> str:
    return str(world.ledger.store_states().set_index("store").loc[store, "status"])


class TestTrust:
    def test_only_the_named_sku_is_trusted(self, world: World) -> None:
        world.run()
        front = world.stores["b2b"]
        for sku in ("OAK-TABLE", "RETRO-CLOCK"):
            front.edit(world.key("b2b", sku), 15)
        world.run(skus=TABLE_ONLY, trust_observed=True)
        assert world.shown("b2b", "OAK-TABLE") == 20
        world.run()
        assert world.shown("b2b", "RETRO-CLOCK") == 15
        assert kinds(world) == ["unexplained-decrease"]

    def test_an_item_without_a_sku_does_not_stand_in_the_way(self, world: World) -> None:
        front = world.stores["b2b"]
        nameless = front.add_level(front.add_item(None), B2B, 5)
        world.run()
        front.edit(world.key("b2b"), 15)
        world.run(trust_observed=True)
        assert world.shown("b2b") == 20
        assert front.stock[nameless].available_units == 5


class TestAwkwardMoments:
    @pytest.mark.parametrize("trust_observed", [False, True])
    def test_an_order_between_reading_levels_and_orders_does_not_leave_a_level_low(
        self, world: World, trust_observed: bool
    ) -> None:
        """Ten shown, ten offered: nothing to write, so no compare-and-swap sees the order."""
        world.policies["b2b"] = replace(world.policies["b2b"], rules=OfferRules(cap_units=10))
        front, key = world.stores["b2b"], world.key("b2b")
        front.edit(key, 10)
        front.after_next_levels = lambda: front.buy(key, 4)
        world.run(trust_observed=trust_observed)
        assert world.shown("b2b") == 6
        world.run()
        assert world.shown("b2b") == 10
        assert kinds(world) == []

    @pytest.mark.parametrize("applied", [True, False])
    def test_a_lost_raise_and_an_order_that_is_listed_later_end_at_the_right_number(
        self, world: World, applied: bool
    ) -> None:
        world.run()
        world.set_stock(OAK_TABLE="30")
        front, key = world.stores["b2b"], world.key("b2b")
        unlisted = []
        front.lose_next_answer(applied=applied)
        front.after_next_call = lambda: unlisted.append(front.buy_unlisted(key, 4))
        world.run()
        world.run()
        assert world.shown("b2b") == (26 if applied else 16)
        front.orders += unlisted
        world.run()
        assert [world.shown("b2b"), world.shown("b2c")] == [26, 26]
        assert world.ledger.open_intents("b2b").empty
        assert kinds(world) == []

    @pytest.mark.parametrize("applied", [True, False])
    def test_an_order_that_is_never_listed_counts_as_demand_in_the_end(
        self, world: World, applied: bool
    ) -> None:
        world.run()
        world.set_stock(OAK_TABLE="30")
        front, key = world.stores["b2b"], world.key("b2b")
        front.lose_next_answer(applied=applied)
        front.after_next_call = lambda: front.buy_unlisted(key, 4)
        world.run()
        world.run(after=MISSING_ORDER_GRACE + timedelta(minutes=1))
        assert world.ledger.open_intents("b2b").empty
        assert world.shown("b2b") == (26 if applied else 16)
        assert kinds(world) == ["unexplained-decrease"]

    def test_a_store_is_held_while_it_is_served(self, world: World) -> None:
        seen: list[SetQuantities] = []

        def try_to_hold(call: SetQuantities) -> None:
            with (
                pytest.raises(StoreUnreachable, match="another pass"),
                world.ledger.store_lock("b2b", patience_seconds=0.01),
            ):
                pass
            seen.append(call)

        world.stores["b2b"].watch = try_to_hold
        world.run()
        assert seen == world.stores["b2b"].calls
        with world.ledger.store_lock("b2b", patience_seconds=0.01):
            pass


class TestOddOrders:
    def test_an_order_without_a_location_is_deducted_once_where_there_is_only_one(
        self, world: World
    ) -> None:
        world.run()
        front = world.stores["b2b"]
        (line,) = front.buy_unlisted(world.key("b2b"), 4)
        front.orders.append([replace(line, store_location_id=None)])
        world.run()
        assert [world.shown("b2b"), world.shown("b2c")] == [16, 16]
        assert kinds(world) == []

    def test_an_item_that_is_renamed_long_after_its_order_still_owes_it(self, world: World) -> None:
        world.run()
        key = world.key("b2b")
        world.stores["b2b"].buy(key, 4)
        world.run()
        world.stores["b2b"].rename(key.inventory_item_id, "TABLE-OF-OAK")
        world.stores["b2c"].rename(world.key("b2c").inventory_item_id, "TABLE-OF-OAK")
        world.erp.rows = {
            **world.erp.rows,
            "products": [*world.erp.rows["products"], product("TABLE-OF-OAK")],
            "stock": [
                stock("TABLE-OF-OAK" if row["sku"] == "OAK-TABLE" else row["sku"], "20")
                for row in world.erp.rows["stock"]
            ],
        }
        world.run(after=timedelta(hours=1))
        world.run(after=timedelta(hours=1))
        assert world.shown("b2b", "TABLE-OF-OAK") == 16
        assert world.shown("b2c", "TABLE-OF-OAK") == 16

    def test_an_order_of_an_item_that_was_renamed_since_is_deducted(self, world: World) -> None:
        front, key = world.stores["b2c"], world.key("b2c")
        front.rename(key.inventory_item_id, "TABLE-OAK-OLD")
        line = front.buy(key, 4)
        front.rename(key.inventory_item_id, "OAK-TABLE")
        assert line.sku == "TABLE-OAK-OLD"
        world.run()
        assert [world.shown("b2b"), world.shown("b2c")] == [16, 16]

    def test_an_order_of_an_item_that_was_deleted_is_owed_by_all_stores(self, world: World) -> None:
        world.run()
        front = world.stores["b2c"]
        (line,) = front.buy_unlisted(world.key("b2c"), 4)
        front.stock[world.key("b2c")].available_units += 4
        front.orders.append([replace(line, inventory_item_id=None)])
        world.run()
        assert [world.shown("b2b"), world.shown("b2c")] == [16, 16]


class TestCalls:
    @pytest.mark.parametrize("code", ["INVALID_REASON", "BAD_REQUEST", "MAX_INPUT_SIZE_EXCEEDED"])
    def test_a_call_that_is_refused_as_such_is_not_sent_in_halves(
        self, world: World, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(act, "BATCH_ROWS", 2)
        front = world.stores["b2b"]
        front.refuses = Refusal(code, "no")
        report = world.run()
        assert sorted(len(call.changes) for call in front.calls) == [1, 2]
        assert report.stores["b2b"].refused == 3
        assert world.ledger.open_intents("b2b").empty

    @pytest.mark.parametrize("code", ["", "INVALID_QUANTITY_TOO_HIGH", "INVALID_LOCATION"])
    def test_a_refusal_that_may_concern_a_row_is_looked_for_in_halves(
        self, world: World, code: str
    ) -> None:
        front = world.stores["b2b"]
        front.refuses = Refusal(code, "one of them")
        report = world.run()
        assert sorted(len(call.changes) for call in front.calls) == [1, 1, 1, 2, 3]
        assert report.stores["b2b"].refused == 3

    def test_what_lowers_is_settled_before_anything_is_raised(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(act, "BATCH_ROWS", 1)
        front = world.stores["b2b"]
        lowered = {world.key("b2b", sku) for sku in ("OAK-TABLE", "RETRO-CLOCK")}
        raised = {world.key("b2b", "MINIMALIST-SPOON")}
        for key in lowered:
            front.edit(key, 90)
        under_way: list[tuple[set[LevelKey], set[LevelKey]]] = []

        def look(call: SetQuantities) -> None:
            intents = world.ledger.open_intents("b2b")
            names = zip(intents["inventory_item_id"], intents["store_location_id"], strict=True)
            under_way.append(({c.key for c in call.changes}, {LevelKey(*n) for n in names}))

        front.watch = look
        world.run()
        assert set().union(*(keys for keys, _ in under_way[:2])) == lowered
        assert under_way[2:] == [(raised, raised)]


class TestStoppedStores:
    def test_stores_that_sell_the_same_stock_are_warned(self, world: World) -> None:
        world.stores["b2b"].stopped = REVOKED
        world.run()
        found = world.findings("b2c")
        assert found[["subject", "kind", "severity"]].values.tolist() == [
            ["b2b", "unread-neighbour", "warning"]
        ]
        assert world.shown("b2c") == 20

    def test_the_warning_ends_with_its_cause(self, world: World) -> None:
        world.stores["b2b"].stopped = REVOKED
        world.run()
        world.stores["b2b"].stopped = None
        world.run()
        world.run()
        assert kinds(world, "b2c") == []

    def test_a_store_with_other_stock_is_not_warned(self, world: World) -> None:
        world.erp.rows = {**world.erp.rows, "locations": [location("NYC"), location("LAX")]}
        world.policies["b2c"] = replace(world.policies["b2c"], locations={B2C: ["LAX"]})
        world.stores["b2b"].stopped = REVOKED
        world.run(override_guard=True)
        assert kinds(world, "b2c") == []

    def test_a_dry_run_does_not_call_a_stopped_store_well(self, world: World) -> None:
        world.stores["b2b"].stopped = REVOKED
        world.run()
        world.stores["b2b"].stopped = None
        world.run(dry_run=True)
        assert status(world) == "stopped"
        world.run()
        assert status(world) == "ok"


def test_a_sku_that_the_erp_does_not_have_is_refused_by_name(world: World) -> None:
    with pytest.raises(PassRefused, match="The ERP has no SKU UFO, oak-table; SKUs are written"):
        world.run(skus=frozenset({"oak-table", "UFO", "RETRO-CLOCK"}))
    assert world.calls("b2b") + world.calls("b2c") == 0


def test_a_pass_that_had_to_wait_does_not_bring_back_older_figures(world: World) -> None:
    """It read the ERP, then another pass read it later and served the store first."""
    world.run()
    older = Basis.of(world.parts, judge(world.erp.snapshot()))
    world.erp.taken_at += timedelta(minutes=1)
    world.set_stock(OAK_TABLE="7")
    world.run()
    with pytest.raises(PassRefused, match="figures that the ERP gave later"):
        publish_store(world.parts, "b2b", older, pass_id="late", wishes=Wishes())
    assert world.shown("b2b") == 7
