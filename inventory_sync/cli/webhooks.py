"""``inventory-sync webhooks install|check``: whether the stores tell us of their orders.

Put what the two commands print here. What is missing or stale is ``domain/subscriptions.py``.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Final, Literal

from inventory_sync.cli.show import print_json, print_table
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.subscriptions import SubscriptionPlan
from inventory_sync.flow.ports import Storefront
from inventory_sync.flow.subscriptions import Installation, install, subscription_plan
from inventory_sync.settings import Settings, SettingsError, Store, load_settings
from inventory_sync.wiring import storefront

State = Literal[
    "subscribed", "created", "removed", "missing", "stale", "would create", "would remove", "failed"
]
BAD: Final[frozenset[State]] = frozenset({"missing", "failed"})


@dataclass(frozen=True)
class Line:
    """One topic of one store; ``topic`` is empty when the store could not be asked at all."""

    store: str
    topic: str
    state: State
    detail: str = ""


Lines = Iterator[Line]


def install_webhooks(*, as_json: bool) -> int:
    """Create and remove subscriptions of the live stores; 1 when a topic is still missing."""

    def work(front: Storefront, store: Store, public_url: str) -> Lines:
        if store.mode == "live":
            yield from _installed(front.store, install(front, public_url))
        else:
            yield from _intended(front.store, subscription_plan(front, public_url))

    return _show(work, as_json=as_json)


def check_webhooks(*, as_json: bool) -> int:
    """Compare only; 1 when a live store lacks a topic."""

    def work(front: Storefront, store: Store, public_url: str) -> Lines:
        tell = _found if store.mode == "live" else _intended
        yield from tell(front.store, subscription_plan(front, public_url))

    return _show(work, as_json=as_json)


def _show(work: Callable[[Storefront, Store, str], Lines], *, as_json: bool) -> int:
    settings = load_settings()
    public_url = _public_url(settings)
    lines = [
        line
        for name, store in settings.stores.items()
        for line in _of_store(work, name, store, public_url)
    ]
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        rows = [[line.store, line.topic, line.state, line.detail] for line in lines]
        print_table(f"Webhooks to {public_url}", ["store", "topic", "state", "detail"], rows)
    return 1 if any(line.state in BAD for line in lines) else 0


def _public_url(settings: Settings) -> str:
    if settings.receiver.public_url is None:
        raise SettingsError(
            "receiver.public_url is not set: put the https address into the settings by which "
            "Shopify reaches `inventory-sync serve`."
        )
    return settings.receiver.public_url


def _of_store(
    work: Callable[[Storefront, Store, str], Lines], name: str, store: Store, public_url: str
) -> Lines:
    """The lines of one store; what keeps it from being asked is one of them, and others go on."""
    with closing(storefront(name, store)) as front:
        try:
            yield from work(front, store, public_url)
        except InventorySyncError as error:
            yield Line(name, "", "failed", str(error))


def _installed(store: str, done: Installation) -> Lines:
    created = set(done.plan.missing)
    for topic in done.left.kept:
        yield Line(store, topic, "created" if topic in created else "subscribed")
    for topic in done.left.missing:
        yield Line(store, topic, "missing", done.refusals.get(topic, ""))
    for each in done.plan.stale:
        state: State = "stale" if each in done.left.stale else "removed"
        yield Line(store, each.topic, state, done.refusals.get(each.subscription_id, each.uri))


def _found(store: str, plan: SubscriptionPlan) -> Lines:
    yield from (Line(store, topic, "subscribed") for topic in plan.kept)
    yield from (Line(store, topic, "missing") for topic in plan.missing)
    yield from (Line(store, each.topic, "stale", each.uri) for each in plan.stale)


def _intended(store: str, plan: SubscriptionPlan) -> Lines:
    """What would be done if the store were live."""
    why = "the store is in dry_run"
    yield from (Line(store, topic, "subscribed") for topic in plan.kept)
    yield from (Line(store, topic, "would create", why) for topic in plan.missing)
    yield from (
        Line(store, each.topic, "would remove", f"{why}; {each.uri}") for each in plan.stale
    )
