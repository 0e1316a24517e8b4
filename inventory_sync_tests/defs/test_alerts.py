"""Somebody is told when a check turns red, once, and when it is good again."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import httpx
import pytest
import yaml

from inventory_sync.defs import alerts
from inventory_sync.defs.alerts import Light, NotDelivered, alert_sensor, news, post
from inventory_sync.defs.resources import InventorySync

SECRET = "https://hooks.chat.example/services/T000/SECRET"
KEY = dg.AssetCheckKey(dg.AssetKey(["stores", "b2b-us", "observed_quantities"]), "overselling")
RED, GREEN = Light(True, "5 units (at most 0)"), Light(False, "0 units (at most 0)")


def test_a_check_that_turns_red_is_told_once_and_its_recovery_too() -> None:
    first = news({"overselling": RED, "hold_drift": GREEN}, {})
    assert first.lines == (":red_circle: overselling: 5 units (at most 0)",)
    assert news({"overselling": Light(True, "6 units")}, first.known).lines == ()
    last = news({"overselling": GREEN}, first.known)
    assert last.lines == (":large_green_circle: overselling is good again: 0 units (at most 0)",)
    assert (last.known, news({"overselling": GREEN}, last.known).lines) == ({}, ())


def test_a_check_that_says_nothing_stays_as_it_was() -> None:
    assert news({}, {"overselling": "5 units"}).known == {"overselling": "5 units"}


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))


def test_the_message_is_slacks_and_a_passing_fault_is_tried_again() -> None:
    seen: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(503 if len(seen) == 1 else 200)

    post(SECRET, ["one", "two"], client_of(answer))
    assert seen == [{"text": "one\ntwo"}] * 2


@pytest.mark.parametrize("status", [404, 503])
def test_what_is_not_taken_is_an_error_without_the_url(status: int) -> None:
    tries = []

    def answer(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        return httpx.Response(status)

    with pytest.raises(NotDelivered, match=f"answered {status}") as failure:
        post(SECRET, ["one"], client_of(answer))
    assert "SECRET" not in str(failure.value)
    assert len(tries) == (1 if status == 404 else 3)


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was posted; ``DOWN`` in it makes the chat refuse."""
    texts: list[str] = []

    def posted(url: str, lines: list[str], client: httpx.Client) -> None:
        assert url == SECRET
        if texts[-1:] == ["DOWN"]:
            raise NotDelivered("alerts.webhook_url did not take the alert: it answered 503")
        texts.extend(lines)

    monkeypatch.setattr(alerts, "post", posted)
    yield texts


def test_the_sensor_tells_of_what_the_event_log_says(
    chat: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "inventory_sync.yaml"
    store = {"shop": "a.myshopify.com", "access_token": "t", "locations": {}}
    store["locations"] = {"gid://shopify/Location/1": ["NYC"]}
    settings = {"erp": {"url": "postgresql://erp.invalid/x"}, "stores": {"b2b-us": store}}
    file.write_text(yaml.safe_dump(settings | {"alerts": {"webhook_url": SECRET}}))
    sensor, resource = alert_sensor([KEY]), InventorySync(settings_file=str(file))
    cursor: str | None = None

    with dg.DagsterInstance.ephemeral() as instance:

        def tick(*, passed: bool | None, severity: dg.AssetCheckSeverity) -> None:
            nonlocal cursor
            if passed is not None:
                evaluation = dg.AssetCheckEvaluation(
                    asset_key=KEY.asset_key,
                    check_name=KEY.name,
                    passed=passed,
                    severity=severity,
                    description="5 units (at most 0)",
                )
                instance.report_runless_asset_event(evaluation)
            context = dg.build_sensor_context(
                instance, cursor=cursor, resources={"inventory_sync": resource}
            )
            result = sensor(context)
            if isinstance(result, dg.SensorResult):
                cursor = result.cursor

        error, warning = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
        tick(passed=None, severity=error)
        tick(passed=False, severity=warning)
        assert chat == []
        chat.append("DOWN")
        tick(passed=False, severity=error)
        assert chat == ["DOWN"]
        chat.clear()
        tick(passed=None, severity=error)
        tick(passed=False, severity=error)
        assert chat == [
            ":red_circle: overselling in stores/b2b-us/observed_quantities: 5 units (at most 0)"
        ]
        tick(passed=True, severity=error)
        assert len(chat) == 2
        assert "good again" in chat[1]
    assert "SECRET" not in caplog.text
    assert "SECRET" not in str(cursor)


def test_without_a_url_the_sensor_says_so() -> None:
    context = dg.build_sensor_context(resources={"inventory_sync": InventorySync()})
    result = alert_sensor([KEY])(context)
    assert isinstance(result, dg.SkipReason)
    assert "not set" in str(result.skip_message)
