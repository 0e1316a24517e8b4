"""The ledger: our own persistent memory in PostgreSQL, and the server that holds it by default.

Put what must survive a crash here: orders heard of, writes begun, what a store should show, what
was found wrong. Keep decisions out, and everything that comes from the ERP and can be read again.
"""

from inventory_sync.ledger.errors import EmbeddedPostgresFailed, LedgerUnavailable
from inventory_sync.ledger.ledger import Ledger, connect

__all__ = ["EmbeddedPostgresFailed", "Ledger", "LedgerUnavailable", "connect"]
