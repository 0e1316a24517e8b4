"""From the text of a request to an operation that can be executed, or to Shopify's complaint.

Put the checks before execution here: syntax, validity, variables, sizes of lists. They are
free of charge. Keep out what an operation does.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    build_schema,
    get_operation_ast,
    parse,
    print_ast,
    type_from_ast,
    validate,
    value_from_ast_untyped,
)
from graphql.type import is_non_null_type
from graphql.utilities import coerce_input_value

INPUT_LIST_LIMIT = 250

SCHEMA: GraphQLSchema = build_schema(Path(__file__).with_name("schema.graphql").read_text())

JsonError = dict[str, Any]


class Refused(Exception):
    """The request never gets to be executed; ``errors`` says why."""

    def __init__(self, errors: list[JsonError]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Operation:
    """A valid operation with its variables."""

    document: DocumentNode
    definition: OperationDefinitionNode
    variables: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, or ``(unnamed)``."""
        return self.definition.name.value if self.definition.name else "(unnamed)"

    @property
    def is_mutation(self) -> bool:
        """Whether it may change something."""
        return self.definition.operation is OperationType.MUTATION


def read_operation(
    text: str, operation_name: str | None, variables: Mapping[str, Any]
) -> Operation:
    """The operation that a request wants executed. Raises ``Refused``."""
    document, errors = _parsed(text)
    if document is None or errors:
        raise Refused([_complaint(error) for error in errors])
    definition = get_operation_ast(document, operation_name)
    if definition is None:
        raise Refused([{"message": "An operation name is required"}])
    return Operation(document, definition, dict(variables))


def check_values(operation: Operation) -> None:
    """Refuse variables of the wrong type and lists that are too long. Raises ``Refused``."""
    for definition in operation.definition.variable_definitions:
        _check_variable(definition, operation.variables)
    for node in operation.definition.selection_set.selections:
        if isinstance(node, FieldNode):
            _check_sizes(node, operation.variables)


@lru_cache(maxsize=512)
def _parsed(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """Parse and validate; the same few documents come again and again."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(SCHEMA, document))


_UNKNOWN_DIRECTIVE = re.compile(r"Unknown directive '(@\w+)'\.")
_MISSING_ARGUMENT = re.compile(r"Directive '@(\w+)' argument '(\w+)' of type .* is required")
_MISPLACED = re.compile(r"Directive '(@\w+)' may not be used on (\w+)\.")
_UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")

_OPERATION_KINDS = {"query": "queries", "mutation": "mutations", "subscription": "subscriptions"}


def _complaint(error: GraphQLError) -> JsonError:
    """An error of graphql-core in Shopify's words, where those are known."""
    formatted: JsonError = dict(error.formatted)
    message, code = error.message, None
    if found := _UNKNOWN_DIRECTIVE.match(message):
        message, code = f"Directive {found[1]} is not defined", "undefinedDirective"
    elif found := _MISSING_ARGUMENT.match(message):
        message = f"Directive '{found[1]}' is missing required arguments: {found[2]}"
        code = "missingRequiredArguments"
    elif found := _MISPLACED.match(message):
        where = _OPERATION_KINDS.get(found[2].lower(), found[2].lower())
        message = f"'{found[1]}' can't be applied to {where} (allowed: fields)"
    elif found := _UNKNOWN_FIELD.match(message):
        message = f"Field '{found[1]}' doesn't exist on type '{found[2]}'"
        code = "undefinedField"
    formatted["message"] = message
    if code:
        formatted["extensions"] = {"code": code}
    return formatted


def _check_variable(definition: VariableDefinitionNode, variables: Mapping[str, Any]) -> None:
    name = definition.variable.name.value
    kind: Any = type_from_ast(SCHEMA, definition.type)
    if name not in variables and (definition.default_value or not is_non_null_type(kind)):
        return
    value = variables.get(name)
    problems: list[dict[str, Any]] = []

    def note(path: list[str | int], _: Any, error: GraphQLError) -> None:
        problems.append(_problem(path, error.message))

    coerce_input_value(value, kind, note)
    if problems:
        raise Refused([_invalid_variable(definition, value, problems)])


_NOT_DEFINED = re.compile(r"Field '(\w+)' is not defined by type '(\w+)'")
_NOT_PROVIDED = re.compile(r"Field '(\w+)' of required type .* was not provided")


def _problem(path: list[str | int], message: str) -> dict[str, Any]:
    if found := _NOT_DEFINED.match(message):
        return {
            "path": [*path, found[1]],
            "explanation": f"Field is not defined on {found[2]}",
        }
    if found := _NOT_PROVIDED.match(message):
        return {"path": [*path, found[1]], "explanation": "Expected value to not be null"}
    if message.startswith("Expected non-nullable type"):
        message = "Expected value to not be null"
    return {"path": path, "explanation": message}


def _invalid_variable(
    definition: VariableDefinitionNode, value: Any, problems: list[dict[str, Any]]
) -> JsonError:
    places = ", ".join(
        f"{'.'.join(map(str, problem['path']))} ({problem['explanation']})" for problem in problems
    )
    explanation = f" for {places}" if problems[0]["path"] else ""
    return {
        "message": (
            f"Variable ${definition.variable.name.value} of type {print_ast(definition.type)}"
            f" was provided invalid value{explanation}"
        ),
        "locations": _locations(definition),
        "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": problems},
    }


def _check_sizes(node: FieldNode, variables: dict[str, Any]) -> None:
    for argument in node.arguments:
        value = value_from_ast_untyped(argument.value, variables)
        path = [node.name.value, argument.name.value]
        for long_path, size in _long_lists(value, path):
            message = (
                f"The input array size of {size} is greater than the maximum allowed of"
                f" {INPUT_LIST_LIMIT}."
            )
            raise Refused(
                [
                    {
                        "message": message,
                        "locations": _locations(node),
                        "path": long_path,
                        "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"},
                    }
                ]
            )


def _long_lists(value: Any, path: list[str]) -> Iterator[tuple[list[str], int]]:
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _long_lists(entry, [*path, name])
    elif isinstance(value, list):
        if len(value) > INPUT_LIST_LIMIT:
            yield path, len(value)
        for index, entry in enumerate(value):
            yield from _long_lists(entry, [*path, str(index)])


def _locations(node: Any) -> list[dict[str, int]]:
    token = node.loc.start_token
    return [{"line": token.line, "column": token.column}]
