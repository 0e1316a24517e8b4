"""What Dagster loads, written out: keys, lineage, checks, jobs, pools, retries, descriptions."""

import socket
from typing import Any

import dagster as dg
import pytest

from inventory_sync.definitions import build_definitions
from inventory_sync.domain.guards import NEVER_EMPTY
from inventory_sync.settings import Settings

ERP = {
    "erp/locations",
    "erp/products",
    "erp/components",
    "erp/stock",
    "erp/commitments",
    "erp/supply",
    "erp/acknowledged_orders",
    "erp/promise_dates",
    "erp/quarantine",
    "erp/quarantined_rows",
}
ATP_INPUTS = ERP - {
    "erp/acknowledged_orders",
    "erp/promise_dates",
    "erp/quarantined_rows",
}
PROJECTED_INPUTS = {
    "atp/available_to_promise",
    "erp/locations",
    "erp/products",
    "erp/components",
    "erp/commitments",
    "erp/supply",
    "orders/in_flight",
}
PUBLISHED_INPUTS = {
    "atp/available_to_promise",
    "erp/components",
    "erp/products",
    "erp/locations",
    "erp/acknowledged_orders",
    "erp/commitments",
    "orders/in_flight",
}

PROMISED_INPUTS = {
    "atp/promise_dates",
    "orders/promise_dates",
    "erp/locations",
    "erp/products",
}
ORDER_DATES_INPUTS = {
    "orders/in_flight",
    "atp/projected",
    "erp/commitments",
    "erp/promise_dates",
    "erp/locations",
}

SLIPS_INPUTS = {
    *(ERP - {"erp/stock", "erp/promise_dates", "erp/quarantine"}),
    "atp/available_to_promise",
    "atp/projected",
    "atp/promise_dates",
    "orders/promise_dates",
}


def settings_of(*stores: str) -> Settings:
    """Settings that name these stores; nothing in them can be reached."""
    return Settings.model_validate(
        {
            "erp": {"url": "postgresql://nobody@erp.invalid/acme"},
            "stores": {
                name: {
                    "shop": f"acme-{number}.myshopify.com",
                    "access_token": "a-token",
                    "mode": "live" if number else "dry_run",
                    "locations": {f"gid://shopify/Location/{1001 + number}": ["NYC"]},
                }
                for number, name in enumerate(stores)
            },
        }
    )


def graph_of(*stores: str) -> dg.Definitions:
    return build_definitions(settings_of(*stores))


def lineage(definitions: dg.Definitions) -> dict[str, set[str]]:
    """Asset key -> the keys it is made from."""
    graph = definitions.resolve_asset_graph()
    return {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }


def of_store(name: str) -> dict[str, set[str]]:
    """The lineage of one store's assets."""
    published = f"stores/{name}/published_quantities"
    return {
        published: PUBLISHED_INPUTS,
        f"stores/{name}/observed_quantities": {published},
        f"stores/{name}/published_promises": {published, *PROMISED_INPUTS},
    }


def test_the_lineage_runs_from_the_erp_through_atp_to_each_store() -> None:
    assert lineage(graph_of("b2b-us")) == {
        **{key: set() for key in ERP},
        "orders/in_flight": {"erp/acknowledged_orders"},
        "atp/available_to_promise": ATP_INPUTS,
        "atp/projected": PROJECTED_INPUTS,
        "atp/promise_dates": {"atp/projected", "erp/locations", "erp/promise_dates"},
        "orders/promise_dates": ORDER_DATES_INPUTS,
        "orders/promise_slips": SLIPS_INPUTS,
        **of_store("b2b-us"),
    }


@pytest.mark.parametrize("stores", [["acme"], ["b2b-us", "b2c-us", "b2c-eu", "outlet_2"], ["0-9"]])
def test_the_store_assets_follow_the_settings(stores: list[str]) -> None:
    found = lineage(graph_of(*stores))
    theirs = {key: parents for key, parents in found.items() if key.startswith("stores/")}
    assert theirs == {key: made for store in stores for key, made in of_store(store).items()}


def test_each_check_is_named_as_the_sentence_that_it_asserts() -> None:
    graph = graph_of("b2b-us", "b2c-us").resolve_asset_graph()
    judged = ("locations", "products", "components", "stock", "commitments", "acknowledged_orders")
    under_contract = {
        *(ERP - {"erp/quarantine", "erp/quarantined_rows"}),
        *("atp/available_to_promise", "atp/projected", "atp/promise_dates", "orders/in_flight"),
        *(key for store in ("b2b-us", "b2c-us") for key in of_store(store)),
    }
    assert {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys} == {
        *((f"erp/{dataset}", "every_row_is_believed") for dataset in judged),
        *((key, "the_data_keep_their_contract") for key in under_contract),
        ("atp/available_to_promise", "atp_is_the_sum_of_its_terms"),
        ("erp/commitments", "no_hold_is_forgotten"),
        ("erp/commitments", "holds_are_the_same_in_the_erp_and_in_shopify"),
        ("orders/in_flight", "every_order_reaches_the_erp_in_time"),
        ("atp/promise_dates", "no_promise_was_broken_silently"),
        *(
            (f"stores/{store}/{asset}", name)
            for store in ("b2b-us", "b2c-us")
            for asset, name in (
                ("published_quantities", "nothing_in_the_store_needs_mending"),
                ("published_quantities", "every_topic_is_subscribed"),
                ("observed_quantities", "the_store_shows_what_was_published"),
                ("observed_quantities", "overselling"),
                ("observed_quantities", "order_cancellations"),
                ("observed_quantities", "outdated_stock_data"),
                ("observed_quantities", "inventory_fragmentation"),
                ("observed_quantities", "customer_confusion"),
                ("observed_quantities", "hold_drift"),
                ("published_promises", "promise_date_mismatch"),
            )
        ),
    }


