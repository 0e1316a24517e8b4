"""The ledger's rules in memory: the same port as PostgreSQL, a thousand times as fast.

Put what the simulation remembers here, one module per part of the real ledger; a contract suite
holds both against each other. Each method is one transaction: nothing happens in between.
"""

from inventory_sync.simulation.memory.ledger import MemoryLedger

__all__ = ["MemoryLedger"]
