"""Whether the contracts fit the code: columns, types, keys, and what the arithmetic rests on.

Put here what the code demands of a contract about the ERP's datasets. Keep out our own tables:
their columns are declared by the assets, and compared there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Final

from inventory_sync.contracts.terms import ERP, ColumnTerms, Contract
from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ComponentRow,
    ProductRow,
    PromiseDateRow,
    StockRow,
    SupplyRow,
)
from inventory_sync.domain.frames import DATASETS, SQL_TYPES, Column, Dataset
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.rules import SOUND, Rule

_LOGICAL: Final = {
    "text": "string",
    "quantity": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "integer": "integer",
}

OWN: Final = (
    "orders/in_flight",
    "atp/available_to_promise",
    "atp/projected",
    "atp/promise_dates",
    "stores/*/published_quantities",
    "stores/*/observed_quantities",
    "stores/*/published_promises",
)
"""Our own tables that have a contract."""

_ROWS: Final = {
    "products": ProductRow,
    "components": ComponentRow,
    "stock": StockRow,
    "commitments": CommitmentRow,
    "acknowledged_orders": AcknowledgedRow,
    "supply": SupplyRow,
    "promise_dates": PromiseDateRow,
}


def misfits(contracts: Sequence[Contract]) -> list[str]:
    """Every way in which the contracts do not fit the code, one line each."""
    found = [f"{each.file}: {line}" for each in contracts for line in _misfits(each)]
    assets = [each.asset for each in contracts]
    found += [f"{asset} has two contracts" for asset in {a for a in assets if assets.count(a) > 1}]
    due = [f"{ERP}{name}" for name in DATASETS] + list(OWN)
    found += [f"{asset} has no contract" for asset in due if asset not in assets]
    return found


def _misfits(contract: Contract) -> Iterator[str]:
    if not contract.is_of_erp:
        if contract.asset not in OWN:
            yield f"there is no dataset {contract.asset}"
        return
    dataset = DATASETS.get(contract.asset.removeprefix(ERP))
    if dataset is None:
        yield f"there is no dataset {contract.asset}"
        return
    said = {column.name: column for column in contract.columns}
    for name in said.keys() - {column.name for column in dataset.columns}:
        yield f"the code knows no column {name}"
    for column in dataset.columns:
        yield from _column_misfits(column, said.get(column.name))
    if contract.key != dataset.key:
        yield f"the primary key must be {', '.join(dataset.key)}"
    for rule in contract.rules:
        yield from _rule_misfits(dataset, rule)
    yield from _missing_rules(dataset, contract)


def _column_misfits(column: Column, said: ColumnTerms | None) -> Iterator[str]:
    name, due = column.name, (_LOGICAL[column.kind], SQL_TYPES[column.kind])
    if said is None:
        yield f"column {name} is missing"
        return
    if (said.logical_type, said.physical_type) != due:
        yield f"{name}: must have logicalType {due[0]} and physicalType {due[1]}"
    if said.required == column.nullable:
        yield f"{name}: required must be {str(not column.nullable).lower()}"
    reference = said.reference
    if reference and not _has(reference.dataset, reference.column):
        yield f"{name}: there is no column {reference.dataset}.{reference.column} to refer to"


def _has(dataset: str, column: str) -> bool:
    return dataset in DATASETS and column in {c.name for c in DATASETS[dataset].columns}


def _rule_misfits(dataset: Dataset, rule: Rule) -> Iterator[str]:
    kinds = {column.name: column.kind for column in dataset.columns}
    kind = kinds.get(rule.column)
    if rule.allowed is not None and kind != "text":
        yield f"{rule.column}: validValues need a text, and this is a {kind}"
    if (rule.minimum, rule.maximum) != (None, None) and kind not in ("quantity", "integer"):
        yield f"{rule.column}: bounds need a number, and this is a {kind}"
    unknown = (rule.allowed or frozenset()) - frozenset(KINDS)
    if dataset.name == "commitments" and rule.column == "kind" and unknown:
        yield f"kind: the code knows no {', '.join(sorted(unknown))}"
    seen = _ROWS.get(dataset.name)
    if rule.sets_aside and seen and rule.column not in {each.name for each in fields(seen)}:
        yield (
            f"{rule.column}: event passes do not read this column, so a rule about it can only be "
            "a warning"
        )


def _missing_rules(dataset: Dataset, contract: Contract) -> Iterator[str]:
    """A looser bound than these would let a wrong row raise an offer; physical may be negative."""
    for sound in SOUND.of(dataset.name):
        if sound.minimum is None or (dataset.name, sound.column) == ("stock", "physical"):
            continue
        mine = [rule for rule in contract.rules if rule.column == sound.column and rule.sets_aside]
        if not any(r.minimum is not None and r.minimum >= sound.minimum for r in mine):
            yield (
                f"{sound.column}: needs a rule of severity error or critical against values of "
                f"which '{sound.reason}' is true, for such a row could raise an offer"
            )
