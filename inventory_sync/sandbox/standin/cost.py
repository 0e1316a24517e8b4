"""What a query costs, by Shopify's published rules as far as they go.

A scalar costs 0, an object 1, a mutation 10, a connection its ``first`` times the cost of one
node, and ``nodes(ids:)`` likewise its number of ids. ``pageInfo`` and edges are free, and any other
list of objects counts as one object. The real calculator differs in details that Shopify does not
publish: a client must read the cost from the answer and never compute it.
(https://shopify.dev/docs/api/usage/limits)

Put how points are counted here. The bucket they come from is in ``throttle.py``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    value_from_ast_untyped,
)

from inventory_sync.sandbox.standin.documents import Operation

SINGLE_QUERY_LIMIT = 1000
MUTATION_POINTS = 10

Composite = GraphQLObjectType | GraphQLInterfaceType

# Stands for an answer that is not there yet: every object exists and every page is full.
_UNKNOWN: Any = object()


class CostOf:
    """The cost of one operation: ``requested`` before it runs, ``actual`` from its answer."""

    def __init__(self, schema: GraphQLSchema, operation: Operation) -> None:
        self._schema = schema
        self._operation = operation.definition
        self._variables = operation.variables
        self._fragments = {
            node.name.value: node
            for node in operation.document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def requested(self) -> int:
        """Points charged before the operation runs."""
        return self._root(_UNKNOWN)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """Points that the answer was worth; a mutation costs its 10 also when it fails."""
        return self._root(data or {})

    def _root(self, data: Any) -> int:
        root: Any = self._schema.get_root_type(self._operation.operation)
        return self._selection(self._operation.selection_set, root, data)

    def _selection(self, selection: SelectionSetNode | None, parent: Composite, data: Any) -> int:
        return sum(
            self._field(node, owner, data) for node, owner in self._fields(selection, parent)
        )

    def _fields(
        self, selection: SelectionSetNode | None, parent: Composite
    ) -> Iterator[tuple[FieldNode, Composite]]:
        """The fields of a selection, those of fragments included, with the type they are of."""
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                yield node, parent
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
            condition = fragment.type_condition
            owner: Any = self._schema.type_map[condition.name.value] if condition else parent
            yield from self._fields(fragment.selection_set, owner)

    def _field(self, node: FieldNode, parent: Composite, data: Any) -> int:
        name = node.name.value
        if name.startswith("__") or name == "pageInfo":
            return 0
        field = parent.fields[name]
        kind: Any = get_named_type(field.type)
        if is_leaf_type(kind):
            return 0
        own = MUTATION_POINTS if parent is self._schema.mutation_type else 1
        value = data if data is _UNKNOWN else data.get(_response_key(node))
        if value is None:
            return own if own == MUTATION_POINTS else 0
        if kind.name.endswith("Connection"):
            return self._connection(node, kind, value)
        if is_list_type(get_nullable_type(field.type)):
            return self._list(node, field, kind, value)
        return own + self._selection(node.selection_set, kind, value)

    def _list(self, node: FieldNode, field: GraphQLField, kind: Any, value: Any) -> int:
        if value is _UNKNOWN:
            one = 1 + self._selection(node.selection_set, kind, _UNKNOWN)
            return one * (len(self._argument(node, "ids") or ()) if "ids" in field.args else 1)
        costs = [
            1 + self._selection(node.selection_set, kind, entry)
            for entry in value
            if entry is not None
        ]
        return sum(costs) if "ids" in field.args else max(costs, default=0)

    def _connection(self, node: FieldNode, kind: GraphQLObjectType, value: Any) -> int:
        """The most that ``nodes`` or ``edges { node }`` ask for, times the size of the page."""
        points = 0
        for inner, owner in self._fields(node.selection_set, kind):
            if inner.name.value not in {"nodes", "edges"}:
                continue
            row_kind: Any = get_named_type(owner.fields[inner.name.value].type)
            row_cost = 1 if inner.name.value == "nodes" else 0
            if value is _UNKNOWN:
                size = self._argument(node, "first") or 0
                one = row_cost + self._selection(inner.selection_set, row_kind, _UNKNOWN)
                points = max(points, size * one)
            else:
                rows = value.get(_response_key(inner), ())
                costs = (self._selection(inner.selection_set, row_kind, row) for row in rows)
                points = max(points, sum(costs) + row_cost * len(rows))
        return points

    def _argument(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments:
            if argument.name.value == name:
                return value_from_ast_untyped(argument.value, self._variables)
        return None


def _response_key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
