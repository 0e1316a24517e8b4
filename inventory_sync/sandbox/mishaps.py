"""Seven mishaps, each of which brings about one of the failures that are watched for, and no other.

Put here what has to go wrong in Acme's ERP or in a shop, and how people undo it. Each has an item
of its own, which no traffic touches. What the synchronisation repairs by itself is not undone here.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Engine, text

from inventory_sync.sandbox.company.acme import Acme, Line
from inventory_sync.sandbox.importer import Shops
from inventory_sync.sandbox.market import Outlet, demo_market

_US, _EU = "b2c-us", "b2c-eu"
_US_WEB: Final = 2001
_WHO: Final = "mishap: forgotten in the showroom"


class Failure(StrEnum):
    """What can go wrong."""

    OVERSELLING = "overselling"
    ORDER_CANCELLATIONS = "order_cancellations"
    OUTDATED_STOCK_DATA = "outdated_stock_data"
    INVENTORY_FRAGMENTATION = "inventory_fragmentation"
    CUSTOMER_CONFUSION = "customer_confusion"
    HOLD_DRIFT = "hold_drift"
    PROMISE_DATE_MISMATCH = "promise_date_mismatch"


ITEMS: Final = {
    Failure.OVERSELLING: "WALNUT-STOOL-65",
    Failure.ORDER_CANCELLATIONS: "WALNUT-DESK-120",
    Failure.OUTDATED_STOCK_DATA: "ASH-SHELF-120",
    Failure.INVENTORY_FRAGMENTATION: "BEECH-STOOL-45",
    Failure.CUSTOMER_CONFUSION: "PINE-STOOL-65",
    Failure.HOLD_DRIFT: "PINE-SHELF-60",
    Failure.PROMISE_DATE_MISMATCH: "ASH-DESK-120",
}


class Mishaps:
    """Mishaps in the ERP behind ``engine`` and in running shops. Each says what was done.

    All raise what ``Shops`` raises.
    """

    def __init__(self, engine: Engine, shops: Shops) -> None:
        self._engine, self._acme, self._shops = engine, Acme(engine), shops
        self._outlets = {outlet.store: outlet for outlet in demo_market().outlets}

    def happen(self, failure: Failure) -> str:
        """Let it go wrong."""
        acts: dict[Failure, Callable[[str], str]] = {
            Failure.OVERSELLING: self._sell_too_many,
            Failure.ORDER_CANCELLATIONS: self._refuse_orders,
            Failure.OUTDATED_STOCK_DATA: self._correct_stock_in_secret,
            Failure.INVENTORY_FRAGMENTATION: self._keep_some_back,
            Failure.CUSTOMER_CONFUSION: self._show_too_many,
            Failure.HOLD_DRIFT: self._forget_a_hold,
            Failure.PROMISE_DATE_MISMATCH: self._promise_too_early,
        }
        return acts[failure](ITEMS[failure])

    def mend(self, failure: Failure) -> str:
        """Do what people do about it; where that is nothing, it says what else repairs it."""
        repaired = "nobody has to do anything: run `inventory-sync reconcile --repair`"
        acts: dict[Failure, Callable[[str], str]] = {
            Failure.OVERSELLING: lambda sku: self._cancel_orders(_US, sku),
            Failure.ORDER_CANCELLATIONS: lambda sku: self._cancel_orders(_EU, sku),
            Failure.OUTDATED_STOCK_DATA: lambda sku: repaired,
            Failure.INVENTORY_FRAGMENTATION: lambda sku: self._level(sku, delta=5),
            Failure.CUSTOMER_CONFUSION: lambda sku: repaired,
            Failure.HOLD_DRIFT: lambda sku: self._release_holds(),
            Failure.PROMISE_DATE_MISMATCH: lambda sku: (
                "nobody has to do anything: launch the job promises_sync, or wait for its schedule"
            ),
        }
        return acts[failure](ITEMS[failure])

    # --- what goes wrong ---

    def _sell_too_many(self, sku: str) -> str:
        state = self._shops.get(self._us, f"state?sku={sku}")
        shown = state["items"][0]["levels"][0]["available"]
        units = 3 * max(1, shown)
        lines = [{"sku": sku, "quantity": units, "location_id": _US_WEB}]
        order = self._shops.post(self._us, "orders", lines=lines, ignore_policy=True)
        return f"a clerk of {_US} sells {units} {sku} ({order['name']}) where {shown} are shown"

    def _refuse_orders(self, sku: str) -> str:
        eu = self._outlets[_EU]
        known = len(self._shops.get(eu, "orders")["orders"])
        names = []
        for _ in range(known // 45 + 1):  # more than the fiftieth part, which is borne
            order = self._shops.post(eu, "orders", lines=[{"sku": sku, "quantity": 1}])
            line = Line(sku, "EWR", 1, order["lines"][0]["gid"])
            self._acme.cancel_order(self._acme.import_web_order(order["gid"], [line], channel=_EU))
            names.append(order["name"])
        return f"the ERP cancels {', '.join(names)} of {_EU}, whose buyer is not told"

    def _correct_stock_in_secret(self, sku: str) -> str:
        self._run(
            "UPDATE acme.stock_balances SET on_hand = on_hand + 5, changed_at = now()"
            " WHERE sku = :sku AND warehouse = 'PLANT-1'",
            sku=sku,
        )
        return (
            f"somebody adds 5 {sku} at PLANT-1 in the ERP's tables, which announces nothing; it is "
            "borne for 15 minutes"
        )

    def _keep_some_back(self, sku: str) -> str:
        return self._level(sku, delta=-5)

    def _show_too_many(self, sku: str) -> str:
        return self._level(sku, available=9000)

    def _forget_a_hold(self, sku: str) -> str:
        """What is free stays the same, as if all that were long ago."""
        self._run(
            "UPDATE acme.stock_balances SET on_hand = on_hand + 1"
            " WHERE sku = :sku AND warehouse = 'LAX'",
            sku=sku,
        )
        self._run(
            "INSERT INTO acme.reservations"
            " (reservation_no, sku, warehouse, quantity, reason, state, changed_at)"
            " VALUES ('RES-' || nextval('acme.document_numbers'), :sku, 'LAX', 1, :who, 'active',"
            " now() - interval '8 days')",
            sku=sku,
            who=_WHO,
        )
        return f"a {sku} came back to LAX and was put aside 8 days ago; nobody has looked since"

    def _promise_too_early(self, sku: str) -> str:
        now = datetime.now(UTC)
        place = {
            "id": f"gid://shopify/Location/{_US_WEB}",
            "name": "US Web",
            "until": f"{now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
            "steps": [[100_000, f"{now:%Y-%m-%d}"]],
        }
        self._shops.post(
            self._us,
            "metafields",
            sku=sku,
            namespace="$app:inventory_sync",
            key="availability",
            value=json.dumps({"v": 1, "places": [place]}),
        )
        return f"staff of {_US} promise 100,000 {sku} for today, in the item's metafield"

    # --- what people do about it ---

    def _cancel_orders(self, store: str, sku: str) -> str:
        outlet = self._outlets[store]
        wrong = [
            order
            for order in self._shops.get(outlet, "orders")["orders"]
            if order["status"] != "cancelled" and order["lines"][0]["sku"] == sku
        ]
        for order in wrong:
            self._shops.post(outlet, f"orders/{order['id']}/cancel", restock=True)
        return f"{store} cancels {', '.join(order['name'] for order in wrong) or 'nothing'}"

    def _release_holds(self) -> str:
        statement = "UPDATE acme.reservations SET state = 'released' WHERE reason = :who"
        self._run(statement, who=_WHO)
        return "somebody looks at the forgotten hold, and releases it"

    # --- by whose hands ---

    @property
    def _us(self) -> Outlet:
        return self._outlets[_US]

    def _level(self, sku: str, **change: Any) -> str:
        level = self._shops.post(self._us, "levels", sku=sku, location_id=_US_WEB, **change)
        return f"staff of {_US} set {sku} to {level['available']} by hand"

    def _run(self, statement: str, **parameters: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), parameters)
