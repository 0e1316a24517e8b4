"""The views for Tryton's database against the connector, on one real Tryton on PostgreSQL."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.frames import SNAPSHOT_DATASETS
from inventory_sync.erp.sql import SqlErp
from inventory_sync.erp.tryton import TrytonRules
from inventory_sync_tests.erp.databases import execute
from inventory_sync_tests.erp.extract_contract import told
from inventory_sync_tests.erp.live_contract import LiveErpContract
from inventory_sync_tests.erp.tryton_office import Office, acts
from inventory_sync_tests.erp.tryton_postgres import PostgresTryton, install, running
from inventory_sync_tests.erp.tryton_server import CannotBuild

pytestmark = pytest.mark.xdist_group("tryton")


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, postgres_server_uri: str
) -> Iterator[PostgresTryton]:
    try:
        with running(tmp_path_factory.mktemp("tryton"), postgres_server_uri, copies=2) as server:
            yield server
    except CannotBuild as reason:
        pytest.skip(f"There is no real Tryton on PostgreSQL here: {reason}")


class Both:
    """One database, read by the connector and through the views."""

    def __init__(self, server: PostgresTryton, url: str) -> None:
        self._server = server
        self._url = url
        self.database = server.database(url)
        self.views = SqlErp(self.database)
        self.follow(TrytonRules())

    def follow(self, rules: TrytonRules) -> None:
        """Let both have these rules."""
        self.office = Office(self._server, self._url, rules)
        self.live = self.office.erp
        names = ", ".join(f"('{name}')" for name in rules.unavailable)
        execute(
            self.database,
            f"UPDATE tryton_settings SET stock_of = '{rules.stock_of}', drafts = '{rules.drafts}'",
            "DELETE FROM tryton_unavailable_locations",
            *([f"INSERT INTO tryton_unavailable_locations VALUES {names}"] if names else []),
        )

    def in_tryton(self, *statements: str) -> None:
        execute(self.database, "SET search_path = public", *statements)

    def demand_the_same(self) -> None:
        live, views = self.live.snapshot(), self.views.snapshot()
        for dataset in SNAPSHOT_DATASETS:
            name = dataset.name
            assert rows_of(getattr(views, name)) == rows_of(getattr(live, name)), name

    def close(self) -> None:
        self.live.close()
        self.views.close()


def rows_of(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Rows by their texts; of stock an API tells when it was read, views its last move."""
    plain = frame.drop(columns="updated_at") if "physical_micros" in frame else frame
    plain = plain.astype("object").where(plain.notna(), None)
    return sorted(plain.itertuples(index=False, name=None), key=str)


@pytest.fixture(scope="module")
def both(server: PostgresTryton) -> Iterator[Both]:
    """The seeded company, only to be read."""
    both = Both(server, server.erp)
    yield both
    both.close()


@pytest.fixture(scope="module")
def wild(server: PostgresTryton) -> Iterator[Both]:
    """A company in which everything happens at once."""
    both = Both(server, server.own())
    make_wild(both)
    yield both
    both.close()


