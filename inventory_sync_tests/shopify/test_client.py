"""The shell: when it sends again, when it does not, how long it waits, and what it never shows."""

import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from structlog.testing import capture_logs

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import Unknown
from inventory_sync.shopify.client import MAX_ATTEMPTS, ShopifyClient
from inventory_sync.shopify.operations import SET_QUANTITIES, SHOP
from inventory_sync.shopify.pacing import Timing
from inventory_sync.shopify.protocol import Answer, Rejected, TooCostly
from inventory_sync_tests.shopify.shop_double import (
    ENDPOINT,
    TOKEN,
    FakeTime,
    Reply,
    Script,
    client_of,
    data,
    throttled,
    too_costly,
)

WRITE = {"key": "key-1", "input": {"name": "available"}}


def ask(*replies: Reply, time: FakeTime | None = None) -> Answer | TooCostly:
    return client_of(Script(replies), time).ask(SHOP, {})


def command(script: Script, time: FakeTime | None = None) -> Answer | Rejected | Unknown:
    return client_of(script, time).command(SET_QUANTITIES, WRITE)


PASSING: list[Callable[[], Reply]] = [
    lambda: httpx.Response(500),
    lambda: httpx.Response(503, text="<html>"),
    lambda: httpx.Response(200, text="<html>Something went wrong</html>"),
    lambda: httpx.Response(200, text='{"data": {"shop"'),
    lambda: httpx.Response(200, json={"data": None}),
    lambda: httpx.ReadTimeout("timed out"),
    lambda: httpx.WriteError("broken pipe"),
    lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."),
]
NEVER_RAN: list[Callable[[], Reply]] = [
    throttled,
    lambda: httpx.Response(429, headers={"Retry-After": "2.0"}),
    lambda: httpx.ConnectError("connection refused"),
    lambda: httpx.ConnectTimeout("timed out"),
    lambda: httpx.PoolTimeout("no free connection"),
]


class TestQueries:
    @pytest.mark.parametrize("trouble", PASSING + NEVER_RAN)
    def test_passing_trouble_is_outlived(self, trouble: Callable[[], Reply]) -> None:
        answer = ask(trouble(), trouble(), data({"shop": {"id": 1}}))
        assert isinstance(answer, Answer)
        assert answer.data == {"shop": {"id": 1}}

    @pytest.mark.parametrize("trouble", PASSING + NEVER_RAN)
    def test_lasting_trouble_ends_after_a_bounded_number_of_attempts(
        self, trouble: Callable[[], Reply]
    ) -> None:
        time = FakeTime()
        script = Script(trouble() for _ in range(100))
        with pytest.raises(StoreUnreachable, match="b2b-us cannot be reached"):
            client_of(script, time).ask(SHOP, {})
        assert len(script.requests) == MAX_ATTEMPTS
        assert time.passed < 120

    def test_whoever_has_little_time_hears_of_a_store_that_hangs_before_it_is_over(self) -> None:
        time = FakeTime()

        def hangs(request: httpx.Request) -> httpx.Response:
            time.now += request.extensions["timeout"]["read"]
            raise httpx.ReadTimeout("timed out", request=request)

        timing = Timing(clock=lambda: time.now, sleep=time.sleep)
        client = ShopifyClient(
            ENDPOINT,
            transport=httpx.MockTransport(hangs),
            timing=timing,
            left_seconds=lambda: 25 - time.passed,
        )
        with pytest.raises(StoreUnreachable, match="ReadTimeout"):
            client.ask(SHOP, {})
        assert 25 < time.passed < 36
        with pytest.raises(StoreUnreachable, match="too late"):
            client.ask(SHOP, {})
        refused = client.command(SET_QUANTITIES, WRITE)
        assert isinstance(refused, Rejected)
        assert refused.code == "NOT_SENT"
        assert time.passed < 36, "nothing has left any more"

    def test_the_backoff_grows(self) -> None:
        time = FakeTime()
        with pytest.raises(StoreUnreachable):
            ask(*(httpx.Response(500) for _ in range(MAX_ATTEMPTS)), time=time)
        assert len(time.slept) == MAX_ATTEMPTS - 1
        for attempt, seconds in enumerate(time.slept, start=1):
            longest = min(8.0, 0.5 * 2**attempt)
            assert longest / 2 <= seconds <= longest

    @pytest.mark.parametrize("status", [301, 302, 401, 402, 403, 404, 423, 430])
    def test_a_store_that_a_person_must_mend_is_stopped_at_once(self, status: int) -> None:
        script = Script([httpx.Response(status, headers={"Location": "https://evil.example/"})])
        with pytest.raises(StoreStopped) as caught:
            client_of(script).ask(SHOP, {})
        assert len(script.requests) == 1
        assert str(caught.value).startswith("Store b2b-us is stopped: ")

    def test_a_rejected_query_stops_the_store_with_shopifys_reason(self) -> None:
        with pytest.raises(StoreStopped, match=r"InventorySyncShop.*no such field.*api_version"):
            ask(httpx.Response(400, json={"errors": "no such field"}))

    def test_a_query_that_costs_too_much_comes_back_to_be_made_smaller(self) -> None:
        assert isinstance(ask(too_costly()), TooCostly)


