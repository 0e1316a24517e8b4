"""The HTTP control interface: shoppers, clerks and failures, on request. JSON in, JSON out.

=========================================== ===================================================
``GET /healthz``                            whether the server is up
``GET /control``                            all shops
``PUT /control/{shop}``                     open (or replace) a shop; the body is a ``ShopSeed``
``GET /control/{shop}``                     one shop
``GET /control/{shop}/state``               items with their levels; ``?sku=`` for one SKU
``GET /control/{shop}/history``             accepted writes, oldest first
``GET, DELETE /control/{shop}/statistics``  what callers did; ``DELETE`` counts anew
``GET, POST /control/{shop}/orders``        list, or place
                                            ``{lines, policy, ignore_policy, test, paid}``
``GET /control/{shop}/orders/{n}``          one order
``POST .../orders/{n}/edit``                ``{lines: [{sku, quantity}], restock}``
``POST .../orders/{n}/cancel``              ``{restock}``
``POST .../orders/{n}/fulfill``             ``{lines: [{sku, quantity}]}``; without lines all
``POST .../orders/{n}/refund``              ``{lines: [{sku, quantity, restock_type}]}``
``POST .../orders/{n}/move``                ``{location_id}``
``POST .../orders/{n}/pay``                 an unpaid order is paid
``POST .../orders/{n}/hold``                fulfillment hold: ``{reason, notes}``
``POST .../orders/{n}/release``             the hold ends
``GET, POST /control/{shop}/drafts``        list, or ``{lines: [{sku, quantity}], reserve_until}``
``GET /control/{shop}/drafts/{n}``          one draft
``POST .../drafts/{n}/update``              ``{lines, reserve_until}``; what is left out stays
``POST .../drafts/{n}/delete``              throw it away
``POST .../drafts/{n}/complete``            turn it into an order
``POST /control/{shop}/levels``             ``{sku, location_id, available|delta, active, tracked}``
``POST /control/{shop}/locations``          ``{location_id, active, fulfills_online_orders}``
``POST /control/{shop}/metafields``         of a variant: ``{sku, namespace, key, value, type}``
``POST /control/{shop}/token``              ``{access_token, scopes, locked, webhook_secret}``;
                                            a null token is revoked
``POST /control/{shop}/uninstall``          the merchant removes the app
``GET /control/{shop}/webhooks``            subscriptions, and how deliveries went
``POST /control/{shop}/webhooks/lose``      subscriptions disappear: ``{topic}``; without it all
``POST /control/{shop}/bucket``             ``{points_left}``
``GET, POST, DELETE /control/{shop}/faults`` ``{faults: [{kind, operation, count, ...}], rng_seed}``
=========================================== ===================================================

What cannot be done is answered with a 4xx and ``{"error": one sentence}``. Put the paths here and
what they do into ``control_requests.py``.
"""

from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

from inventory_sync.sandbox.standin import control_requests as requests
from inventory_sync.sandbox.standin import control_sales as sales
from inventory_sync.sandbox.standin import views
from inventory_sync.sandbox.standin.drafts import lapse_drafts
from inventory_sync.sandbox.standin.orders import OrderRefused
from inventory_sync.sandbox.standin.seed import ShopSeed, first_problem
from inventory_sync.sandbox.standin.shop import OpenShop, Shop
from inventory_sync.sandbox.standin.throttle import Statistics

Shops = dict[str, Shop]

_POSTS: dict[str, type[requests.Request]] = {
    "/orders": sales.PlaceOrder,
    "/orders/{number:int}/edit": sales.EditOrder,
    "/orders/{number:int}/cancel": sales.CancelOrder,
    "/orders/{number:int}/fulfill": sales.FulfillOrder,
    "/orders/{number:int}/refund": sales.RefundOrder,
    "/orders/{number:int}/move": sales.MoveOrder,
    "/orders/{number:int}/pay": sales.PayOrder,
    "/orders/{number:int}/hold": sales.HoldOrder,
    "/orders/{number:int}/release": sales.ReleaseOrder,
    "/drafts": sales.PlaceDraft,
    "/drafts/{number:int}/update": sales.UpdateDraft,
    "/drafts/{number:int}/delete": sales.DeleteDraft,
    "/drafts/{number:int}/complete": sales.CompleteDraft,
    "/levels": requests.EditLevel,
    "/locations": requests.EditLocation,
    "/metafields": requests.EditMetafield,
    "/token": requests.ChangeAccess,
    "/uninstall": requests.Uninstall,
    "/webhooks/lose": requests.LoseSubscriptions,
    "/bucket": requests.DrainBucket,
    "/faults": requests.AddFaults,
}


