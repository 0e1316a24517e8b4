"""What can be set for the connector ``odoo`` alone, under ``erp.odoo``.

Put a key here that no other connector has; what they share is in ``erp.py``.
"""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from inventory_sync.settings.stores import Strict

_FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone such as America/New_York")
    return value


class Odoo(Strict):
    """How Odoo's records are understood.

    ``time_zone``: of due dates, for Odoo keeps instants (UTC if not named). ``quotations``: what
    the lines of quotations in state ``draft`` or ``sent`` commit, ``pending`` or ``hold``; a state
    that is not named follows ``erp.drafts``. ``order_field`` and ``line_field``: in which fields of
    a sales order and its lines the ids of Shopify stand. ``partner_id``: the customer in whose name
    reservations are quotations.
    """

    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    quotations: dict[Literal["draft", "sent"], Literal["pending", "hold"]] = Field(
        default_factory=dict
    )
    order_field: _FieldName = "client_order_ref"
    line_field: _FieldName | None = None
    partner_id: Annotated[int, Field(ge=1)] | None = None
