"""The company's own importer: it takes web orders over into the ERP, and later what became of them.

Put here how an online order becomes a sales order. When that happens is traffic's business; the
shops are asked by the stand-in's control interface, as the importer is no part of the product.
"""

from typing import Any

import httpx

from inventory_sync.sandbox.market import Outlet
from inventory_sync.sandbox.office import Line, Office

Answer = dict[str, Any]


class Refused(Exception):
    """A shop does not do what it was asked; the message is the shop's."""


class Shops:
    """The shops of a running stand-in, by its control interface."""

    def __init__(self, control_url: str) -> None:
        self._client = httpx.Client(base_url=control_url, trust_env=False, timeout=30)

    def post(self, outlet: Outlet, path: str, **body: object) -> Answer:
        """Do something in a shop. Raises ``Refused``, and ``httpx.TransportError``."""
        return _answer(self._client.post(f"/{outlet.shop}/{path}", json=body))

    def get(self, outlet: Outlet, path: str) -> Answer:
        """Look something up in a shop. Raises as ``post`` does."""
        return _answer(self._client.get(f"/{outlet.shop}/{path}"))

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def _answer(response: httpx.Response) -> Answer:
    if response.is_server_error:
        raise httpx.RemoteProtocolError(f"the stand-in answers {response.status_code}")
    answer: Answer = response.json()
    if response.is_client_error:
        raise Refused(answer["error"])
    return answer


class Importer:
    """Knows what it has taken over; ``order_ids`` are gids."""

    def __init__(self, office: Office, shops: Shops) -> None:
        self.order_ids: set[str] = set()
        self._office = office
        self._shops = shops

    def take_over(self, outlet: Outlet, path: str) -> str | None:
        """Import an order as it stands now; ``None`` when nothing is left of it.

        Returns the number of the sales order. Done twice it changes nothing.
        """
        order = self._shops.get(outlet, path)
        wanted = [line for line in order["lines"] if line["current_quantity"]]
        if not wanted:
            return None
        self.order_ids.add(order["gid"])
        lines = [self._line(outlet, line) for line in wanted]
        return self._office.import_web_order(order["gid"], lines, channel=outlet.store)

    def follow(self, outlet: Outlet, path: str, order_no: str) -> None:
        """Do in the ERP what has been done in the shop to the first line, or to the whole order."""
        order = self._shops.get(outlet, path)
        if order["status"] == "cancelled":
            self._office.cancel_order(order_no)
        else:
            self._office.change_quantity(order_no, 1, order["lines"][0]["current_quantity"])

    def _line(self, outlet: Outlet, line: Answer) -> Line:
        """Ship from a warehouse behind the line's location that has enough, or can be made to."""
        sku, units = line["sku"], line["current_quantity"]
        free = self._office.free_units(sku)
        behind = outlet.warehouses[line["location_ids"][0]]
        best = max(behind, key=lambda warehouse: free.get(warehouse, 0))
        missing = units - free.get(best, 0)
        for other in behind:
            if other != best and (taken := min(missing, free.get(other, 0))) > 0:
                self._bring_over(sku, taken, origin=other, destination=best)
                missing -= taken
        return Line(sku, best, units, line["gid"])

    def _bring_over(self, sku: str, units: int, *, origin: str, destination: str) -> None:
        transfer_no = self._office.request_transfer(origin, destination, {sku: units})
        self._office.ship_transfer(transfer_no)
        self._office.receive_transfer(transfer_no)
