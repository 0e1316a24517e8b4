from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
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


def _differences(ours: GraphQLNamedType, real: GraphQLNamedType | None) -> list[str]:
    """How our type is not a part of the real one of the same name."""
    if type(ours) is not type(real):
        return [f"{ours.name} is of another kind"]
    found = []
    if isinstance(ours, GraphQLEnumType) and isinstance(real, GraphQLEnumType):
        found += [f"{ours.name}.{v} unknown" for v in ours.values if v not in real.values]
    if isinstance(ours, GraphQLInputObjectType) and isinstance(real, GraphQLInputObjectType):
        for name, field in ours.fields.items():
            if name not in real.fields or str(field.type) != str(real.fields[name].type):
                found.append(f"{ours.name}.{name} differs")
        for name, field in real.fields.items():
            if is_required_input_field(field) and name not in ours.fields:
                found.append(f"{ours.name}.{name} is required but missing")
    composite = (GraphQLObjectType, GraphQLInterfaceType)
    if isinstance(ours, composite) and isinstance(real, composite):
        implemented = {each.name for each in real.interfaces}
        found += [
            f"{ours.name} is no {i.name}" for i in ours.interfaces if i.name not in implemented
        ]
        for name, field in ours.fields.items():
            if name not in real.fields or str(field.type) != str(real.fields[name].type):
                found.append(f"{ours.name}.{name} differs")
            else:
                found += _argument_differences(f"{ours.name}.{name}", field, real.fields[name])
    return found


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
