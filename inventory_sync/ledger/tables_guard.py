"""The tables of the write guard: stopped passes, and how far the ERP's figures reached.

Put a table of the guard here, and the step that creates it in ``migrations/versions``; a test
compares the two. Keep queries out: those are ``guard.py``.
"""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from inventory_sync.ledger.columns import instant, metadata, number, one_of, words

stopped_passes = Table(
    "stopped_passes",
    metadata,
    words("pass_id"),
    words("store"),  # '*': the reading of the ERP
    instant("stopped_at"),
    instant("last_seen_at"),  # when a pass last came to the same plan
    Column("objections", JSONB, nullable=False),
    Column("tally", JSONB, nullable=False),
    number("levels"),
    number("changed_levels"),
    Column("changes", JSONB, nullable=False),  # the largest
    words("state"),
    words("decided_by", nullable=True),
    instant("decided_at", nullable=True),
    words("carried_by", nullable=True),
    instant("ended_at", nullable=True),
    PrimaryKeyConstraint("pass_id", "store"),
    one_of("state", "waiting", "approved", "refused", "expired"),
    # One plan of a store waits at a time: the newest that is worse than the one before.
    Index("stopped_passes_standing_key", "store", unique=True,
          postgresql_where=text("ended_at is null")),
    Index("stopped_passes_carried_idx", "carried_by",
          postgresql_where=text("carried_by is not null")),
)  # fmt: skip

erp_watermarks = Table(
    "erp_watermarks",
    metadata,
    words("dataset"),
    instant("newest_at"),  # the newest updated_at in the last good pass
    words("pass_id"),
    PrimaryKeyConstraint("dataset"),
)
