"""What every ERP source keeps about events and requests: a part of ``ErpSourceContract``."""

from datetime import UTC, datetime, timedelta

from inventory_sync.domain.batches import INTERESTS
from inventory_sync.domain.extract import ErpEvent, OrderRequest
from inventory_sync_tests.erp.rows import commitment, dataset_rows, event, stock, supply

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def request(name: str = "R-1", action: str = "reserve", quantity: int = 40) -> OrderRequest:
    return OrderRequest(
        request_id=name,
        action=action,
        external_order_id="gid://shopify/DraftOrder/1",
        external_line_id="gid://shopify/DraftOrderLineItem/11",
        sku="OAK-TABLE",
        location="PLANT-1",
        quantity_units=quantity,
        expires_at=NOON if action == "reserve" else None,
        requested_at=NOON,
    )


class ErpEventContract:
    def test_events_after_an_id_come_lowest_first_up_to_the_limit(self, source_of):
        source = source_of(dataset_rows(events=[event(number) for number in (4, 2, 9, 7)]))
        assert [found.event_id for found in source.events(0)] == [2, 4, 7, 9]
        assert [found.event_id for found in source.events(4)] == [7, 9]
        assert [found.event_id for found in source.events(0, limit=3)] == [2, 4, 7]
        assert source.events(9) == []

    def test_an_event_that_commits_late_is_found_under_its_lower_id(self, source_of, append):
        source = source_of(dataset_rows(events=[event(9)]))
        assert [found.event_id for found in source.events(2)] == [9]
        append("events", event(3))
        assert [found.event_id for found in source.events(2)] == [3, 9]

    def test_events_that_were_heard_are_left_out(self, source_of):
        source = source_of(dataset_rows(events=[event(number) for number in (3, 5, 7, 9)]))
        assert [found.event_id for found in source.events(3, besides={5, 9})] == [7]
        assert [found.event_id for found in source.events(0, besides={5})] == [3, 7, 9]
        assert source.events(3, besides={5, 7, 9}) == []
        assert [found.event_id for found in source.events(0, limit=2, besides={5, 7})] == [3, 9]

    def test_whatever_supply_comes_for_is_told(self, source_of):
        rows = [
            supply("PO-1", sku="SPOON", kind="gift"),
            supply("PO-2", sku="STOOL", due_date=None, updated_at=None),
            supply("PO-3", sku="STOOL"),
            supply("PO-4", sku=None),
        ]
        assert source_of(dataset_rows(supply=rows)).supplied_skus() == {"SPOON", "STOOL"}

    def test_an_event_says_where_to_look_and_no_more(self, source_of):
        bare = event(2, None, kind="stock_counted", location=None, document=None)
        source = source_of(dataset_rows(events=[event(1), bare]))
        assert source.events(0) == [
            ErpEvent(1, NOON, "order_placed", "RETRO-CLOCK", "NYC", "SO-1"),
            ErpEvent(2, NOON, "stock_counted", None, None, None),
        ]

    def test_what_changed_is_found_by_rows_and_by_events_of_its_kinds(self, source_of):
        long_ago, later = "2026-01-01 00:00:00+00", "2026-06-01 00:00:00+00"
        rows = dataset_rows(
            stock=[stock("OAK-TABLE"), stock("OLD", updated_at=long_ago), stock(None)],
            supply=[
                supply("PO-1", sku="RETRO-CLOCK"),
                supply("MO-1", sku="OAK-BENCH", kind="production"),
                supply("PO-2", sku="NEWER", updated_at=later),
            ],
            commitments=[
                commitment("W-1", sku="OAK-PLANK", kind="work"),
                commitment("C-1", sku="WALL-LAMP", kind="order"),
            ],
            events=[
                event(1, "SPOON", kind="stock_received"),
                event(2, None, kind="transfer_received", document="TR-1"),
                event(3, "STOOL", kind="production_completed"),
                event(4, "OLDER", kind="stock_received", occurred_at=long_ago),
                event(5, "ORDERED", kind="order_created"),
            ],
        )
        source, end = source_of(rows), NOON + timedelta(hours=1)
        supplied = source.changed(INTERESTS["replenishment"], NOON, end)
        assert supplied.skus == {"OAK-TABLE", "RETRO-CLOCK", "SPOON"}
        assert supplied.documents == {"TR-1"}
        made = source.changed(INTERESTS["manufacturing"], NOON)
        assert made.skus == {"OAK-BENCH", "OAK-PLANK", "STOOL"}
        assert "NEWER" in source.changed(INTERESTS["replenishment"], NOON).skus

    def test_the_last_event_is_the_highest_id(self, source_of, append):
        source = source_of(dataset_rows())
        assert source.last_event_id() == 0
        append("events", event(9), event(3))
        assert source.last_event_id() == 9

    def test_the_skus_of_a_document_are_those_of_its_open_commitments(self, source_of):
        rows = [
            commitment("C-1"),
            commitment("C-2", sku="OAK-TABLE"),
            commitment("C-3", sku="OAK-TABLE"),
            commitment("C-4", sku=None),
            commitment("C-5", sku="WALL-LAMP", order_id="SO-2"),
        ]
        source = source_of(dataset_rows(commitments=rows))
        assert source.skus_of_document("SO-1") == ["OAK-TABLE", "RETRO-CLOCK"]
        assert source.skus_of_document("SO-2") == ["WALL-LAMP"]
        assert source.skus_of_document("SO-3") == []

    def test_a_source_without_announcements_says_so_and_never_rings(self, source_of, append):
        rung: list[str] = []
        source = source_of(dataset_rows())
        with source.on_event(rung.append) as is_announced:
            assert not is_announced
            append("events", event(1))
        assert rung == []

    def test_what_is_asked_twice_happens_once(self, source_of, requested):
        source = source_of(dataset_rows())
        source.request([request("R-1"), request("R-2", "confirm")])
        source.request([request("R-1", quantity=9), request("R-3", "release")])
        source.request([request("R-3", "release", 7), request("R-4"), request("R-4")])
        assert requested() == {
            "R-1": ("reserve", 40),
            "R-2": ("confirm", 40),
            "R-3": ("release", 40),
            "R-4": ("reserve", 40),
        }

    def test_nothing_to_ask_is_fine(self, source_of, requested):
        source_of(dataset_rows()).request([])
        assert requested() == {}

    def test_what_was_asked_does_not_show_in_what_is_read(self, source_of):
        source = source_of(dataset_rows())
        source.request([request()])
        assert source.last_event_id() == 0
        assert len(source.extract({"OAK-TABLE"}, ()).commitments) == 0
