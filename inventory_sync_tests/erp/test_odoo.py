"""The figures of the connector ``odoo``, read from an Odoo of recorded shapes of 17, 18 and 19."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from inventory_sync.erp import odoo_client as client_module
from inventory_sync.erp.odoo import OdooOptions
from inventory_sync_tests.erp.extract_contract import told, told_of_whole
from inventory_sync_tests.erp.odoo_furniture import (
    EWR_STOCK,
    LAMP,
    NYC_STOCK,
    ORDER,
    PLANK,
    SET,
    SHIPPED,
    furniture,
    move,
    product,
    quant,
    sale,
)

SKUS = {"RETRO-CLOCK", "OAK-TABLE", "OAK-PLANK", "TABLE-SET", "WALL-LAMP", "GIFT-WRAP", "OLD-STOOL"}


def amounts(frame, *keys: str, value: str = "quantity") -> dict[object, float]:
    """The rows of a frame as key -> units."""
    rows = zip(*(frame[key] for key in keys), frame[f"{value}_micros"] / 1e6, strict=True)
    return {tuple(row[:-1]) if len(keys) > 1 else row[0]: row[-1] for row in rows}


@pytest.mark.parametrize("version", [17, 18, 19])
def test_every_figure_of_every_version(serve, erp_at, version):
    snapshot = erp_at(serve(furniture(version))).snapshot()
    assert [list(snapshot.faults[name].index) for name in snapshot.faults] == [[]] * 8

    assert dict(zip(snapshot.locations.location, snapshot.locations.name, strict=True)) == {
        "NYC": "Warehouse NYC",
        "EWR": "Warehouse EWR",
    }
    tracked = dict(zip(snapshot.products.sku, snapshot.products.tracked, strict=True))
    assert len(snapshot.products) == len(SKUS)
    assert tracked == dict.fromkeys(SKUS, True) | {"GIFT-WRAP": False, "OLD-STOOL": False}
    assert amounts(snapshot.components, "kit_sku", "component_sku") == {
        ("TABLE-SET", "OAK-TABLE"): 1,
        ("TABLE-SET", "RETRO-CLOCK"): 6,
    }
    assert amounts(snapshot.stock, "sku", "location", value="physical") == {
        ("RETRO-CLOCK", "NYC"): 114,
        ("RETRO-CLOCK", "EWR"): 20.5,
        ("OAK-TABLE", "NYC"): 12,
        ("OAK-PLANK", "NYC"): 60,
        ("WALL-LAMP", "NYC"): -2,
        ("OLD-STOOL", "NYC"): 1,
    }
    unavailable = amounts(snapshot.stock, "sku", "location", value="unavailable")
    assert {key: each for key, each in unavailable.items() if each} == {("RETRO-CLOCK", "NYC"): 9}
    open_demand = Counter()
    for row in snapshot.commitments.itertuples():
        open_demand[row.sku, row.location, row.kind] += row.quantity_micros / 1e6
    assert open_demand == {
        ("RETRO-CLOCK", "NYC", "order"): 7 + 11 + 2 + 5,
        ("RETRO-CLOCK", "NYC", "transfer"): 10,
        ("OAK-TABLE", "NYC", "order"): 4,
        ("OAK-TABLE", "NYC", "hold"): 12,
        ("OAK-TABLE", "NYC", "transfer"): 2,
        ("OAK-PLANK", "NYC", "transfer"): 3,
        ("OAK-PLANK", "NYC", "work"): 16,
        ("TABLE-SET", "NYC", "pending"): 1,
    }
    supply = snapshot.supply
    assert amounts(supply, "sku", "location", "kind", "confirmed") == {
        ("RETRO-CLOCK", "EWR", "transfer", True): 10,
        ("OAK-TABLE", "EWR", "transfer", True): 2,
        ("OAK-TABLE", "NYC", "production", True): 4,
        ("WALL-LAMP", "NYC", "purchase", True): 50,
        ("WALL-LAMP", "NYC", "purchase", False): 1,
        ("WALL-LAMP", "EWR", "purchase", True): 5,
        ("OAK-PLANK", "NYC", "purchase", True): 70,
    }
    overdue = supply[supply.sku == "OAK-PLANK"].due_date.dt.date.tolist()
    assert overdue == [date(2026, 2, 1)]
    assert amounts(snapshot.acknowledged_orders, "external_order_id", "external_line_id") == {
        (ORDER, "gid://shopify/LineItem/61"): 7,
        (SHIPPED, "gid://shopify/LineItem/62"): 3,
        ("gid://shopify/Order/5003", "gid://shopify/LineItem/63"): 0,
    }


def test_rows_tell_where_they_come_from(serve, erp_at):
    options = OdooOptions(
        time_zone="America/New_York",
        quotations={"sent": "hold"},
        line_field="x_shopify_line_id",
    )
    erp = erp_at(serve(), options)
    rows = erp.snapshot({"RETRO-CLOCK", "OAK-TABLE"}).commitments
    first = rows[rows.commitment_id == "move/1"].iloc[0]
    assert (first.order_id, first.channel, first.external_order_id, first.external_line_id) == (
        "S00001", "Online", ORDER, "gid://shopify/LineItem/61"
    )  # fmt: skip
    # Three in the night of March 9 UTC is the evening of March 8 in New York.
    assert first.due_date.date() == date(2026, 3, 8)
    (hold,) = rows[rows.kind == "hold"].itertuples()
    assert hold.expires_at == datetime(2026, 4, 1, 4, tzinfo=UTC)
    assert hold.updated_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    pending = rows[rows.kind == "pending"]
    assert pending.expires_at.isna().all()
    assert set(erp.snapshot({"OAK-PLANK"}).commitments.order_id) == {"NYC/MO/1"}


@pytest.mark.parametrize(
    "skus",
    [{"RETRO-CLOCK"}, {"TABLE-SET"}, {"OAK-PLANK", "WALL-LAMP"}, {"OLD-STOOL"}, {"NONE"}, set()],
    ids=lambda skus: " ".join(sorted(skus)) or "none",
)
def test_an_extract_is_the_snapshot_of_all_that_shares_a_kit(serve, erp_at, skus):
    erp = erp_at(serve())
    in_the_set = {"RETRO-CLOCK", "OAK-TABLE", "TABLE-SET"}
    wanted = skus | (in_the_set if skus & in_the_set else set())
    for _ in range(2):  # the second time it knows what belongs together
        extract = erp.extract(skus, {ORDER}, dated=True)
        assert extract.skus == wanted
        assert told(extract) == told_of_whole(erp.snapshot(), wanted, {ORDER})
    supply = erp.snapshot().supply
    assert {row.supply_id for row in extract.dates.supply} == set(
        supply[supply.sku.isin(list(wanted))].supply_id
    )


@pytest.mark.parametrize("version", [17, 19])
def test_without_manufacturing_and_purchases_there_are_none(serve, erp_at, version):
    erp = erp_at(serve(furniture(version, has_manufacturing=False)))
    snapshot = erp.snapshot()
    assert len(snapshot.components) == 0
    assert set(snapshot.supply.kind) == {"transfer"}
    assert erp.check() == []
    assert erp.events(0)


def test_the_calls_for_one_sku_do_not_grow_with_the_catalogue(serve, erp_at, monkeypatch):
    data = furniture()
    server = serve(data)
    erp = erp_at(server)
    erp.extract({"RETRO-CLOCK"}, {ORDER})

    def calls() -> int:
        server.calls.clear()
        erp.extract({"RETRO-CLOCK"}, {ORDER}, dated=True)
        return len(server.calls)

    few = calls()
    for number in range(1_000, 3_500):
        product(data, number, f"SKU-{number}")
        quant(data, number, NYC_STOCK, 5.0)
        move(data, number, NYC_STOCK, EWR_STOCK, 1.0)
    assert calls() == few <= 17  # acknowledgements are read before and after the commitments

    monkeypatch.setattr(client_module, "PAGE", 500)
    server.calls.clear()
    snapshot = erp.snapshot()
    assert len(snapshot.stock) == 2_500 + 6
    assert snapshot.stock.groupby("sku", observed=True).physical_micros.sum()["SKU-3499"] == 5e6
    # A first page, the ids of the rest, and the rest in pages of their ids.
    assert Counter(server.calls)["stock.quant.search_read"] == 1 + 5
    assert Counter(server.calls)["stock.quant.search"] == 1


def test_a_variant_has_the_parts_of_its_values_and_its_own_bill_first(serve, erp_at):
    data = furniture()
    for number, attribute in ((1, 5), (2, 5), (3, 6)):
        data.add("product.template.attribute.value", id=number, attribute_id=attribute)
    data.add("product.attribute", id=5)
    data.add("product.attribute", id=6)
    values = "product_template_attribute_value_ids"
    data.write("product.product", SET, **{values: [1, 3]})
    own = {"product_tmpl_id": SET + 100, "default_code": "BLACK-SET", values: [2, 3]}
    data.add("product.product", id=120, **own)
    for part, wanted in ((LAMP, [1, 2]), (PLANK, [2, 3])):
        line = {"product_id": part, "product_qty": 2.0, "product_uom_id": 1}
        name = "bom_product_template_attribute_value_ids"
        data.add("mrp.bom.line", bom_id=1, **line, **{name: wanted})
    erp = erp_at(serve(data))
    parts = amounts(erp.snapshot().components, "kit_sku", "component_sku")
    assert ("TABLE-SET", "WALL-LAMP") in parts and ("BLACK-SET", "WALL-LAMP") in parts
    assert ("TABLE-SET", "OAK-PLANK") not in parts and parts["BLACK-SET", "OAK-PLANK"] == 2

    bom = {"type": "phantom", "product_tmpl_id": SET + 100, "product_uom_id": 2}
    data.add("mrp.bom", id=9, sequence=1, product_id=120, product_qty=1.0, **bom)
    data.add("mrp.bom.line", bom_id=9, product_id=107, product_qty=12.0, product_uom_id=1)
    parts = amounts(erp.snapshot().components, "kit_sku", "component_sku")
    assert parts["BLACK-SET", "odoo:107"] == 1  # a part without a SKU cannot be promised
    assert ("BLACK-SET", "OAK-TABLE") not in parts and ("TABLE-SET", "OAK-TABLE") in parts


def test_two_products_with_one_sku_are_both_told(serve, erp_at):
    data = furniture()
    product(data, 121, "OAK-TABLE")
    quant(data, 121, NYC_STOCK, 3.0)
    snapshot = erp_at(serve(data)).snapshot({"OAK-TABLE"})
    assert (snapshot.products.sku == "OAK-TABLE").sum() == 2
    assert sorted(snapshot.stock[snapshot.stock.sku == "OAK-TABLE"].physical_micros / 1e6) == [
        3,
        12,
    ]


def test_a_shopify_order_that_is_there_twice_counts_once_and_is_told(serve, erp_at):
    data = furniture()
    sale(data, "draft", (LAMP, 2), client_order_ref=ORDER)  # a double of the confirmed one
    twice = "gid://shopify/Order/5005"
    for _ in range(2):
        _, (line,) = sale(data, "draft", (LAMP, 4), client_order_ref=twice)
        data.write("sale.order.line", line, x_shopify_line_id="64")
    erp = erp_at(serve(data))
    for snapshot in (erp.snapshot(), erp.snapshot({"WALL-LAMP"}, {ORDER, twice})):
        rows = snapshot.commitments[snapshot.commitments.sku == "WALL-LAMP"]
        assert amounts(rows, "external_order_id", "kind") == {(twice, "pending"): 4}
        acks = amounts(snapshot.acknowledged_orders, "external_order_id", "external_line_id")
        assert acks[twice, "gid://shopify/LineItem/64"] == 4
        assert acks[ORDER, "gid://shopify/LineItem/61"] == 7
    assert erp.check() == [
        f"Sales orders S00001, S00009 of Odoo all stand for {ORDER}: cancel all but S00001.",
        f"Sales orders S00010, S00011 of Odoo all stand for {twice}: cancel all but S00010.",
    ]


def test_a_new_location_is_known_at_once(serve, erp_at):
    data = furniture()
    erp = erp_at(serve(data))
    erp.snapshot()
    data.add("stock.location", id=99, complete_name="EWR/Stock/A", usage="internal",
             parent_path="20/21/99/")  # fmt: skip
    quant(data, LAMP, 99, 4.0)
    assert amounts(erp.snapshot({"WALL-LAMP"}).stock, "location", value="physical")["EWR"] == 4
