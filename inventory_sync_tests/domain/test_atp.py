"""ATP = physical - unavailable - open commitments, exactly, for every SKU and location."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings

from inventory_sync.domain.atp import ATP_COLUMNS, TERM_COLUMNS, available_to_promise
from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.position import KINDS, CommitmentRows, StockRows, net_position
from inventory_sync.domain.quarantine import judge
from inventory_sync_tests import oracles
from inventory_sync_tests.domain.samples import NOW, atp_of, certainties, units_of
from inventory_sync_tests.domain.worlds import PLACES, SKUS, erps
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, product, stock

CLOCK = ("RETRO-CLOCK", "NYC")


@settings(max_examples=80, deadline=None)
@given(erps())
def test_atp_is_what_a_naive_calculation_says(rows):
    atp = available_to_promise(judge(FakeErp(rows).snapshot()), NOW)
    found = units_of(atp)
    assert len(found) == len(atp.rows)
    for sku in SKUS:
        for place in PLACES:
            assert found.get((sku, place), 0) == oracles.atp(rows, sku, place, NOW), (sku, place)
    assert set(certainties(atp).values()) <= {Certainty.EXACT}


@settings(max_examples=50, deadline=None)
@given(erps())
def test_the_terms_of_every_row_that_is_no_kit_add_up_to_its_atp(rows):
    atp = available_to_promise(judge(FakeErp(rows).snapshot()), NOW).rows
    assert list(atp) == list(ATP_COLUMNS)
    plain = atp[~atp["is_kit"].astype(bool)]
    physical, *deducted = (plain[column] for column in TERM_COLUMNS)
    assert (physical - sum(deducted)).tolist() == plain["atp_micros"].tolist()
    assert (atp[list(TERM_COLUMNS)] >= 0).all(axis=None)


def test_every_kind_of_commitment_reduces_atp_and_stays_visible():
    rows = [
        commitment(f"C-{kind}", kind=kind, quantity=str(10**power))
        for power, kind in enumerate(KINDS)
    ]
    atp = atp_of(stock=[stock(physical="1000000", unavailable="7")], commitments=rows)
    assert units_of(atp) == {CLOCK: 1_000_000 - 7 - 111_111}
    assert atp.rows[[f"{kind}_micros" for kind in KINDS]].values.tolist() == [
        [10**6, 10**7, 10**8, 10**9, 10**10, 10**11]
    ]


@pytest.mark.parametrize(
    ("later", "expected"),
    [(timedelta(microseconds=-1), 3), (timedelta(0), 5), (timedelta(days=400), 5)],
)
def test_a_commitment_is_open_until_the_instant_it_expires(later, expected):
    row = commitment(expires_at=NOW.isoformat())
    assert units_of(atp_of(NOW + later, stock=[stock()], commitments=[row])) == {CLOCK: expected}


def test_a_commitment_without_expiry_stays_open():
    row = commitment(expires_at=None)
    later = NOW + timedelta(days=10_000)
    assert units_of(atp_of(later, stock=[stock()], commitments=[row])) == {CLOCK: 3}


def test_a_negative_atp_stays_visible():
    atp = atp_of(stock=[stock(physical="1")], commitments=[commitment(quantity="4.5")])
    assert units_of(atp) == {CLOCK: Decimal("-3.5")}


def test_demand_without_stock_has_a_row():
    assert units_of(atp_of(commitments=[commitment()])) == {CLOCK: -2}


def test_an_erp_without_stock_and_demand_has_no_rows():
    atp = atp_of(products=[product()])
    assert atp.rows.empty
    assert list(atp.rows) == list(ATP_COLUMNS)
    assert atp.tracked_skus == {"RETRO-CLOCK"}


def test_tracked_and_untracked_products_are_told_apart():
    atp = atp_of(products=[product("OAK-TABLE"), product("ENGRAVING", tracked="0")])
    assert (atp.tracked_skus, atp.untracked_skus) == ({"OAK-TABLE"}, {"ENGRAVING"})


def test_quantities_that_no_float_can_hold_are_summed_exactly():
    rows = [stock(physical="999999999999.999999"), stock(physical="0.000001", location="EWR")]
    atp = atp_of(stock=rows, commitments=[commitment(quantity="0.000001")])
    assert units_of(atp) == {
        CLOCK: Decimal("999999999999.999998"),
        ("RETRO-CLOCK", "EWR"): Decimal("0.000001"),
    }


def test_many_rows_of_one_key_are_all_added():
    """More rows than are added at a time, so that no seam between blocks is lost."""
    count, keys = 200_001, 7
    key = (np.arange(count) % keys).astype(np.int32)
    kind = (np.arange(count) % len(KINDS)).astype(np.int8)
    ones = np.ones(count, np.int64)
    position = net_position(
        keys, StockRows(key, 5 * ones, ones), CommitmentRows(key, kind, 2 * ones)
    )
    rows_of_key = [len(range(at, count, keys)) for at in range(keys)]
    assert position.physical.tolist() == [5 * rows for rows in rows_of_key]
    assert position.unavailable.tolist() == rows_of_key
    assert position.committed.sum(axis=0).tolist() == [2 * rows for rows in rows_of_key]
    assert position.atp().tolist() == [2 * rows for rows in rows_of_key]


def test_a_sum_that_could_leave_64_bits_is_refused_with_the_cause():
    row = np.zeros(5, np.int32)
    huge = np.full(5, 10**18)
    nothing = CommitmentRows(row[:0], np.zeros(0, np.int8), huge[:0])
    with pytest.raises(ContractBroken, match="find the row with the absurd quantity"):
        net_position(1, StockRows(row, huge, np.zeros(5, np.int64)), nothing)
