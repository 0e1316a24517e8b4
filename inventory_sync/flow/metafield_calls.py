"""Calls that write metafields: cut to size, sent side by side, and what became of each.

Put here how writes are sent and remembered. Which writes, and what is in them, is decided before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.metafields import (
    MAX_METAFIELDS,
    MetafieldWrite,
    Owner,
    PublishedPromise,
    Stored,
)
from inventory_sync.domain.publication import Refusal, Unknown
from inventory_sync.flow.parts import Parts

STALE = "STALE_OBJECT"


@dataclass
class Sent:
    """What became of writes, by owner: the new digest, why it was refused, or why nobody knows.

    ``failure`` is what ended it before everything was sent.
    """

    digests: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    failure: StoreStopped | StoreUnreachable | None = None

    def add(self, other: "Sent") -> None:
        """Take in what became of other writes."""
        self.digests |= other.digests
        self.refused |= other.refused
        self.unknown |= other.unknown
        self.failure = self.failure or other.failure


def send_all(
    parts: Parts, store: str, owner: Owner, stages: Iterable[Sequence[MetafieldWrite]]
) -> Sent:
    """Send each stage once the one before it has ended; within one, as the store's rate allows."""
    sent = Sent()
    send = partial(_send, parts, store, owner)
    with parts.threads(max(1, parts.storefronts[store].parallel_calls)) as pool:
        for writes in stages:
            starts = range(0, len(writes), MAX_METAFIELDS)
            batches = [writes[start : start + MAX_METAFIELDS] for start in starts]
            for result in [pool.submit(send, batch) for batch in batches if not sent.failure]:
                sent.add(result.result())
    return sent


def remember(
    parts: Parts,
    store: str,
    owner: Owner,
    values: Mapping[str, PublishedPromise],
    sent: Sent,
    *,
    pass_id: str,
) -> None:
    """Keep the digests of what was written; of what was refused, none is known."""
    done = [
        PublishedPromise(owner_id, values[owner_id].sku, values[owner_id].value, digest)
        for owner_id, digest in sent.digests.items()
    ]
    parts.ledger.save_published_promises(store, owner, done, pass_id=pass_id, at=parts.now())


def _send(parts: Parts, store: str, owner: Owner, writes: Sequence[MetafieldWrite]) -> Sent:
    """One call; rows that are refused by name are left out, and the others go again."""
    try:
        outcome = parts.promise_fronts[store].set_promises(owner, writes)
    except (StoreStopped, StoreUnreachable) as error:
        return Sent(failure=error)
    if isinstance(outcome, Stored):
        return Sent(dict(outcome.digests))
    if isinstance(outcome, Unknown):
        return Sent(unknown={each.owner_id: outcome.cause for each in writes})
    named = {writes[index].owner_id: why for index, why in outcome.rows.items()}
    rest = [each for each in writes if each.owner_id not in named]
    if named:
        sent = Sent(refused=named)
        sent.add(_send(parts, store, owner, rest) if rest else Sent())
        return sent
    why = outcome.general[0] if outcome.general else Refusal("", "Shopify gave no reason")
    return Sent(refused={each.owner_id: why for each in writes})
