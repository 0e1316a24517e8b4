"""The tables of the promise ledger: which dates were given, with their reasons, and how they ended.

Put their columns here, and the step that creates them in ``migrations/versions``. Keep queries out.
What stores show of them is ``tables_promises``.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    text,
)

from inventory_sync.ledger.columns import instant, metadata, number, one_of, words

promises = Table(
    "promises",
    metadata,
    Column("promise_id", BigInteger, Identity(always=True)),
    words("sku"),
    words("location"),
    number("units"),
    words("ships_on"),  # an ISO date; '' for the next departure
    words("source"),
    words("supply_ids"),  # separated by line breaks; '' for none
    words("supply_kind"),
    words("arrives_on"),  # of the supply; '' for none
    words("pass_id"),
    instant("made_at"),
    instant("ended_at", nullable=True),
    words("now_on", nullable=True),  # the later date when its supply slipped; '' for none
    words("slip_reason", nullable=True),
    PrimaryKeyConstraint("promise_id"),
    Index("promises_open_idx", "sku", "location", postgresql_where=text("ended_at is null")),
    Index("promises_ended_at_idx", "ended_at", postgresql_where=text("ended_at is not null")),
    Index("promises_slipped_idx", "ships_on", postgresql_where=text("slip_reason is not null")),
)

promise_recordings = Table(
    "promise_recordings",
    metadata,
    words("sku"),  # '' with '' as location: everything that has no row of its own
    words("location"),
    instant("figures_of"),
    PrimaryKeyConstraint("sku", "location"),
)

order_promises = Table(
    "order_promises",
    metadata,
    words("store"),
    words("order_id"),
    words("line_id"),
    words("sku"),
    words("location"),  # '' while the ERP has not placed it
    Column("promised_on", Date, nullable=False),
    words("source"),
    words("supply_ids"),
    words("supply_kind"),
    instant("made_at"),
    words("pass_id"),
    Column("expected_on", Date, nullable=True),
    words("reason"),
    instant("slipped_at", nullable=True),
    words("outcome", nullable=True),
    Column("settled_on", Date, nullable=True),
    PrimaryKeyConstraint("store", "order_id", "line_id"),
    one_of("outcome", "shipped", "cancelled"),
    Index("order_promises_open_idx", "promised_on", postgresql_where=text("outcome is null")),
    Index(None, "settled_on"),
)
