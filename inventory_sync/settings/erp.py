"""Which ERP is read, and how: the keys of every connector, and which of them belongs to which.

Put a key of a connector here with the sentence that explains it. Keep out what the connector does
with it.
"""

from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, SecretStr, field_validator, model_validator

from inventory_sync.settings.odoo import Odoo
from inventory_sync.settings.stores import Strict

Connector = Literal["sql", "tryton", "odoo"]

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ALL: Final = frozenset(
    {"connector", "url", "poll_seconds", "acknowledge_within_minutes", "import_orders"}
)
_OF_APIS: Final = _ALL | {
    "api_key",
    "call_timeout_seconds",
    "parallel_calls",
    "company",
    "unavailable_locations",
    "drafts",
    "write_back",
}
_KEYS: Final = {
    "sql": _ALL | {"schema_", "notify_channel", "statement_timeout_seconds"},
    "tryton": _OF_APIS | {"stock_of", "web_shop", "customer"},
    "odoo": _OF_APIS | {"user", "odoo"},
}


def _poll_seconds(known: dict[str, Any]) -> int:
    """A look for changes is one small query of a database, and several calls to an API."""
    return 1 if known.get("connector") == "sql" else 5


class ImportOrders(Strict):
    """Which Shopify orders we bring into the ERP: those placed ``since`` then, when the ERP
    does not know them ``after_minutes`` after they were changed last. Older ones are never touched.
    """

    since: AwareDatetime
    after_minutes: Annotated[int, Field(ge=0, le=10_000)] = 15


class Erp(Strict):
    """Which ERP connector is used, and where the ERP is.

    ``poll_seconds``: how often we look for changes; unless it is set, 1 for ``sql`` and 5 for APIs.
    ``url``: of ``sql`` a database, of the others ``https://host/<database>``, asked with
    ``api_key``. ``call_timeout_seconds`` and ``parallel_calls`` bound what is asked of an API.
    ``company``: its name, where the key sees several. ``unavailable_locations``: codes or names of
    locations whose stock cannot be sold, such as quarantine. ``drafts``: whether drafts commit
    stock (as ``pending``) or are ignored. ``write_back``: whether reservations are written to the
    ERP, ``import_orders``: whether orders are; ``tryton`` writes them as sales of ``web_shop`` to
    the party ``customer``. ``stock_of``: whether ``tryton`` counts what is in storage zones, or in
    whole warehouses.
    """

    connector: Connector = "sql"
    url: SecretStr
    schema_: str = Field(default="erp_contract", alias="schema", min_length=1)
    poll_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(default_factory=_poll_seconds)
    notify_channel: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")] | None = (
        "erp_events"
    )
    acknowledge_within_minutes: Annotated[int, Field(ge=1, le=100_000)] = 60
    statement_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 120
    user: Annotated[str, Field(min_length=1)] | None = None
    api_key: SecretStr | None = None
    call_timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    parallel_calls: Annotated[int, Field(ge=1, le=32)] = 4
    company: Annotated[str, Field(min_length=1)] | None = None
    unavailable_locations: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    drafts: Literal["ignore", "pending"] = "ignore"
    stock_of: Literal["storage", "warehouse"] = "storage"
    write_back: bool = False
    web_shop: Annotated[str, Field(min_length=1)] | None = None
    customer: Annotated[str, Field(min_length=1)] | None = None
    import_orders: ImportOrders | None = None
    odoo: Odoo = Field(default_factory=Odoo)

    def within(self, seconds: int) -> Self:
        """The same ERP, of which no statement and no call is awaited for longer than that."""
        names = ("statement_timeout_seconds", "call_timeout_seconds")
        return self.model_copy(update={name: min(getattr(self, name), seconds) for name in names})

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr) -> SecretStr:
        if "://" not in value.get_secret_value():
            raise ValueError("is not a database URL such as postgresql://user@host/erp")
        return value

    @model_validator(mode="after")
    def _of_its_connector(self) -> Self:
        foreign = sorted(self.model_fields_set - _KEYS[self.connector])
        if foreign:
            name = foreign[0].rstrip("_")
            raise ValueError(f"{name} does not belong to the connector {self.connector}")
        if self.connector != "sql":
            self._demand_api()
        return self

    def _demand_api(self) -> None:
        parts = urlsplit(self.url.get_secret_value())
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _LOOPBACK
        )
        has_more = parts.username or parts.password or parts.query or parts.fragment
        if not is_safe or has_more or "/" in parts.path.strip("/") or not parts.path.strip("/"):
            raise ValueError(
                f"url of the connector {self.connector} must be https://host/<database>, without"
                " a login (http only on this machine)"
            )
        if self.api_key is None or not self.api_key.get_secret_value():
            raise ValueError(f"api_key is needed by the connector {self.connector}")
        if self.connector == "odoo" and self.user is None:
            raise ValueError("user is needed by the connector odoo")
        if self.connector == "odoo" and self.write_back and self.odoo.partner_id is None:
            raise ValueError("write_back needs odoo.partner_id: the customer of reservations")
        if self.import_orders and not self.write_back:
            raise ValueError("import_orders needs write_back: true, for it writes to the ERP")
        is_addressed = self.web_shop is not None and self.customer is not None
        if self.connector == "tryton" and self.write_back and not is_addressed:
            raise ValueError("write_back needs web_shop and customer: whose sales, and to whom")
