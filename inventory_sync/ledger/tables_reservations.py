"""The table of reservations: who holds how much for which order, and what is still to be done.

Put columns and indexes here; how they are read and written is ``reservations.py``.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, text

from inventory_sync.ledger.columns import instant, metadata, number, one_of, words

reservations = Table(
    "reservations",
    metadata,
    words("reservation_id"),
    words("store"),
    words("order_id"),
    words("line_id"),
    words("sku"),
    words("store_location_id"),
    words("erp_location"),
    number("quantity_units"),
    words("state"),
    instant("expires_at", nullable=True),
    instant("created_at"),
    instant("decided_at", nullable=True),
    words("reason", nullable=True),
    words("inventory_item_id", nullable=True),
    number("taken_units"),  # what Shopify itself keeps out of available meanwhile
    words("next_step", nullable=True),
    PrimaryKeyConstraint("reservation_id"),
    one_of("state", "held", "confirmed", "released", "expired", "refused"),
    one_of("next_step", "secure", "reserve", "confirm", "release"),
    Index("reservations_held_idx", "created_at", postgresql_where=text("state = 'held'")),
    Index(
        "reservations_unfinished_idx", "created_at", postgresql_where=text("next_step is not null")
    ),
    Index(None, "order_id"),
)
