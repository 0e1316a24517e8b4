"""What the ``sql`` connector keeps in whatever database: broken views, floats, requests."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from inventory_sync.domain.errors import ContractBroken
from inventory_sync_tests.erp.contract import ErpSourceContract
from inventory_sync_tests.erp.event_contract import request
from inventory_sync_tests.erp.rows import commitment, dataset_rows, event, stock


class SqlSourceContract(ErpSourceContract):
    @pytest.fixture
    def execute(self) -> Callable[..., None]:
        """Runs statements in the database of the source."""
        raise NotImplementedError

    def test_a_float_counts_as_the_shortest_decimal_that_denotes_it(self, source_of, execute):
        source = source_of(dataset_rows(stock=[stock(physical="1")]))
        execute(
            "ALTER TABLE stock RENAME TO raw_stock",
            "CREATE VIEW stock AS SELECT sku, location, CAST(0.1 AS double precision) AS physical,"
            " CAST(2.5 AS double precision) AS unavailable, updated_at FROM raw_stock",
        )
        (row,) = source.extract({"RETRO-CLOCK"}, ()).stock
        assert (row.physical, row.unavailable) == (Decimal("0.1"), Decimal("2.5"))
        assert (type(row.physical), type(row.unavailable)) == (Decimal, Decimal)

    def test_a_view_that_breaks_between_two_extracts_is_named_and_read_once_it_is_repaired(
        self, source_of, execute
    ):
        source = source_of(dataset_rows(stock=[stock()]))
        assert len(source.extract({"RETRO-CLOCK"}, ()).stock) == 1

        execute("ALTER TABLE stock RENAME COLUMN physical TO on_hand")
        for _ in range(2):
            with pytest.raises(ContractBroken, match="physical"):
                source.extract({"RETRO-CLOCK"}, ())
        # From the second time on it is known what the view should have.
        with pytest.raises(ContractBroken, match=r"Dataset stock.* has no column physical"):
            source.extract({"RETRO-CLOCK"}, ())

        execute("ALTER TABLE stock RENAME COLUMN on_hand TO physical")
        assert len(source.extract({"RETRO-CLOCK"}, ()).stock) == 1

    def test_a_view_that_is_gone_is_named_and_read_once_it_is_back(self, source_of, execute):
        source = source_of(dataset_rows(commitments=[commitment()]))
        source.extract({"RETRO-CLOCK"}, ())
        execute("ALTER TABLE commitments RENAME TO gone")
        with pytest.raises(ContractBroken, match="commitments"):
            source.extract({"RETRO-CLOCK"}, ())
        with pytest.raises(ContractBroken, match="commitments"):
            source.skus_of_document("SO-1")

        execute("ALTER TABLE gone RENAME TO commitments")
        assert len(source.extract({"RETRO-CLOCK"}, ()).commitments) == 1
        assert source.skus_of_document("SO-1") == ["RETRO-CLOCK"]

    def test_an_erp_that_takes_no_requests_is_one_sentence_with_a_way_out(self, source_of, execute):
        source = source_of(dataset_rows())
        execute("DROP TABLE order_requests")
        with pytest.raises(ContractBroken, match=r"order_requests.*: .*\.$") as refused:
            source.request([request()])
        assert "\n" not in str(refused.value)

    def test_of_requests_that_are_refused_none_is_kept(self, source_of, execute, requested):
        source = source_of(dataset_rows())
        execute("CREATE UNIQUE INDEX one_quantity ON order_requests (quantity)")
        with pytest.raises(ContractBroken, match="order_requests"):
            source.request([request("R-1"), request("R-2")])
        assert requested() == {}

    def test_missing_events_are_named(self, source_of, execute):
        source = source_of(dataset_rows(events=[event(1)]))
        execute("DROP TABLE events")
        with pytest.raises(ContractBroken, match="events"):
            source.events(0)
        with pytest.raises(ContractBroken, match="events"):
            source.last_event_id()
