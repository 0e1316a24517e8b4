"""How bulk operations are begun, looked at and canceled over GraphQL.

Put their fields here. What they do is in ``bulk.py``.
"""

from typing import Any

from inventory_sync.sandbox.standin.bulk import begin
from inventory_sync.sandbox.standin.bulk_state import BulkOperation
from inventory_sync.sandbox.standin.resolving import Asked, Info, Resolver, shop_of
from inventory_sync.sandbox.standin.stock import gid_number
from inventory_sync.sandbox.standin.writes import UserError


def _operation(_: Any, info: Info, id: str) -> BulkOperation | None:
    return shop_of(info).bulk_operations.get(gid_number(id, "BulkOperation") or 0)


def _run_query(_: Any, info: Info, groupObjects: bool, query: str) -> dict[str, Any]:
    asked: Asked = info.context
    begun = begin(asked, query, grouped=groupObjects)
    if isinstance(begun, UserError):
        return {"bulk_operation": None, "user_errors": [begun]}
    return {"bulk_operation": begun, "user_errors": []}


def _cancel(_: Any, info: Info, id: str) -> dict[str, Any]:
    operation = _operation(_, info, id)
    if operation is None:
        return {"user_errors": [UserError(("id",), "Bulk operation does not exist")]}
    operation.is_canceled = operation.is_canceled or operation.is_under_way
    return {"bulk_operation": operation, "user_errors": []}


def _variants_count(_: Any, info: Info, limit: int | None = None) -> dict[str, Any]:
    found = len(shop_of(info).stock.item_list)
    cut = limit is not None and found > limit
    return {"count": limit if cut else found, "precision": "AT_LEAST" if cut else "EXACT"}


def _if_done(operation: BulkOperation, value: Any) -> Any:
    return None if operation.is_under_way else value


RESOLVERS: dict[str, Resolver] = {
    "QueryRoot.bulkOperation": _operation,
    "QueryRoot.productVariantsCount": _variants_count,
    "Mutation.bulkOperationRunQuery": _run_query,
    "Mutation.bulkOperationCancel": _cancel,
    "BulkOperation.type": lambda each, info: "QUERY",
    "BulkOperation.errorCode": lambda each, info: _if_done(each, each.error_code),
    "BulkOperation.completedAt": lambda each, info: (
        each.now() if each.status == "COMPLETED" else None
    ),
    "BulkOperation.objectCount": lambda each, info: str(_if_done(each, len(each.rows.lines)) or 0),
    "BulkOperation.rootObjectCount": lambda each, info: str(_if_done(each, each.rows.roots) or 0),
    "BulkOperation.fileSize": lambda each, info: (
        str(len(each.content)) if each.status == "COMPLETED" else None
    ),
    "BulkOperation.url": lambda each, info: (
        each.file_url if each.status == "COMPLETED" and each.rows.lines else None
    ),
    "BulkOperation.partialDataUrl": lambda each, info: (
        each.file_url if each.status == "FAILED" and each.rows.lines else None
    ),
}
