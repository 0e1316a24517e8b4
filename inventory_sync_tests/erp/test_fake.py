"""The fake keeps the same law as the real connectors."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.extract import ErpEvent
from inventory_sync_tests.erp.contract import ErpSourceContract
from inventory_sync_tests.erp.extract_contract import assert_equals_the_whole
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import (
    Row,
    Rows,
    acknowledged,
    commitment,
    component,
    dataset_rows,
    location,
    product,
    stock,
)

SKUS = st.sampled_from(["A", "B", "C", "D", "E"])
ORDERS = st.sampled_from(["gid-1", "gid-2"])
QUANTITIES = st.decimals(-9, 9, places=6).map(str)


@st.composite
def companies(draw: st.DrawFn) -> Rows:
    """Rows of five SKUs in any tangle of kits, all of them readable."""
    return dataset_rows(
        locations=[location(), location("PLANT-1")],
        products=[product(sku) for sku in draw(st.sets(SKUS))],
        components=[
            component(kit, part, draw(QUANTITIES))
            for kit, part in draw(st.lists(st.tuples(SKUS, SKUS), max_size=5))
        ],
        stock=[stock(sku, draw(QUANTITIES)) for sku in draw(st.lists(SKUS, max_size=5))],
        commitments=[
            commitment(f"C-{number}", sku=sku, quantity=draw(QUANTITIES))
            for number, sku in enumerate(draw(st.lists(SKUS, max_size=5)))
        ],
        acknowledged_orders=[acknowledged(order) for order in draw(st.lists(ORDERS, max_size=3))],
    )


class ErpUnderTest(FakeErp):
    """A fake whose rows can grow while it is in use."""

    def __init__(self, rows: Rows) -> None:
        super().__init__({name: list(held) for name, held in rows.items()})
        self.append("events")

    def append(self, name: str, *rows: Row) -> None:
        held = [*self.rows[name], *rows]
        self.rows = {**self.rows, name: held}
        self.happened = [
            ErpEvent(
                int(row["event_id"] or 0),
                datetime.fromisoformat(row["occurred_at"] or ""),
                row["kind"] or "",
                row["sku"],
                row["location"],
                row["document"],
            )
            for row in self.rows["events"]
        ]


class TestFakeErp(ErpSourceContract):
    @pytest.fixture
    def made(self) -> list[ErpUnderTest]:
        """The one source of the test, once it is made."""
        return []

    @pytest.fixture
    def source_of(self, made):
        def make(rows):
            made.append(ErpUnderTest(rows))
            return made[-1]

        return make

    @pytest.fixture
    def append(self, made):
        return lambda name, *rows: made[-1].append(name, *rows)  # noqa: PLW0108 - made later

    @pytest.fixture
    def requested(self, made):
        return lambda: {
            name: (asked.action, asked.quantity_units) for name, asked in made[-1].requested.items()
        }


@settings(max_examples=40, deadline=None)
@given(rows=companies(), skus=st.sets(SKUS, max_size=2), order_ids=st.sets(ORDERS))
def test_an_extract_of_any_company_is_its_snapshot_restricted(rows, skus, order_ids):
    assert_equals_the_whole(FakeErp(rows), rows, skus, order_ids)
