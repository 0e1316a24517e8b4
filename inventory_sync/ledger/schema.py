"""The tables of the ledger: what we have heard, written, seen and found wrong.

Put a table or an index here, and the step that creates it in ``migrations/versions``; a test
compares the two. Keep queries out. Quantities are whole stock units, times are UTC instants that
the caller took, ``store`` is the name of a store in the settings.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA: Final = "inventory_sync"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    },
)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _units(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)


passes = Table(
    "passes",
    metadata,
    _text("pass_id"),
    _text("kind"),
    _text("dagster_run_id", nullable=True),
    _text("code_version"),
    _time("started_at"),
    _time("finished_at", nullable=True),
    _text("status"),
    _text("reason", nullable=True),
    Column("counts", JSONB(none_as_null=True), nullable=True),
    PrimaryKeyConstraint("pass_id"),
    _one_of("status", "running", "done", "refused", "failed"),
    Index(None, "started_at"),
)

order_lines = Table(
    "order_lines",
    metadata,
    _text("store"),
    _text("line_id"),
    # '' while Shopify has not assigned the line to a location: a key cannot hold a null.
    _text("store_location_id"),
    _text("order_id"),
    _text("order_name"),
    _text("sku", nullable=True),
    _text("inventory_item_id", nullable=True),
    _units("current_units"),
    _units("taken_units"),
    _time("updated_at"),  # of the order, by Shopify's clock
    _time("read_at"),  # of the answer that told this state: breaks ties within one second
    _time("first_seen_at"),  # of the order
    PrimaryKeyConstraint("store", "line_id", "store_location_id"),
    Index(None, "store", "order_id"),
    Index(None, "store", "inventory_item_id", "store_location_id"),
)

order_cursors = Table(
    "order_cursors",
    metadata,
    _text("store"),
    _time("updated_at"),
    PrimaryKeyConstraint("store"),
)

_LEVEL: Final = ("store", "inventory_item_id", "store_location_id")

write_intents = Table(
    "write_intents",
    metadata,
    Column("intent_id", BigInteger, Identity(always=True)),
    _text("store"),
    _text("inventory_item_id"),
    _text("store_location_id"),
    _text("sku"),
    _text("pass_id"),
    _text("idempotency_key"),
    Column("row_in_call", BigInteger, nullable=False),  # index in the call's changes
    Column("version", BigInteger, nullable=False),  # 1, 2, 3 ... per level
    _units("expected_units"),
    _units("quantity_units"),
    _units("taken_units"),  # of the level's order lines known when the write was computed
    Column("waterfall", JSONB, nullable=False),  # how the quantity came about
    _text("status"),
    _text("refusal_code", nullable=True),
    _text("refusal_message", nullable=True),
    _time("created_at"),
    _time("settled_at", nullable=True),
    _text("settled_by", nullable=True),
    PrimaryKeyConstraint("intent_id"),
    _one_of("status", "open", "applied", "refused", "not_applied", "superseded"),
    _one_of("settled_by", "answer", "read"),
    CheckConstraint("(status = 'open') = (settled_at is null)", name="settled"),
    UniqueConstraint(*_LEVEL, "version", name="write_intents_version_key"),
    Index(None, "store", "idempotency_key"),
    # One write in flight per level (protocol C3), whatever the number of publishers.
    Index("write_intents_in_flight_key", *_LEVEL, unique=True,
          postgresql_where=text("status = 'open'")),
)  # fmt: skip

publications = Table(
    "publications",
    metadata,
    _text("store"),
    _text("inventory_item_id"),
    _text("store_location_id"),
    _text("sku"),
    _units("quantity_units"),
    _units("taken_units"),
    _text("origin"),
    Column("version", BigInteger, nullable=False),  # of the last applied write, 0 before any
    Column("intent_id", BigInteger, nullable=True),
    _text("pass_id"),
    _time("published_at"),
    Column("waterfall", JSONB, nullable=True),
    _units("observed_units", nullable=True),
    _time("observed_at", nullable=True),
    PrimaryKeyConstraint(*_LEVEL),
    _one_of("origin", "published", "adopted"),
)

findings = Table(
    "findings",
    metadata,
    Column("finding_id", BigInteger, Identity(always=True)),
    _text("identity"),  # digest of scope, subject, kind and reason: these may be too long for a key
    _text("scope"),  # 'erp' or the name of a store
    _text("subject"),
    _text("kind"),
    _text("severity"),
    _text("reason"),
    _text("value", nullable=True),
    _time("first_seen_at"),
    _time("last_seen_at"),
    _text("pass_id"),  # the pass that saw it last
    _time("resolved_at", nullable=True),
    PrimaryKeyConstraint("finding_id"),
    _one_of("severity", "error", "warning"),
    Index("findings_open_key", "identity", unique=True,
          postgresql_where=text("resolved_at is null")),
    Index(None, "scope", postgresql_where=text("resolved_at is null")),
)  # fmt: skip

snapshots = Table(
    "snapshots",
    metadata,
    _text("pass_id"),
    _text("dataset"),
    Column("rows", BigInteger, nullable=False),
    _time("taken_at"),
    PrimaryKeyConstraint("pass_id", "dataset"),
)

store_states = Table(
    "store_states",
    metadata,
    _text("store"),
    _text("status"),
    _text("reason", nullable=True),
    _text("way_out", nullable=True),
    _time("since"),
    _text("pass_id"),
    PrimaryKeyConstraint("store"),
    _one_of("status", "ok", "stopped"),
)
