"""Odoo's search domains, evaluated on records in memory as Odoo's documentation describes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

Values = Callable[[str, Mapping[str, Any], str], Sequence[Any]]


def matches(domain: Sequence[Any], holds: Callable[[Sequence[Any]], bool]) -> bool:
    """A domain in prefix notation; terms without an operator are joined by "and"."""
    terms = iter(domain)
    results = []
    for term in terms:
        results.append(_value(term, terms, holds))
    return all(results)


def _value(term: Any, rest: Iterator[Any], holds: Callable[[Sequence[Any]], bool]) -> bool:
    if term == "!":
        return not _value(next(rest), rest, holds)
    if term in ("|", "&"):
        # Both sides are taken from the stream, whatever the first one says.
        left = _value(next(rest), rest, holds)
        right = _value(next(rest), rest, holds)
        return left or right if term == "|" else left and right
    return holds(term)


def leaf_holds(found: Sequence[Any], operator: str, wanted: Any) -> bool:
    """Whether one of the values of a field (several behind a one2many) fulfils a leaf."""
    if operator == "!=":
        return not leaf_holds(found, "=", wanted)
    if operator == "not in":
        return not leaf_holds(found, "in", wanted)
    return any(_holds(value, operator, wanted) for value in found or [False])


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if isinstance(value, datetime) and isinstance(wanted, str):
        wanted = datetime.fromisoformat(wanted)
    if operator == "=":
        return (value or False) == wanted
    if operator == "in":
        return any((value or False) == each for each in wanted)
    if value in (None, False):
        return False
    if operator == "=like":
        return fnmatchcase(str(value), str(wanted).replace("%", "*").replace("_", "?"))
    return {
        ">": value > wanted, ">=": value >= wanted, "<": value < wanted, "<=": value <= wanted
    }[operator]  # fmt: skip
