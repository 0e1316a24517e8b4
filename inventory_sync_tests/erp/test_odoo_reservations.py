"""Reservations in Odoo, where an order of ours is a quotation until it is confirmed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.erp.odoo import OdooOptions
from inventory_sync_tests.erp.conftest import OPTIONS
from inventory_sync_tests.erp.event_contract import request
from inventory_sync_tests.erp.odoo_furniture import furniture


def asked(name: str, action: str = "reserve", **more):
    found = request(name, action)
    changes = {"location": "EWR", "quantity_units": 2} | more
    return type(found)(**{f: getattr(found, f) for f in found.__slots__} | changes)


def orders_of(data, gid: str = "gid://shopify/DraftOrder/1") -> list[str]:
    orders = data.tables["sale.order"].values()
    return [order["state"] for order in orders if order["client_order_ref"] == gid]


@pytest.mark.parametrize("version", [17, 18, 19])
def test_a_reservation_is_a_quotation_until_it_is_confirmed_or_released(serve, erp_at, version):
    data = furniture(version)
    erp = erp_at(serve(data))
    erp.request([asked("R-1:reserve")])
    erp.request([asked("R-1:reserve")])
    assert orders_of(data) == ["draft"]
    gid = "gid://shopify/DraftOrder/1"
    extract = erp.extract({"OAK-TABLE"}, {gid})
    (row,) = [row for row in extract.commitments if row.kind == "reservation"]
    assert (row.sku, row.location, row.quantity) == ("OAK-TABLE", "EWR", 2)
    assert row.expires_at == datetime(2026, 3, 3, tzinfo=UTC)
    (ack,) = extract.acknowledged
    assert ack.external_line_id == "gid://shopify/DraftOrderLineItem/11"
    assert ack.quantity == Decimal(2)

    erp.request([asked("R-1:confirm", "confirm"), asked("R-1:confirm", "confirm")])
    assert orders_of(data) == ["sale"]
    kinds = [
        row.kind for row in erp.extract({"OAK-TABLE"}, ()).commitments if row.location == "EWR"
    ]
    assert kinds == ["order"]

    erp.request([asked("R-1:release", "release"), asked("R-1:release", "release")])
    assert orders_of(data) == ["cancel"]
    assert [row.quantity for row in erp.extract(set(), {gid}).acknowledged] == [0]
    erp.request([asked("R-1:reserve")])  # an old request that comes again
    assert orders_of(data) == ["cancel"]
    erp.request([asked("R-2:reserve")])
    assert orders_of(data) == ["cancel", "draft"]


def test_what_was_never_reserved_can_be_confirmed_and_released(serve, erp_at):
    data = furniture()
    erp = erp_at(serve(data))
    erp.request([asked("R-1:release", "release")])
    assert orders_of(data) == []
    erp.request([asked("R-1:confirm", "confirm")])
    assert orders_of(data) == ["sale"]


def test_of_two_that_were_created_at_once_one_stays(serve, erp_at):
    data = furniture()
    data.before_create.append(
        lambda values, lines: data.create_order({**values, "order_line": [(0, 0, lines[0])]})
    )
    erp_at(serve(data)).request([asked("R-1:reserve")])
    assert orders_of(data) == ["draft", "cancel"]


def test_a_write_whose_answer_is_lost_is_found_and_not_made_again(serve, erp_at):
    data = furniture()
    server = serve(data)
    erp = erp_at(server)
    erp.snapshot(set())

    # The order is there; then Odoo is away for as long as we ask.
    data.before_create.append(lambda *_: server.canned.extend([(503, {}, "")] * 4))
    with pytest.raises(ErpUnavailable):
        erp.request([asked("R-1:reserve")])
    server.canned.clear()
    erp.request([asked("R-1:reserve")])
    assert orders_of(data) == ["draft"]


def test_a_locked_order_cannot_be_released(serve, erp_at):
    data = furniture()
    erp = erp_at(serve(data))
    erp.request([asked("R-1:confirm", "confirm")])
    data.write("sale.order", max(data.tables["sale.order"]), locked=True)
    with pytest.raises(ContractBroken, match="cannot cancel a locked order"):
        erp.request([asked("R-1:release", "release")])
    assert orders_of(data) == ["sale"]


@pytest.mark.parametrize(
    ("options", "more", "sentence"),
    [
        (OdooOptions(), {}, "write_back"),
        (OPTIONS, {"sku": "NO-SUCH"}, "no product with the internal reference NO-SUCH"),
        (OPTIONS, {"location": "LAX"}, "no warehouse LAX"),
    ],
)
def test_a_reservation_that_makes_no_sense_is_refused(serve, erp_at, options, more, sentence):
    data = furniture()
    with pytest.raises(ContractBroken, match=sentence):
        erp_at(serve(data), options).request([asked("R-1:reserve", **more)])
    assert orders_of(data) == []