class TestMutations:
    @pytest.mark.parametrize("trouble", NEVER_RAN)
    def test_what_provably_did_not_run_is_sent_again_byte_for_byte(
        self, trouble: Callable[[], Reply]
    ) -> None:
        script = Script([trouble(), trouble(), data({"inventorySetQuantities": {}})])
        assert isinstance(command(script), Answer)
        assert len({request.content for request in script.requests}) == 1
        assert len(script.requests) == 3

    @pytest.mark.parametrize("trouble", PASSING)
    def test_what_may_have_run_is_unknown_and_never_sent_again(
        self, trouble: Callable[[], Reply]
    ) -> None:
        script = Script([trouble()])
        assert isinstance(command(script), Unknown)
        assert len(script.requests) == 1

    def test_trouble_after_a_throttled_attempt_is_unknown_too(self) -> None:
        script = Script([throttled(), httpx.ReadTimeout("timed out")])
        assert isinstance(command(script), Unknown)

    @pytest.mark.parametrize("trouble", NEVER_RAN)
    def test_what_never_got_through_changed_nothing_and_says_so(
        self, trouble: Callable[[], Reply]
    ) -> None:
        script = Script(trouble() for _ in range(100))
        with pytest.raises(StoreUnreachable):
            command(script)
        assert len(script.requests) == MAX_ATTEMPTS

    @pytest.mark.parametrize("status", [401, 423, 430])
    def test_a_locked_or_closed_store_is_stopped_without_a_second_try(self, status: int) -> None:
        script = Script([httpx.Response(status)])
        with pytest.raises(StoreStopped):
            command(script)
        assert len(script.requests) == 1

    def test_a_rejected_mutation_is_a_definite_no(self) -> None:
        assert command(Script([too_costly()])) == Rejected(
            "MAX_COST_EXCEEDED", "Query cost is 2753"
        )
        assert isinstance(command(Script([httpx.Response(400)])), Rejected)


class TestWaiting:
    def test_after_a_throttled_answer_it_waits_until_the_points_are_there(self) -> None:
        time = FakeTime()
        ask(throttled(available=0, requested=50), data({}), time=time)
        assert 0.5 <= time.passed < 0.7

    def test_after_a_429_it_waits_as_long_as_it_was_told(self) -> None:
        time = FakeTime()
        ask(httpx.Response(429, headers={"Retry-After": "7.5"}), data({}), time=time)
        assert 7.5 <= time.passed < 7.6

    def test_it_waits_before_sending_when_the_last_answer_left_too_few_points(self) -> None:
        time = FakeTime()
        client = client_of(Script([data({}, available=3), data({}, available=0)]), time)
        client.ask(SHOP, {})
        assert time.passed == 0
        client.ask(SHOP, {})
        assert time.passed > 0

    def test_the_restore_rate_is_the_one_that_shopify_tells(self) -> None:
        client = client_of(Script([throttled(), data({})]))
        client.ask(SHOP, {})
        assert client.restore_points_per_second == 100


class TestSecrecy:
    def test_the_token_shows_in_no_error_and_no_log(self) -> None:
        echo = {"errors": f"no access for {TOKEN}"}
        with capture_logs() as logs, pytest.raises(StoreStopped) as stopped:
            ask(
                httpx.ReadTimeout(f"while sending {TOKEN}"),
                httpx.ConnectError(f"refused {TOKEN}"),
                httpx.Response(403, json=echo),
            )
        assert TOKEN not in str(stopped.value)
        assert len(logs) == 2
        assert TOKEN not in repr(logs)

    def test_the_token_shows_in_no_unknown_outcome(self) -> None:
        outcome = command(Script([httpx.ReadTimeout(f"while sending {TOKEN}")]))
        assert isinstance(outcome, Unknown)
        assert TOKEN not in outcome.cause

    def test_the_token_goes_to_the_configured_address_only(self) -> None:
        script = Script([httpx.Response(302, headers={"Location": "https://evil.example/"})])
        with pytest.raises(StoreStopped, match="redirect"):
            client_of(script).ask(SHOP, {})
        assert [request.url.host for request in script.requests] == ["acme-b2b.myshopify.com"]

    def test_the_environment_names_no_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        client = ShopifyClient(ENDPOINT)
        assert not client._http.trust_env
        assert not client._http._mounts
        client.close()

    def test_certificates_are_verified(self) -> None:
        client = ShopifyClient(ENDPOINT)
        pool = client._http._transport._pool  # type: ignore[attr-defined]
        assert pool._ssl_context.verify_mode == ssl.CERT_REQUIRED
        assert pool._ssl_context.check_hostname
        client.close()


class TestVersions:
    def test_another_version_is_noticed_and_told_once(self) -> None:
        with capture_logs() as logs:
            client = client_of(Script([data({}, version="2027-01"), data({}, version="2027-01")]))
            client.ask(SHOP, {})
            client.ask(SHOP, {})
        assert client.served_version == "2027-01"
        assert [log["event"] for log in logs] == ["shopify.other_version_served"]
        assert logs[0]["requested"] == "2026-10"


def test_many_calls_at_once_spend_no_more_than_the_bucket_holds() -> None:
    """Real threads against a bucket that would refuse the first call too many."""
    lock = threading.Lock()
    left = [40.0]

    def handle(_request: httpx.Request) -> httpx.Response:
        with lock:
            if left[0] < 10:
                return throttled(available=int(left[0]))
            left[0] -= 10
            return data({}, available=int(left[0]))

    class RefillingTime(FakeTime):
        def sleep(self, seconds: float) -> None:
            with lock:
                super().sleep(seconds)
                left[0] += seconds * 100

    client = client_of(httpx.MockTransport(handle), RefillingTime())
    client.ask(SHOP, {})
    with ThreadPoolExecutor(8) as pool, capture_logs() as logs:
        answers = list(pool.map(lambda _: client.ask(SHOP, {}), range(60)))
    assert len(answers) == 60
    assert logs == []
