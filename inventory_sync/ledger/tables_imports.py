"""The table of imports: which Shopify order lines were brought into the ERP, and how far they are.

Put columns and indexes here; how they are read and written is ``imports.py``.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, text

from inventory_sync.ledger.columns import instant, metadata, number, one_of, words

order_imports = Table(
    "order_imports",
    metadata,
    words("store"),
    words("order_id"),
    words("line_id"),
    words("order_name"),
    words("state"),
    instant("changed_at"),
    number("version"),
    number("tries"),
    number("booked_units"),
    number("asked_units"),
    number("seen_units"),
    words("erp_location", nullable=True),
    instant("look_at", nullable=True),
    words("reason", nullable=True),
    number("changes"),
    PrimaryKeyConstraint("store", "line_id", "order_id"),
    one_of("state", "waiting", "asked", "answered", "done", "parked", "theirs", "closed"),
    Index(
        "order_imports_active_idx",
        "changed_at",
        postgresql_where=text("state in ('waiting', 'asked', 'answered', 'done', 'parked')"),
    ),
)
