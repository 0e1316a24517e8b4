"""A write leaves soon or never, and at most once, whatever holds it up."""

import random
import threading
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import (
    SEND_WITHIN_SECONDS,
    Applied,
    LevelKey,
    Outcome,
    QuantityChange,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.sandbox.standin import running
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.operations import SET_QUANTITIES
from inventory_sync.shopify.pacing import Timing, steady_seconds
from inventory_sync.shopify.requests import Endpoint
from inventory_sync.shopify.storefront import ShopifyStorefront
from inventory_sync_tests.shopify.shop_double import (
    FakeTime,
    Reply,
    Script,
    client_of,
    data,
    throttled,
)
from inventory_sync_tests.shopify.test_storefront_on_standin import TOKEN, sample_seed

CLOCK = LevelKey("gid://shopify/InventoryItem/1", "gid://shopify/Location/1001")
CHANGE = QuantityChange("RETRO-CLOCK", CLOCK, 10, 7)
ABSOLUTE = SetQuantities("key-1", "gid://inventory-sync/Pass/7", (CHANGE,))
RELATIVE = SetQuantities("key-1", "gid://inventory-sync/Pass/7", (CHANGE,), relative=True)
PAYLOAD = {"inventoryAdjustmentGroup": {"id": "g"}, "userErrors": []}
BOTH = pytest.mark.parametrize("call", [ABSOLUTE, RELATIVE], ids=["absolute", "relative"])


def applied() -> httpx.Response:
    return data({"inventorySetQuantities": PAYLOAD, "inventoryAdjustQuantities": PAYLOAD})


def send(script: httpx.BaseTransport, call: SetQuantities, time: FakeTime | None = None) -> Outcome:
    return ShopifyStorefront(client_of(script, time)).set_quantities(call)


def assert_never_sent(outcome: Outcome) -> None:
    assert isinstance(outcome, Refused)
    assert outcome.rows == {}
    (refusal,) = outcome.general
    assert refusal.code == "NOT_SENT"
    assert "within 5 s" in refusal.message
    assert not refusal.concerns_a_row


@BOTH
class TestAtMostOnce:
    @pytest.mark.parametrize(
        "trouble",
        [
            lambda: httpx.Response(500),
            lambda: httpx.Response(200, text="<html>"),
            lambda: httpx.Response(200, json={"data": None}),
            lambda: httpx.ReadTimeout("timed out"),
            lambda: httpx.ReadError("connection reset"),
            lambda: httpx.WriteError("broken pipe"),
            lambda: httpx.WriteTimeout("timed out"),
            lambda: httpx.RemoteProtocolError("Server disconnected"),
        ],
    )
    def test_an_ambiguous_outcome_is_the_last_word(
        self, call: SetQuantities, trouble: Callable[[], Reply]
    ) -> None:
        script = Script([trouble()])
        assert isinstance(send(script, call), Unknown)
        assert len(script.requests) == 1

    @pytest.mark.parametrize(
        "errors",
        [
            [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}, {"message": "Oops"}],
            [
                {
                    "message": "Throttled",
                    "path": ["inventoryAdjustQuantities", "userErrors"],
                    "extensions": {"code": "THROTTLED"},
                }
            ],
            [
                {
                    "message": "Access denied for createdAt field.",
                    "path": ["inventoryAdjustQuantities", "inventoryAdjustmentGroup", "createdAt"],
                    "extensions": {"code": "ACCESS_DENIED"},
                }
            ],
        ],
        ids=["mixed errors", "throttled within", "denied within"],
    )
    def test_errors_that_arose_while_it_ran_prove_nothing(
        self, call: SetQuantities, errors: list[dict[str, object]]
    ) -> None:
        body = {"data": {"inventoryAdjustQuantities": None}, "errors": errors}
        script = Script([httpx.Response(200, json=body)])
        assert isinstance(send(script, call), Unknown)
        assert len(script.requests) == 1

    def test_data_beside_a_denial_may_mean_that_it_ran(self, call: SetQuantities) -> None:
        denied = {"message": "Access denied.", "extensions": {"code": "ACCESS_DENIED"}}
        body = {"data": {"inventoryAdjustQuantities": PAYLOAD}, "errors": [denied]}
        assert isinstance(send(Script([httpx.Response(200, json=body)]), call), Unknown)

    def test_a_denial_of_the_mutation_itself_stops_the_store(self, call: SetQuantities) -> None:
        denied = {
            "message": "Access denied for the field.",
            "path": ["inventoryAdjustQuantities"],
            "extensions": {"code": "ACCESS_DENIED"},
        }
        body = {"data": {"inventoryAdjustQuantities": None}, "errors": [denied]}
        with pytest.raises(StoreStopped):
            send(Script([httpx.Response(200, json=body)]), call)

    def test_what_never_ran_is_sent_again_byte_for_byte(self, call: SetQuantities) -> None:
        script = Script([throttled(), httpx.ConnectError("refused"), applied()])
        assert send(script, call) == Applied()
        assert len({request.content for request in script.requests}) == 1