def test_only_the_sum_and_what_no_store_could_be_published_without_block() -> None:
    graph = graph_of("b2b-us").resolve_asset_graph()
    blocking = {
        (key.asset_key.to_user_string(), key.name)
        for key in graph.asset_check_keys
        if graph.get_check_spec(key).blocking
    }
    assert blocking == {
        ("atp/available_to_promise", "atp_is_the_sum_of_its_terms"),
        *((f"erp/{name}", "the_data_keep_their_contract") for name in NEVER_EMPTY),
    }


def test_the_full_job_holds_every_asset_and_check() -> None:
    definitions = graph_of("b2b-us", "b2c-us")
    jobs = {job.name: job for job in definitions.resolve_all_job_defs()}
    assert {name for name in jobs if not name.startswith("__")} == {
        "full_sync",
        "event_sync",
        "replenishment_sync",
        "manufacturing_sync",
        "reconcile",
        "promises_sync",
        "retention",
        "webhooks_check",
    }
    graph = definitions.resolve_asset_graph()
    layer = jobs["full_sync"].asset_layer
    assert set(layer.selected_asset_keys) == graph.get_all_asset_keys()
    assert set(layer.asset_graph.asset_check_keys) == graph.asset_check_keys


def test_the_hourly_look_at_webhooks_is_one_check_per_store_and_no_asset() -> None:
    definitions = graph_of("b2b-us", "b2c-us")
    layer = definitions.resolve_job_def("webhooks_check").asset_layer
    assert not layer.executable_asset_keys
    assert {key.to_user_string() for key in layer.asset_graph.asset_check_keys} == {
        f"stores/{store}/published_quantities:every_topic_is_subscribed"
        for store in ("b2b-us", "b2c-us")
    }
    assert definitions.resolve_schedule_def("webhooks_check").cron_schedule == "17 * * * *"


def steps_of(definitions: dg.Definitions) -> dict[str, dg.OpDefinition]:
    """What is executed, by the assets that it makes."""
    return {
        " ".join(sorted(key.to_user_string() for key in each.keys)): each.op
        for each in definitions.resolve_asset_graph().assets_defs
        if each.keys
    }


def test_one_pool_per_store_holds_all_of_its_assets_and_nothing_else() -> None:
    pools = {key: op.pool for key, op in steps_of(graph_of("b2b-us", "b2c-us")).items() if op.pool}
    assert pools == {
        f"stores/{store}/{asset}": f"store_{store.replace('-', '_')}"
        for store in ("b2b-us", "b2c-us")
        for asset in ("published_quantities", "observed_quantities", "published_promises")
    }


def test_what_meets_the_outside_is_retried_with_growing_pauses() -> None:
    retries = {
        key: (op.retry_policy.max_retries, op.retry_policy.delay, op.retry_policy.backoff)
        for key, op in steps_of(graph_of("b2b-us")).items()
        if op.retry_policy
    }
    assert retries == {
        " ".join(sorted(ERP)): (2, 5, dg.Backoff.EXPONENTIAL),
        "stores/b2b-us/published_quantities": (2, 10, dg.Backoff.EXPONENTIAL),
        "stores/b2b-us/observed_quantities": (2, 10, dg.Backoff.EXPONENTIAL),
        "stores/b2b-us/published_promises": (2, 10, dg.Backoff.EXPONENTIAL),
    }


def test_everything_has_a_group_an_owner_a_description_and_its_storey() -> None:
    graph = graph_of("b2b-us").resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        # A group per store, so that the picture of the whole graph shows what goes where.
        group = "store_b2b_us" if key.path[0] == "stores" else key.path[0]
        assert node.group_name == group
        assert node.owners == ["team:inventory"]
        assert node.description
        assert node.tags["inventory_sync/storey"] == key.path[0]
    for check in graph.asset_check_keys:
        assert graph.get_check_spec(check).description
    assert graph_of("b2b-us").resolve_job_def("full_sync").description


def test_an_asset_says_whether_its_store_is_written_to() -> None:
    graph = graph_of("dry", "wet").resolve_asset_graph()
    texts = {
        store: graph.get(dg.AssetKey(["stores", store, "published_quantities"])).description or ""
        for store in ("dry", "wet")
    }
    assert "not written to (dry run)" in texts["dry"]
    assert "is written to" in texts["wet"]


def test_loading_makes_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise AssertionError(f"a connection to {arguments}")

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("subprocess.Popen", refuse)
    monkeypatch.setattr("psycopg.connect", refuse)
    definitions = graph_of("b2b-us", "b2c-us")
    dg.Definitions.validate_loadable(definitions)


def test_the_dates_follow_the_clock_without_touching_quantities() -> None:
    definitions = graph_of("b2b-us", "b2c-us")
    layer = definitions.resolve_job_def("promises_sync").asset_layer
    made = {key.to_user_string() for key in layer.selected_asset_keys}
    assert {key for key in made if key.startswith("stores/")} == {
        "stores/b2b-us/published_promises",
        "stores/b2c-us/published_promises",
    }
    assert {"erp/supply", "atp/promise_dates", "orders/in_flight", "orders/promise_dates"} <= made
    assert "orders/promise_slips" in made, "what stores are told is kept with its reason"
    assert definitions.resolve_schedule_def("promises").cron_schedule == "3 * * * *"
