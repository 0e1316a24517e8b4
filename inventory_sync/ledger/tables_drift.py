"""The tables of drift: when stores were compared, and every difference from found to mended.

Put their columns here, and the step that creates them in ``migrations/versions``. Keep queries out.
"""

from sqlalchemy import BigInteger, Column, Identity, Index, PrimaryKeyConstraint, Table, text

from inventory_sync.ledger.columns import instant, metadata, number, one_of, words

reconciliations = Table(
    "reconciliations",
    metadata,
    words("pass_id"),
    words("store"),
    instant("at"),
    number("levels"),  # that were compared
    number("drifted"),  # of them
    PrimaryKeyConstraint("pass_id", "store"),
    Index(None, "store", "at"),
)

drift = Table(
    "drift",
    metadata,
    Column("drift_id", BigInteger, Identity(always=True)),
    words("store"),
    words("subject"),  # the SKU, with its store location where it is about one level
    words("sku", nullable=True),
    words("store_location_id", nullable=True),
    words("cause"),
    words("owner"),
    number("shown_units", nullable=True),
    number("explained_units", nullable=True),
    number("wanted_units", nullable=True),
    instant("good_at", nullable=True),  # when the level was last known to be right
    instant("found_at"),
    instant("last_seen_at"),
    instant("repaired_at", nullable=True),
    words("repaired_by", nullable=True),
    words("pass_id"),  # that saw it last
    PrimaryKeyConstraint("drift_id"),
    one_of("repaired_by", "reconcile", "others"),
    Index("drift_open_key", "store", "subject", unique=True,
          postgresql_where=text("repaired_at is null")),
    Index(None, "store", "found_at"),
)  # fmt: skip
