"""The views for Odoo's database against the connector: one set of records, the same numbers.

The database is a model of Odoo's (``odoo_database.py``), as the server is: neither is Odoo.
"""

from importlib.resources import files

import pandas as pd
import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.frames import DATASETS
from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.odoo import OdooFace
from inventory_sync.erp.odoo_client import odoo_client
from inventory_sync.erp.sql import SqlErp
from inventory_sync_tests.erp import odoo_database
from inventory_sync_tests.erp.conftest import LOGIN, OPTIONS
from inventory_sync_tests.erp.databases import execute
from inventory_sync_tests.erp.extract_contract import told
from inventory_sync_tests.erp.odoo_furniture import CLOCK, LAMP, SET, furniture, sale
from inventory_sync_tests.erp.odoo_server import OdooServer

VIEWS = (files("inventory_sync") / "erp" / "views" / "odoo.sql").read_text()


def install(url: str) -> None:
    """Run the file as ``psql`` would."""
    engine = create_engine(url)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.autocommit = True
        driver.execute(VIEWS)
    engine.dispose()


def rich(version: int):
    """The furniture with variants, doubles and an order of ours."""
    data = furniture(version)
    ours = {"client_order_ref": "gid://shopify/DraftOrder/1", "origin": "gid://shopify/L/1 R-1"}
    sale(data, "sent", (LAMP, 3), validity_date="2026-03-31", **ours)
    for state in ("cancel", "draft", "sale", "draft"):
        sale(data, state, (LAMP, 2), client_order_ref="gid://shopify/Order/5005")
    data.add("product.attribute", id=5)
    data.add("product.attribute", id=6)
    for number, attribute in ((1, 5), (2, 5), (3, 6)):
        data.add("product.template.attribute.value", id=number, attribute_id=attribute)
    own = {"product_template_attribute_value_ids": [2, 3], "default_code": "BLACK-SET"}
    data.add("product.product", id=120, product_tmpl_id=SET + 100, **own)
    for part, values in ((LAMP, [1, 2]), (CLOCK, [1, 3]), (107, [3])):
        line = {"product_id": part, "product_qty": 1.0, "product_uom_id": 2}
        name = "bom_product_template_attribute_value_ids"
        data.add("mrp.bom.line", bom_id=1, **line, **{name: values})
    return data


def set_up(url: str) -> None:
    execute(
        url,
        "INSERT INTO odoo_unavailable_locations VALUES ('NYC/Stock/Quarantine')",
        "INSERT INTO odoo_quotations VALUES ('sent', 'hold')",
        "UPDATE odoo_settings SET line_field = 'x_shopify_line_id'",
    )


def sorted_rows(frame: pd.DataFrame, dataset: str) -> list[tuple[object, ...]]:
    """Rows in the order of their texts; an API cuts its stamps to seconds."""
    plain = frame.copy()
    if "updated_at" in plain:
        plain["updated_at"] = plain["updated_at"].dt.floor("s")
    plain = plain.astype("object").where(plain.notna(), None)
    assert list(plain.columns) == [column.field for column in DATASETS[dataset].columns]
    return sorted(plain.itertuples(index=False, name=None), key=str)


@pytest.mark.parametrize("version", [17, 18, 19])
def test_the_views_tell_what_the_connector_tells(database, version):
    data = rich(version)
    odoo_database.build(database, data)
    install(database)
    install(database)  # again, as after an upgrade of Odoo
    set_up(database)
    server = OdooServer(data)
    client = odoo_client(server.origin, LOGIN, timeout_seconds=20, parallel_calls=2)
    live, views = ApiErp(OdooFace(client, OPTIONS)), SqlErp(database)
    try:
        assert views.check() == []
        told_live, told_here = live.snapshot(), views.snapshot()
        for name in told_live.faults:
            here = sorted_rows(getattr(told_here, name), name)
            assert here == sorted_rows(getattr(told_live, name), name), name
        skus, orders = {"WALL-LAMP"}, {"gid://shopify/Order/5005", "gid://shopify/Order/5001"}
        assert told(views.extract(skus, orders)) == told(live.extract(skus, orders))
        about = {event.sku for event in live.events(0)} - {None}
        assert {event.sku for event in views.events(0)} == about
    finally:
        live.close()
        views.close()
        server.close()


def test_without_manufacturing_there_are_no_kits(database):
    odoo_database.build(database, furniture(18, has_manufacturing=False))
    install(database)
    views = SqlErp(database)
    assert views.check() == []
    snapshot = views.snapshot()
    assert len(snapshot.components) == 0
    assert set(snapshot.supply.kind) == {"transfer"}
    views.close()
