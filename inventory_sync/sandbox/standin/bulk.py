"""Bulk operations: a query over everything, whose answer is a file of JSON Lines.

Put how such a query is checked, run and written down here, and how its file is handed out. A line
per object; an object of a nested list carries the id of its parent as ``__parentId``
(https://shopify.dev/docs/api/usage/bulk-operations/queries). The whole query runs at the instant
at which the operation begins, so that its file is as old as it took.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute_sync,
    get_named_type,
    parse,
    validate,
    visit,
)

from inventory_sync.sandbox.standin.answers import (
    INSTEAD,
    SPOILED,
    Answer,
    not_found,
)
from inventory_sync.sandbox.standin.bulk_state import BulkOperation, ErrorCode, Rows
from inventory_sync.sandbox.standin.documents import SCHEMA
from inventory_sync.sandbox.standin.paging import uncut_lists
from inventory_sync.sandbox.standin.resolving import Asked
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.writes import UserError

FILE_DOWNLOAD: Final = "(bulk file)"
"""What faults call the download."""

_MOST_AT_ONCE: Final = 5
_MOST_CONNECTIONS: Final = 5
_DEEPEST: Final = 2

# How long one takes is the shop's secret; ours begins slowly and then writes so many lines.
_FIRST_SECONDS: Final = 1.0
_LINES_PER_SECOND: Final = 2_000.0


def begin(asked: Asked, query: str, *, grouped: bool) -> BulkOperation | UserError:
    """Begin a bulk operation; what it finds is settled now, when it is done is not."""
    shop = asked.shop
    running = [each for each in shop.bulk_operations.values() if each.is_under_way]
    if len(running) >= _MOST_AT_ONCE:
        names = ", ".join(each.gid for each in running)
        message = f"A bulk query operation for this app and shop is already in progress: {names}."
        return UserError(None, message, "OPERATION_IN_PROGRESS")
    document = _checked(query)
    if isinstance(document, str):
        return UserError(("query",), document, "INVALID")
    rows, error_code = _run(asked, document, grouped=grouped)
    kind = asked.fault.kind if asked.fault else None
    seconds = _FIRST_SECONDS + len(rows.lines) / _LINES_PER_SECOND
    operation = BulkOperation(
        id=shop.next_id(),
        query=query,
        created_at=shop.now(),
        began_at=shop.clock(),
        seconds=math.inf if kind == "bulk_stuck" else seconds,
        clock=shop.clock,
        now=shop.now,
        file_url=f"{asked.files}/{uuid4()}.jsonl",
        rows=rows,
        error_code="INTERNAL_SERVER_ERROR" if kind == "bulk_failed" else error_code,
        file_is_lost=kind == "bulk_expired",
    )
    shop.bulk_operations[operation.id] = operation
    return operation


def file_answer(shop: Shop, name: str) -> Answer:
    """Answer a GET of an operation's file, which needs no token: its name is the secret."""
    with shop.lock:
        found = [each for each in shop.bulk_operations.values() if each.file_url.endswith(name)]
        if not found or found[0].is_under_way or found[0].file_is_lost:
            return not_found()
        shop.statistics.requests[FILE_DOWNLOAD] += 1
        fault = shop.faults.strike(FILE_DOWNLOAD, mutation=False)
        if fault and fault.kind in INSTEAD:
            return INSTEAD[fault.kind](fault)
        proper = Answer(200, found[0].content, {"content-type": "application/jsonl"})
        return SPOILED[fault.kind](fault, proper) if fault and fault.kind in SPOILED else proper


def _checked(query: str) -> DocumentNode | str:
    """The query as a document, or why it cannot be run in bulk (the words are ours)."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return f"Invalid bulk query: {error.message}"
    if errors := validate(SCHEMA, document):
        return f"Invalid bulk query: {errors[0].message}"
    lists = _Lists()
    visit(document, TypeInfoVisitor(lists.types, lists))
    if lists.count == 0:
        return "Bulk queries must contain at least one connection."
    if lists.count > _MOST_CONNECTIONS:
        return f"Bulk queries cannot contain more than {_MOST_CONNECTIONS} connections."
    if lists.deepest > _DEEPEST:
        return f"Bulk queries cannot nest connections deeper than {_DEEPEST}."
    return document


class _Lists(Visitor):
    """Counts the connections of a query, and how deep they lie in one another."""

    def __init__(self) -> None:
        super().__init__()
        self.types = TypeInfo(SCHEMA)
        self.count = self.depth = self.deepest = 0

    def _is_list(self) -> bool:
        kind = get_named_type(self.types.get_type())
        return kind is not None and kind.name.endswith("Connection")

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if self._is_list():
            self.count += 1
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def leave_field(self, node: FieldNode, *_: Any) -> None:
        self.depth -= self._is_list()


def _run(asked: Asked, document: DocumentNode, *, grouped: bool) -> tuple[Rows, ErrorCode | None]:
    """All that the query finds, and why it fails if it does."""
    with uncut_lists():
        result = execute_sync(SCHEMA, document, context_value=asked)
    if result.errors:
        codes = {(error.extensions or {}).get("code") for error in result.errors}
        return Rows(), "ACCESS_DENIED" if "ACCESS_DENIED" in codes else "INTERNAL_SERVER_ERROR"
    families = [[*_family(root)] for root in _members(result.data or {})]
    # Grouped, children follow their parent; otherwise they come wherever they come.
    rows = [row for family in families for row in family]
    if not grouped:
        rows.sort(key=lambda row: "__parentId" in row)
    lines = tuple(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows)
    return Rows(tuple(line.encode() for line in lines), len(families)), None


def _members(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects in the lists that are fields of an object."""
    for value in node.values():
        if _is_connection(value):
            yield from value.get("nodes", ())
            yield from (edge["node"] for edge in value.get("edges", ()))


def _family(node: dict[str, Any], parent_id: str | None = None) -> Iterator[dict[str, Any]]:
    """An object without its lists, and then what is in them."""
    own = {name: value for name, value in node.items() if not _is_connection(value)}
    yield own if parent_id is None else {**own, "__parentId": parent_id}
    for child in _members(node):
        yield from _family(child, str(node.get("id")))


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and value.keys() <= {"edges", "nodes"}
