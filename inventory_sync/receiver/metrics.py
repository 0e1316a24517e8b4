"""What the receiver counts, for Prometheus.

Put a figure here with the question that it answers. Labels take few values: whatever strangers may
write into a header is one label value.
"""

from collections.abc import Collection
from enum import Enum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from inventory_sync.domain.webhooks import TOPICS

OTHER: Final = "other"


class Outcome(Enum):
    """What became of a delivery, and its HTTP status. Shopify sends again unless it is 200."""

    STORED = "stored", 200
    DEAD_LETTER = "dead_letter", 200
    CUT_SHORT = "cut_short", 400
    WRONG_SIGNATURE = "wrong_signature", 401
    WRONG_SHOP = "wrong_shop", 401
    UNKNOWN_STORE = "unknown_store", 404
    TOO_LARGE = "too_large", 413
    ENCODED = "encoded", 415
    INBOX_UNAVAILABLE = "inbox_unavailable", 503

    def __init__(self, label: str, status: int) -> None:
        self.label = label
        self.status = status


class Metrics:
    """The figures of one receiver, apart from those of any other in the process."""

    def __init__(self, stores: Collection[str]) -> None:
        self._stores = frozenset(stores)
        self._registry = CollectorRegistry()
        self._deliveries = Counter(
            "inventory_sync_webhook_deliveries",
            "Deliveries by what became of them.",
            ["store", "topic", "outcome"],
            registry=self._registry,
        )
        self._new = Counter(
            "inventory_sync_inbox_new",
            "Deliveries that were written into the inbox; the others were there already.",
            registry=self._registry,
        )
        self._batch_sizes = Histogram(
            "inventory_sync_inbox_batch_deliveries",
            "Deliveries that shared a commit.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
            registry=self._registry,
        )
        self._inquiries = Counter(
            "inventory_sync_promise_inquiries",
            "Questions of storefronts for a date, by the HTTP status of the answer.",
            ["status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "inventory_sync_webhook_seconds",
            "From the head of a request to its answer.",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=self._registry,
        )

    def delivery(self, store: str, topic: str, outcome: Outcome) -> None:
        """Count one delivery."""
        self._deliveries.labels(
            store if store in self._stores else OTHER,
            topic if topic in TOPICS else OTHER,
            outcome.label,
        ).inc()

    def batch(self, deliveries: int, new: int) -> None:
        """Count one commit."""
        self._batch_sizes.observe(deliveries)
        self._new.inc(new)

    def inquiry(self, status: int) -> None:
        """Count one question for a date."""
        self._inquiries.labels(str(status)).inc()

    def exposition(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self._registry)
