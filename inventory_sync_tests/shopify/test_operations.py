"""Every document against the real Admin schema, when that file lies beside the checkout."""

from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from graphql.language import OperationDefinitionNode

from inventory_sync.shopify.operations import OPERATIONS, Operation

SCHEMA_FILE = Path(__file__).parents[3] / "shared" / "shopify" / "admin-2026-10.full.graphql"


@cache
def admin_schema() -> GraphQLSchema:
    # The real schema deprecates an id that its own interface demands, hence assume_valid.
    return build_schema(SCHEMA_FILE.read_text(encoding="utf-8"), assume_valid=True)


@pytest.mark.skipif(not SCHEMA_FILE.exists(), reason="the Admin schema is not beside the checkout")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_real_schema_accepts(operation: Operation) -> None:
    problems = validate(admin_schema(), parse(operation.document))
    assert [problem.message for problem in problems] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_document_has_the_name_and_the_sizes_of_its_operation(operation: Operation) -> None:
    (definition,) = (
        part
        for part in parse(operation.document).definitions
        if isinstance(part, OperationDefinitionNode)
    )
    variables = {each.variable.name.value for each in definition.variable_definitions}
    assert definition.name is not None
    assert definition.name.value == operation.name
    assert set(operation.sizes) <= variables


@pytest.mark.parametrize("word", ["email", "phone", "address", "firstName", "customer", "note"])
def test_no_operation_asks_for_a_buyers_data(word: str) -> None:
    assert not [each.name for each in OPERATIONS if word.lower() in each.document.lower()]
