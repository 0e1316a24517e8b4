"""How Odoo is spoken to: JSON-RPC for versions 17 and 18, its successor JSON-2 from 19 on.

Put here how a method is called, how records are paged and how a fault is told. Keep sockets out
(``api_client.py``), and what the records mean (``odoo_records.py``). Vendor's pages: "External RPC
API" and "External JSON-2 API" of the developer documentation.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.erp.api_client import Access, ApiClient, Reply
from inventory_sync.erp.odoo_faults import Fault, fault_in

Record = Mapping[str, Any]
Domain = Sequence[Any]

PAGE: Final = 1_000
"""So many records are read by one call."""

OLDEST: Final = 17
FIRST_JSON_2: Final = 19
"""From this version on `/jsonrpc` is deprecated, and every method has an address of its own."""


@dataclass(frozen=True, slots=True)
class OdooLogin:
    """Into which database, and as whom. ``company``: the name of the one that we look at."""

    database: str
    user: str
    api_key: str = field(repr=False)
    company: str | None = None


_COMPANY: Final = "res.company"


class Refused(ContractBroken):
    """Odoo answers, but refuses the call: trying again is useless until somebody acts."""


class OdooClient:
    """Calls methods of Odoo's models. Reads are tried again, writes only if they never left.

    Raises ``ErpUnavailable`` when Odoo does not answer and ``Refused`` when it refuses.
    """

    def __init__(self, http: ApiClient, login: OdooLogin) -> None:
        self._http = http
        self._login = login
        self._numbers = itertools.count(1)
        self._version: int | None = None
        self._user_id: int | None = None
        self._company_id: int | None = None
        self._fields: dict[str, frozenset[str]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def calls(self) -> int:
        """How many calls were sent so far."""
        return self._http.calls

    def company_id(self) -> int | None:
        """The one company that we look at, if one is named; asked for once."""
        name = self._login.company
        if name is not None and self._company_id is None:
            options = {"domain": [["name", "=", name]], "fields": ["name"], "limit": 2}
            found = self.call(_COMPANY, "search_read", options)
            if len(found) != 1:
                raise Refused(
                    f"Odoo's user {self._login.user} sees no company {name}: correct erp.company,"
                    " or let the user into that company."
                )
            self._company_id = int(found[0]["id"])
        return self._company_id

    # --- what is there ---

    def version(self) -> int:
        """The major version, such as 18; asked for once. A server without `/jsonrpc` is newer."""
        if self._version is None:
            reply = self._post_rpc("common", "version", [], reads_only=True)
            if reply.status == httpx.codes.NOT_FOUND:
                self._version = FIRST_JSON_2
                return self._version
            told = self._result(reply, "version of common")
            number = told.get("server_version_info", [None])[0] if isinstance(told, dict) else None
            found = re.search(r"[0-9]+", str(number))
            if found is None:
                raise self._http.unavailable("it does not tell its version as Odoo does")
            self._version = int(found.group())
        return self._version

    def fields(self, model: str) -> frozenset[str]:
        """The fields of a model, asked for once; empty when its module is not installed."""
        if model not in self._fields:
            reply = self._send(model, "fields_get", None, {"attributes": ["type"]}, reads_only=True)
            fault = fault_in(reply)
            missing = fault is not None and fault.is_no_model
            told = {} if missing else self._result(reply, f"fields_get of {model}")
            self._fields[model] = frozenset(told)
        return self._fields[model]

    # --- reading ---

    def read(self, model: str, domain: Domain, fields: Sequence[str]) -> list[Record]:
        """All records of a domain by id, archived ones too; of the fields those that there are.

        One call for fewer than ``PAGE`` records. More are read in parallel pages by their ids, and
        each page keeps to the domain as it is then. Nothing when the model does not exist.
        """
        there = self.fields(model)
        if not there:
            return []
        wanted = [name for name in fields if name in there]

        def page(part: Domain) -> Callable[[], list[Record]]:
            options = {"domain": [*part, *domain], "fields": wanted, "limit": PAGE, "order": "id"}
            return lambda: list(self.call(model, "search_read", options))

        first = page([])()
        if len(first) < PAGE:
            return first
        rest = [["id", ">", first[-1]["id"]], *domain]
        ids = self.call(model, "search", {"domain": rest, "order": "id"})
        pages = self._http.together(page([["id", "in", part]]) for part in parts_of(ids))
        return [*first, *itertools.chain.from_iterable(pages)]

    def read_ids(
        self, model: str, ids: Sequence[int], fields: Sequence[str], **context: Any
    ) -> list[Record]:
        """The records with these ids, in parallel pages; ``context`` is for computed fields."""
        wanted = [name for name in fields if name in self.fields(model)]

        def page(part: Sequence[int]) -> Callable[[], list[Record]]:
            domain = [["id", "in", part]]
            options = {"domain": domain, "fields": wanted, "order": "id", "context": context}
            return lambda: list(self.call(model, "search_read", options))

        pages = self._http.together(page(part) for part in parts_of(ids))
        return list(itertools.chain.from_iterable(pages))

    def read_in(
        self, model: str, key: str, values: Sequence[Any], fields: Sequence[str]
    ) -> list[Record]:
        """The records whose field ``key`` is one of the values; no call for no values."""
        found = (self.read(model, [[key, "in", part]], fields) for part in parts_of(values))
        return [record for records in found for record in records]

    # --- calling ---

    def call(self, model: str, method: str, options: Mapping[str, Any]) -> Any:
        """Call a method that only reads; it is called again when it fails in passing."""
        reply = self._send(model, method, None, options, reads_only=True)
        return self._result(reply, f"{method} of {model}")

    def act(self, model: str, method: str, ids: Sequence[int], **context: Any) -> Any:
        """Press a button of some records; never twice."""
        reply = self._send(model, method, ids, {"context": context}, reads_only=False)
        return self._result(reply, f"{method} of {model}")

    def write(self, model: str, number: int, values: Mapping[str, Any]) -> None:
        """Change one record; sent once, as a lost answer may hide that it was done."""
        reply = self._send(model, "write", [number], {"vals": dict(values)}, reads_only=False)
        self._result(reply, f"write of {model}")

    def create(self, model: str, values: Mapping[str, Any]) -> int:
        """Create one record, never twice; returns its id."""
        reply = self._send(model, "create", None, {"vals_list": [dict(values)]}, reads_only=False)
        made = self._result(reply, f"create of {model}")
        return int(made[0] if isinstance(made, list) else made)

    def may(self, model: str, operation: str) -> bool:
        """Whether the user's access rights let it ``create`` or ``write`` such records."""
        if self.version() >= FIRST_JSON_2:
            options: dict[str, Any] = {"operation": operation}
            reply = self._send(model, "has_access", [], options, reads_only=True)
        else:
            options = {"operation": operation, "raise_exception": False}
            reply = self._send(model, "check_access_rights", None, options, reads_only=True)
        return bool(self._result(reply, f"access rights of {model}"))

    # --- on the wire ---

    def _send(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None,
        options: Mapping[str, Any],
        *,
        reads_only: bool,
    ) -> Reply:
        options = {**options, "context": self._context(model, options.get("context"))}
        if self.version() >= FIRST_JSON_2:
            named = options if ids is None else {"ids": list(ids), **options}
            headers = {
                "Authorization": f"bearer {self._login.api_key}",
                "X-Odoo-Database": self._login.database,
            }
            path = f"/json/2/{model}/{method}"
            return self._http.post(path, named, headers=headers, reads_only=reads_only)
        positional = [] if ids is None else [list(ids)]
        if method == "create":  # its argument has no name that all versions share
            positional = [options.pop("vals_list")]
        who = [self._login.database, self._authenticated(), self._login.api_key]
        arguments = [*who, model, method, positional, options]
        return self._post_rpc("object", "execute_kw", arguments, reads_only=reads_only)

    def _context(self, model: str, more: Mapping[str, Any] | None) -> dict[str, Any]:
        """English names and messages, archived records too, and one company if one is named."""
        context = {"lang": "en_US", "tz": "UTC", "active_test": False, **(more or {})}
        company_id = None if model == _COMPANY else self.company_id()
        return context if company_id is None else {**context, "allowed_company_ids": [company_id]}

    def _authenticated(self) -> int:
        if self._user_id is None:
            login = self._login
            who = [login.database, login.user, login.api_key, {}]
            reply = self._post_rpc("common", "authenticate", who, reads_only=True)
            user_id = self._result(reply, "authenticate of common")
            if not isinstance(user_id, int) or isinstance(user_id, bool):
                raise self._not_let_in("it does not know the user or the key")
            self._user_id = user_id
        return self._user_id

    def _post_rpc(
        self, service: str, method: str, args: Sequence[Any], *, reads_only: bool
    ) -> Reply:
        """A call of JSON-RPC 2.0, whose faults come with status 200."""
        params = {"service": service, "method": method, "args": list(args)}
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": next(self._numbers)}
        return self._http.post("/jsonrpc", body, reads_only=reads_only)

    def _result(self, reply: Reply, what: str) -> Any:
        fault = fault_in(reply)
        if fault is not None:
            raise self._error(fault, what)
        document = reply.document
        if isinstance(document, dict) and "jsonrpc" in document:
            return document.get("result")
        return document

    def _error(self, fault: Fault, what: str) -> ErpUnavailable | Refused:
        cause = self._http.shown(fault.message) or fault.name
        if fault.is_about_login:
            return self._not_let_in(cause)
        if fault.is_passing:
            return self._http.unavailable(f"{what}: {cause}")
        if fault.name == "AccessError":
            return Refused(
                f"Odoo's user {self._login.user} may not call {what} ({cause}): give it the rights"
                " that docs/erp-odoo.md lists."
            )
        return Refused(f"Odoo refuses {what}: {cause}.")

    def _not_let_in(self, cause: str) -> ErpUnavailable:
        return self._http.unavailable(
            f"{self._login.user} is not let into database {self._login.database}: {cause}"
        )


def odoo_client(
    origin: str,
    login: OdooLogin,
    *,
    timeout_seconds: float,
    parallel_calls: int,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] | None = None,
) -> OdooClient:
    """A client of the Odoo at this origin. ``transport`` and ``sleep`` are replaced in tests."""
    access = Access(
        name="Odoo",
        base_url=origin,
        headers={"User-Agent": "inventory-sync"},
        secrets=(login.api_key,),
        timeout_seconds=timeout_seconds,
        parallel_calls=parallel_calls,
    )
    more = {} if sleep is None else {"sleep": sleep}
    return OdooClient(ApiClient(access, transport=transport, **more), login)


def parts_of(values: Sequence[Any]) -> list[list[Any]]:
    """The values in parts that one call can name."""
    return [list(values[at : at + PAGE]) for at in range(0, len(values), PAGE)]