def make_wild(both: Both) -> None:
    """Documents of every kind in every state, also such as Tryton itself would hardly make."""
    today = datetime.now(UTC).date()
    period = {"company": both.office.state["company"], "date": _as_day(today - timedelta(days=5))}
    both.office.rest.click("stock.period", both.office.rest.create("stock.period", period), "close")
    order, line = "gid://shopify/Order/5005", "gid://shopify/LineItem/7"
    both.in_tryton(
        "UPDATE company_company SET timezone = 'Asia/Kolkata'",
        "UPDATE sale_sale SET quotation_validity = interval '9 days' WHERE state = 'quotation'",
        f"UPDATE sale_sale SET web_shop = 1, web_id = '{order} {line}' WHERE id = 2",
        "UPDATE sale_sale SET web_shop = 1, web_id = '77' WHERE id = 3",
        "UPDATE sale_sale SET web_shop = 1, web_id = '5006',"
        " shopify_identifier_signed = 5006 - 9223372036854775808 WHERE id IN (4)",
        "UPDATE sale_line SET shopify_identifier_signed = 8 - 9223372036854775808 WHERE sale = 4",
        f"UPDATE sale_sale SET web_shop = 1, web_id = '{order} gone' WHERE state = 'cancelled'",
        f"UPDATE sale_sale SET web_shop = 1, web_id = '{order} draft' WHERE state = 'draft'",
        "UPDATE sale_line SET unit = (SELECT id FROM product_uom WHERE factor = 1000 LIMIT 1)"
        " WHERE sale IN (2, 4)",
        "UPDATE sale_sale SET shipment_method = 'invoice' WHERE id = 9",
        "UPDATE sale_line SET quantity = 999 WHERE sale = 9",
        "UPDATE stock_move SET origin = NULL WHERE origin IN"
        " ('sale.line,10', 'sale.line.component,1')",
        "UPDATE product_template SET consumable = true WHERE id = 3",
        "UPDATE product_template SET default_uom = (SELECT id FROM product_uom"
        " WHERE digits = 2 AND factor = 1 LIMIT 1) WHERE id = 5",
        "UPDATE product_product SET active = false WHERE id = 4",
        "UPDATE product_product SET code = NULL WHERE id = 17",
        "INSERT INTO product_product (template, active, code) VALUES (21, true, 'KIT-02')",
        "INSERT INTO product_component (parent_product, parent_template, product, quantity, unit)"
        " SELECT p.id, p.template, 5, 1.5, u.id FROM product_product p, product_uom u"
        " WHERE p.code = 'KIT-02' AND u.factor = 1000 LIMIT 1",
        *(_move(random.Random(number), today) for number in range(400)),
        # Of a shipment that is done, what lies in the output zone is for nobody.
        "UPDATE stock_move SET shipment = 'stock.shipment.out,5', product = 9, state = 'done',"
        " from_location = 3, to_location = 2, internal_quantity = 3, effective_date = current_date"
        " WHERE id = (SELECT max(id) FROM stock_move)",
        "UPDATE stock_move SET shipment = 'stock.shipment.out,5', product = 9, state = 'draft',"
        " from_location = 2, to_location = 7, internal_quantity = 4"
        " WHERE id = (SELECT max(id) - 1 FROM stock_move)",
    )


def _move(rng: random.Random, today: date) -> str:
    start, end = rng.sample([*range(1, 5), *range(6, 13), 14, 15, 16, 18, 19], 2)
    state = rng.choice(["draft", "assigned", "done", "cancelled", "staging"])
    on = today + timedelta(days=rng.randint(-9, 9))
    shipments = [f"stock.shipment.out,{number}" for number in range(1, 9)]
    shipment = rng.choice([*shipments, "stock.shipment.in,1", "stock.shipment.internal,1", None])
    lines = [f"sale.line,{number}" for number in range(1, 13)]
    origins = ["sale.line.component,2", "purchase.line,3", "purchase.line,7", "stock.move,3", None]
    product = rng.randint(1, 20)
    values = {
        "company": 1,
        "product": product,
        "state": state,
        "quantity": 1,
        "internal_quantity": rng.choice([0, 1, 7, 12]) + (0.25 if product == 5 else 0),
        "unit": 1,
        "from_location": start,
        "to_location": end,
        "planned_date": rng.choice([on, None]),
        "effective_date": min(on, today) if state == "done" else None,
        "shipment": shipment,
        "origin": rng.choice([*lines, *origins]),
        rng.choice(["production_input", "production_output"]): rng.choice([None, None, 1, 3, 5]),
        "create_date": datetime.now(UTC) - timedelta(seconds=rng.randint(1, 9999)),
        "write_date": rng.choice([datetime.now(UTC), None]),
    }
    told_of = ["NULL" if value is None else f"'{value}'" for value in values.values()]
    return f"INSERT INTO stock_move ({', '.join(values)}) VALUES ({', '.join(told_of)})"


def _as_day(day: date) -> dict[str, object]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


RULES = [
    TrytonRules(),
    TrytonRules(drafts="pending", unavailable=("BIN", "EAST-STORAGE", "WEST")),
    TrytonRules(stock_of="warehouse", unavailable=("QUAR", "Input Zone", "WEST")),
]


