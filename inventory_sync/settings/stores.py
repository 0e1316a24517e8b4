"""What can be set for one store (design 6).

Put a key of a store here with the sentence that explains it, and the kinds of values that several
sections share.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
)

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
STORE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
LOCATION_GID = re.compile(r"gid://shopify/Location/[1-9][0-9]*")
ADMIN_URL = re.compile(
    r"(?:https://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])|http://(?:127\.0\.0\.1|localhost|\[::1\]))"
    r"(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?"
)
API_VERSION = re.compile(r"20[0-9]{2}-(01|04|07|10)")


class Strict(BaseModel):
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


class Rules(Strict):
    """From the pool to the offer, in this order: share, buffer, hide, cap (design 5)."""

    share: Share = Decimal(1)
    buffer_units: Units = 0
    hide_below_units: Units = 0
    cap_units: Units | None = None


class Store(Strict):
    """One Shopify store and the ERP locations that each of its locations offers."""

    shop: str
    admin_url: str | None = None
    api_version: str = "2026-10"
    access_token: SecretStr
    webhook_secret: SecretStr | None = None
    previous_webhook_secret: SecretStr | None = None
    large_order_units: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
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

    @field_validator("access_token", "webhook_secret", "previous_webhook_secret")
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
