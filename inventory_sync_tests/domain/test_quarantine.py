"""A row that is not believed is named, leaves a doubt about its SKU, and the rest goes on."""

import pytest

from inventory_sync.domain.findings import Certainty
from inventory_sync_tests.domain.samples import (
    acknowledgement,
    atp_of,
    certainties,
    doubts_of,
    findings_of,
    judged,
    part,
    reasons_of,
    units_of,
)
from inventory_sync_tests.erp.rows import commitment, location, product, stock, supply

AT_MOST, UNKNOWN, EXACT = Certainty.AT_MOST, Certainty.UNKNOWN, Certainty.EXACT
CLOCK, TABLE = "RETRO-CLOCK", "OAK-TABLE"
PRODUCTS = [product(CLOCK), product(TABLE)]


def test_a_healthy_erp_has_neither_findings_nor_doubts():
    result = judged(
        stock=[stock(CLOCK), stock(TABLE)],
        commitments=[commitment()],
        components=[part("DESK-SET", TABLE)],
        acknowledged_orders=[acknowledgement("L-1", "2")],
    )
    assert findings_of(result.findings) == []
    assert doubts_of(result) == set()


@pytest.mark.parametrize(
    ("row", "subject", "kind", "reason", "doubt"),
    [
        (
            stock(physical="NaN"),
            "RETRO-CLOCK @ NYC",
            "unreadable",
            "physical is not finite",
            (CLOCK, "NYC", UNKNOWN),
        ),
        (
            stock(unavailable=None),
            "RETRO-CLOCK @ NYC",
            "unreadable",
            "unavailable is missing",
            (CLOCK, "NYC", UNKNOWN),
        ),
        (
            stock(physical="-1"),
            "RETRO-CLOCK @ NYC",
            "negative",
            "physical is negative",
            (CLOCK, "NYC", UNKNOWN),
        ),
        (
            stock(unavailable="-1"),
            "RETRO-CLOCK @ NYC",
            "negative",
            "unavailable is negative",
            (CLOCK, "NYC", UNKNOWN),
        ),
        (
            stock(location=None),
            "RETRO-CLOCK @ (none)",
            "unknown-location",
            "location is missing or not in locations",
            (CLOCK, None, UNKNOWN),
        ),
        (
            stock(location="MOON"),
            "RETRO-CLOCK @ MOON",
            "unknown-location",
            "location is missing or not in locations",
            (CLOCK, None, UNKNOWN),
        ),
        (
            stock(None),
            "(none) @ NYC",
            "missing-key",
            "sku is missing",
            (CLOCK, "NYC", UNKNOWN),
        ),
    ],
)
def test_a_stock_row_that_cannot_be_believed_is_not_counted(row, subject, kind, reason, doubt):
    result = judged(products=PRODUCTS, stock=[row, stock(TABLE)])
    assert findings_of(result.findings) == [(f"stock {subject}", kind)]
    assert reasons_of(result) == {f"stock {subject}": reason}
    assert doubts_of(result) == {doubt}
    assert result.snapshot.stock["sku"].tolist() == [TABLE]


def test_no_row_of_a_duplicate_stock_key_is_believed():
    result = judged(stock=[stock(physical="5"), stock(physical="7"), stock(location="EWR")])
    assert findings_of(result.findings) == [("stock RETRO-CLOCK @ NYC", "duplicate-key")] * 2
    assert doubts_of(result) == {(CLOCK, "NYC", UNKNOWN)}
    assert result.snapshot.stock["location"].tolist() == ["EWR"]


def test_stock_rows_without_a_location_are_not_duplicates_of_each_other():
    result = judged(stock=[stock(location=None), stock(location=None)])
    assert {kind for _, kind in findings_of(result.findings)} == {"unknown-location"}


def test_stock_of_a_misspelt_sku_keeps_the_last_good_number_of_its_sibling():
    result = judged(products=PRODUCTS, stock=[stock("oak-table"), stock(CLOCK)])
    assert reasons_of(result) == {
        "stock oak-table @ NYC": "sku differs from OAK-TABLE only in case or blanks"
    }
    assert doubts_of(result) == {(TABLE, "NYC", UNKNOWN)}