@pytest.mark.parametrize("rules", RULES)
def test_the_views_tell_what_the_connector_tells(wild, rules):
    wild.follow(rules)
    assert wild.views.check() == []
    wild.demand_the_same()
    skus, orders = {"SKU-01", "KIT-02"}, {"gid://shopify/Order/5005", "gid://shopify/Order/5006"}
    extract = wild.views.extract(skus, orders, dated=True)
    assert told(extract) == told(wild.live.extract(skus, orders))
    assert {row.external_order_id for row in extract.acknowledged} == orders
    assert {row.kind for row in wild.views.snapshot().commitments.itertuples()} >= {
        "hold", "order", "transfer", "work", *(["pending"] if rules.drafts == "pending" else [])
    }  # fmt: skip


def test_the_views_tell_the_changes_that_the_connector_tells(wild):
    execute(wild.database, "UPDATE tryton_settings SET event_days = 4000")
    live, views = wild.live.events(0), wild.views.events(0)
    assert {replace(event, event_id=0) for event in views} == {
        replace(event, event_id=0) for event in live
    }
    assert {event.event_id >> 12 for event in views} == {event.event_id >> 12 for event in live}


class TestTrytonsViewsKeepTheContract(LiveErpContract):
    few = ({"SKU-06"}, {"SKU-02"}, {"KIT-01", "SKU-08"}, {"NO-SUCH-SKU"})

    @pytest.fixture
    def source(self, both):
        return both.views

    @pytest.fixture
    def busy(self, server):
        own = Both(server, server.own())

        def compared(do):
            do()
            own.demand_the_same()

        yield (
            own.views,
            [replace(act, do=lambda do=act.do: compared(do)) for act in acts(own.office)],
        )
        own.close()


def test_a_setting_that_does_not_fit_is_told_and_no_figures_are(both):
    for wrong, right, about in (
        ("UPDATE tryton_settings SET company = 'Nobody'",
         "UPDATE tryton_settings SET company = NULL", "company"),
        ("INSERT INTO tryton_unavailable_locations VALUES ('NOWHERE')",
         "DELETE FROM tryton_unavailable_locations", "NOWHERE"),
    ):  # fmt: skip
        execute(both.database, wrong)
        with pytest.raises(ContractBroken, match=about):
            both.views.snapshot()
        execute(both.database, right)


def test_modules_that_are_not_activated_leave_no_rows(database):
    engine = create_engine(database)
    with engine.begin() as connection:
        for table in BARE:
            connection.exec_driver_sql(f"CREATE TABLE {table}")
        connection.exec_driver_sql("INSERT INTO party_party VALUES (1, 'Furniture')")
        connection.exec_driver_sql("INSERT INTO company_company VALUES (1, 1, NULL)")
    engine.dispose()
    install(database)
    install(database)  # again, as after a module was activated
    views = SqlErp(database)
    assert views.check() == []
    assert len(views.snapshot().components) == 0
    assert views.events(0) == []
    views.close()


BARE = (
    "party_party (id int, name varchar)",
    "company_company (id int, party int, timezone varchar)",
    "stock_location (id int, name varchar, code varchar, type varchar, active bool,"
    ' "left" int, "right" int, storage_location int, input_location int, output_location int)',
    "stock_move (id int, company int, product int, state varchar, internal_quantity float,"
    " planned_date date, effective_date date, from_location int, to_location int, origin varchar,"
    " shipment varchar, write_date timestamp, create_date timestamp)",
    "product_product (id int, code varchar, template int, create_date timestamp)",
    "product_template (id int, name varchar, type varchar, consumable bool, default_uom int)",
    "sale_sale (id int, company int, state varchar, shipment_method varchar, warehouse int,"
    " shipping_date date, quotation_date date, quotation_validity interval,"
    " write_date timestamp, create_date timestamp)",
    "sale_line (id int, sale int, type varchar, product int, quantity float, unit int,"
    " write_date timestamp, create_date timestamp)",
)
