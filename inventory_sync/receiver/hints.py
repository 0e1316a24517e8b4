"""From a delivery to a hint: the ids that its body names, and nothing else of it.

Put here where the ids of each kind of body stand. Personal data end here: only ids, header texts of
bounded form and what a level is said to show leave ``to_hint``. Orders are fetched, never believed.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from inventory_sync.domain.webhooks import TOPICS, Hint, Subject
from inventory_sync.receiver.strict_json import UnusableBody, parse_object

TOPIC_HEADER: Final = "x-shopify-topic"
_ID: Final = re.compile(r"[!-~]{1,200}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
_UNKNOWN: Final = "unknown"
_LATEST: Final = timedelta(days=7)
_AHEAD: Final = timedelta(minutes=5)
_FULFILLMENT_ORDERS: Final = (
    "fulfillment_order",
    "original_fulfillment_order",
    "moved_fulfillment_order",
)


def to_hint(store: str, headers: Mapping[str, str], body: bytes, *, received_at: datetime) -> Hint:
    """What to look at because of a delivery whose signature is right; it never raises.

    A delivery that cannot be understood becomes a hint with a ``dead_reason``. Names of headers
    are looked up in lower case.
    """
    topic = headers.get(TOPIC_HEADER, "").strip().lower()
    digest = _digest(topic, store, body)
    read = _read(topic, body)
    return Hint(
        store=store,
        topic=_visible(topic),
        subject=read.subject,
        # Without an id of its own, a delivery is told from others by its digest and its time.
        webhook_id=_header_id(headers, "x-shopify-webhook-id")
        or f"{digest} {received_at.isoformat()}",
        event_id=_header_id(headers, "x-shopify-event-id"),
        digest=digest,
        ids=read.ids,
        triggered_at=_triggered_at(headers.get("x-shopify-triggered-at", ""), received_at),
        received_at=received_at,
        dead_reason=read.dead_reason,
        told_units=read.told_units,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What a body is about; ``dead_reason`` when that is nothing."""

    subject: Subject
    ids: tuple[str, ...] = ()
    dead_reason: str | None = None
    told_units: int | None = None


def _read(topic: str, body: bytes) -> _Read:
    subject = TOPICS.get(topic, "order")
    try:
        content = parse_object(body)
    except UnusableBody as reason:
        return _Read(subject, dead_reason=f"The body cannot be used: {reason}.")
    if topic not in TOPICS:
        return _Read(subject, dead_reason="The topic is none that we know.")
    # The topic is not signed. No other body than a shop's may say that the app is gone.
    if subject == "compliance" or (subject == "store" and "myshopify_domain" in content):
        return _Read(subject)
    if subject != "store":
        if ids := _ids(subject, content):
            return _Read(subject, ids, told_units=_told_units(subject, content))
        if ids := _ids("order", content):  # under whatever topic, it is an order to fetch
            return _Read("order", ids)
    return _Read(subject, dead_reason="The body names nothing that its topic could be about.")


def _ids(subject: Subject, content: dict[str, Any]) -> tuple[str, ...]:
    if subject == "draft_order":
        return _own_id("DraftOrder", content)
    if subject == "inventory_level":
        item = _gid("InventoryItem", content.get("inventory_item_id"))
        location = _gid("Location", content.get("location_id"))
        return (f"{item}@{location}",) if item and location else ()
    return _order_ids(content) or _fulfillment_order_ids(content) or _own_id("Order", content)


def _order_ids(content: dict[str, Any]) -> tuple[str, ...]:
    """An order of itself, of an edit, or of a refund."""
    candidates = (
        _gid("Order", content.get("admin_graphql_api_id")),
        _gid("Order", _object(content, "order_edit").get("order_id")),
        _gid("Order", content.get("order_id")),
    )
    return tuple(gid for gid in candidates if gid)[:1]


def _fulfillment_order_ids(content: dict[str, Any]) -> tuple[str, ...]:
    """Only these are told: which order they belong to has to be asked."""
    gids = (_gid("FulfillmentOrder", _object(content, n).get("id")) for n in _FULFILLMENT_ORDERS)
    return tuple(gid for gid in gids if gid)


def _own_id(kind: str, content: dict[str, Any]) -> tuple[str, ...]:
    """The gid of the object that the body is; the bare number counts where no gid is told."""
    gid = _gid(kind, content.get("admin_graphql_api_id", content.get("id")))
    return (gid,) if gid else ()


def _told_units(subject: Subject, content: dict[str, Any]) -> int | None:
    """What a level is said to show, by which our own writes are known; it is never published."""
    told = content.get("available") if subject == "inventory_level" else None
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def _gid(kind: str, value: object) -> str | None:
    """A gid from itself or from its number; ``None`` for everything else, also for ``true``."""
    prefix = f"gid://shopify/{kind}/"
    if isinstance(value, str) and value.startswith(prefix):
        number = value.removeprefix(prefix)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = str(value)
    else:
        return None
    return prefix + number if _NUMBER.fullmatch(number) else None


def _object(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _digest(topic: str, store: str, body: bytes) -> str:
    """Tells bodies apart. All unknown topics are one, or a replay could fill the inbox."""
    told = topic if topic in TOPICS else _UNKNOWN
    return hashlib.sha256(b"\0".join([told.encode(), store.encode(), body])).hexdigest()


def _header_id(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "").strip()
    return value if _ID.fullmatch(value) else None


def _triggered_at(told: str, received_at: datetime) -> datetime | None:
    """When Shopify says it happened. Nobody signs it: what cannot be true is not believed."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    if at.tzinfo is None or not received_at - _LATEST <= at <= received_at + _AHEAD:
        return None
    return at


def _visible(text: str) -> str:
    """Header text for people: short, and nothing in it can move a terminal."""
    return "".join(mark if " " <= mark <= "~" else "?" for mark in text[:100])
