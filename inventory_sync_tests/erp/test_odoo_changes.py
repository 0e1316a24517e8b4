"""What changes in Odoo becomes events, each once."""

from datetime import UTC, timedelta

import pytest

from inventory_sync.domain.batches import INTERESTS
from inventory_sync_tests.erp.odoo_furniture import (
    CLOCK,
    EWR_STOCK,
    LAMP,
    NYC_STOCK,
    PLANK,
    SET,
    TABLE,
    furniture,
    move,
    quant,
    sale,
)


@pytest.mark.parametrize(
    ("change", "skus", "kinds"),
    [
        (lambda d: quant(d, CLOCK, NYC_STOCK, 5.0), {"RETRO-CLOCK"}, {"stock_adjusted"}),
        (lambda d: move(d, CLOCK, NYC_STOCK, 40, 5), {"RETRO-CLOCK"}, {"order_changed"}),
        (lambda d: d.write("stock.move", 1, state="done"), {"RETRO-CLOCK"}, {"order_shipped"}),
        (lambda d: d.write("stock.move", 1, state="cancel"), {"RETRO-CLOCK"}, {"order_cancelled"}),
        (lambda d: move(d, LAMP, 41, NYC_STOCK, 9), {"WALL-LAMP"}, {"supply_changed"}),
        (lambda d: move(d, LAMP, 41, 21, 9, "done"), {"WALL-LAMP"}, {"stock_received"}),
        (lambda d: move(d, TABLE, 42, 11, 9, "done", production_id=1), {"OAK-TABLE"},
         {"production_completed"}),
        (lambda d: move(d, TABLE, NYC_STOCK, EWR_STOCK, 1, "done"), {"OAK-TABLE"},
         {"transfer_shipped", "supply_changed"}),
        (lambda d: d.confirm_order(4), {"OAK-TABLE"}, {"hold_confirmed", "order_changed"}),
        (lambda d: sale(d, "sent", (LAMP, 3)), {"WALL-LAMP"}, {"hold_placed", "order_changed"}),
        (lambda d: d.write("sale.order", 4, state="cancel"), {"OAK-TABLE"}, {"hold_cancelled"}),
        (lambda d: d.write("sale.order.line", 5, product_uom_qty=2.0), {"OAK-TABLE"},
         {"order_changed"}),
        (lambda d: d.write("product.product", CLOCK, active=False), {"RETRO-CLOCK"},
         {"stock_adjusted"}),
        (lambda d: d.write("product.template", SET + 100, type="service"), {"TABLE-SET"},
         {"stock_adjusted"}),
        (lambda d: d.write("mrp.bom.line", 1, product_qty=3.0), {"TABLE-SET"}, {"stock_adjusted"}),
        (lambda d: d.write("mrp.bom", 1, active=False), {"TABLE-SET"}, {"stock_adjusted"}),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_an_event_about_its_skus(serve, erp_at, change, skus, kinds):
    data = furniture()
    erp = erp_at(serve(data))
    last = erp.last_event_id()
    assert erp.events(last) == []
    data.tick()
    change(data)
    found = erp.events(last)
    assert {event.sku for event in found} == skus
    assert {event.kind for event in found} == kinds
    assert erp.last_event_id() >= found[-1].event_id
    assert erp.events(found[-1].event_id) == []


def test_an_event_keeps_its_id_and_a_second_change_in_the_same_second_is_another(serve, erp_at):
    data = furniture()
    server = serve(data)
    erp = erp_at(server)
    before = erp.last_event_id()
    data.tick()
    table = quant(data, TABLE, NYC_STOCK, 1.0)
    (first,) = erp.events(before)
    quant(data, CLOCK, NYC_STOCK, 1.0)
    again = erp_at(server).events(before)  # by another process
    assert first in again and len(again) == 2

    data.tick(0.3)
    data.write("stock.quant", table, quantity=0.0)
    later = {event.event_id for event in erp.events(before)} - {each.event_id for each in again}
    assert len(later) == 1


def test_a_transaction_that_commits_late_is_found_under_its_old_stamp(serve, erp_at):
    data = furniture()
    erp = erp_at(serve(data))
    before = erp.last_event_id()
    began = data.tick()
    data.tick(30)
    quant(data, CLOCK, NYC_STOCK, 1.0)
    (newer,) = erp.events(before)
    quant(data, TABLE, NYC_STOCK, 1.0, write_date=began)
    assert [event.sku for event in erp.events(before)] == ["OAK-TABLE", "RETRO-CLOCK"]
    assert erp.events(newer.event_id) == []


def test_what_changed_is_found_by_what_a_batch_is_interested_in(serve, erp_at):
    data = furniture()
    erp = erp_at(serve(data))
    since = data.tick().replace(tzinfo=UTC)
    move(data, LAMP, 41, NYC_STOCK, 9)
    move(data, PLANK, NYC_STOCK, 42, 3, raw_material_production_id=1)
    assert erp.changed(INTERESTS["replenishment"], since).skus == {"WALL-LAMP"}
    assert erp.changed(INTERESTS["manufacturing"], since).skus == {"OAK-PLANK"}
    later = since + timedelta(minutes=1)
    assert not erp.changed(INTERESTS["replenishment"], later).skus


def test_the_skus_of_a_document_are_those_of_its_lines_and_moves(serve, erp_at):
    erp = erp_at(serve())
    assert erp.skus_of_document("S00002") == ["OAK-TABLE", "RETRO-CLOCK"]
    assert erp.skus_of_document("S00005") == ["RETRO-CLOCK"]  # shipped long ago
    assert erp.skus_of_document("NYC/INT/1") == ["RETRO-CLOCK"]
    assert erp.skus_of_document("NONE") == []
