"""What can be set, with types, bounds and safe defaults (design 6).

Put a new key here with the sentence that explains it. Keep reading files and the environment out.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
STORE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
LOCATION_GID = re.compile(r"gid://shopify/Location/[1-9][0-9]*")
ADMIN_URL = re.compile(
    r"(?:https://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])|http://(?:127\.0\.0\.1|localhost|\[::1\]))"
    r"(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?"
)
API_VERSION = re.compile(r"20[0-9]{2}-(01|04|07|10)")


class _Strict(BaseModel):
    """An unknown key or a wrong type is an error that names its path."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _exact(value: Any) -> Any:
    """Take a number as the decimal that was written, not as its nearest binary float."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be a number such as 0.8, without quotes")
    return Decimal(str(value))


def _share(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        raise ValueError("must be between 0 and 1")
    if value != round(value, 6):
        raise ValueError("must not have more than six decimals")
    return value


Share = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_share)]
Units = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Rules(_Strict):
    """From the pool to the offer, in this order: share, buffer, hide, cap (design 5)."""

    share: Share = Decimal(1)
    buffer_units: Units = 0
    hide_below_units: Units = 0
    cap_units: Units | None = None


class Store(_Strict):
    """One Shopify store and the ERP locations that each of its locations offers."""

    shop: str
    admin_url: str | None = None
    api_version: str = "2026-10"
    access_token: SecretStr
    webhook_secret: SecretStr | None = None
    mode: Literal["dry_run", "live"] = "dry_run"
    locations: dict[str, list[str]]
    rules: Rules = Rules()

    @field_validator("shop")
    @classmethod
    def _known_domain(cls, value: str) -> str:
        if not SHOP_DOMAIN.fullmatch(value):
            raise ValueError("is not of the form name.myshopify.com, in lower case")
        return value

    @field_validator("admin_url")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not ADMIN_URL.fullmatch(value):
            raise ValueError(
                "must be an https origin such as https://proxy.example, without a user or a query"
                " (plain http only on this machine)"
            )
        _ = urlsplit(value).port  # raises when there is no such port
        return value

    @field_validator("api_version")
    @classmethod
    def _quarterly(cls, value: str) -> str:
        if not API_VERSION.fullmatch(value):
            raise ValueError("is not a Shopify API version such as 2026-10")
        return value

    @field_validator("access_token", "webhook_secret")
    @classmethod
    def _not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        # An empty secret would sign and verify like any other.
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty; set the variable or file that it comes from")
        return value

    @field_validator("access_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("holds a space, a line break or a character that no token has")
        return value

    @field_validator("locations")
    @classmethod
    def _mapped(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        if not value:
            raise ValueError("must map at least one Shopify location to ERP locations")
        for gid, erp_locations in value.items():
            if not LOCATION_GID.fullmatch(gid):
                raise ValueError(
                    f"{gid!r} is not a location id such as gid://shopify/Location/1001"
                )
            if not all(erp_locations) or not 0 < len(erp_locations) == len(set(erp_locations)):
                raise ValueError(f"{gid} must list its ERP locations, each once")
        return value

    @property
    def origin(self) -> str:
        """Where the Admin API of this store is reached, without a trailing slash."""
        return (self.admin_url or f"https://{self.shop}").rstrip("/")


class Erp(_Strict):
    """Which ERP connector is used, and where the ERP is."""

    connector: Literal["sql"] = "sql"
    url: SecretStr
    schema_: str = Field(default="erp_contract", alias="schema", min_length=1)
    poll_seconds: Annotated[int, Field(ge=1, le=3600)] = 1
    statement_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 120

    @field_validator("connector", mode="before")
    @classmethod
    def _available(cls, value: Any) -> Any:
        if value in ("tryton", "odoo"):
            raise ValueError(f"the {value} connector is not part of this version; use sql")
        return value

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr) -> SecretStr:
        if "://" not in value.get_secret_value():
            raise ValueError("is not a database URL such as postgresql://user@host/erp")
        return value


class Pooling(_Strict):
    """How stores share stock. ``shared``: every store shows its share of the whole pool."""

    policy: Literal["shared"] = "shared"

    @field_validator("policy", mode="before")
    @classmethod
    def _available(cls, value: Any) -> Any:
        if value in ("split", "adaptive"):
            raise ValueError(f"the policy {value} is not part of this version; use shared")
        return value


class Guard(_Strict):
    """When a pass is stopped whole, because it looks like a mistake rather than like business."""

    max_zeroed_share: Share = Decimal("0.2")
    max_raised_share: Share = Decimal("0.5")
    max_missing_share: Share = Decimal("0.1")


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone such as America/New_York")
    return str(ZoneInfo(value))


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class PromiseLocation(_Strict):
    """The calendar of one ERP location."""

    time_zone: Annotated[str, AfterValidator(_time_zone)]
    working_days: Annotated[list[Weekday], Field(min_length=1)] = [
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    ]
    holidays: list[date] = Field(default_factory=list)
    cutoff: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "15:00"
    handling_days: Annotated[int, Field(ge=0, le=365)] = 1
    transit_days: dict[str, Annotated[int, Field(ge=0, le=365)]] = Field(default_factory=dict)


class Promise(_Strict):
    """How far ahead dates are promised, and the calendars behind them."""

    horizon_days: Annotated[int, Field(ge=1, le=3650)] = 180
    locations: dict[str, PromiseLocation] = Field(default_factory=dict)


Cron = Annotated[str, Field(pattern=r"^\S+( \S+){4}$")]


class Schedules(_Strict):
    """When the batch jobs run, as cron expressions."""

    replenishment: Cron = "*/30 * * * *"
    manufacturing: Cron = "0 6,14,22 * * *"
    reconcile: Cron = "0 * * * *"


class Alerts(_Strict):
    """Where alerts are posted; nowhere by default."""

    webhook_url: SecretStr | None = None

    @field_validator("webhook_url")
    @classmethod
    def _reachable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"https?://\S", value.get_secret_value()):
            raise ValueError("must be an http or https URL, or null")
        return value


class Settings(_Strict):
    """The whole file."""

    erp: Erp
    stores: dict[str, Store]
    pooling: Pooling = Pooling()
    guard: Guard = Guard()
    promise: Promise = Promise()
    schedules: Schedules = Schedules()
    alerts: Alerts = Alerts()

    @field_validator("stores")
    @classmethod
    def _named(cls, value: dict[str, Store]) -> dict[str, Store]:
        if not value:
            raise ValueError("must name at least one store")
        for name in value:
            if not STORE_NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} must be lower-case letters, digits, '-' and '_' (it names an asset)"
                )
        # Dagster names the op of an asset with '_' for '-'.
        if len({name.replace("-", "_") for name in value}) < len(value):
            raise ValueError("two names differ only in '-' and '_'; they would name one asset")
        return value

    @model_validator(mode="after")
    def _one_shop_once(self, info: ValidationInfo) -> "Settings":
        # Two entries for one shop would write the same levels twice.
        seen: dict[str, str] = {}
        for name, store in self.stores.items():
            if store.shop in seen:
                raise ValueError(f"stores.{name} and stores.{seen[store.shop]} are the same shop")
            seen[store.shop] = name
        return self
