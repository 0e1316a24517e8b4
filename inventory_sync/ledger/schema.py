"""The tables of the ledger: what we have heard, written, seen and found wrong.

Put a table or an index here, and the step that creates it in ``migrations/versions``; a test
compares the two. Keep queries out. Quantities are whole stock units, times are UTC instants that
the caller took, ``store`` is the name of a store in the settings.
"""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory_sync.ledger.columns import SCHEMA, instant, metadata, number, one_of, truth, words
from inventory_sync.ledger.tables_batches import batches
from inventory_sync.ledger.tables_drift import drift
from inventory_sync.ledger.tables_imports import order_imports
from inventory_sync.ledger.tables_promise_ledger import promises
from inventory_sync.ledger.tables_promises import published_promises
from inventory_sync.ledger.tables_reservations import reservations
from inventory_sync.ledger.tables_shadow import shadow

__all__ = [
    "SCHEMA",
    "batches",
    "drift",
    "metadata",
    "order_imports",
    "promises",
    "published_promises",
    "reservations",
    "shadow",
]

passes = Table(
    "passes",
    metadata,
    words("pass_id"),
    words("kind"),
    words("dagster_run_id", nullable=True),
    words("code_version"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    words("status"),
    words("reason", nullable=True),
    Column("counts", JSONB(none_as_null=True), nullable=True),
    PrimaryKeyConstraint("pass_id"),
    one_of("status", "running", "done", "refused", "failed"),
    Index(None, "started_at"),
)

order_lines = Table(
    "order_lines",
    metadata,
    words("store"),
    words("line_id"),
    # '' while Shopify has not assigned the line to a location: a key cannot hold a null.
    words("store_location_id"),
    words("order_id"),
    words("order_name"),
    words("sku", nullable=True),
    words("inventory_item_id", nullable=True),
    number("current_units"),
    number("taken_units"),
    truth("is_on_hold"),
    Column("to_ship_units", BigInteger),  # null: not told
    instant("created_at", nullable=True),  # of the order, by Shopify's clock; null: not told
    instant("updated_at"),  # of the order, by Shopify's clock
    instant("read_at"),  # of the answer that told this state: breaks ties within one second
    instant("first_seen_at"),  # of the order
    PrimaryKeyConstraint("store", "line_id", "store_location_id"),
    Index(None, "store", "order_id"),
    Index(None, "sku"),
    Index(None, "store", "inventory_item_id", "store_location_id"),
    Index("order_lines_to_ship_idx", "created_at", postgresql_where=text("to_ship_units > 0")),
)

order_cursors = Table(
    "order_cursors",
    metadata,
    words("store"),
    instant("updated_at"),
    PrimaryKeyConstraint("store"),
)

_LEVEL: Final = ("store", "inventory_item_id", "store_location_id")

write_intents = Table(
    "write_intents",
    metadata,
    Column("intent_id", BigInteger, Identity(always=True)),
    words("store"),
    words("inventory_item_id"),
    words("store_location_id"),
    words("sku"),
    words("pass_id"),
    words("idempotency_key"),
    number("row_in_call"),  # index in the call's changes
    number("version"),  # 1, 2, 3 ... per level
    number("expected_units"),
    number("quantity_units"),
    number("taken_units"),  # of the level's order lines known when the write was computed
    truth("relative"),  # changed by the difference, whatever the level showed
    instant("as_of", nullable=True),  # of the ERP's figures behind it, by the ERP's clock
    Column("waterfall", JSONB, nullable=False),  # how the quantity came about
    words("status"),
    words("refusal_code", nullable=True),
    words("refusal_message", nullable=True),
    instant("created_at"),
    instant("settled_at", nullable=True),
    words("settled_by", nullable=True),
    PrimaryKeyConstraint("intent_id"),
    one_of("status", "open", "applied", "refused", "not_applied", "superseded"),
    one_of("settled_by", "answer", "read"),
    CheckConstraint("(status = 'open') = (settled_at is null)", name="settled"),
    UniqueConstraint(*_LEVEL, "version", name="write_intents_version_key"),
    Index(None, "store", "idempotency_key"),
    # Old ones are found each night among very many.
    Index(None, "settled_at", postgresql_where=text("settled_at is not null")),
    # One write in flight per level (protocol C3), whatever the number of publishers.
    Index("write_intents_in_flight_key", *_LEVEL, unique=True,
          postgresql_where=text("status = 'open'")),
    # Few of many: what tells how often foreign changes get into the way of a level.
    Index("write_intents_stale_idx", *_LEVEL, "settled_at",
          postgresql_where=text("refusal_code = 'CHANGE_FROM_QUANTITY_STALE'")),
)  # fmt: skip

publications = Table(
    "publications",
    metadata,
    words("store"),
    words("inventory_item_id"),
    words("store_location_id"),
    words("sku"),
    number("quantity_units"),
    number("taken_units"),
    words("origin"),
    number("version"),  # of the last applied write, 0 before any
    number("intent_id", nullable=True),
    words("pass_id"),
    instant("published_at"),
    Column("waterfall", JSONB, nullable=True),
    number("observed_units", nullable=True),
    instant("observed_at", nullable=True),
    instant("as_of", nullable=True),  # ERP instant from which the level was last decided
    PrimaryKeyConstraint(*_LEVEL),
    Index(None, "sku"),
    one_of("origin", "published", "adopted"),
)

findings = Table(
    "findings",
    metadata,
    Column("finding_id", BigInteger, Identity(always=True)),
    words("identity"),  # digest of scope, subject, kind and reason: these may be too long for a key
    words("scope"),  # 'erp' or the name of a store
    words("subject"),
    words("kind"),
    words("severity"),
    words("reason"),
    words("value", nullable=True),
    instant("first_seen_at"),
    instant("last_seen_at"),
    words("pass_id"),  # the pass that saw it last
    instant("resolved_at", nullable=True),
    PrimaryKeyConstraint("finding_id"),
    one_of("severity", "error", "warning"),
    Index("findings_open_key", "identity", unique=True,
          postgresql_where=text("resolved_at is null")),
    Index(None, "scope", postgresql_where=text("resolved_at is null")),
)  # fmt: skip

snapshots = Table(
    "snapshots",
    metadata,
    words("pass_id"),
    words("dataset"),
    number("rows"),
    instant("taken_at"),
    PrimaryKeyConstraint("pass_id", "dataset"),
)

store_states = Table(
    "store_states",
    metadata,
    words("store"),
    words("status"),
    words("reason", nullable=True),
    words("way_out", nullable=True),
    instant("since"),
    words("pass_id"),
    PrimaryKeyConstraint("store"),
    one_of("status", "ok", "stopped"),
)

dirty_skus = Table(
    "dirty_skus",
    metadata,
    words("lane"),
    words("sku"),
    Column("generation", BigInteger, Identity(always=True)),  # anew with each mark, never twice
    instant("occurred_at"),
    instant("due_at"),
    words("reason"),
    number("marks"),
    PrimaryKeyConstraint("lane", "sku"),
)

erp_cursors = Table(
    "erp_cursors",
    metadata,
    words("lane"),
    number("event_id"),  # the highest that was heard
    PrimaryKeyConstraint("lane"),
)

erp_events_heard = Table(
    "erp_events_heard",
    metadata,
    words("lane"),
    number("event_id"),
    words("sku", nullable=True),
    words("document", nullable=True),
    instant("heard_at"),
    PrimaryKeyConstraint("lane", "event_id"),
    Index(None, "lane", "heard_at"),
)

erp_documents = Table(
    "erp_documents",
    metadata,
    words("document"),
    words("sku"),
    instant("last_heard_at"),
    PrimaryKeyConstraint("document", "sku"),
    Index(None, "last_heard_at"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("inbox_id", BigInteger, Identity(always=True)),
    words("store"),
    words("topic"),
    words("subject"),
    words("webhook_id"),
    words("event_id", nullable=True),
    words("digest"),
    Column("ids", ARRAY(Text), nullable=False),
    instant("triggered_at", nullable=True),
    instant("received_at"),
    words("dead_reason", nullable=True),
    number("told_units", nullable=True),
    instant("done_at", nullable=True),
    PrimaryKeyConstraint("inbox_id"),
    UniqueConstraint("store", "webhook_id"),
    Index("inbox_event_key", "store", "event_id", "topic", unique=True,
          postgresql_where=text("event_id is not null")),
    Index(None, "store", "digest", "received_at"),
    Index("inbox_open_idx", "inbox_id",
          postgresql_where=text("done_at is null and dead_reason is null")),
    Index(None, "done_at"),
    Index("inbox_dead_idx", "received_at", postgresql_where=text("dead_reason is not null")),
)  # fmt: skip

sku_doubts = Table(
    "sku_doubts",
    metadata,
    words("scope"),  # 'erp' or the name of a store
    words("sku"),
    words("pass_id"),
    PrimaryKeyConstraint("sku", "scope"),
)

commitment_clocks = Table(
    "commitment_clocks",
    metadata,
    words("commitment_id"),
    words("sku"),
    instant("rings_at"),
    instant("set_at"),
    PrimaryKeyConstraint("commitment_id"),
    Index(None, "sku"),
    Index(None, "rings_at"),
)
