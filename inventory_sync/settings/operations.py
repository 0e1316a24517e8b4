"""How the product is run: who decides, and how long things are kept (``go_live``, ``retention``).

Put keys here that no pass computes with. What decides a number is in ``model.py`` and
``stores.py``.
"""

from typing import Annotated

from pydantic import Field

from inventory_sync.settings.stores import Strict

Who = Annotated[str, Field(min_length=1)] | None
Days = Annotated[int, Field(ge=1, le=3650)]


class Owners(Strict):
    """Who decides what a store displays, and how channels, holds and locations count: a person or
    a team. They are asked when a number is questioned.
    """

    number_to_display: Who = None
    channels: Who = None
    holds: Who = None
    locations: Who = None


class GoLive(Strict):
    """What ``doctor --go-live`` wants in writing before the first live write.

    ``not_sold_online``: ERP locations whose stock no store offers, on purpose.
    """

    owners: Owners = Owners()
    not_sold_online: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)


class Retention(Strict):
    """After how many days something is deleted, once nothing builds upon it.

    ``ledger_days``: settled writes, passes, findings, drift and promises; as long as this, a
    number can be explained. ``reports_days``: reports of event passes, of which there are some
    every second. ``runs_days``: runs of Dagster with their logs.
    """

    ledger_days: Days = 90
    reports_days: Days = 14
    runs_days: Days = 30
