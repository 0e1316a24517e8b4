"""Both ledgers keep the same law: the one in PostgreSQL and the one of the simulation."""

import pytest

from inventory_sync.ledger import Ledger
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.ledger.contract import LedgerContract
from inventory_sync_tests.ledger.samples import wipe


class TestLedger(LedgerContract):
    """The one in PostgreSQL."""

    @pytest.fixture
    def ledger(self, shared_ledger: Ledger) -> Ledger:
        """An empty one."""
        wipe(shared_ledger)
        return shared_ledger


class TestMemoryLedger(LedgerContract):
    """The one in memory."""

    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        """An empty one."""
        return MemoryLedger()
