"""The hourly look at the webhooks turns red when a store has stopped telling, and green again."""

from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
import yaml

from inventory_sync.flow.subscriptions import install
from inventory_sync.settings import load_settings
from inventory_sync.wiring import storefront
from inventory_sync_tests.defs.play import definitions_of, shown
from inventory_sync_tests.endtoend.stage import Stage

pytestmark = pytest.mark.xdist_group("acme-events")


def look(stage: Stage, settings_file: Path) -> dict[str, tuple[bool, object]]:
    """Each live store: whether its check has passed, and what it lacks."""
    definitions = definitions_of(stage, settings_file)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("webhooks_check")
        result = job.execute_in_process(instance=instance)
    return {
        check.asset_key.path[1]: (check.passed, shown(check.metadata["missing"]))
        for check in result.get_asset_check_evaluations()
        if "missing" in check.metadata
    }


def test_a_subscription_that_has_disappeared_is_named(stage: Stage) -> None:
    settings = load_settings(stage.settings_file)
    url = settings.receiver.public_url
    assert url
    before = look(stage, stage.settings_file)
    assert before, "there are live stores"
    assert not any(passed for passed, _ in before.values())
    for name in before:
        with closing(storefront(name, settings.stores[name])) as front:
            install(front, url)
    assert look(stage, stage.settings_file) == dict.fromkeys(before, (True, "nothing"))

    shop = stage.shops["b2b-us"]
    lost = next(key for key, each in shop.subscriptions.items() if each.topic == "orders/create")
    del shop.subscriptions[lost]
    found = look(stage, stage.settings_file)
    assert found.pop("b2b-us") == (False, "orders/create")
    assert all(passed for passed, _ in found.values())
    shop.subscriptions.clear()


def test_without_a_receiver_nobody_is_asked(stage: Stage, tmp_path: Path) -> None:
    text = yaml.safe_load(stage.settings_file.read_text())
    del text["receiver"]["public_url"]
    deaf = tmp_path / "deaf.yaml"
    deaf.write_text(yaml.safe_dump(text))
    assert look(stage, deaf) == {}
