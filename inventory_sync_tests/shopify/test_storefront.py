"""The storefront over a scripted shop: pages, sizes, large orders and answers that are wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    QuantityChange,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.shopify import reader
from inventory_sync.shopify.storefront import ShopifyStorefront
from inventory_sync_tests.shopify.order_samples import (
    CLOCK,
    LAX,
    NYC,
    line,
    order_node,
    page,
    portion,
    refund,
    ships,
)
from inventory_sync_tests.shopify.shop_double import Reply, answering, client_of, data, too_costly

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def store_answering(handler: Callable[[dict[str, Any]], Reply]) -> ShopifyStorefront:
    return ShopifyStorefront(client_of(answering(handler)))


def item_gid(number: int) -> str:
    return f"gid://shopify/InventoryItem/{number}"


def paged(nodes: list[dict[str, Any]], variables: dict[str, Any]) -> dict[str, Any]:
    """A connection as Shopify pages it; the cursor is the index of the last node."""
    start = int(variables.get("after") or 0)
    end = start + variables["pageSize"]
    has_next = end < len(nodes)
    info = {"hasNextPage": has_next, "endCursor": str(end) if has_next else None}
    return {"nodes": nodes[start:end], "pageInfo": info}


def leveled(number: int, available: int = 7, **others: Any) -> dict[str, Any]:
    level = {"isActive": True, "quantities": [{"name": "available", "quantity": available}]}
    return {"id": item_gid(number), "tracked": True, "inventoryLevel": level} | others


class TestCatalog:
    def test_every_page_is_read_and_a_too_costly_one_is_halved_for_good(self) -> None:
        items = [
            {"id": item_gid(number), "sku": f"SKU-{number}", "tracked": True}
            for number in range(1, 301)
        ]
        sizes: list[int] = []

        def handle(body: dict[str, Any]) -> Reply:
            sizes.append(body["variables"]["pageSize"])
            if body["variables"]["pageSize"] > 100:
                return too_costly()
            return data({"inventoryItems": paged(items, body["variables"])})

        store = store_answering(handle)
        assert [each.sku for each in store.catalog()] == [f"SKU-{n}" for n in range(1, 301)]
        assert sizes == [250, 125, 62, 62, 62, 62, 62]
        next(store.catalog())
        assert sizes[-1] == 62

    def test_a_sku_may_be_missing_empty_or_shared(self) -> None:
        items: list[dict[str, Any]] = [
            {"id": item_gid(1), "sku": None, "tracked": True},
            {"id": item_gid(2), "sku": "", "tracked": False},
            {"id": item_gid(3), "sku": "OAK-TABLE", "tracked": True},
            {"id": item_gid(4), "sku": "OAK-TABLE", "tracked": True},
        ]
        store = store_answering(
            lambda body: data({"inventoryItems": paged(items, body["variables"])})
        )
        found = [(each.sku, each.tracked) for each in store.catalog()]
        assert found == [(None, True), (None, False), ("OAK-TABLE", True), ("OAK-TABLE", True)]

    def test_a_long_catalogue_is_paged_anew_by_id_before_shopify_ends_the_pagination(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "_WINDOW_OBJECTS", 500)
        numbers = range(1, 1801)
        queries: list[str | None] = []

        def handle(body: dict[str, Any]) -> Reply:
            query = body["variables"]["query"]
            if query not in queries:
                queries.append(query)
            first = int(query.removeprefix("id:>")) if query else 0
            items = [
                {"id": item_gid(number), "sku": str(number), "tracked": True}
                for number in numbers
                if number > first
            ]
            return data({"inventoryItems": paged(items, body["variables"])})

        found = [each.inventory_item_id for each in store_answering(handle).catalog()]
        assert found == [item_gid(number) for number in numbers]
        assert queries == [None, "id:>500", "id:>1000", "id:>1500"]

    def test_a_long_catalogue_in_no_order_is_not_guessed_at(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "_WINDOW_OBJECTS", 2)
        items = [{"id": item_gid(n), "sku": "A", "tracked": True} for n in (3, 1, 2)]
        store = store_answering(
            lambda body: data({"inventoryItems": paged(items, body["variables"])})
        )
        with pytest.raises(StoreUnreachable, match="no order of their ids"):
            list(store.catalog())

    def test_a_store_that_ignores_the_filter_by_id_is_not_read_in_a_circle(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "_WINDOW_OBJECTS", 500)
        items = [{"id": item_gid(n), "sku": str(n), "tracked": True} for n in range(1, 601)]
        store = store_answering(
            lambda body: data({"inventoryItems": paged(items, body["variables"])})
        )
        with pytest.raises(StoreUnreachable, match="lists items again"):
            list(store.catalog())

    def test_a_short_catalogue_may_come_in_any_order_and_with_any_ids(self) -> None:
        ids = [item_gid(3), item_gid(1), "gid://shopify/InventoryItem/oak-table"]
        items = [{"id": gid, "sku": "A", "tracked": True} for gid in ids]
        store = store_answering(
            lambda body: data({"inventoryItems": paged(items, body["variables"])})
        )
        assert [each.inventory_item_id for each in store.catalog()] == ids

    def test_a_long_catalogue_without_numbers_to_go_on_from_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "_WINDOW_OBJECTS", 2)
        ids = [item_gid(1), "gid://shopify/InventoryItem/oak-table", item_gid(3)]
        items = [{"id": gid, "sku": "A", "tracked": True} for gid in ids]
        store = store_answering(
            lambda body: data({"inventoryItems": paged(items, body["variables"])})
        )
        with pytest.raises(StoreUnreachable, match="not an id that Shopify gives"):
            list(store.catalog())

    @pytest.mark.parametrize("cursor", [None, "5"])
    def test_pages_that_do_not_go_on_end_with_an_error_and_not_in_a_circle(
        self, cursor: str | None
    ) -> None:
        info = {"hasNextPage": True, "endCursor": cursor}
        store = store_answering(
            lambda body: data({"inventoryItems": {"nodes": [], "pageInfo": info}})
        )
        with pytest.raises(StoreUnreachable, match="do not go on"):
            list(store.catalog())

    def test_the_smallest_page_that_is_still_too_costly_stops_the_store(self) -> None:
        with pytest.raises(StoreStopped, match="smallest query InventorySyncCatalog"):
            list(store_answering(lambda body: too_costly()).catalog())


class TestLevels:
    def levels(self, nodes: list[dict[str, Any]], *, active: bool = True) -> list[Any]:
        location = {"id": NYC, "isActive": active}
        store = store_answering(
            lambda body: data(
                {"location": location, "inventoryItems": paged(nodes, body["variables"])}
            )
        )
        return list(store.levels(NYC))

    def test_what_cannot_be_believed_has_no_quantity(self) -> None:
        asleep = {"isActive": False, "quantities": [{"name": "available", "quantity": 9}]}
        mute = {"isActive": True, "quantities": []}
        found = self.levels(
            [
                leveled(1, available=-3),
                leveled(2, inventoryLevel=asleep),
                leveled(3, tracked=False),
                leveled(4, inventoryLevel=None),
                leveled(5, inventoryLevel=mute),
            ]
        )
        assert [(each.key.inventory_item_id, each.available_units) for each in found] == [
            (item_gid(1), -3),
            (item_gid(2), None),
            (item_gid(3), None),
            (item_gid(5), None),
        ]
        assert [each.is_active for each in found] == [True, False, True, True]

    def test_at_a_deactivated_location_no_level_is_active(self) -> None:
        (found,) = self.levels([leveled(1)], active=False)
        assert not found.is_active
        assert found.available_units is None

    def test_a_location_that_the_store_lacks_stops_it_by_name(self) -> None:
        store = store_answering(
            lambda body: data({"location": None, "inventoryItems": page([leveled(1)])})
        )
        with pytest.raises(StoreStopped, match=r"no location gid://shopify/Location/1001"):
            list(store.levels(NYC))

    @pytest.mark.parametrize("quantity", [1.0, "7", True, None, 10**12])
    def test_a_quantity_of_another_kind_is_not_believed(self, quantity: object) -> None:
        level = {"isActive": True, "quantities": [{"name": "available", "quantity": quantity}]}
        with pytest.raises(StoreUnreachable, match=r"malformed.*quantity"):
            self.levels([leveled(1, inventoryLevel=level)])


class TestReadBack:
    def test_items_are_asked_in_chunks_that_shrink_when_too_costly(self) -> None:
        sizes: list[int] = []

        def handle(body: dict[str, Any]) -> Reply:
            asked = body["variables"]["itemIds"]
            sizes.append(len(asked))
            if len(asked) > 130:
                return too_costly()
            nodes = [leveled(int(gid.rpartition("/")[2])) for gid in asked]
            return data({"location": {"id": NYC, "isActive": True}, "nodes": nodes})

        wanted = [item_gid(number) for number in range(1, 301)]
        found = list(store_answering(handle).levels_of(NYC, wanted))
        assert [each.key for each in found] == [LevelKey(gid, NYC) for gid in wanted]
        assert sizes == [250, 125, 125, 50]

    def test_no_items_need_no_call(self) -> None:
        store = store_answering(lambda body: httpx.Response(500))
        assert list(store.levels_of(NYC, [])) == []

    def test_an_item_without_a_level_or_without_existence_is_unconnected(self) -> None:
        nodes = [leveled(1, inventoryLevel=None), None]
        location = {"id": NYC, "isActive": True}
        store = store_answering(lambda body: data({"location": location, "nodes": nodes}))
        found = list(store.levels_of(NYC, [item_gid(1), item_gid(2)]))
        assert [each.is_connected for each in found] == [False, False]
        assert [each.available_units for each in found] == [None, None]

    @pytest.mark.parametrize(
        ("location", "nodes"),
        [
            (NYC, [leveled(2)]),
            (NYC, [leveled(1), leveled(2)]),
            (NYC, []),
            (LAX, [leveled(1)]),
            (NYC, [{}]),
        ],
        ids=["another item", "more items", "no items", "another location", "another type"],
    )
    def test_an_answer_about_something_else_is_not_believed(
        self, location: str, nodes: list[dict[str, Any]]
    ) -> None:
        place = {"id": location, "isActive": True}
        store = store_answering(lambda body: data({"location": place, "nodes": nodes}))
        with pytest.raises(StoreUnreachable):
            list(store.levels_of(NYC, [item_gid(1)]))


class TestOrders:
    def test_orders_are_asked_by_the_second_in_universal_time(self) -> None:
        bodies: list[dict[str, Any]] = []

        def handle(body: dict[str, Any]) -> Reply:
            bodies.append(body)
            return data({"orders": page([])})

        new_york = timezone(timedelta(hours=-5))
        since = datetime(2026, 11, 23, 4, 0, 7, 999_999, tzinfo=new_york)
        assert list(store_answering(handle).order_lines(since)) == [()]
        assert bodies[0]["variables"]["query"] == "updated_at:>='2026-11-23T09:00:07Z'"

    def test_a_time_without_a_zone_is_a_mistake_of_the_caller(self) -> None:
        store = store_answering(lambda body: httpx.Response(500))
        with pytest.raises(ValueError, match="time zone"):
            list(store.order_lines(datetime(2026, 11, 23)))  # noqa: DTZ001

    def test_each_value_holds_the_whole_orders_of_one_page(self) -> None:
        orders = [
            order_node([line(2, id=f"gid://shopify/LineItem/{n}")], name=f"#{1000 + n}")
            for n in range(1, 26)
        ]
        store = store_answering(lambda body: data({"orders": paged(orders, body["variables"])}))
        values = list(store.order_lines(MONDAY))
        assert [len(value) for value in values] == [10, 10, 5]
        assert [each.order_name for value in values for each in value] == [
            f"#{1000 + n}" for n in range(1, 26)
        ]

    def test_when_one_order_is_too_costly_fewer_of_its_lines_are_asked_at_once(self) -> None:
        asked: list[tuple[int, int, int]] = []

        def handle(body: dict[str, Any]) -> Reply:
            sizes = body["variables"]
            asked.append((sizes["pageSize"], sizes["lines"], sizes["fulfillmentOrders"]))
            return data({"orders": page([])}) if len(asked) == 6 else too_costly()

        list(store_answering(handle).order_lines(MONDAY))
        assert asked == [(10, 5, 3), (5, 5, 3), (2, 5, 3), (1, 5, 3), (1, 2, 3), (1, 1, 3)]

    @pytest.mark.parametrize(
        ("damage", "named"),
        [
            ({"lineItems": page([line(2, 3)])}, "#1001"),
            ({"updatedAt": "soon"}, "#1001"),
            ({"name": None}, "gid://shopify/Order/9007199254740993"),
            ({"name": None, "id": None}, "without name"),
        ],
    )
    def test_a_malformed_order_stops_the_store_and_is_named(
        self, damage: dict[str, Any], named: str
    ) -> None:
        order = order_node([line(1)]) | damage
        store = store_answering(lambda body: data({"orders": page([order])}))
        with pytest.raises(StoreStopped) as caught:
            list(store.order_lines(MONDAY))
        assert f"order {named} cannot be understood" in str(caught.value)


class LargeOrder:
    """A shop with one order that no single page holds."""

    def __init__(self, changes: int = 0) -> None:
        self.changes_to_come = changes
        self.updated = MONDAY
        self.lines = [line(4, 3, id=f"gid://shopify/LineItem/{n}") for n in range(1, 251)]
        self.refund_lines = [
            refund(1, "CANCEL", NYC)["refundLineItems"]["nodes"][0]
            | {"lineItem": {"id": f"gid://shopify/LineItem/{n}"}}
            for n in range(1, 251)
        ]
        self.asked: list[str] = []

    def portions(self, units: int) -> list[dict[str, Any]]:
        return [portion(units, line_id=each["id"]) for each in self.lines]

    @property
    def head(self) -> dict[str, Any]:
        return {
            "id": "gid://shopify/Order/9007199254740993",
            "name": "#1001",
            "updatedAt": self.updated.isoformat(),
            "cancelledAt": None,
            "createdAt": "2026-11-23T08:00:00Z",
            "test": False,
        }

    def __call__(self, body: dict[str, Any]) -> Reply:
        name = body["operationName"].removeprefix("InventorySync")
        self.asked.append(name)
        return data(getattr(self, name)(body["variables"]))

    def Orders(self, variables: dict[str, Any]) -> dict[str, Any]:
        more = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "5"}}
        return {
            "orders": page(
                [
                    self.head | {"lineItems": more, "fulfillmentOrders": more, "refunds": []},
                    order_node([line(1)], [ships(NYC, 1)], name="#1002"),
                ]
            )
        }

    def OrderLines(self, variables: dict[str, Any]) -> dict[str, Any]:
        some = {"nodes": self.refund_lines[:100], "pageInfo": {"hasNextPage": True}}
        refunds = [{"id": "gid://shopify/Refund/1", "refundLineItems": some}]
        lines = paged(self.lines, variables)
        return {"order": self.head | {"lineItems": lines, "refunds": refunds}}

    def OrderPortions(self, variables: dict[str, Any]) -> dict[str, Any]:
        is_second = variables["previous"] == "first"
        if is_second and self.changes_to_come and variables["after"] is None:
            self.changes_to_come -= 1
            self.updated += timedelta(seconds=1)
        portions = paged(self.portions(1 if is_second else 3), variables)
        work = ships(LAX if is_second else NYC, 0) | {"lineItems": portions}
        info = {"hasNextPage": not is_second, "endCursor": "second" if is_second else "first"}
        head = {"id": self.head["id"], "updatedAt": self.head["updatedAt"]}
        return {"order": head | {"fulfillmentOrders": {"nodes": [work], "pageInfo": info}}}

    def RefundLines(self, variables: dict[str, Any]) -> dict[str, Any]:
        lines = paged(self.refund_lines, variables)
        return {"node": {"id": variables["id"], "refundLineItems": lines}}


class TestLargeOrders:
    def test_an_order_of_250_lines_is_read_whole_list_by_list(self) -> None:
        shop = LargeOrder()
        (value,) = store_answering(shop).order_lines(MONDAY)
        of_large = [each for each in value if each.order_name == "#1001"]
        assert len(of_large) == 500
        at_nyc = [each for each in of_large if each.store_location_id == NYC]
        assert {(each.current_units, each.taken_units) for each in at_nyc} == {(2, 2)}
        at_lax = [each for each in of_large if each.store_location_id == LAX]
        assert {(each.current_units, each.taken_units) for each in at_lax} == {(1, 1)}
        assert shop.asked == (
            ["Orders"] + ["OrderLines"] * 3 + ["OrderPortions"] * 6 + ["RefundLines"] * 3
        )
        (small,) = [each for each in value if each.order_name == "#1002"]
        assert small.line_id == CLOCK

    def test_an_order_that_changes_in_between_is_read_again(self) -> None:
        shop = LargeOrder(changes=1)
        (value,) = store_answering(shop).order_lines(MONDAY)
        assert value[0].updated_at == MONDAY + timedelta(seconds=1)
        assert shop.asked.count("OrderLines") == 6

    def test_an_order_that_never_rests_is_left_to_the_next_pass(self) -> None:
        with pytest.raises(StoreUnreachable, match="order #1001 keeps changing"):
            list(store_answering(LargeOrder(changes=99)).order_lines(MONDAY))

    def test_a_page_of_another_order_is_not_believed(self) -> None:
        class Confused(LargeOrder):
            def OrderPortions(self, variables: dict[str, Any]) -> dict[str, Any]:
                answer = super().OrderPortions(variables)
                answer["order"]["id"] = "gid://shopify/Order/2"
                return answer

        with pytest.raises(StoreUnreachable, match="another order"):
            list(store_answering(Confused()).order_lines(MONDAY))


CALL = SetQuantities(
    "key-1", "gid://inventory-sync/Pass/7", (QuantityChange("A", LevelKey(item_gid(1), NYC), 4, 9),)
)


class TestSetQuantities:
    @pytest.mark.parametrize(
        ("payload", "outcome"),
        [
            ({"inventoryAdjustmentGroup": {"id": "g"}, "userErrors": []}, Applied),
            ({"inventoryAdjustmentGroup": None, "userErrors": []}, Applied),
            (
                {
                    "inventoryAdjustmentGroup": None,
                    "userErrors": [{"code": "INVALID_REASON", "field": None, "message": "no"}],
                },
                Refused,
            ),
            ({"userErrors": []}, Unknown),
            ({"inventoryAdjustmentGroup": None, "userErrors": None}, Unknown),
            ({"inventoryAdjustmentGroup": None, "userErrors": [{"message": 5}]}, Unknown),
            (None, Unknown),
        ],
    )
    def test_only_a_well_formed_answer_is_definite(
        self, payload: dict[str, Any] | None, outcome: type
    ) -> None:
        store = store_answering(lambda body: data({"inventorySetQuantities": payload}))
        assert isinstance(store.set_quantities(CALL), outcome)

    def test_a_rejected_call_is_refused_as_a_whole(self) -> None:
        error = {"message": "251 rows", "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}
        store = store_answering(lambda body: httpx.Response(200, json={"errors": [error]}))
        outcome = store.set_quantities(CALL)
        assert isinstance(outcome, Refused)
        assert outcome.rows == {}
        assert outcome.general[0].code == "MAX_INPUT_SIZE_EXCEEDED"

    def test_a_lost_answer_is_unknown(self) -> None:
        store = store_answering(lambda body: httpx.ReadTimeout("timed out"))
        assert store.set_quantities(CALL) == Unknown("ReadTimeout: timed out")


class TestConnect:
    KEY = LevelKey(item_gid(1), NYC)

    def connect(self, payload: dict[str, Any]) -> str | None:
        store = store_answering(lambda body: data({"inventoryActivate": payload}))
        return store.connect(self.KEY, "key-2")

    def test_an_active_level_is_good(self) -> None:
        assert self.connect({"inventoryLevel": {"isActive": True}, "userErrors": []}) is None

    def test_a_refusal_gives_shopifys_reason(self) -> None:
        errors = [{"field": ["locationId"], "message": "Location can't be found."}]
        payload = {"inventoryLevel": None, "userErrors": errors}
        assert self.connect(payload) == "Location can't be found."

    @pytest.mark.parametrize("level", [None, {"isActive": False}])
    def test_a_level_that_stays_asleep_is_not_good(self, level: dict[str, Any] | None) -> None:
        reason = self.connect({"inventoryLevel": level, "userErrors": []})
        assert reason is not None
        assert "still not active" in reason

    def test_a_lost_answer_is_for_the_next_pass(self) -> None:
        store = store_answering(lambda body: httpx.ReadTimeout("timed out"))
        with pytest.raises(StoreUnreachable):
            store.connect(self.KEY, "key-2")


def test_the_calls_at_once_follow_the_plan() -> None:
    store = store_answering(lambda body: httpx.Response(500))
    assert store.parallel_calls == 16
