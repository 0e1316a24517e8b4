"""The data contracts: what ``data_contracts/*.yaml`` says, and how frames are held against it.

Great Expectations stays in this room, and is loaded only when frames are judged with it.
"""

from inventory_sync.contracts.compiled import compiled
from inventory_sync.contracts.load import ContractsRefused, load_contracts
from inventory_sync.contracts.terms import Contract

__all__ = ["Contract", "ContractsRefused", "compiled", "load_contracts"]
