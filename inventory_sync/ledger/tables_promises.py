"""The tables of promises that were published: what each variant and each order of a store was told.

Put their columns here, and the step that creates them in ``migrations/versions``. Keep queries out.
"""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table
from sqlalchemy.dialects.postgresql import JSONB

from inventory_sync.ledger.columns import instant, metadata, words

published_promises = Table(
    "published_promises",
    metadata,
    words("store"),
    words("variant_id"),
    words("sku", nullable=True),
    Column("profile", JSONB, nullable=False),  # the availability, as the storefront reads it
    words("digest", nullable=True),  # of the metafield; null while a call has no answer yet
    words("pass_id"),
    instant("published_at"),  # or when it was found right since, by a pass over its SKU
    PrimaryKeyConstraint("store", "variant_id"),
    Index(None, "sku"),
)

promised_orders = Table(
    "promised_orders",
    metadata,
    words("store"),
    words("order_id"),
    Column("dates", JSONB, nullable=False),  # of its lines, as written to the order
    words("digest", nullable=True),
    words("pass_id"),
    instant("published_at"),
    PrimaryKeyConstraint("store", "order_id"),
    Index(None, "published_at"),
)
