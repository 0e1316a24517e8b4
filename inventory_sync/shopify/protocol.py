"""Shopify's protocol without sockets: what an HTTP answer means.

Put rules about status codes, GraphQL error codes and the cost block here. This module performs no
I/O: bytes come in as arguments, values go out. What is sent is in ``requests.py``, what the *data*
of an answer means in ``answers.py``, and when to send again in ``client.py``.

Vendor pages: https://shopify.dev/docs/api/usage/response-codes and
https://shopify.dev/docs/api/usage/limits
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from inventory_sync.shopify.text import loads, shown


@dataclass(frozen=True, slots=True)
class Cost:
    """The ``extensions.cost`` of an answer. ``actual_points`` is ``None`` when nothing ran."""

    requested_points: float
    actual_points: float | None
    maximum_points: float
    available_points: float
    restore_points_per_second: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The operation ran. ``served_version`` is the API version that answered, if it said so."""

    data: Mapping[str, Any]
    cost: Cost | None = None
    served_version: str | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """It did not run, for lack of points or too many requests; ``wait_seconds`` if it was told."""

    wait_seconds: float | None = None
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class TooCostly:
    """It did not run: one query may not cost that much. Ask for less at once."""

    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It did not run and never will as it stands: Shopify found the request itself wrong."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing will run until a person acts. ``may_have_run``: this operation, at least in part."""

    reason: str
    way_out: str
    may_have_run: bool = False


@dataclass(frozen=True, slots=True)
class RetryLater:
    """No usable answer. It may have run: a query is asked again, a mutation is not."""

    cause: str


Result = Answer | Throttled | TooCostly | Rejected | Stopped | RetryLater

_STOPPED: Mapping[int, tuple[str, str]] = {
    401: (
        "the access token is not accepted (HTTP 401)",
        "give the app a new token and put it into access_token",
    ),
    402: (
        "the shop is frozen for an unpaid bill (HTTP 402)",
        "ask the shop's owner to settle the bill with Shopify",
    ),
    403: (
        "the app may not use this shop (HTTP 403)",
        "check in the Shopify admin that the app is installed, approved and not suspended",
    ),
    404: (
        "there is no such shop or API version at this address (HTTP 404)",
        "check shop, admin_url and api_version in the settings",
    ),
    423: (
        "Shopify has locked the shop (HTTP 423)",
        "wait until the shop is unlocked, or ask Shopify's support",
    ),
    430: (
        "Shopify's protection refuses our requests as suspicious (HTTP 430)",
        "find out what else calls from this address or with this app, or ask Shopify's support",
    ),
}

# Shopify reports these before it runs anything (facts 1.2 and 1.3; camel case comes from its
# GraphQL validator). Any code that is not listed may stand for work that was half done.
_NEVER_RAN = frozenset(
    {
        "BAD_REQUEST",
        "INVALID_VARIABLE",
        "INVALID_FIELD_ARGUMENTS",
        "MAX_INPUT_SIZE_EXCEEDED",
        "undefinedDirective",
        "undefinedField",
        "missingRequiredArguments",
        "argumentNotAccepted",
        "argumentLiteralsIncompatible",
        "variableMismatch",
    }
)


def decipher(status: int, headers: Mapping[str, str], body: bytes) -> Result:
    """Say what an HTTP answer means (facts 3, 6; bad input 44)."""
    if status != 200:
        return _decipher_status(status, headers, body)
    try:
        document = loads(body)
    except ValueError as error:
        kind = _header(headers, "content-type") or "no content type"
        return RetryLater(f"the answer is not usable JSON ({kind}; {error})")
    return _decipher_document(document, _header(headers, "x-shopify-api-version"))


def _decipher_status(status: int, headers: Mapping[str, str], body: bytes) -> Result:
    if status == 429:
        return Throttled(wait_seconds=_retry_after(headers))
    if status in _STOPPED:
        reason, way_out = _STOPPED[status]
        said = _said(body)
        return Stopped(f"{reason}: {said}" if said else reason, way_out)
    if 300 <= status < 400:
        return Stopped(
            f"the address answers with a redirect (HTTP {status}), which is never followed",
            "put the final address of the shop into the settings",
        )
    if 400 <= status < 500 and status != 408:
        return Rejected(f"HTTP_{status}", _said(body) or f"HTTP {status}")
    return RetryLater(f"HTTP {status}")


