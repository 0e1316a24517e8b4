"""Great Expectations, the frames of a full pass and the rows of an event pass judge alike."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.contracts import compiled, load_contracts
from inventory_sync.contracts.expectations import hold_against
from inventory_sync.contracts.frames import Given, lists_of, whole_dataset
from inventory_sync.domain.few.plain import plain_rows
from inventory_sync.domain.frames import DATASETS
from inventory_sync.domain.kits import related_skus
from inventory_sync.domain.quarantine import Judged, judge
from inventory_sync_tests.domain.samples import acknowledgement, part
from inventory_sync_tests.erp.fake import TAKEN_AT, FakeErp
from inventory_sync_tests.erp.rows import commitment, dataset_rows, location, product, stock, supply

CONTRACTS = {contract.name: contract for contract in load_contracts() if contract.is_of_erp}
RULES = compiled(CONTRACTS.values())
PRODUCTS = ("RETRO-CLOCK", "OAK-TABLE", "WALL-LAMP")
JUDGED = ("stock", "commitments", "supply", "acknowledged_orders", "components")

skus = st.sampled_from([*PRODUCTS, *PRODUCTS, "GHOST", None])
places = st.sampled_from(["NYC", "NYC", "EWR", "MOON", None])
numbers = st.sampled_from(
    ["5", "0", "2.5", "-1", "-0.000001", "NaN", "a dozen", None, "20000000", "0.0000001"]
)
kinds = st.sampled_from(["order", "hold", "transfer", "gift", None])
stock_rows = st.builds(
    lambda sku, physical, unavailable, place: stock(
        sku, physical, unavailable=unavailable, location=place
    ),
    skus, numbers, numbers, places,
)  # fmt: skip
commitment_rows = st.builds(
    lambda name, sku, quantity, kind, place: commitment(
        name, sku=sku, quantity=quantity, kind=kind, location=place
    ),
    st.sampled_from(["C-1", "C-2", "C-3", "C-4", "C-5", "C-6", None]),
    skus, numbers, kinds, places,
)  # fmt: skip
supply_rows = st.builds(
    lambda sku, quantity, place: {"sku": sku, "quantity": quantity, "location": place},
    skus, numbers, places,
)  # fmt: skip
part_rows = st.builds(part, st.sampled_from(["DESK-SET", "LIVING-SET", None]), skus, numbers)
acknowledgements = st.builds(acknowledgement, st.sampled_from(["L-1", "L-2", "L-3", None]), numbers)
companies = st.fixed_dictionaries(
    {
        "stock": st.lists(stock_rows, max_size=14),
        "commitments": st.lists(commitment_rows, max_size=14),
        "supply": st.lists(supply_rows, max_size=8).map(
            lambda rows: [supply(f"PO-{number}", **row) for number, row in enumerate(rows)]
        ),
        "acknowledged_orders": st.lists(acknowledgements, max_size=8),
        "components": st.lists(part_rows, max_size=6),
    }
)


def erp_of(rows) -> FakeErp:
    named = {
        "locations": [location("NYC"), location("EWR")],
        "products": [product(sku) for sku in (*PRODUCTS, "DESK-SET", "LIVING-SET")],
    }
    return FakeErp(dataset_rows(**named, **rows))


def wrong_rows(judged: Judged, name: str) -> set[int]:
    """Which rows Great Expectations does not believe."""
    lists = lists_of({"products": judged.snapshot.products, "locations": judged.snapshot.locations})
    rows = whole_dataset(DATASETS[name], getattr(judged.snapshot, name), judged.aside)
    given_rows = Given(rows, TAKEN_AT, TAKEN_AT, lists)
    return hold_against(CONTRACTS[name], given_rows).wrong_rows()


def skus_of(rows, wrong: dict[str, set[int]]) -> set[str]:
    """The SKUs of wrong rows that stand in the rows about them."""
    found = {
        rows[name][at][column]
        for name, columns in (
            ("stock", ["sku"]),
            ("commitments", ["sku"]),
            ("components", ["kit_sku", "component_sku"]),
        )
        for at in wrong[name]
        for column in columns
    }
    return found - {None}


@settings(max_examples=10, deadline=None)
@given(companies)
def test_the_same_rows_are_wrong_for_all_three(rows) -> None:
    erp = erp_of(rows)
    judged = judge(erp.snapshot(), RULES)
    aside = judged.aside
    wrong = {name: wrong_rows(judged, name) for name in JUDGED}
    assert wrong == {name: set(aside.loc[aside["dataset"] == name, "row"]) for name in JUDGED}

    asked = {*PRODUCTS, "DESK-SET", "LIVING-SET"}
    extract = erp.extract(asked, {"O-1"})
    pairs = [(str(row.kit_sku), str(row.component_sku)) for row in extract.components]
    bad = skus_of(rows, wrong)
    expected = set().union(*(group for group in related_skus(pairs, asked) if group & bad))
    assert plain_rows(extract, RULES).odd & asked == expected & asked


@pytest.mark.parametrize("name", JUDGED)
def test_a_good_row_is_wrong_for_nobody(name: str) -> None:
    rows = {
        "stock": [stock()],
        "commitments": [commitment()],
        "supply": [supply()],
        "acknowledged_orders": [acknowledgement("L-1", "2")],
        "components": [part("DESK-SET", "OAK-TABLE")],
    }
    judged = judge(erp_of(rows).snapshot(), RULES)
    assert wrong_rows(judged, name) == set()
    assert judged.aside.empty


def test_every_row_is_seen_again_from_quarantine_as_the_source_gave_it() -> None:
    rows = [stock(physical="a dozen"), stock("OAK-TABLE", "-2.5"), stock("WALL-LAMP", "7")]
    snapshot = erp_of({"stock": rows}).snapshot()
    judged = judge(snapshot, RULES)
    whole = whole_dataset(DATASETS["stock"], judged.snapshot.stock, judged.aside)
    assert whole["sku"].tolist() == [row["sku"] for row in rows]
    assert whole["physical"].isna().tolist() == [True, False, False]
    assert whole["physical"].tolist()[1:] == [-2_500_000, 7_000_000]
    assert whole["updated_at"].tolist() == snapshot.stock["updated_at"].tolist()
    assert isinstance(whole["updated_at"].iloc[0].to_pydatetime(), datetime)
    assert '"physical": "a dozen"' in judged.aside["content"].iloc[0]
