"""Shopify's search syntax, as far as lists of this API need it.

``sku:'A' OR sku:B``, ``updated_at:>='2026-11-23T10:00:00Z' status:open``, ``-status:cancelled``,
parentheses, ``AND``/``OR``/``NOT``, a trailing ``*`` for a prefix
(https://shopify.dev/docs/api/usage/search-syntax). Put the syntax here, and what a type of object
can be searched by into ``resolvers.py``.

Unlike Shopify, which ignores a field that it does not know and returns everything, an unknown
field is an error here: a test should notice the mistake.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

Value = str | int | bool | datetime | None
Predicate = Callable[[Any], bool]
Fields = Mapping[str, Callable[[Any], Value]]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<paren>[()])
  | (?P<minus>-(?=[\w(]))
  | (?P<word>AND|OR|NOT)(?=[\s()]|$)
  | (?P<field>\w+):(?P<op><=|>=|<|>)?(?P<value>'[^']*'|"[^"]*"|[^\s()]+)
  | (?P<bare>'[^']*'|"[^"]*"|[^\s()]+)
    )""",
    re.VERBOSE,
)


def matcher(query: str | None, fields: Fields, *, default: str) -> Predicate:
    """A test for objects that a query asks for; a word without a field looks into ``default``.

    Raises ``GraphQLError`` when the query cannot be understood.
    """
    if not query or not query.strip():
        return lambda row: True
    return _Parser(query.strip(), fields, default).parse()


class _Parser:
    """Recursive descent: any := all (OR all)*; all := (NOT? one)*; one := ( any ) | term."""

    def __init__(self, query: str, fields: Fields, default: str) -> None:
        self._tokens = [*_TOKEN.finditer(query)]
        self._place = 0
        self._fields = fields
        self._default = default

    def parse(self) -> Predicate:
        predicate = self._any()
        if self._place < len(self._tokens):
            raise GraphQLError("The search query has a ')' without a '('.")
        return predicate

    def _next(self, **wanted: str) -> bool:
        """Step over the next token if it is the one wanted."""
        if self._place == len(self._tokens):
            return False
        token = self._tokens[self._place]
        found = all(token[group] == text for group, text in wanted.items())
        self._place += found
        return found

    def _any(self) -> Predicate:
        choices = [self._all()]
        while self._next(word="OR"):
            choices.append(self._all())
        return lambda row: any(choice(row) for choice in choices)

    def _all(self) -> Predicate:
        conditions = []
        while not self._at_end_of_all():
            if not self._next(word="AND"):
                conditions.append(self._one())
        return lambda row: all(condition(row) for condition in conditions)

    def _at_end_of_all(self) -> bool:
        if self._place == len(self._tokens):
            return True
        token = self._tokens[self._place]
        return token["word"] == "OR" or token["paren"] == ")"

    def _one(self) -> Predicate:
        if self._next(minus="-") or self._next(word="NOT"):
            condition = self._one()
            return lambda row: not condition(row)
        if self._next(paren="("):
            inner = self._any()
            if not self._next(paren=")"):
                raise GraphQLError("The search query has a '(' without a ')'.")
            return inner
        if self._place == len(self._tokens):
            raise GraphQLError("The search query ends after a NOT or a '-'.")
        token = self._tokens[self._place]
        self._place += 1
        if token["bare"] is not None:
            return self._term(self._default, "", _unquoted(token["bare"]))
        return self._term(token["field"], token["op"] or "", _unquoted(token["value"]))

    def _term(self, field: str, operator: str, text: str) -> Predicate:
        if field not in self._fields:
            known = ", ".join(sorted(self._fields))
            raise GraphQLError(f"Unknown search field '{field}'; this list knows: {known}.")
        value_of = self._fields[field]
        return lambda row: _compare(value_of(row), operator, text)


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] in "'\"" and text[-1] == text[0] and len(text) > 1 else text


def _compare(value: Value, operator: str, text: str) -> bool:
    if value is None:
        return False
    if isinstance(value, str):
        have, want = value.casefold(), text.casefold()
        if want.endswith("*") and not operator:
            return have.startswith(want[:-1])
        return _ordered(have, operator, want)
    if isinstance(value, bool):
        return value == (text.casefold() == "true")
    if isinstance(value, int):
        return _ordered(value, operator, _number(text))
    return _ordered(value, operator, _instant(text))


def _ordered(have: Any, operator: str, want: Any) -> bool:
    match operator:
        case ">=":
            return bool(have >= want)
        case ">":
            return bool(have > want)
        case "<=":
            return bool(have <= want)
        case "<":
            return bool(have < want)
    return bool(have == want)


def _number(text: str) -> int:
    try:
        return int(text.rpartition("/")[2])
    except ValueError:
        raise GraphQLError(f"The search query has '{text}' where a number belongs.") from None


def _instant(text: str) -> datetime:
    """A date or time stamp; without a zone it is UTC here (Shopify takes the shop's)."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"The search query has '{text}' where a time belongs.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
