"""Which webhook subscriptions a store should have, and what is to be done about those it has.

Put the plan here. Listing, creating and deleting is the storefront's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inventory_sync.domain.scopes import DRAFTS_SCOPE, is_granted
from inventory_sync.domain.webhooks import SUBSCRIBED, TOPICS, Subscription

PATH = "/webhooks/shopify/"
"""Where the receiver takes deliveries; the name of the store follows."""


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """``kept`` and ``missing`` are topics in our order; ``stale`` is to be removed."""

    address: str
    kept: tuple[str, ...]
    missing: tuple[str, ...]
    stale: tuple[Subscription, ...]


def wanted_topics(scopes: Collection[str]) -> tuple[str, ...]:
    """What we subscribe to with these scopes; Shopify refuses topics that the app may not read."""
    drafts = is_granted(DRAFTS_SCOPE, scopes)
    return tuple(topic for topic in SUBSCRIBED if drafts or TOPICS[topic] != "draft_order")


def plan_subscriptions(
    existing: Sequence[Subscription], *, public_url: str, store: str, wanted: Sequence[str]
) -> SubscriptionPlan:
    """Compare what a store has with what it should have.

    Ours, and stale when of no use, is what goes to the receiver at ``public_url``; whatever goes
    elsewhere belongs to somebody else and stays.
    """
    ours = f"{public_url.rstrip('/')}{PATH}"
    address = f"{ours}{store}"
    served = {each.topic for each in existing if each.uri == address}
    return SubscriptionPlan(
        address=address,
        kept=tuple(topic for topic in wanted if topic in served),
        missing=tuple(topic for topic in wanted if topic not in served),
        stale=tuple(
            each
            for each in existing
            if each.uri.startswith(ours) and (each.uri != address or each.topic not in wanted)
        ),
    )
