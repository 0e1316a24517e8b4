"""The fast form of the contracts: the rules about rows of the ERP, for every pass.

Put here what of a contract reaches the domain. The slow form, with results that people read, is
``expectations.py``; a test holds both against each other.
"""

from collections.abc import Iterable

from inventory_sync.contracts.terms import ERP, Contract
from inventory_sync.domain.rules import Rules


def compiled(contracts: Iterable[Contract]) -> Rules:
    """The rules of the ERP's datasets."""
    theirs = {each.asset.removeprefix(ERP): each for each in contracts if each.is_of_erp}
    return Rules(
        columns={name: contract.rules for name, contract in theirs.items()},
        counts={name: contract.counts for name, contract in theirs.items()},
    )
