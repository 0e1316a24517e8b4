"""What the ERP says about a few SKUs, as plain rows, and the events that tell where to look.

Put the words here that travel between a connector and an event pass. Keep rules out: which rows
are plain is ``plain.py``. Whole datasets travel as frames (``frames.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

EVERYTHING: Final = "*"
"""Stands where a SKU stands when nobody can say which SKUs have changed."""

HOLD_KINDS: Final = frozenset({"hold_placed", "hold_confirmed", "hold_cancelled"})
"""The kinds of events (design 5) that the hold lane looks after; the order lane has the others."""


@dataclass(frozen=True, slots=True)
class ErpEvent:
    """Something changed in the ERP; what it is now has to be read. A null SKU means everything of
    the document. ``occurred_at`` is by the ERP's clock.
    """

    event_id: int
    occurred_at: datetime
    kind: str
    sku: str | None
    location: str | None
    document: str | None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A row of ``products`` as the source gave it: nothing is converted or judged yet."""

    sku: object
    tracked: object


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """A row of ``components`` as the source gave it."""

    kit_sku: object
    component_sku: object
    quantity: object


@dataclass(frozen=True, slots=True)
class StockRow:
    """A row of ``stock`` as the source gave it."""

    sku: object
    location: object
    physical: object
    unavailable: object


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A row of ``commitments`` as the source gave it."""

    commitment_id: object
    order_id: object
    sku: object
    location: object
    quantity: object
    kind: object
    expires_at: object
    external_order_id: object
    due_date: object = None


@dataclass(frozen=True, slots=True)
class AcknowledgedRow:
    """A row of ``acknowledged_orders`` as the source gave it."""

    external_order_id: object
    external_line_id: object
    quantity: object


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """A row of ``supply`` as the source gave it."""

    supply_id: object
    sku: object
    location: object
    quantity: object
    due_date: object
    confirmed: object
    kind: object


@dataclass(frozen=True, slots=True)
class PromiseDateRow:
    """A row of ``promise_dates`` as the source gave it."""

    sku: object
    location: object
    quantity: object
    promise_date: object


@dataclass(frozen=True, slots=True)
class ErpDates:
    """What the same instant says about days to come. ``zones``: location -> name of its time zone,
    of those that have one.
    """

    zones: Mapping[str, str]
    supply: Sequence[SupplyRow]
    promise_dates: Sequence[PromiseDateRow]


@dataclass(frozen=True, slots=True)
class ErpExtract:
    """The contract's rows about a few SKUs and Shopify orders, as of one instant.

    ``taken_at`` is by the ERP's clock if it tells one, aware, UTC. ``skus`` is the closure that was
    read: the SKUs asked for and all that are connected with them by parts lists, so every kit in it
    is complete and so is the demand for every part. Quantities are numbers of the driver
    (``Decimal``, int, or what a careless view gives). ``locations`` are all of the ERP's. ``dates``
    are read only when they are asked for.
    """

    taken_at: datetime
    skus: frozenset[str]
    locations: frozenset[str]
    products: Sequence[ProductRow]
    components: Sequence[ComponentRow]
    stock: Sequence[StockRow]
    commitments: Sequence[CommitmentRow]
    acknowledged: Sequence[AcknowledgedRow]
    dates: ErpDates | None = None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What we ask of the ERP about one line (design 5, ``order_requests``). ``action`` is
    ``reserve``, ``confirm``, ``release`` or ``import``: from now on the ERP's order for this line
    is for exactly so many units, and cancelled at 0. ``request_id`` makes it happen once.
    ``is_change``: the ERP has had this order, so one that is gone is not made anew.
    """

    request_id: str
    action: str
    external_order_id: str
    external_line_id: str
    sku: str
    location: str
    quantity_units: int
    expires_at: datetime | None
    requested_at: datetime
    is_change: bool = False
