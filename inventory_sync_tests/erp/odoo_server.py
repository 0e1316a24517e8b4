"""An Odoo of recorded shapes: real HTTP on loopback, `/jsonrpc` for 17 and 18, `/json/2` for 19.

It answers as the vendor's pages "External RPC API" and "External JSON-2 API" describe, on records
in memory: domains are evaluated, pages are cut, stamps are compared to the microsecond and told to
the second, unknown fields and models are faults. It is a model of Odoo, not Odoo.
"""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from inventory_sync_tests.erp.odoo_domain import leaf_holds, matches
from inventory_sync_tests.erp.odoo_models import COMPUTED, INHERITED, models
from inventory_sync_tests.erp.odoo_sales import OdooFault, OdooOrders

KEY = "odoo-key-0123456789"
USER = "sync@example.com"
DATABASE = "furniture"


class OdooData(OdooOrders):
    """Records by model and id, with Odoo's methods on them."""

    def __init__(self, version: int = 18, *, has_manufacturing: bool = True) -> None:
        self.version = version
        self.models = models(version, has_manufacturing=has_manufacturing)
        self.tables: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in self.models}
        self.now = datetime.fromisoformat("2026-03-02 12:00:00.25")
        self.forbidden: set[str] = set()
        self.before_create: list[Any] = []

    # --- for tests ---

    def add(self, model: str, **values: Any) -> int:
        """A new record; stamps are the begin of its transaction."""
        table = self.tables[model]
        number = values.pop("id", max(table, default=0) + 1)
        defaults = {name: None for name in self.models[model]}
        if "active" in defaults:
            defaults["active"] = True
        table[number] = {**defaults, "write_date": self.now, **values, "id": number}
        return number

    def write(self, model: str, number: int, **values: Any) -> None:
        """Change a record."""
        self.tables[model][number] |= {"write_date": self.now, **values}

    def tick(self, seconds: float = 1.0) -> datetime:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self.now

    # --- the methods of models ---

    def call(
        self, model: str, method: str, ids: Sequence[int] | None, options: Mapping[str, Any]
    ) -> Any:
        """What Odoo would answer."""
        context = options.get("context") or {}
        if model not in self.models:
            raise OdooFault("odoo.exceptions.UserError", f"Object {model} doesn't exist")
        if method == "fields_get":
            return {name: {"type": "char"} for name in self.models[model]}
        if model in self.forbidden:
            raise OdooFault(
                "odoo.exceptions.AccessError", f"You are not allowed to access '{model}' records."
            )
        if method in ("check_access_rights", "has_access"):
            return True
        if method not in ("search", "search_read"):
            return self.write_order(method, ids or (), options)
        found = self._search(model, options, context)
        if method == "search":
            return found
        return [self._read(model, number, options["fields"], context) for number in found]

    def _search(self, model: str, options: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        domain = options.get("domain") or []
        found = [
            number
            for number, record in self.tables[model].items()
            if matches(domain, lambda leaf, record=record: self._leaf(model, record, leaf))
            and (record.get("active", True) or context.get("active_test") is False)
        ]
        name, _, direction = (options.get("order") or "id").partition(" ")
        table = self.tables[model]
        found.sort(key=lambda number: table[number][name], reverse=direction == "desc")
        start = options.get("offset") or 0
        limit = options.get("limit")
        return found[start : None if limit is None else start + limit]

    def _leaf(self, model: str, record: Mapping[str, Any], leaf: Sequence[Any]) -> bool:
        field, operator, wanted = leaf
        return leaf_holds(self.values(model, record, field), operator, wanted)

    def values(self, model: str, record: Mapping[str, Any], path: str) -> list[Any]:
        """The values at the end of a dotted path; several behind one2many fields."""
        name, _, rest = path.partition(".")
        kind = self._kind(model, name)
        if isinstance(kind, str):
            return [self._cell(model, record, name)]
        if kind[0] == "one2many":
            others = [r for r in self.tables[kind[1]].values() if r[kind[2]] == record["id"]]
        else:
            found = self._cell(model, record, name)
            numbers = found if isinstance(found, list) else [found] if found else []
            others = [self.tables[kind[1]][number] for number in numbers]
        if not rest:
            return [other["id"] for other in others]
        return [value for other in others for value in self.values(kind[1], other, rest)]

    def _kind(self, model: str, name: str) -> Any:
        try:
            return self.models[model][name]
        except KeyError:
            message = f"Invalid field '{name}' on model '{model}'"
            raise OdooFault("builtins.ValueError", message) from None

    def _cell(self, model: str, record: Mapping[str, Any], name: str) -> Any:
        own = record.get(name)
        parent = INHERITED.get(model)
        if own is None and parent and name in self.models[parent[1]]:
            return self.tables[parent[1]][record[parent[0]]].get(name)
        if own is None and (model, name) == ("mrp.bom.line", "parent_product_tmpl_id"):
            return self.tables["mrp.bom"][record["bom_id"]]["product_tmpl_id"]
        if (model, name) == ("stock.move.line", "state"):
            return self.tables["stock.move"][record["move_id"]]["state"]
        return own

    def _read(
        self, model: str, number: int, fields: Sequence[str], context: Mapping[str, Any]
    ) -> dict[str, Any]:
        record = self.tables[model][number]
        told: dict[str, Any] = {"id": number}
        for name in fields:
            kind = self._kind(model, name)
            value = self._cell(model, record, name)
            if isinstance(kind, tuple) and kind[0] == "many2one":
                told[name] = [value, self._label(kind[1], value)] if value else False
            elif isinstance(kind, tuple):
                told[name] = value or self.values(model, record, name)
            elif name in COMPUTED.get(model, ()):
                told[name] = self._free(number, context.get("location"))
            elif isinstance(value, datetime):
                told[name] = value.strftime("%Y-%m-%d %H:%M:%S")
            else:
                told[name] = False if value is None else value
        return told

    def _free(self, product_id: int, location: Any) -> float:
        """``free_qty``: what lies in the location of the context or below it, or in any warehouse,
        less what is reserved of it.
        """
        views = [each["view_location_id"] for each in self.tables["stock.warehouse"].values()]
        tops = views if location is None else [location]
        roots = tuple(self.tables["stock.location"][top]["parent_path"] for top in tops)
        return sum(
            quant["quantity"] - (quant["reserved_quantity"] or 0.0)
            for quant in self.tables["stock.quant"].values()
            if quant["product_id"] == product_id
            and self.tables["stock.location"][quant["location_id"]]["parent_path"].startswith(roots)
        )

    def _label(self, model: str, number: int) -> str:
        record = self.tables[model][number]
        return str(record.get("name") or record.get("complete_name") or f"{model},{number}")


class OdooServer:
    """Serves ``data`` on loopback. ``calls``: what was called, as "model.method". ``canned``:
    answers (status, headers, body) to give first; ``delay_seconds`` before each answer;
    ``companies``: what calls were limited to.
    """

    def __init__(self, data: OdooData) -> None:
        self.data = data
        self.calls: list[str] = []
        self.canned: list[tuple[int, dict[str, str], str]] = []
        self.companies: set[tuple[int, ...]] = set()
        self.delay_seconds = 0.0
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(
        self, path: str, headers: Mapping[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, str], str]:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        with self._lock:
            if self.canned:
                return self.canned.pop(0)
            if path == "/jsonrpc":
                return self._rpc(body)
            if path.startswith("/json/2/") and self.data.version >= 19:
                return self._json_2(path, headers, body)
        return 404, {"Content-Type": "text/html"}, "<!doctype html><title>404 Not Found</title>"

    def _rpc(self, body: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        params = body["params"]
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": body["id"]}
        try:
            answer["result"] = self._service(params["service"], params["method"], params["args"])
        except OdooFault as fault:
            data = {**_told(fault), "debug": f"Traceback (most recent call last): {KEY}"}
            answer["error"] = {"code": 200, "message": "Odoo Server Error", "data": data}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer)

    def _service(self, service: str, method: str, args: list[Any]) -> Any:
        if (service, method) == ("common", "version"):
            version = self.data.version
            return {
                "server_version": f"{version}.0",
                "server_version_info": [version, 0, 0, "final"],
            }
        if (service, method) == ("common", "authenticate"):
            return 2 if args[:3] == [DATABASE, USER, KEY] else False
        database, user_id, key, model, name, positional, options = args
        if (database, user_id, key) != (DATABASE, 2, KEY):
            raise OdooFault("odoo.exceptions.AccessDenied", "Access Denied")
        self.calls.append(f"{model}.{name}")
        allowed = options["context"].get("allowed_company_ids")
        self.companies |= {tuple(allowed)} if allowed else set()
        if name == "create":
            (values,) = positional
            return self.data.call(model, name, None, {**options, "vals_list": values})
        return self.data.call(model, name, positional[0] if positional else None, options)

    def _json_2(
        self, path: str, headers: Mapping[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, str], str]:
        model, name = path.removeprefix("/json/2/").split("/")
        plain = {"Content-Type": "application/json"}
        if headers.get("Authorization") != f"bearer {KEY}":
            return 401, plain, json.dumps({"name": "werkzeug.exceptions.Unauthorized"})
        self.calls.append(f"{model}.{name}")
        options = dict(body)
        ids = options.pop("ids", None)
        try:
            return 200, plain, json.dumps(self.data.call(model, name, ids, options))
        except OdooFault as fault:
            is_unknown = model not in self.data.models
            status = 404 if is_unknown else 403 if "Access" in fault.name else 422
            return status, plain, json.dumps(_told(fault))


def _told(fault: OdooFault) -> dict[str, Any]:
    return {"name": fault.name, "message": str(fault), "arguments": [str(fault)], "context": {}}


def _handler(server: OdooServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # an answer in one piece, or the next one waits for an acknowledgement

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length))
            status, headers, text = server.answer(self.path, self.headers, body)
            content = text.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler
