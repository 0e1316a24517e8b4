"""Which Shopify order line a sale line of Tryton stands for, and its quantity in stock units."""

from decimal import Decimal

import pytest

from inventory_sync.erp.tryton_lines import identity, in_stock_units

DRAFT, LINE = "gid://shopify/DraftOrder/7", "gid://shopify/DraftOrderLineItem/71"


@pytest.mark.parametrize(
    ("sale", "line", "expected"),
    [
        (
            {"web_id": "450789469", "shopify_identifier_char": "450789469"},
            {"shopify_identifier_char": "466157049"},
            ("gid://shopify/Order/450789469", "gid://shopify/LineItem/466157049"),
        ),
        (
            {"web_id": "450789469", "shopify_identifier_char": "450789469"},
            {"shopify_identifier_char": None},  # a line that a person added
            ("gid://shopify/Order/450789469", None),
        ),
        ({"web_id": f"{DRAFT} {LINE}"}, {}, (DRAFT, LINE)),
        ({"web_id": "450789469"}, {}, (None, None)),  # of a shop that is no Shopify to us
        ({"web_id": None}, {}, (None, None)),
        ({}, {}, (None, None)),  # without the module web_shop
    ],
)
def test_a_line_is_known_by_shopifys_numbers_or_by_the_web_id_that_we_wrote(sale, line, expected):
    assert identity({**line, "sale.": sale}) == expected


@pytest.mark.parametrize(
    ("sold", "unit", "stocked", "expected"),
    [(2, 12, 1, "24"), (3, 1, 12, "0.25"), (Decimal("0.30000000000000004"), 1, 1, "0.3")],
)
def test_dozens_are_units_and_a_float_is_what_it_meant(sold, unit, stocked, expected):
    line = {
        "quantity": sold,
        "unit.": {"factor": unit},
        "product.": {"default_uom.": {"factor": stocked}},
    }
    assert in_stock_units(line) == Decimal(expected)
