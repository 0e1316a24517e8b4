"""The connector ``odoo`` against an Odoo of recorded shapes, in the versions 17, 18 and 19."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from inventory_sync.domain.batches import INTERESTS
from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.erp import odoo_client as client_module
from inventory_sync.erp.odoo import OdooOptions
from inventory_sync.erp.odoo_client import OdooLogin
from inventory_sync.settings import Settings
from inventory_sync.wiring import Databases, erp_source
from inventory_sync_tests.erp.conftest import OPTIONS
from inventory_sync_tests.erp.event_contract import request
from inventory_sync_tests.erp.extract_contract import told, told_of_whole
from inventory_sync_tests.erp.odoo_furniture import (
    CLOCK,
    EWR_STOCK,
    LAMP,
    NYC_STOCK,
    ORDER,
    PLANK,
    SET,
    SHIPPED,
    TABLE,
    furniture,
    move,
    product,
    quant,
    sale,
)
from inventory_sync_tests.erp.odoo_server import DATABASE, KEY, USER

STORES = {
    "b2b-us": {
        "shop": "acme-b2b.myshopify.com",
        "access_token": "token",
        "webhook_secret": "secret",
        "locations": {"gid://shopify/Location/1001": ["NYC"]},
    }
}
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


def test_the_settings_lead_to_the_connector_and_to_one_company(serve, tmp_path):
    data = furniture()
    server = serve(data)
    erp = {
        "connector": "odoo", "url": f"{server.origin}/{DATABASE}", "user": USER, "api_key": KEY,
        "company": "Furniture Inc.", "drafts": "pending", "odoo": {"quotations": {"sent": "hold"}},
    }  # fmt: skip
    settings = Settings.model_validate({"erp": erp, "stores": STORES})
    with erp_source(settings, Databases(tmp_path, None)) as source:
        kinds = source.snapshot({"RETRO-CLOCK"}).commitments.kind
    assert {"pending", "hold"} <= set(kinds)
    assert server.companies == {(1,)}
    erp["company"] = "Furniture Ltd."
    settings = Settings.model_validate({"erp": erp, "stores": STORES})
    with (
        erp_source(settings, Databases(tmp_path, None)) as source,
        pytest.raises(ContractBroken, match=r"no company Furniture Ltd.*erp\.company"),
    ):
        source.snapshot({"RETRO-CLOCK"})


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("user", None, "user is needed"),
        ("write_back", True, r"write_back needs odoo\.partner_id"),
        ("odoo", {"quotations": {"sale": "hold"}}, "quotations"),
        ("odoo", {"time_zone": "Berlin"}, "is not a time zone"),
        ("schema", "public", "schema does not belong"),
    ],
)
def test_settings_that_make_no_sense_are_refused(key, value, sentence):
    erp = {"connector": "odoo", "url": "https://erp.example/db", "user": USER, "api_key": KEY}
    Settings.model_validate({"erp": erp, "stores": STORES})
    with pytest.raises(ValueError, match=sentence):
        Settings.model_validate({"erp": {**erp, key: value}, "stores": STORES})


# --- changes ---


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


# --- writing ---


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


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("canned", "sentence"),
    [
        ([(503, {"Retry-After": "0"}, "<html>busy</html>")] * 4, "answers 503"),
        ([(200, {"Content-Type": "text/html"}, "<html>maintenance</html>")], "no JSON"),
        ([(500, {"Content-Type": "text/html"}, "<h1>Internal Server Error</h1>")], "no JSON"),
        ([(200, {}, '{"jsonrpc": "2.0", "id": 1, "error": {"message": "Odoo Server Error", "data":'
          ' {"name": "psycopg2.OperationalError", "message": "database does not exist"}}}')],
         "database does not exist"),
        ([(303, {"Location": "/web/database/selector"}, "")], "answers 303"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", [18, 19])
def test_an_odoo_that_cannot_answer_is_unavailable(serve, erp_at, canned, sentence, version):
    server = serve(furniture(version))
    erp = erp_at(server)
    erp.extract({"RETRO-CLOCK"}, ())
    server.canned += canned
    with pytest.raises(ErpUnavailable, match=sentence) as raised:
        erp.extract({"RETRO-CLOCK"}, ())
    assert KEY not in str(raised.value)


def test_a_busy_odoo_is_asked_again_as_late_as_it_wants(serve, erp_at):
    server, pauses = serve(), []
    erp = erp_at(server, sleep=pauses.append)
    server.canned += [(429, {"Retry-After": "3"}, ""), (503, {}, "<html>")]
    assert len(erp.snapshot({"RETRO-CLOCK"}).stock) == 2 + 1
    assert pauses[0] == 3 and len(pauses) == 2


def test_a_slow_odoo_is_given_up(serve, erp_at):
    server = serve()
    server.delay_seconds = 0.3
    with pytest.raises(ErpUnavailable, match="in time"):
        erp_at(server, timeout_seconds=0.05).snapshot()


@pytest.mark.parametrize("version", [18, 19])
def test_a_wrong_key_is_told_without_the_key(serve, erp_at, version):
    login = OdooLogin(DATABASE, USER, "wrong-key-987")
    with pytest.raises(ErpUnavailable, match="key") as raised:
        erp_at(serve(furniture(version)), login=login).snapshot()
    assert "wrong-key-987" not in str(raised.value)


@pytest.mark.parametrize("version", [18, 19])
def test_a_missing_right_is_named(serve, erp_at, version):
    data = furniture(version)
    data.forbidden = {"stock.quant"}
    erp = erp_at(serve(data))
    with pytest.raises(ContractBroken, match=r"stock\.quant.*not allowed.*rights"):
        erp.snapshot()
    (problem,) = erp.check()
    assert "stock.quant" in problem


def test_an_old_odoo_is_told(serve, erp_at):
    assert erp_at(serve(furniture(16))).check() == [
        "Odoo 16 is too old: this connector reads 17 to 19."
    ]


def test_a_quarantine_that_is_not_there_is_told(serve, erp_at):
    options = OdooOptions(unavailable_locations=("NYC/Stock/Quarantain",))
    erp = erp_at(serve(), options)
    with pytest.raises(ContractBroken, match="no stock location NYC/Stock/Quarantain"):
        erp.snapshot()
    assert len(erp.check()) == 1


def test_two_warehouses_of_one_name_are_not_mixed_up(serve, erp_at):
    data = furniture()
    data.write("stock.warehouse", 2, code="NYC")
    with pytest.raises(ContractBroken, match=r"same short name.*erp\.company"):
        erp_at(serve(data)).snapshot()


def test_a_new_location_is_known_at_once(serve, erp_at):
    data = furniture()
    erp = erp_at(serve(data))
    erp.snapshot()
    data.add("stock.location", id=99, complete_name="EWR/Stock/A", usage="internal",
             parent_path="20/21/99/")  # fmt: skip
    quant(data, LAMP, 99, 4.0)
    assert amounts(erp.snapshot({"WALL-LAMP"}).stock, "location", value="physical")["EWR"] == 4