def _history(shop: Shop, request: HttpRequest) -> views.View:
    return {"history": [views.adjustment_view(shop, group) for group in shop.history]}


def _orders(shop: Shop, request: HttpRequest) -> views.View:
    return {"orders": [*map(views.order_view, shop.orders.values())]}


def _order(shop: Shop, request: HttpRequest) -> views.View:
    number = request.path_params["number"]
    if number not in shop.orders:
        raise OrderRefused(f"shop {shop.handle!r} has no order {number}")
    return views.order_view(shop.orders[number])


def _drafts(shop: Shop, request: HttpRequest) -> views.View:
    return {"drafts": [*map(views.draft_view, shop.drafts.values())]}


def _draft(shop: Shop, request: HttpRequest) -> views.View:
    number = request.path_params["number"]
    if number not in shop.drafts:
        raise OrderRefused(f"shop {shop.handle!r} has no draft order {number}")
    return views.draft_view(shop.drafts[number])


_GETS: dict[str, Callable[[Shop, HttpRequest], views.View]] = {
    "": lambda shop, request: views.shop_view(shop),
    "/state": lambda shop, request: views.state_view(shop, request.query_params.get("sku")),
    "/history": _history,
    "/statistics": lambda shop, request: views.statistics_view(shop),
    "/orders": _orders,
    "/orders/{number:int}": _order,
    "/drafts": _drafts,
    "/drafts/{number:int}": _draft,
    "/webhooks": lambda shop, request: views.webhooks_view(shop),
    "/faults": lambda shop, request: requests.faults_view(shop),
}


def _count_anew(shop: Shop, request: HttpRequest) -> views.View:
    shop.statistics = Statistics()
    return views.statistics_view(shop)


def _call_off(shop: Shop, request: HttpRequest) -> views.View:
    shop.faults.clear()
    return requests.faults_view(shop)


_DELETES: dict[str, Callable[[Shop, HttpRequest], views.View]] = {
    "/statistics": _count_anew,
    "/faults": _call_off,
}


def control_routes(shops: Shops, open_shop: OpenShop) -> list[Route]:
    """The routes of the control interface over these shops."""

    async def health(request: HttpRequest) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def overview(request: HttpRequest) -> JSONResponse:
        return JSONResponse({"shops": [views.shop_view(shop) for shop in shops.values()]})

    async def put(request: HttpRequest) -> JSONResponse:
        try:
            seed = TypeAdapter(ShopSeed).validate_json(await request.body())
        except ValidationError as error:
            return _refusal(422, first_problem(error))
        if seed.handle != request.path_params["shop"]:
            return _refusal(422, "the handle in the body is not the one in the path")
        shops[seed.handle] = open_shop(seed)
        return JSONResponse(views.shop_view(shops[seed.handle]), 201)

    return [
        Route("/healthz", health),
        Route("/control", overview),
        Route("/control/{shop}", put, methods=["PUT"]),
        *(_read_route(shops, path, read, "GET") for path, read in _GETS.items()),
        *(_read_route(shops, path, read, "DELETE") for path, read in _DELETES.items()),
        *(_post_route(shops, path, kind) for path, kind in _POSTS.items()),
    ]


def _read_route(
    shops: Shops, path: str, read: Callable[[Shop, HttpRequest], views.View], method: str
) -> Route:
    async def endpoint(request: HttpRequest) -> JSONResponse:
        return _on_shop(shops, request, lambda shop: read(shop, request))

    return Route(f"/control/{{shop}}{path}", endpoint, methods=[method])


def _post_route(shops: Shops, path: str, kind: type[requests.Request]) -> Route:
    adapter = TypeAdapter(kind)

    async def endpoint(request: HttpRequest) -> JSONResponse:
        try:
            wanted = adapter.validate_json(await request.body() or b"{}")
        except ValidationError as error:
            return _refusal(422, first_problem(error))
        number = request.path_params.get("number", 0)
        return _on_shop(shops, request, lambda shop: wanted.perform(shop, number))

    return Route(f"/control/{{shop}}{path}", endpoint, methods=["POST"])


def _on_shop(shops: Shops, request: HttpRequest, act: Callable[[Shop], views.View]) -> JSONResponse:
    handle = request.path_params["shop"]
    shop = shops.get(handle)
    if shop is None:
        return _refusal(404, f"there is no shop {handle!r}; PUT /control/{handle} opens one")
    try:
        with shop.lock:
            lapse_drafts(shop)
            view = act(shop)
            shop.revision += request.method != "GET"
            return JSONResponse(view)
    except OrderRefused as refused:
        return _refusal(409, str(refused))


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)
