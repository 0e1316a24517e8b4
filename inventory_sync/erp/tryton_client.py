"""Tryton's REST API (8.0): records by domain in pages, buttons, and what its refusals mean.

Put here how Tryton is spoken to. Keep out which records we need. Reading goes through the action
``search_read`` of a model and not through its ``GET``: that one leaves out, without a word, fields
that the key may not read, and a list of many SKUs does not fit into an address.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.erp.api_client import ApiClient, Reply

Record = dict[str, Any]
Domain = list[Any]

PAGE_ROWS: Final = 1_000
NAMES_AT_ONCE: Final = 500
"""So many SKUs, ids or numbers are named in one domain."""

_INSTANT_KEYS: Final = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_MILLIONTH: Final = Decimal("0.000001")


class Refused(ContractBroken):
    """Tryton understood the call and refused it: a rule, a right, or a state that does not fit."""


class TrytonRest:
    """Reads and writes records of one Tryton database."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client

    def rows(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
    ) -> list[Record]:
        """All records of a domain by id: one call if they fit on a page, else pages in parallel.

        Pages are cut by ids, so a record that enters or leaves the domain hides no other one.
        """
        first = self.page(model, domain, fields)
        if len(first) < PAGE_ROWS:
            return first
        ids = self.ids(model, [domain, ["id", ">", first[-1]["id"]]])
        pages = self.client.together(
            partial(self.page, model, [domain, ["id", "in", part]], fields)
            for part in parts(ids, PAGE_ROWS)
        )
        return [row for page in (first, *pages) for row in page]

    def ids(self, model: str, domain: Domain) -> list[int]:
        """The ids of all records of a domain, lowest first."""
        asked = {"domain": domain, "order": [["id", "ASC"]]}
        found: list[int] = self._call(f"{model}/search", asked)
        return found

    def rows_naming(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        key: str,
        values: Collection[Any] | None,
    ) -> list[Record]:
        """The same, of records whose ``key`` is among the values; ``None``: whatever it is."""
        if values is None:
            return self.rows(model, domain, fields)
        named = parts(sorted(values), NAMES_AT_ONCE)
        return [
            row for part in named for row in self.rows(model, [domain, [key, "in", part]], fields)
        ]

    def pages(self, model: str, domain: Domain, fields: Sequence[str]) -> Iterator[Record]:
        """All records of a domain by id, page by page as they are asked for."""
        last = 0
        while True:
            page = self.page(model, [domain, ["id", ">", last]], fields)
            yield from page
            if len(page) < PAGE_ROWS:
                return
            last = page[-1]["id"]

    def first(
        self, model: str, domain: Domain, fields: Sequence[str], order: Sequence[Sequence[str]]
    ) -> Record | None:
        """The first record of a domain in this order."""
        asked = {"domain": domain, "fields_names": [*fields], "order": order, "limit": 1}
        found = self._call(f"{model}/search_read", asked)
        return found[0] if found else None

    def fields_of(self, model: str, names: Sequence[str]) -> frozenset[str]:
        """Which of these fields the model has: a module that is not activated adds none."""
        return frozenset(self._call(f"{model}/fields_get", {"fields_names": [*names]}))

    def may(self, models: Sequence[str]) -> dict[str, dict[str, bool]]:
        """What the key may do with each model: model -> ``read``, ``create``, ... -> whether."""
        found: dict[str, dict[str, bool]] = self._call(
            "ir.model.access/get_access", {"models": [*models]}
        )
        return found

    def create(self, model: str, values: Mapping[str, Any]) -> int:
        """Create a record; its id. Raises ``Refused``; after ``ErpUnavailable`` it may be there."""
        ids: list[int] = self._call(f"{model}/create", {"vlist": [values]}, reads_only=False)
        return ids[0]

    def write(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Write fields of a record."""
        reply = self.client.put(f"rest/model/{model}/{record_id}", values)
        self._demand_done(reply, model)

    def click(self, model: str, record_id: int, button: str) -> None:
        """Press a button of a record."""
        self._call(f"{model}/{record_id}/{button}", {}, reads_only=False)

    def page(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        context: Mapping[str, Any] | None = None,
    ) -> list[Record]:
        """The first records of a domain by id, a page of them at most."""
        asked = {
            "domain": domain,
            "fields_names": [*fields],
            "order": [["id", "ASC"]],
            "limit": PAGE_ROWS,
        }
        found: list[Record] = self._call(f"{model}/search_read", asked, context)
        return found

    def _call(
        self,
        path: str,
        asked: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
        *,
        reads_only: bool = True,
    ) -> Any:
        headers = {"X-Tryton-Context": _base64(context)} if context else None
        reply = self.client.post(
            f"rest/model/{path}", asked, headers=headers, reads_only=reads_only
        )
        self._demand_done(reply, path)
        return reply.document

    def _demand_done(self, reply: Reply, about: str) -> None:
        if reply.status < 300:
            return
        said = reply.document if isinstance(reply.document, dict) else {}
        words = " ".join(str(said[key]) for key in ("message", "description") if said.get(key))
        cause = self.client.shown(words) or f"status {reply.status}"
        raise Refused(
            f"Tryton refuses {about} ({cause}): grant the user of the key access to it, activate"
            " the module that has it, or correct what it refuses."
        )


def parts(values: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """The values in pieces of that size."""
    return [values[at : at + size] for at in range(0, len(values), size)]


def _base64(context: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(context).encode()).decode()


# --- values as Tryton's JSON has them ---


def instant(value: Mapping[str, int]) -> datetime:
    """A time stamp: without a zone, and UTC."""
    year, month, day_, hour, minute, second, microsecond = (value[key] for key in _INSTANT_KEYS)
    return datetime(year, month, day_, hour, minute, second, microsecond, UTC)


def changed_at(row: Mapping[str, Any]) -> datetime:
    """When a record was changed last; ``write_date`` is null until the first change."""
    return instant(row["write_date"] or row["create_date"])


def day(value: Mapping[str, int] | None) -> date | None:
    """A date."""
    return date(value["year"], value["month"], value["day"]) if value else None


def quantity(value: object) -> Decimal:
    """A quantity, which Tryton keeps as a float or a Decimal, to the millionth."""
    number = value["decimal"] if isinstance(value, Mapping) else value
    return Decimal(str(number or 0)).quantize(_MILLIONTH).normalize()


def as_instant(value: datetime) -> Record:
    """A time stamp for a domain."""
    utc = value.astimezone(UTC)
    return {"__class__": "datetime", **{key: getattr(utc, key) for key in _INSTANT_KEYS}}


def as_day(value: date) -> Record:
    """A date for a domain or a record."""
    return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}


def within(row: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path of a record, ``None`` where a reference on the way is empty."""
    *parents, name = path.split(".")
    found: Any = row
    for parent in parents:
        found = found.get(f"{parent}.")
        if not found:
            return None
    return found.get(name)
