"""What traffic asks of an ERP: the steps that its people take, and what they look up.

Put here the words that all ERPs of the sandbox share. How a step is taken is in ``company`` for
Acme's own ERP, and in ``tryton`` for Tryton.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

Units = Decimal | int


class OfficeRefused(Exception):
    """The ERP does not allow this step; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of an item from a warehouse; a line of a web order carries Shopify's gid."""

    sku: str
    warehouse: str
    units: Units
    external_line_id: str | None = None


@dataclass(frozen=True, slots=True)
class Oversold:
    """Units that were sold online and that the ERP cannot ship from where they are committed."""

    sku: str
    warehouse: str
    units: int


class Plant(Protocol):
    """An ERP in which things are also made."""

    def order_production(self, warehouse: str, sku: str, units: int) -> str:
        """Make so many of an item out of its materials, which are set aside."""
        ...

    def complete_production(self, production_no: str) -> None:
        """The materials are used up, the product is on hand."""
        ...


class Office(Protocol):
    """An ERP with people in front of it. Documents are named by what the step that makes them
    returns. Every step raises ``OfficeRefused`` when it is not allowed; then nothing has changed.
    """

    @property
    def plant(self) -> Plant | None:
        """Where things are made, if any are."""
        ...

    def free_units(self, sku: str) -> dict[str, int]:
        """Whole units of an item or kit that are uncommitted at each warehouse that stocks it."""
        ...

    def skus_in(self, warehouse: str) -> list[str]:
        """Everything that has a place in a warehouse, sorted."""
        ...

    def oversold_units(self, order_ids: Collection[str]) -> list[Oversold]:
        """What is committed beyond an item's stock at a warehouse, as far as these orders do it."""
        ...

    def place_offline_order(self, lines: Sequence[Line]) -> str:
        """A customer asks by phone or in the showroom: a quotation."""
        ...

    def import_web_order(
        self, external_order_id: str, lines: Sequence[Line], *, channel: str
    ) -> str:
        """A store's paid order arrives and is confirmed; importing it again changes nothing."""
        ...

    def confirm_order(self, order_no: str) -> None:
        """The customer accepts the quotation."""
        ...

    def cancel_order(self, order_no: str) -> None:
        """The customer withdraws."""
        ...

    def hold_order(self, order_no: str, *, until: datetime | None = None) -> None:
        """Keep the stock but do not ship until somebody decides, or until the hold lapses."""
        ...

    def release_hold(self, order_no: str) -> None:
        """The decision is yes: the order is confirmed and its stock stays committed."""
        ...

    def cancel_hold(self, order_no: str) -> None:
        """The decision is no: the order is cancelled and its stock is free at once."""
        ...

    def change_quantity(self, order_no: str, line_no: int, units: Units) -> None:
        """The customer wants more or less of a line."""
        ...

    def ship_order(self, order_no: str) -> None:
        """Ship what is open."""
        ...

    def order_purchase(self, warehouse: str, units_by_sku: Mapping[str, Units]) -> str:
        """Ask a supplier for goods."""
        ...

    def receive_purchase(self, order_no: str) -> None:
        """The supplier delivers all that is open."""
        ...

    def request_transfer(
        self, origin: str, destination: str, units_by_sku: Mapping[str, Units]
    ) -> str:
        """Ask one warehouse to send goods to another."""
        ...

    def ship_transfer(self, transfer_no: str) -> None:
        """The goods leave."""
        ...

    def receive_transfer(self, transfer_no: str) -> None:
        """The goods arrive."""
        ...
