"""Tryton's REST API as the company's own people and programs use it, by a key.

Put here how Tryton is spoken to. What is said is ``office.py``. The product has a client of its own
(``erp/tryton_client.py``), so that neither can hide a mistake of the other.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import httpx

from inventory_sync.sandbox.office import OfficeRefused

Record = dict[str, Any]
Domain = Sequence[Any]

_TIMEOUT_SECONDS: Final = 60


class TrytonRefused(OfficeRefused):
    """Tryton does not allow this step; the message is Tryton's."""


class Rest:
    """One database: ``Rest("http://127.0.0.1:8791/erp", key)``.

    All calls raise ``TrytonRefused`` and ``httpx.TransportError``.
    """

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/rest/model/",
            headers={"Authorization": f"bearer {key}"},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        context: Mapping[str, Any] | None = None,
    ) -> list[Record]:
        """All records of a domain, by id. A dotted field lies below the key ``name.``."""
        asked = {"domain": domain, "fields_names": [*fields], "order": [["id", "ASC"]]}
        found: list[Record] = self._post(f"{model}/search_read", asked, context)
        return found

    def create(self, model: str, **values: Any) -> int:
        """Create a record; its id."""
        ids: list[int] = self._post(f"{model}/create", {"vlist": [values]})
        return ids[0]

    def write(
        self,
        model: str,
        record_id: int,
        values: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Write fields of a record."""
        headers = _headers(context)
        _demand_done(self._client.put(f"{model}/{record_id}", json=values, headers=headers))

    def click(self, model: str, record_id: int, *buttons: str) -> None:
        """Press buttons of a record, one after the other."""
        for button in buttons:
            self._post(f"{model}/{record_id}/{button}", {})

    def _post(self, path: str, asked: Any, context: Mapping[str, Any] | None = None) -> Any:
        return _demand_done(self._client.post(path, json=asked, headers=_headers(context)))


def _headers(context: Mapping[str, Any] | None) -> dict[str, str]:
    if not context:
        return {}
    return {"X-Tryton-Context": urlsafe_b64encode(json.dumps(context).encode()).decode()}


def _demand_done(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else None
    if response.is_server_error:
        raise httpx.RemoteProtocolError(f"Tryton answers {response.status_code}")
    raise TrytonRefused(" ".join(response.text.split())[:300])


def as_date(value: date) -> Record:
    """A date as Tryton's JSON has it."""
    return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}


def as_decimal(value: object) -> Record:
    """A price as Tryton's JSON has it."""
    return {"__class__": "Decimal", "decimal": str(value)}