def _decipher_document(document: Any, served_version: str | None) -> Result:
    if not isinstance(document, dict):
        return RetryLater("the answer is not a JSON object")
    errors = document.get("errors") or []
    cost = read_cost(document.get("extensions"))
    data = document.get("data")
    if errors:
        return _decipher_errors(errors, data, cost)
    if not isinstance(data, dict):
        return RetryLater("the answer holds no data")
    return Answer(data=data, cost=cost, served_version=served_version)


def _decipher_errors(errors: Any, data: Any, cost: Cost | None) -> Result:
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        return RetryLater(f"the answer holds malformed errors: {shown(errors)}")
    first = shown(errors[0].get("message"))
    stopped = _stopped_by(errors)
    # Some of it ran, or an error lies within a field: then nothing proves that a mutation did not.
    partly = isinstance(data, dict) and any(value is not None for value in data.values())
    if partly or any(_is_deep(error) for error in errors):
        if stopped is not None:
            return replace(stopped, may_have_run=True)
        return RetryLater(f"Shopify reported beside its data: {first}")
    return stopped or _never_ran(errors, cost) or RetryLater(f"Shopify reported: {first}")


def _is_deep(error: Mapping[str, Any]) -> bool:
    """Whether the error arose below a field of the operation, while that was running."""
    path = error.get("path")
    return isinstance(path, list) and len(path) > 1


def _never_ran(errors: list[dict[str, Any]], cost: Cost | None) -> Result | None:
    codes = {_code(error) for error in errors}
    first = shown(errors[0].get("message"))
    if codes == {"THROTTLED"}:
        return Throttled(cost=cost)
    if "MAX_COST_EXCEEDED" in codes:
        return TooCostly(first)
    # A document that did not validate is told by its places; only what ran has a path.
    invalid = all(error.get("locations") and not error.get("path") for error in errors)
    if codes <= _NEVER_RAN or invalid:
        return Rejected(_code(errors[0]), first)
    return None


def _stopped_by(errors: list[dict[str, Any]]) -> Stopped | None:
    for error in errors:
        if _code(error) == "SHOP_INACTIVE":
            return Stopped("the shop is not active", "ask the shop's owner to reactivate it")
        if _code(error) == "ACCESS_DENIED":
            return _access_denied(error)
    return None


def _access_denied(error: Mapping[str, Any]) -> Stopped:
    """Shopify's message names the scope; the path names the field."""
    message = shown(error.get("message"))
    path = error.get("path")
    field_path = ".".join(str(step) for step in path) if isinstance(path, list) else "a field"
    if "not approved to access" in message:
        way_out = "declare the app's access to protected customer data (level 1, for orders)"
    else:
        way_out = "grant the app that access, install it again and renew access_token"
    return Stopped(f"Shopify denied access to {shown(field_path)} ({message})", way_out)


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else ""


def read_cost(extensions: Any) -> Cost | None:
    """The cost block, or ``None`` when it is absent or not made of sensible numbers."""
    try:
        block = extensions["cost"]
        status = block["throttleStatus"]
        actual = block.get("actualQueryCost")
        cost = Cost(
            requested_points=_points(block["requestedQueryCost"]),
            actual_points=None if actual is None else _points(actual),
            maximum_points=_points(status["maximumAvailable"]),
            available_points=_points(status["currentlyAvailable"]),
            restore_points_per_second=_points(status["restoreRate"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None  # A missing cost is no error: the throttle then counts on its own.
    if cost.maximum_points <= 0 or cost.restore_points_per_second <= 0:
        return None
    return cost


def _points(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError("not a number of points")
    return float(value)


def _said(body: bytes) -> str:
    """The ``errors`` of a body that is no GraphQL answer, or nothing."""
    try:
        document = loads(body)
    except ValueError:
        return ""  # An HTML error page says nothing that the status does not.
    errors = document.get("errors") if isinstance(document, dict) else None
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        errors = errors[0].get("message")
    return shown(errors) if errors else ""


def _header(headers: Mapping[str, str], name: str) -> str | None:
    for key, value in headers.items():
        if key.lower() == name:
            return shown(value)
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """``Retry-After`` in seconds, as Shopify sends it, never more than a minute."""
    try:
        seconds = float(_header(headers, "retry-after") or "")
    except ValueError:
        return None
    return min(seconds, 60.0) if seconds >= 0 else None
