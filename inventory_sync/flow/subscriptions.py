"""Webhook subscriptions of one store: what is missing, and setting it right.

Put here what is shared by the command and the lanes. The rule is ``domain/subscriptions.py``.
"""

from dataclasses import dataclass

from inventory_sync.domain.subscriptions import (
    SubscriptionPlan,
    plan_subscriptions,
    wanted_topics,
)
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.ports import Storefront


@dataclass(frozen=True, slots=True)
class Installation:
    """What was done about a plan, and what is ``left`` to do, read again afterwards.

    ``refusals``: topic to create, or id of a subscription to remove -> why Shopify did not do it.
    """

    plan: SubscriptionPlan
    left: SubscriptionPlan
    refusals: dict[str, str]


def missing_topics(parts: Parts, store: str, public_url: str) -> tuple[str, ...]:
    """The topics of which the store would tell us nothing. Raises what a storefront raises."""
    return subscription_plan(parts.storefronts[store], public_url).missing


def subscription_plan(storefront: Storefront, public_url: str) -> SubscriptionPlan:
    """What the store has, compared with what it should have."""
    return plan_subscriptions(
        storefront.webhooks(),
        public_url=public_url,
        store=storefront.store,
        wanted=wanted_topics(storefront.facts().scopes),
    )


def install(storefront: Storefront, public_url: str) -> Installation:
    """Create what is missing, then remove what is stale, so that no topic is ever without one."""
    plan = subscription_plan(storefront, public_url)
    refusals: dict[str, str] = {}
    for topic in plan.missing:
        if refusal := storefront.subscribe(topic, plan.address):
            refusals[topic] = refusal
    for stale in plan.stale:
        if refusal := storefront.unsubscribe(stale.subscription_id):
            refusals[stale.subscription_id] = refusal
    changed = bool(plan.missing or plan.stale)
    left = subscription_plan(storefront, public_url) if changed else plan
    return Installation(plan, left, refusals)
