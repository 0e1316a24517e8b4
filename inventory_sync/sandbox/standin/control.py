"""The HTTP control interface: shoppers, clerks and failures, on request. JSON in, JSON out.

=========================================== ===================================================
``GET /healthz``                            whether the server is up
``GET /control``                            all shops
``PUT /control/{shop}``                     open (or replace) a shop; the body is a ``ShopSeed``
``GET /control/{shop}``                     one shop
``GET /control/{shop}/state``               items with their levels; ``?sku=`` for one SKU
``GET /control/{shop}/history``             accepted writes, oldest first
``GET, DELETE /control/{shop}/statistics``  what callers did; ``DELETE`` counts anew
``GET, POST /control/{shop}/orders``        list, or place ``{lines, policy, ignore_policy, test}``
``GET /control/{shop}/orders/{n}``          one order
``POST .../orders/{n}/edit``                ``{lines: [{sku, quantity}], restock}``
``POST .../orders/{n}/cancel``              ``{restock}``
``POST .../orders/{n}/fulfill``             ``{lines: [{sku, quantity}]}``; without lines all
``POST .../orders/{n}/refund``              ``{lines: [{sku, quantity, restock_type}]}``
``POST .../orders/{n}/move``                ``{location_id}``
``POST /control/{shop}/drafts``             ``{lines: [{sku, quantity}]}``
``POST .../drafts/{n}/complete``            turn it into an order
``POST /control/{shop}/levels``             ``{sku, location_id, available|delta, active, tracked}``
``POST /control/{shop}/locations``          ``{location_id, active, fulfills_online_orders}``
``POST /control/{shop}/token``              ``{access_token, scopes, locked}``; null revokes
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
from inventory_sync.sandbox.standin import views
from inventory_sync.sandbox.standin.orders import OrderRefused
from inventory_sync.sandbox.standin.seed import ShopSeed, first_problem
from inventory_sync.sandbox.standin.shop import OpenShop, Shop
from inventory_sync.sandbox.standin.throttle import Statistics

Shops = dict[str, Shop]

_POSTS: dict[str, type[requests.Request]] = {
    "/orders": requests.PlaceOrder,
    "/orders/{number:int}/edit": requests.EditOrder,
    "/orders/{number:int}/cancel": requests.CancelOrder,
    "/orders/{number:int}/fulfill": requests.FulfillOrder,
    "/orders/{number:int}/refund": requests.RefundOrder,
    "/orders/{number:int}/move": requests.MoveOrder,
    "/drafts": requests.PlaceDraft,
    "/drafts/{number:int}/complete": requests.CompleteDraft,
    "/levels": requests.EditLevel,
    "/locations": requests.EditLocation,
    "/token": requests.ChangeAccess,
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


_GETS: dict[str, Callable[[Shop, HttpRequest], views.View]] = {
    "": lambda shop, request: views.shop_view(shop),
    "/state": lambda shop, request: views.state_view(shop, request.query_params.get("sku")),
    "/history": _history,
    "/statistics": lambda shop, request: views.statistics_view(shop),
    "/orders": _orders,
    "/orders/{number:int}": _order,
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
            view = act(shop)
            shop.revision += request.method != "GET"
            return JSONResponse(view)
    except OrderRefused as refused:
        return _refusal(409, str(refused))


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)