def test_stock_without_a_sku_may_be_that_of_any_sku_without_a_row_at_its_location():
    result = judged(
        products=PRODUCTS, stock=[stock(None), stock(CLOCK), stock(TABLE, location="EWR")]
    )
    assert doubts_of(result) == {(TABLE, "NYC", UNKNOWN)}


def test_a_fraction_of_a_unit_is_remarked_and_counted():
    result = judged(stock=[stock(physical="2.5")])
    assert result.findings[["kind", "severity"]].values.tolist() == [["fraction", "warning"]]
    assert doubts_of(result) == set()
    assert result.snapshot.stock["physical_micros"].tolist() == [2_500_000]


def test_a_finding_shows_what_the_erp_said():
    result = judged(stock=[stock(physical="a dozen")])
    assert result.findings[["reason", "value"]].values.tolist() == [
        ["physical is not a number", "a dozen"]
    ]


@pytest.mark.parametrize(
    ("changes", "kind", "doubt"),
    [
        ({"quantity": "NaN"}, "unreadable", (CLOCK, "NYC", AT_MOST)),
        ({"quantity": "-2"}, "negative", (CLOCK, "NYC", AT_MOST)),
        ({"location": None}, "unknown-location", (CLOCK, None, AT_MOST)),
        ({"location": "MOON"}, "unknown-location", (CLOCK, None, AT_MOST)),
        ({"sku": None}, "missing-key", None),
    ],
)
def test_a_commitment_that_cannot_be_counted_leaves_a_doubt(changes, kind, doubt):
    result = judged(products=PRODUCTS, commitments=[commitment(**changes), commitment("C-2")])
    assert findings_of(result.findings) == [("commitments C-1", kind)]
    assert doubts_of(result) == ({doubt} if doubt else set())
    assert result.snapshot.commitments["commitment_id"].tolist() == ["C-2"]


def test_a_commitment_of_unknown_kind_counts_as_an_order_and_leaves_a_doubt():
    result = judged(commitments=[commitment(kind="wish"), commitment("C-2", kind=None)])
    assert findings_of(result.findings) == [
        ("commitments C-1", "unknown-kind"),
        ("commitments C-2", "unknown-kind"),
    ]
    assert doubts_of(result) == {(CLOCK, "NYC", AT_MOST)}
    assert result.snapshot.commitments["kind"].tolist() == ["order", "order"]


@pytest.mark.parametrize("commitment_id", ["C-1", None])
def test_commitments_that_share_an_id_are_all_counted_and_leave_a_doubt(commitment_id):
    result = judged(commitments=[commitment(commitment_id), commitment(commitment_id)])
    assert {kind for _, kind in findings_of(result.findings)} == {"duplicate-key"}
    assert doubts_of(result) == {(CLOCK, "NYC", AT_MOST)}
    assert len(result.snapshot.commitments) == 2


def test_an_unreadable_expiry_is_remarked_and_the_commitment_stays_open():
    result = judged(commitments=[commitment(expires_at="soon")])
    assert result.findings[["kind", "severity"]].values.tolist() == [["unreadable", "warning"]]
    assert result.snapshot.commitments["expires_at"].isna().all()
    assert doubts_of(result) == set()


@pytest.mark.parametrize(
    "spelled", ["oak-table", "OAK-TABLE ", "OAK\u200b-TABLE", "\uff2fAK-TABLE"]
)
def test_a_demand_on_a_misspelt_sku_makes_its_sibling_doubtful(spelled):
    result = judged(products=PRODUCTS, commitments=[commitment(sku=spelled)])
    assert reasons_of(result) == {
        "commitments C-1": "sku differs from OAK-TABLE only in case or blanks"
    }
    assert doubts_of(result) == {(TABLE, "NYC", AT_MOST)}


