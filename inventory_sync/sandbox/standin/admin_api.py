"""One request to a shop's Admin API, from its body to the answer; free of HTTP.

The order is Shopify's as far as it shows: is there a shop that is open, is the token good, can the
document be executed, does the bucket hold its cost, then execution. Put the shape of proper
answers here; what is in them comes from the resolvers, what spoils them from ``answers.py``.
"""

import json
import logging
from dataclasses import replace
from typing import Any

from graphql import ExecutionResult

from inventory_sync.sandbox.standin.answers import INSTEAD, SPOILED, Answer, json_answer
from inventory_sync.sandbox.standin.cost import SINGLE_QUERY_LIMIT, CostOf
from inventory_sync.sandbox.standin.documents import (
    SCHEMA,
    Operation,
    Refused,
    check_values,
    read_operation,
)
from inventory_sync.sandbox.standin.drafts import lapse_drafts
from inventory_sync.sandbox.standin.executable import execute_operation
from inventory_sync.sandbox.standin.resolving import Asked
from inventory_sync.sandbox.standin.shop import Shop

_LIMITS_PAGE = "https://shopify.dev/api/usage/limits"
_LOG = logging.getLogger(__name__)


def answer(
    shop: Shop, *, version: str, access_token: str | None, body: bytes, files: str = ""
) -> Answer:
    """Answer a POST to ``/admin/api/{version}/graphql.json``.

    ``files`` is where the shop's files are found (a URL).
    """
    with shop.lock:
        lapse_drafts(shop)
        reply = _admit(Asked(shop, files=files), access_token, body)
        shop.statistics.statuses[reply.status] += 1
    headers = {**reply.headers, "x-shopify-api-version": _served_version(shop, version)}
    return replace(reply, headers=headers)


def _served_version(shop: Shop, version: str) -> str:
    """A version out of support falls forward to the oldest one supported. All behave alike here."""
    return version if version in shop.api_versions else min(shop.api_versions)


def _admit(asked: Asked, access_token: str | None, body: bytes) -> Answer:
    shop = asked.shop
    if shop.locked:
        return json_answer(423, {"errors": "This shop is unavailable"})
    if access_token is None or access_token != shop.access_token:
        shop.statistics.requests["(refused token)"] += 1
        message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return json_answer(401, {"errors": message})
    try:
        operation = _operation(body)
    except _BadRequest as error:
        return json_answer(400, {"errors": str(error)})
    except Refused as refused:
        shop.statistics.requests["(invalid document)"] += 1
        return json_answer(200, {"errors": refused.errors})
    shop.statistics.requests[operation.name] += 1
    shop.revision += operation.is_mutation
    fault = shop.faults.strike(operation.name, mutation=operation.is_mutation)
    return _meet(replace(asked, fault=fault), operation)


class _BadRequest(Exception):
    """The body is not a GraphQL request."""


def _operation(body: bytes) -> Operation:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise _BadRequest("The request body must be JSON") from None
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise _BadRequest("Required parameter missing or invalid: query")
    variables = request.get("variables") or {}
    if not isinstance(variables, dict):
        raise _BadRequest("Required parameter missing or invalid: variables")
    return read_operation(request["query"], request.get("operationName"), variables)


def _meet(asked: Asked, operation: Operation) -> Answer:
    """Answer as the fault demands; without one, properly."""
    fault = asked.fault
    if fault is None:
        return _charge(asked, operation)
    if fault.kind == "throttled":
        return _throttled(asked.shop, CostOf(SCHEMA, operation).requested())
    if instead := INSTEAD.get(fault.kind):
        return instead(fault)
    proper = _charge(asked, operation)
    spoil = SPOILED.get(fault.kind)
    return spoil(fault, proper) if spoil else proper


def _charge(asked: Asked, operation: Operation) -> Answer:
    """Take the requested cost from the bucket, execute, and give back what was not used."""
    shop = asked.shop
    try:
        check_values(operation)
    except Refused as refused:
        return json_answer(200, {"errors": refused.errors})
    cost = CostOf(SCHEMA, operation)
    requested = cost.requested()
    if requested > SINGLE_QUERY_LIMIT:
        return _too_expensive(requested)
    if not shop.bucket.take(requested):
        return _throttled(shop, requested)
    result = execute_operation(asked, operation)
    actual = min(requested, cost.actual(result.data))
    shop.bucket.give_back(requested - actual)
    shop.statistics.count_executed(actual)
    content = _content(result)
    content["extensions"] = {"cost": _cost_block(shop, requested, actual)}
    return json_answer(200, content)


def _content(result: ExecutionResult) -> dict[str, Any]:
    content: dict[str, Any] = {"data": result.data}
    if result.errors:
        content["errors"] = [dict(error.formatted) for error in result.errors]
    for error in result.errors or ():
        if error.original_error is not None:
            _LOG.error("the stand-in itself failed: %s", error, exc_info=error.original_error)
    return content


def _cost_block(shop: Shop, requested: int, actual: int | None) -> dict[str, Any]:
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": shop.bucket.status(),
    }


def _throttled(shop: Shop, requested: int) -> Answer:
    shop.statistics.count_throttled(max(0.0, requested - shop.bucket.available))
    error = {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": _LIMITS_PAGE},
    }
    extensions = {"cost": _cost_block(shop, requested, None)}
    return json_answer(200, {"errors": [error], "extensions": extensions})


def _too_expensive(requested: int) -> Answer:
    message = (
        f"Query cost is {requested}, which exceeds the single query max cost limit"
        f" ({SINGLE_QUERY_LIMIT})."
    )
    extensions = {
        "code": "MAX_COST_EXCEEDED",
        "cost": requested,
        "maxCost": SINGLE_QUERY_LIMIT,
        "documentation": _LIMITS_PAGE,
    }
    return json_answer(200, {"errors": [{"message": message, "extensions": extensions}]})
