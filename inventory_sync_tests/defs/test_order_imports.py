"""The sensor that brings orders into the ERP tells people what the ERP does not take."""

from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from inventory_sync.defs import order_imports
from inventory_sync.defs.alerts import lights_of
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.errors import ErpUnavailable, NeedsDecision
from inventory_sync_tests.flow.test_imports import GRACE, Play


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """A shop has sold something long enough ago; the sensor works with it."""
    play = Play()
    play.sell()
    play.later(GRACE)

    @contextmanager
    def parts(resource: InventorySync) -> Any:
        yield play.parts()

    monkeypatch.setattr(order_imports.DESK, "parts", parts)
    return play


def tick(instance: dg.DagsterInstance, cursor: str | None = None) -> Any:
    resources = {"inventory_sync": InventorySync()}
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources) as context:
        return order_imports.order_imports.evaluate_tick(context)


def test_what_is_parked_is_told_once_in_red_and_its_recovery_in_green(play: Play) -> None:
    play.office.fate = [NeedsDecision("No such customer.")]
    with dg.DagsterInstance.ephemeral() as instance:
        red = tick(instance)
        assert red.skip_message.startswith("1 orders asked for, 1 parked: #1007 of b2b")
        (event,) = red.asset_events
        assert (event.passed, event.severity) == (False, dg.AssetCheckSeverity.ERROR)
        assert "No such customer." in event.description
        assert tick(instance, red.cursor).asset_events == []
        play.retry([])
        (event,) = tick(instance, red.cursor).asset_events
        assert event.passed
        instance.report_runless_asset_event(event)
        key = dg.AssetCheckKey(dg.AssetKey(["orders", "in_flight"]), "no_order_import_is_parked")
        assert [light.red for light in lights_of(instance, [key]).values()] == [False]


def test_an_erp_that_is_away_is_no_failure_of_the_sensor(play: Play) -> None:
    play.office.is_away = True
    with dg.DagsterInstance.ephemeral() as instance:
        assert tick(instance).skip_message == "nothing was asked: The ERP is away."
        play.office.is_away = False
        play.office.fate = [ErpUnavailable("No answer.")]
        play.later(timedelta(minutes=1))
        assert tick(instance).skip_message == "1 orders asked for, 0 parked"


def test_orders_are_brought_in_only_where_the_settings_say_so() -> None:
    from inventory_sync.definitions import build_definitions
    from inventory_sync.settings import Settings
    from inventory_sync_tests.defs.test_graph import settings_of

    def names(settings: Settings) -> set[str]:
        return {sensor.name for sensor in build_definitions(settings).sensors or ()}

    settings = settings_of("b2b-us")
    assert "order_imports" not in names(settings)
    wanted = settings.erp.model_copy(update={"import_orders": object()})
    assert "order_imports" in names(settings.model_copy(update={"erp": wanted}))