def test_a_demand_on_a_misspelt_sku_nowhere_makes_its_sibling_doubtful_everywhere():
    result = judged(products=PRODUCTS, commitments=[commitment(sku="oak-table", location=None)])
    assert (TABLE, None, AT_MOST) in doubts_of(result)


def test_an_unknown_sku_is_named_and_nothing_else_becomes_doubtful():
    result = judged(products=PRODUCTS, stock=[stock("UFO")], commitments=[commitment(sku="YETI")])
    assert findings_of(result.findings) == [
        ("stock UFO @ NYC", "unknown-sku"),
        ("commitments C-1", "unknown-sku"),
    ]
    assert doubts_of(result) == set()


def test_of_supply_with_one_id_none_counts_and_without_an_id_none_either():
    result = judged(
        products=PRODUCTS,
        supply=[supply("S-1"), supply("S-1", sku=TABLE), supply(None), supply(None), supply("S-2")],
    )
    assert result.findings["reason"].value_counts().to_dict() == {
        "supply_id is missing": 2,
        "supply_id stands more than once: none of its rows counts": 2,
    }
    assert result.snapshot.supply["supply_id"].tolist() == ["S-2"]


def test_a_product_without_a_flag_is_not_published():
    result = judged(products=[product(CLOCK, tracked=None), product(TABLE)])
    assert findings_of(result.findings) == [("products RETRO-CLOCK", "missing-value")]
    assert result.snapshot.products["tracked"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("dataset", "rows", "kind"),
    [
        ("products", [product(CLOCK), product(CLOCK)], "duplicate-key"),
        ("products", [product(CLOCK), product(None)], "missing-key"),
        ("locations", [location("NYC"), location("NYC")], "duplicate-key"),
        ("locations", [location("NYC"), location(None)], "missing-key"),
    ],
)
def test_of_products_and_locations_the_first_of_each_name_is_believed(dataset, rows, kind):
    result = judged(**{dataset: rows})
    assert [kind for _, kind in findings_of(result.findings)] == [kind]
    assert len(getattr(result.snapshot, dataset)) == 1


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (acknowledgement("L-1", "-1"), "negative"),
        (acknowledgement("L-1", "many"), "unreadable"),
        (acknowledgement(None, "1"), "missing-key"),
    ],
)
def test_an_acknowledgement_that_is_not_believed_leaves_its_line_in_flight(row, kind):
    result = judged(acknowledged_orders=[row])
    assert [kind for _, kind in findings_of(result.findings)] == [kind]
    assert result.snapshot.acknowledged_orders.empty


def test_of_two_acknowledgements_of_a_line_the_smaller_counts():
    result = judged(acknowledged_orders=[acknowledgement("L-1", "3"), acknowledgement("L-1", "2")])
    assert {kind for _, kind in findings_of(result.findings)} == {"duplicate-key"}
    assert result.snapshot.acknowledged_orders["quantity_micros"].tolist() == [2_000_000]


def test_a_doubtful_sku_has_a_row_even_where_no_row_is_believed():
    atp = atp_of(products=PRODUCTS, stock=[stock(physical="NaN"), stock(TABLE, location=None)])
    assert units_of(atp)[CLOCK, "NYC"] == 0
    assert certainties(atp)[CLOCK, "NYC"] == UNKNOWN
    assert {certainties(atp)[TABLE, place] for place in ("NYC", "EWR", "LAX")} == {UNKNOWN}


def test_the_worst_doubt_counts():
    atp = atp_of(
        stock=[stock(physical="NaN")],
        commitments=[commitment(quantity="-1"), commitment("C-2", sku=CLOCK, location=None)],
    )
    assert certainties(atp) == {
        (CLOCK, "NYC"): UNKNOWN,
        (CLOCK, "EWR"): AT_MOST,
        (CLOCK, "LAX"): AT_MOST,
    }


def test_a_doubt_everywhere_outweighs_a_smaller_one_there():
    atp = atp_of(stock=[stock(location=None)], commitments=[commitment(quantity="-1")])
    assert set(certainties(atp).values()) == {UNKNOWN}
