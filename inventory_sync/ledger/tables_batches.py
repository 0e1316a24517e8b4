"""The table of the batches. Put it here, and the step that creates it in ``migrations/versions``.

Keep queries out: they are in ``batches.py``.
"""

from sqlalchemy import PrimaryKeyConstraint, Table

from inventory_sync.ledger.columns import instant, metadata, words

batches = Table(
    "batches",
    metadata,
    words("batch"),
    instant("noted_until"),  # by the ERP's clock: changes up to then were put on the dirty list
    PrimaryKeyConstraint("batch"),
)
