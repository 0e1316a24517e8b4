"""People at work in a Tryton: its documents, the buttons they press, and the connector beside them.

Put here what tests of more than one connector do in the company that the recipe builds.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.tryton import Tryton, TrytonRules, connect
from inventory_sync.erp.tryton_client import TrytonRest, as_day
from inventory_sync_tests.erp.live_contract import Act


class Server(Protocol):
    """A running Tryton with the company in it."""

    @property
    def state(self) -> Mapping[str, Any]: ...

    @property
    def key(self) -> str: ...


class Office:
    """What people do in a database, and the connector that reads it."""

    def __init__(self, server: Server, url: str, rules: TrytonRules) -> None:
        self.state = server.state
        self.url = url
        face = connect(url, server.key, rules)
        self.rest: TrytonRest = face._rest
        self.face: Tryton = face
        self.erp = ApiErp(face)

    def sale(self, name: str) -> int:
        return int(self.state["sales"][name])

    def shipment(self, sale: str) -> int:
        moves = self.rest.rows("stock.move", [["shipment", "like", "stock.shipment.out,%"]], _MOVE)
        line = f"sale.line,{self.sale(sale)}"  # lines were created one by one with their sales
        return next(int(m["shipment"].partition(",")[2]) for m in moves if m["origin"] == line)


_MOVE = ("shipment", "origin", "state")


def acts(own: Office) -> Sequence[Act]:
    """What happens on a busy day, in this order."""

    def press(model: str, record_id: int, *buttons: str) -> Callable[[], object]:
        return lambda: [own.rest.click(model, record_id, button) for button in buttons]

    def count() -> None:
        lines = [{"product": own.state["products"]["SKU-11"], "quantity": 60.0}]
        values = {
            "company": own.state["company"],
            "location": own.state["warehouses"]["MAIN"]["storage"],
            "date": as_day(datetime.now(UTC).date()),
            "empty_quantity": "keep",
            "lines": [["create", lines]],
        }
        own.rest.click("stock.inventory", own.rest.create("stock.inventory", values), "confirm")

    draft, quotation = own.sale("draft"), own.sale("quotation")
    assigned, waiting = own.shipment("processing_assigned"), own.shipment("overdue")
    running, transfer = own.state["productions"]["running"], own.state["internal"]
    return [
        Act("a quotation", press("sale.sale", draft, "quote"), "SKU-01"),
        Act("its order", press("sale.sale", draft, "confirm"), "SKU-01"),
        Act("a cancelled hold", press("sale.sale", quotation, "cancel"), "SKU-01"),
        Act("a picking", press("stock.shipment.out", assigned, "pick"), "SKU-02"),
        Act("a cancelled shipment", press("stock.shipment.out", waiting, "cancel"), "SKU-07"),
        Act("a put-away", press("stock.shipment.in", 1, "do"), "SKU-14"),
        Act("a production", press("production", running, "do"), "SKU-18"),
        Act("no transfer", press("stock.shipment.internal", transfer, "cancel"), "SKU-08"),
        Act("a count", count, "SKU-11"),
    ]
