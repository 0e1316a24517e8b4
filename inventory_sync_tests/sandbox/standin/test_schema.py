from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLSchema,
    build_schema,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)

from inventory_sync.sandbox.standin.documents import SCHEMA
from inventory_sync.shopify import operations

REAL_SCHEMA = Path(__file__).parents[4] / "shared/shopify/admin-2026-10.full.graphql"

OURS = [kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")]


@pytest.fixture(scope="session")
def real_schema() -> GraphQLSchema:
    if not REAL_SCHEMA.exists():
        pytest.skip("the real Admin schema is not beside the repository")
    return build_schema(REAL_SCHEMA.read_text(), assume_valid=True)


def _argument_differences(place: str, ours: GraphQLField, real: GraphQLField) -> list[str]:
    found = [
        f"{place}({name}:) differs"
        for name, argument in ours.args.items()
        if name not in real.args
        or str(argument.type) != str(real.args[name].type)
        or argument.default_value != real.args[name].default_value
    ]
    found += [
        f"{place}({name}:) is required but missing"
        for name, argument in real.args.items()
        if is_required_argument(argument) and name not in ours.args
    ]
    return found


def _field_differences(name: str, ours: Any, real: Any) -> list[str]:
    if real is None or str(ours.type) != str(real.type):
        return [f"{name} differs"]
    return _argument_differences(name, ours, real) if isinstance(ours, GraphQLField) else []


def _differences(ours: Any, real: Any) -> list[str]:
    """How our type is not a part of the real one of the same name."""
    if type(ours) is not type(real):
        return [f"{ours.name} is of another kind"]
    if isinstance(ours, GraphQLEnumType):
        return [f"{ours.name}.{each} unknown" for each in ours.values if each not in real.values]
    found = []
    for name, field in getattr(ours, "fields", {}).items():
        found += _field_differences(f"{ours.name}.{name}", field, real.fields.get(name))
    if isinstance(ours, GraphQLInputObjectType):
        found += [
            f"{ours.name}.{name} is required but missing"
            for name, field in real.fields.items()
            if is_required_input_field(field) and name not in ours.fields
        ]
    implemented = {each.name for each in getattr(real, "interfaces", ())}
    interfaces = {each.name for each in getattr(ours, "interfaces", ())}
    return found + [f"{ours.name} is no {name}" for name in interfaces - implemented]


def test_every_type_is_a_part_of_the_real_one(real_schema: GraphQLSchema) -> None:
    found = [
        difference
        for kind in OURS
        for difference in _differences(kind, real_schema.type_map.get(kind.name))
    ]
    assert found == []


def test_every_directive_is_the_real_one(real_schema: GraphQLSchema) -> None:
    for directive in SCHEMA.directives:
        real = real_schema.get_directive(directive.name)
        assert real is not None
        assert directive.locations == real.locations
        assert {name: str(arg.type) for name, arg in directive.args.items()} == {
            name: str(arg.type) for name, arg in real.args.items()
        }


def test_the_roots_are_those_of_the_real_schema(real_schema: GraphQLSchema) -> None:
    assert SCHEMA.query_type is not None
    assert SCHEMA.mutation_type is not None
    assert real_schema.query_type is not None
    assert real_schema.mutation_type is not None
    assert SCHEMA.query_type.name == real_schema.query_type.name
    assert SCHEMA.mutation_type.name == real_schema.mutation_type.name


def test_the_comparison_notices_a_field_of_another_type() -> None:
    right = build_schema("type Query { shop: String! }").type_map["Query"]
    wrong = build_schema("type Query { shop: String }").type_map["Query"]
    assert _differences(wrong, right) == ["Query.shop differs"]


def test_the_comparison_notices_a_missing_required_argument() -> None:
    right = build_schema("type Query { shop(id: ID!): String }").type_map["Query"]
    wrong = build_schema("type Query { shop: String }").type_map["Query"]
    assert _differences(wrong, right) == ["Query.shop(id:) is required but missing"]


@pytest.mark.parametrize("operation", operations.OPERATIONS, ids=lambda each: each.name)
def test_every_operation_that_we_send_is_valid_here(operation: operations.Operation) -> None:
    assert validate(SCHEMA, parse(operation.document)) == []
