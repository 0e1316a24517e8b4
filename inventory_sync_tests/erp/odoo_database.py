"""A model of Odoo's PostgreSQL schema: its tables and columns, filled from records in memory.

The columns are those that Odoo's ORM makes of the fields (names in ``jsonb``, quantities as
``numeric`` or ``double precision``); everything else that the real tables have is left out.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, create_engine

from inventory_sync_tests.erp.odoo_models import COMPUTED, INHERITED
from inventory_sync_tests.erp.odoo_server import OdooData

_TYPES: Final = {
    "char": "varchar",
    "float": "numeric",
    "integer": "integer",
    "boolean": "boolean",
    "datetime": "timestamp",
    "date": "date",
}
_TRANSLATED: Final = {("product.template", "name"), ("crm.team", "name")}
_DOUBLES: Final = {("stock.quant", "quantity"), ("stock.quant", "reserved_quantity")}
_RELATIONS: Final = {
    ("product.product", "product_template_attribute_value_ids"): (
        "product_variant_combination",
        "product_product_id",
    ),
    ("mrp.bom.line", "bom_product_template_attribute_value_ids"): (
        "mrp_bom_line_product_template_attribute_value_rel",
        "mrp_bom_line_id",
    ),
}
_VALUE: Final = "product_template_attribute_value_id"


def build(url: str, data: OdooData) -> None:
    """Create and fill the tables of all models."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for model in data.models:
            columns = dict(_columns(data, model))
            declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.exec_driver_sql(f"CREATE TABLE {_table(model)} ({declared})")
            for record in data.tables[model].values():
                _insert(connection, _table(model), _cells(model, record, columns))
        for (model, field), (table, owner) in _RELATIONS.items():
            if model in data.models:
                connection.exec_driver_sql(f"CREATE TABLE {table} ({owner} int, {_VALUE} int)")
                for record in data.tables[model].values():
                    for value in record[field] or ():
                        _insert(connection, table, {owner: record["id"], _VALUE: value})
    engine.dispose()


def _table(model: str) -> str:
    return model.replace(".", "_")


def _columns(data: OdooData, model: str) -> Iterator[tuple[str, str]]:
    parent = INHERITED.get(model)
    inherited = set(data.models[parent[1]]) - {"id", "write_date", "active"} if parent else set()
    for name, kind in data.models[model].items():
        is_stored = name not in ("display_name", "parent_product_tmpl_id")
        if name in inherited or name in COMPUTED.get(model, ()) or not is_stored:
            continue
        if (model, name) in _TRANSLATED:
            yield name, "jsonb"
        elif (model, name) in _DOUBLES:
            yield name, "double precision"
        elif isinstance(kind, str):
            yield name, _TYPES[kind]
        elif kind[0] == "many2one":
            yield name, "integer"


def _cells(model: str, record: dict[str, Any], columns: dict[str, str]) -> dict[str, Any]:
    cells = {name: record.get(name) for name in columns}
    for name in cells:
        if (model, name) in _TRANSLATED:
            cells[name] = json.dumps({"en_US": record[name]})
    return cells


def _insert(connection: Connection, table: str, cells: dict[str, Any]) -> None:
    names, marks = ", ".join(cells), ", ".join(["%s"] * len(cells))
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", (*cells.values(),)
    )
