"""Relay connections: pages of at most 250 with opaque cursors.

Put what all lists of the API have in common here. A cursor holds the sort key of its row, not its
place, so rows that come, go or move between two requests do not shift the pages.
"""

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from graphql import GraphQLError

PAGE_LIMIT = 250

Row = TypeVar("Row")
Key = tuple[str | int, ...]

_uncut: ContextVar[bool] = ContextVar("uncut", default=False)


@contextmanager
def uncut_lists() -> Iterator[None]:
    """Meanwhile every list is one page, whatever its size: so a bulk operation runs its query."""
    before = _uncut.set(True)
    try:
        yield
    finally:
        _uncut.reset(before)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page the caller wants."""

    first: int | None = None
    after: str | None = None
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of rows, in the shape of a GraphQL connection."""

    nodes: list[Row]
    key: Callable[[Row], Key]
    has_next_page: bool
    has_previous_page: bool

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Each row with its cursor."""
        return [{"node": node, "cursor": _cursor(self.key(node))} for node in self.nodes]

    @property
    def page_info(self) -> dict[str, Any]:
        """Where the page begins and ends."""
        return {
            "start_cursor": _cursor(self.key(self.nodes[0])) if self.nodes else None,
            "end_cursor": _cursor(self.key(self.nodes[-1])) if self.nodes else None,
            "has_next_page": self.has_next_page,
            "has_previous_page": self.has_previous_page,
        }


def page(
    rows: Sequence[Row],
    key: Callable[[Row], Key],
    paging: Paging,
    *,
    keep: Callable[[Row], bool] = lambda row: True,
) -> Page[Row]:
    """The page of those rows that ``keep`` accepts. ``rows`` ascend by ``key``."""
    first = len(rows) if _uncut.get() else _first(paging)
    after = _key(paging.after) if paging.after else None
    try:
        if paging.reverse:
            end = _places_before(rows, key, after)
            wanted = (rows[place] for place in range(end - 1, -1, -1) if keep(rows[place]))
        else:
            start = bisect_right(rows, after, key=key) if after else 0
            wanted = (rows[place] for place in range(start, len(rows)) if keep(rows[place]))
    except TypeError:  # a cursor of a list with another sort key
        raise _bad_cursor() from None
    found = list(islice(wanted, first + 1))
    return Page(found[:first], key, len(found) > first, after is not None)


def _places_before(rows: Sequence[Row], key: Callable[[Row], Key], after: Key | None) -> int:
    if after is None:
        return len(rows)
    place = bisect_right(rows, after, key=key)
    while place and key(rows[place - 1]) == after:
        place -= 1
    return place


def _first(paging: Paging) -> int:
    if paging.first is None:
        raise _bad_request("you must provide one of first or last")
    if not 0 <= paging.first <= PAGE_LIMIT:
        raise _bad_request(f"first must be from 0 to {PAGE_LIMIT}")
    return paging.first


def _bad_request(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def _bad_cursor() -> GraphQLError:
    return _bad_request("Invalid cursor for current pagination sort.")


def _cursor(key: Key) -> str:
    return base64.b64encode(json.dumps(key).encode()).decode()


def _key(cursor: str) -> Key:
    try:
        return tuple(json.loads(base64.b64decode(cursor, validate=True)))
    except (binascii.Error, ValueError, TypeError):
        raise _bad_cursor() from None
