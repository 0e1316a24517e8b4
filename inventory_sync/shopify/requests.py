"""Where a store is called, and what exactly is sent: address, headers, body. Pure.

Put what goes out here. What comes back is ``protocol.py``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.shopify.operations import Operation

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_safe(url: str) -> bool:
    """Whether nobody can listen to what is said at this address: https, or on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no address
        return False
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return bool(is_local or (parts.scheme == "https" and parts.hostname)) and not parts.username


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the Admin API of one store answers, and the token for it, which is never shown."""

    store: str
    origin: str
    api_version: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse, as ``StoreStopped``, what would send the token in the clear or nowhere."""
        if not is_safe(self.origin):
            raise StoreStopped(
                store=self.store,
                reason="its address is not an https origin (plain http only on this machine)",
                way_out="correct admin_url in the settings",
            )
        if not self.token or not self.token.isascii() or not self.token.isprintable():
            raise StoreStopped(
                store=self.store,
                reason="its access token is empty or holds characters that no token has",
                way_out="correct access_token in the settings",
            )

    @property
    def url(self) -> str:
        """The one address that is ever called."""
        return f"{self.origin.rstrip('/')}/admin/api/{self.api_version}/graphql.json"

    def hide_token(self, text: str) -> str:
        """The text without the token, should the other side have echoed it."""
        return text.replace(self.token, "***")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP POST."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


def build_request(
    endpoint: Endpoint, operation: Operation, variables: Mapping[str, Any]
) -> Request:
    """The POST for one operation. The same arguments give the same bytes, as a retry needs."""
    body = {
        "query": operation.document,
        "variables": dict(variables),
        "operationName": operation.name,
    }
    return Request(
        url=endpoint.url,
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Shopify-Access-Token": endpoint.token,
        },
        body=json.dumps(body, allow_nan=False, separators=(",", ":")).encode(),
    )
