"""The table of shadow mode: each difference from a store in dry run, from its beginning to its end.

Put its columns here, and the step that creates it in ``migrations/versions``. Keep queries out.
"""

from sqlalchemy import BigInteger, Column, Identity, Index, PrimaryKeyConstraint, Table, text

from inventory_sync.ledger.columns import instant, metadata, number, one_of, words

shadow = Table(
    "shadow",
    metadata,
    Column("shadow_id", BigInteger, Identity(always=True)),
    words("store"),
    words("inventory_item_id"),
    words("store_location_id"),
    words("sku"),
    instant("began_at"),
    number("first_shown_units"),
    number("first_wanted_units"),
    instant("seen_at"),  # the last comparison in which they were apart
    number("shown_units"),  # then
    number("wanted_units"),  # then
    number("taken_units"),  # by all orders until then
    words("is_right", nullable=True),
    words("reason", nullable=True),
    instant("ended_at", nullable=True),
    PrimaryKeyConstraint("shadow_id"),
    one_of("is_right", "ours", "theirs", "neither"),
    Index("shadow_open_key", "store", "inventory_item_id", "store_location_id", unique=True,
          postgresql_where=text("ended_at is null")),
    Index(None, "began_at"),
)  # fmt: skip
