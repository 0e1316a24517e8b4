"""Whether the contracts of our own tables fit the assets that make them.

Put here how a contract is compared with the columns that an asset declares. What the ERP's datasets
have to be is ``contracts/fit.py``.
"""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from inventory_sync.contracts import Contract, ContractsRefused


def refuse_misfits(contracts: Sequence[Contract], assets: Sequence[dg.AssetsDefinition]) -> None:
    """Raise ``ContractsRefused`` when a contract names what an asset does not declare."""
    declared = {
        key.to_user_string(): _columns(metadata)
        for asset in assets
        for key, metadata in asset.metadata_by_key.items()
    }
    wrong = [
        f"  {contract.file}: {asset} {line}"
        for contract in contracts
        if not contract.is_of_erp
        for asset, columns in declared.items()
        if _is_about(contract, asset)
        for line in _misfits(contract, columns)
    ]
    if wrong:
        raise ContractsRefused("The data contracts are refused:\n" + "\n".join(wrong))


def _is_about(contract: Contract, asset: str) -> bool:
    pattern, parts = contract.asset.split("/"), asset.split("/")
    return len(pattern) == len(parts) and all(
        wanted in ("*", given) for wanted, given in zip(pattern, parts, strict=True)
    )


def _columns(metadata: Mapping[str, object]) -> dict[str, str]:
    schema = metadata.get("dagster/column_schema")
    if isinstance(schema, dg.TableSchema):
        return {column.name: column.type for column in schema.columns}
    return {}


def _misfits(contract: Contract, declared: Mapping[str, str]) -> Iterator[str]:
    for column in contract.columns:
        if column.name not in declared:
            yield f"has no column {column.name}"
        elif declared[column.name] != column.physical_type:
            due = declared[column.name]
            yield f"column {column.name} is {due}, not {column.physical_type}"