@BOTH
class TestDeadline:
    def test_a_turn_that_comes_in_time_is_waited_for(self, call: SetQuantities) -> None:
        time = FakeTime()
        script = Script([throttled(requested=400), applied()])
        assert send(script, call, time) == Applied()
        assert 3.9 < time.passed < SEND_WITHIN_SECONDS

    def test_a_turn_that_comes_too_late_is_given_up_at_once(self, call: SetQuantities) -> None:
        time = FakeTime()
        script = Script([throttled(requested=700), applied()])
        assert_never_sent(send(script, call, time))
        assert len(script.requests) == 1
        assert time.passed == 0

    def test_a_pause_that_shopify_demands_is_not_sat_out(self, call: SetQuantities) -> None:
        script = Script([httpx.Response(429, headers={"Retry-After": "6.0"}), applied()])
        assert_never_sent(send(script, call))
        assert len(script.requests) == 1

    def test_a_throttled_answer_that_came_late_is_not_followed_by_another_try(
        self, call: SetQuantities
    ) -> None:
        time = FakeTime()

        class Slow(Script):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                time.sleep(5.5)
                return super().handle_request(request)

        script = Slow([throttled(available=900), applied()])
        assert_never_sent(send(script, call, time))
        assert len(script.requests) == 1

    def test_a_store_that_cannot_be_connected_to_is_unreachable(self, call: SetQuantities) -> None:
        time = FakeTime()
        script = Script(httpx.ConnectError("refused") for _ in range(100))
        with pytest.raises(StoreUnreachable, match="refused"):
            send(script, call, time)
        assert time.passed <= SEND_WITHIN_SECONDS

    def test_time_lost_on_the_way_to_the_first_byte_is_noticed(self, call: SetQuantities) -> None:
        """The process stands still between its turn and the sending; the stand-in hears nothing."""
        time = FakeTime()

        class Suspended(httpx.HTTPTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                time.sleep(60)
                return super().handle_request(request)

        with running([sample_seed()], clock=lambda: time.now) as stand_in:
            endpoint = Endpoint("b2b-us", stand_in.shop_url("b2b-us"), "2026-10", TOKEN)
            timing = Timing(clock=lambda: time.now, sleep=time.sleep, rng=random.Random(1))
            client = ShopifyClient(endpoint, transport=Suspended(), timing=timing)
            with closing(ShopifyStorefront(client)) as store:
                assert_never_sent(store.set_quantities(call))
            assert stand_in.shops["b2b-us"].statistics.requests == {}

    def test_a_call_behind_one_that_waits_long_is_not_kept(self, call: SetQuantities) -> None:
        """Another call holds the turn while it sleeps for its points, longer than we may wait."""
        time = FakeTime()
        asleep, wake = threading.Event(), threading.Event()

        def sleep(seconds: float) -> None:
            asleep.set()
            assert wake.wait(10)
            time.sleep(seconds)

        timing = Timing(clock=lambda: time.now, sleep=sleep, rng=random.Random(1))
        script = Script([data({}, available=0), applied(), applied()])
        client = ShopifyClient(client_of(script)._endpoint, transport=script, timing=timing)
        client.ask(SET_QUANTITIES, {})
        other = threading.Thread(target=client.await_turn, args=(SET_QUANTITIES,))
        other.start()
        assert asleep.wait(10)
        time.now += 1000.0
        outcome = client.command(SET_QUANTITIES, {}, within_seconds=0.0)
        wake.set()
        other.join()
        assert outcome.code == "NOT_SENT"
        assert len(script.requests) == 1


class TestAwaitTurn:
    def test_it_waits_until_a_write_could_go_and_reserves_nothing(self) -> None:
        time = FakeTime()
        client = client_of(Script([throttled(requested=900), applied(), applied()]), time)
        store = ShopifyStorefront(client)
        assert_never_sent(store.set_quantities(ABSOLUTE))
        store.await_turn()
        waited = time.passed
        assert waited > SEND_WITHIN_SECONDS
        store.await_turn()
        assert time.passed == waited
        assert store.set_quantities(ABSOLUTE) == Applied()
        assert time.passed == waited

    def test_it_asks_shopify_nothing(self) -> None:
        ShopifyStorefront(client_of(Script([]))).await_turn()


def test_the_clock_of_the_shell_never_goes_back() -> None:
    readings = [steady_seconds() for _ in range(1000)]
    assert readings == sorted(readings)
