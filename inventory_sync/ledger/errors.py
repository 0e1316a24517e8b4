"""The errors of the ledger: each message is one sentence with the cause and the way out.

Put an error here when it can only come from our own database. Keep out anything about the ERP's
database or a store. No message holds a password.
"""

from inventory_sync.domain.errors import InventorySyncError


class LedgerUnavailable(InventorySyncError):
    """The ledger's database cannot be used now. Nothing may be sent to a store without it."""


class EmbeddedPostgresFailed(InventorySyncError):
    """The embedded PostgreSQL cannot be started, reached or stopped."""
