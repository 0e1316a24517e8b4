"""What can be set, with types, bounds and safe defaults (design 6).

Put a new key here with the sentence that explains it; those of a store are in ``stores.py``. Keep
reading files and the environment out.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from inventory_sync.settings.erp import Erp
from inventory_sync.settings.operations import GoLive, Retention
from inventory_sync.settings.stores import ADMIN_URL, STORE_NAME, Share, Store, Strict


class Pooling(Strict):
    """How stores share stock. ``shared``: every store shows its share of the whole pool.

    ``atp_method``: ``stock`` offers stock less all commitments, whenever they are due;
    ``projected`` what can be promised today without breaking one of them, by the rules of
    ``promise``: an order of next month that supply covers takes no stock of today.
    """

    policy: Literal["shared"] = "shared"
    atp_method: Literal["stock", "projected"] = "stock"

    @field_validator("policy", mode="before")
    @classmethod
    def _available(cls, value: Any) -> Any:
        if value in ("split", "adaptive"):
            raise ValueError(f"the policy {value} is not part of this version; use shared")
        return value


class Guard(Strict):
    """When a pass is stopped, because it looks like a mistake rather than like business.

    ``max_dropped_share``: part of the levels that are lowered by more than half; 1 switches a share
    off. ``max_stale_minutes``: how old the ERP's newest change may be; null: any age.
    ``canary_share``: part of the SKUs that a large pass writes and reads back first; 0: none.
    """

    max_zeroed_share: Share = Decimal("0.2")
    max_raised_share: Share = Decimal("0.5")
    max_dropped_share: Share = Decimal("0.5")
    max_missing_share: Share = Decimal("0.1")
    max_stale_minutes: Annotated[int, Field(ge=1, le=100_000)] | None = None
    canary_share: Share = Decimal(0)


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone such as America/New_York")
    return str(ZoneInfo(value))


WORKING_DAYS: Final[tuple["Weekday", ...]] = ("mon", "tue", "wed", "thu", "fri")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class PromiseLocation(Strict):
    """The calendar of one ERP location."""

    time_zone: Annotated[str, AfterValidator(_time_zone)]
    working_days: Annotated[list[Weekday], Field(min_length=1)] = Field(
        default_factory=lambda: [*WORKING_DAYS]
    )
    holidays: list[date] = Field(default_factory=list)
    cutoff: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "15:00"
    handling_days: Annotated[int, Field(ge=0, le=365)] = 1
    transit_days: dict[str, Annotated[int, Field(ge=0, le=365)]] = Field(default_factory=dict)


class Promise(Strict):
    """How far ahead dates are promised, and the calendars behind them.

    ``same_day``: whether what comes on a day can leave on it. ``overdue_supply_days``: supply whose
    date has passed is expected in so many days; null: it does not count until its date is mended.
    ``count_unconfirmed``: whether supply counts that nobody has confirmed. Of equal dates, the
    location that stands first is best.
    """

    horizon_days: Annotated[int, Field(ge=1, le=3650)] = 180
    same_day: Literal["supply_first", "demand_first"] = "demand_first"
    overdue_supply_days: Annotated[int, Field(ge=0, le=365)] | None = None
    count_unconfirmed: bool = False
    locations: dict[str, PromiseLocation] = Field(default_factory=dict)


Cron = Annotated[str, Field(pattern=r"^\S+( \S+){4}$")]


class Schedules(Strict):
    """When the batch jobs run, as cron expressions in ``time_zone``: by default that of the
    location that stands first in ``promise.locations``, or else UTC.
    """

    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None

    replenishment: Cron = "*/30 * * * *"
    manufacturing: Cron = "0 6,14,22 * * *"
    reconcile: Cron = "0 * * * *"


class Reconcile(Strict):
    """``repair``: whether the job reconcile also brings live stores right, by the rules and the
    guard of every pass. False: it reads, explains and judges.
    """

    repair: bool = False


class Checks(Strict):
    """How much of each failure a store may have before its check fails (``domain/evidence.py``)."""

    max_oversold_units: Annotated[int, Field(ge=0)] = 0
    max_cancelled_share: Annotated[float, Field(ge=0, le=1)] = 0.02
    cancelled_days: Annotated[int, Field(ge=1, le=365)] = 7
    outdated_after_minutes: Annotated[int, Field(ge=1, le=100_000)] = 15
    max_fragmented_levels: Annotated[int, Field(ge=0)] = 0
    max_unfulfillable_units: Annotated[int, Field(ge=0)] = 0
    max_drifted_holds: Annotated[int, Field(ge=0)] = 0
    max_held_hours: Annotated[int, Field(ge=1, le=100_000)] = 7 * 24
    hold_grace_minutes: Annotated[int, Field(ge=0, le=100_000)] = 15
    max_wrong_promises: Annotated[int, Field(ge=0)] = 0


LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Receiver(Strict):
    """Where webhooks come in. ``public_url`` is where Shopify reaches ``serve`` from outside.

    ``explain``: who sees the pages ``/explain/<sku>``: browsers of this machine (``loopback``),
    ``everyone`` who reaches the receiver, or nobody (``off``). By default it is this machine, and
    nobody once the ``public_url`` is elsewhere: a proxy might let the world in.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8788
    public_url: str | None = None
    explain: Literal["loopback", "everyone", "off"] | None = None

    @property
    def explain_to(self) -> Literal["loopback", "everyone", "off"]:
        """Who sees the pages that explain a number."""
        here = urlsplit(self.public_url or "http://localhost").hostname in LOOPBACK
        return self.explain or ("loopback" if here else "off")

    @property
    def explain_url(self) -> str | None:
        """Where a browser of this machine finds them; a SKU is to be added."""
        if self.explain_to == "off":
            return None
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/explain/"

    @field_validator("public_url")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        if value is not None and not ADMIN_URL.fullmatch(value):
            raise ValueError("must be an https URL without a query (http only on this machine)")
        return value.rstrip("/") if value else None


class Alerts(Strict):
    """Where alerts are posted; nowhere by default."""

    webhook_url: SecretStr | None = None

    @field_validator("webhook_url")
    @classmethod
    def _reachable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"https?://\S", value.get_secret_value()):
            raise ValueError("must be an http or https URL, or null")
        return value


class Settings(Strict):
    """The whole file. ``data_contracts``: the folder with your own; null: those that come along."""

    erp: Erp
    stores: dict[str, Store]
    pooling: Pooling = Pooling()
    guard: Guard = Guard()
    promise: Promise = Promise()
    schedules: Schedules = Schedules()
    reconcile: Reconcile = Reconcile()
    checks: Checks = Checks()
    alerts: Alerts = Alerts()
    receiver: Receiver = Receiver()
    go_live: GoLive = GoLive()
    retention: Retention = Retention()
    event_mode: Literal["sensor", "runs"] = "sensor"
    data_contracts: Annotated[str, Field(min_length=1)] | None = None

    @property
    def schedule_zone(self) -> str:
        """The time zone of the schedules: one for all, however many the locations have."""
        places = [location.time_zone for location in self.promise.locations.values()]
        return self.schedules.time_zone or next(iter(places), "UTC")

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
