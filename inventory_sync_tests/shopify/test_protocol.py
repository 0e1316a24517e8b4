"""Every answer that Shopify is known to give, and what we take it for."""

from pathlib import Path

import pytest

from inventory_sync.shopify.protocol import (
    Answer,
    Cost,
    Rejected,
    RetryLater,
    Stopped,
    Throttled,
    TooCostly,
    decipher,
)

SAMPLES = Path(__file__).parent / "samples"
JSON = {"Content-Type": "application/json; charset=utf-8", "X-Shopify-API-Version": "2026-10"}


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


class TestAnswers:
    def test_data_comes_with_its_cost_and_the_version_that_served_it(self) -> None:
        result = decipher(200, JSON, sample("set-applied-200.json"))
        assert isinstance(result, Answer)
        assert result.served_version == "2026-10"
        assert result.cost == Cost(13.0, 13.0, 2000.0, 1987.0, 100.0)
        assert result.data["inventorySetQuantities"]["userErrors"] == []

    def test_header_names_have_no_case(self) -> None:
        result = decipher(200, {"x-shopify-api-version": "2026-07"}, b'{"data":{"shop":{}}}')
        assert result == Answer({"shop": {}}, None, "2026-07")

    @pytest.mark.parametrize(
        "number", ["-1", "true", '"13"', "null", "1e999", "[]"], ids=lambda number: number
    )
    def test_a_senseless_cost_is_no_cost(self, number: str) -> None:
        body = sample("set-applied-200.json").replace(b"2000.0", number.encode())
        result = decipher(200, JSON, body)
        assert isinstance(result, RetryLater if number == "1e999" else Answer)
        assert getattr(result, "cost", None) is None


class TestThrottling:
    def test_a_throttled_answer_comes_with_http_200_and_tells_the_balance(self) -> None:
        result = decipher(200, JSON, sample("throttled-200.json"))
        assert result == Throttled(None, Cost(252.0, None, 2000.0, 42.0, 100.0))

    @pytest.mark.parametrize(
        ("header", "wait_seconds"),
        [("2.0", 2.0), ("0", 0.0), ("3600", 60.0), ("soon", None), ("nan", None), ("-5", None)],
    )
    def test_a_429_tells_how_long_to_wait(self, header: str, wait_seconds: float | None) -> None:
        assert decipher(429, {"Retry-After": header}, b"") == Throttled(wait_seconds)

    def test_a_429_without_a_wait_is_throttled_all_the_same(self) -> None:
        assert decipher(429, {}, b"<html>") == Throttled()


class TestStops:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (401, "token is not accepted"),
            (402, "frozen"),
            (403, "may not use this shop"),
            (404, "no such shop or API version"),
            (423, "locked"),
            (430, "suspicious"),
            (301, "redirect"),
            (307, "redirect"),
        ],
    )
    def test_a_status_that_a_person_must_act_on(self, status: int, reason: str) -> None:
        result = decipher(status, JSON, b"")
        assert isinstance(result, Stopped)
        assert reason in result.reason
        assert result.way_out

    def test_shopifys_own_words_are_kept_in_one_printable_line(self) -> None:
        body = b'{"errors":"[API] Invalid API key\\nor access token \\u001b[31m"}'
        result = decipher(401, JSON, body)
        assert isinstance(result, Stopped)
        assert result.reason.endswith("[API] Invalid API key or access token [31m")

    def test_a_missing_scope_names_the_field_and_the_scope(self) -> None:
        result = decipher(200, JSON, sample("access-denied-200.json"))
        assert isinstance(result, Stopped)
        assert "orders" in result.reason
        assert "read_orders" in result.reason
        assert "grant" in result.way_out

    def test_protected_customer_data_has_its_own_way_out(self) -> None:
        result = decipher(200, JSON, sample("order-not-approved-200.json"))
        assert isinstance(result, Stopped)
        assert "protected customer data" in result.way_out

    def test_an_inactive_shop_is_stopped(self) -> None:
        body = b'{"errors":[{"message":"x","extensions":{"code":"SHOP_INACTIVE"}}]}'
        assert isinstance(decipher(200, JSON, body), Stopped)


class TestRefusals:
    def test_a_query_that_costs_too_much_is_told_apart(self) -> None:
        result = decipher(200, JSON, sample("max-cost-200.json"))
        assert isinstance(result, TooCostly)
        assert "2753" in result.message

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("invalid-variable-200.json", "INVALID_VARIABLE"),
            ("no-idempotency-key-200.json", "BAD_REQUEST"),
        ],
    )
    def test_a_request_that_never_ran_is_rejected(self, name: str, code: str) -> None:
        result = decipher(200, JSON, sample(name))
        assert isinstance(result, Rejected)
        assert result.code == code

    @pytest.mark.parametrize("status", [400, 406, 413, 422])
    def test_a_malformed_request_is_rejected(self, status: int) -> None:
        result = decipher(status, JSON, b'{"errors":{"query":"Required parameter missing"}}')
        assert isinstance(result, Rejected)
        assert "Required parameter missing" in result.message


class TestNothingUsable:
    @pytest.mark.parametrize("status", [100, 204, 408, 500, 502, 503, 504, 520])
    def test_a_passing_status(self, status: int) -> None:
        assert decipher(status, JSON, b"") == RetryLater(f"HTTP {status}")

    @pytest.mark.parametrize(
        "body",
        [
            b"<html><title>Something went wrong</title></html>",
            b"",
            b'{"data": {"shop": {"id": "gid://shopify/Sh',
            b'{"data": null}',
            b'{"data": []}',
            b"[]",
            b"null",
            b"{}",
            b'{"data": {"n": NaN}}',
            b'{"data": {"n": -Infinity}}',
            b'{"data": {"n": 1e400}}',
            b'{"data": {"quantity": 5, "quantity": 500}}',
            b'{"data": {"n": ' + b"9" * 10_000 + b"}}",
            b"[" * 100_000,
            b"\xff\xfe\x00",
            b'{"errors": "something"}',
            b'{"errors": [null]}',
            b'{"errors": [{"message": 5, "extensions": []}]}',
        ],
        ids=range(18),
    )
    def test_a_200_that_holds_no_answer(self, body: bytes) -> None:
        assert isinstance(decipher(200, JSON, body), RetryLater)

    def test_an_internal_error_may_stand_for_half_done_work(self) -> None:
        result = decipher(200, JSON, sample("internal-error-200.json"))
        assert isinstance(result, RetryLater)
        assert "Internal error" in result.cause

    def test_an_error_beside_data_proves_nothing(self) -> None:
        body = b'{"data":{"inventorySetQuantities":{}},"errors":[{"message":"Throttled",'
        body += b'"extensions":{"code":"THROTTLED"}}]}'
        assert isinstance(decipher(200, JSON, body), RetryLater)
