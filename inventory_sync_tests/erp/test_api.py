"""The connector over an API, on a face that is made of rows: it keeps the law of every source."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from inventory_sync.domain.batches import INTERESTS
from inventory_sync.domain.frames import DATASETS
from inventory_sync.erp import api_rows
from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.api_rows import Change
from inventory_sync_tests.erp.contract import ErpSnapshotContract
from inventory_sync_tests.erp.extract_contract import DATED, FURNITURE
from inventory_sync_tests.erp.rows import dataset_rows
from inventory_sync_tests.erp.rows_face import RowsFace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Api:
    face: RowsFace
    erp: ApiErp


class TestApiErp(ErpSnapshotContract):
    @pytest.fixture
    def faces(self):
        return []

    @pytest.fixture
    def source_of(self, faces):
        def make(rows):
            faces.append(RowsFace(rows))
            return ApiErp(faces[-1])

        return make

    @pytest.fixture
    def append(self, faces):
        def add(name, *rows):
            held = faces[-1].rows
            faces[-1].rows = {**held, name: [*held[name], *rows]}

        return add

    # No API tells promise dates, so the two tests about them say here that there are none.

    def test_an_optional_dataset_is_read_when_it_is_there(self, snapshot_of):
        assert snapshot_of(promise_dates=DATED["promise_dates"]).promise_dates.empty

    def test_days_are_told_only_when_they_are_asked_for(self, source_of):
        source = source_of(FURNITURE | DATED)
        assert source.extract({"RETRO-CLOCK"}, ()).dates is None
        dates = source.extract({"RETRO-CLOCK"}, (), dated=True).dates
        assert dates.zones == {"NYC": "America/New_York"}
        assert [row.supply_id for row in dates.supply] == ["S-1"]
        assert dates.promise_dates == []


@pytest.fixture
def api() -> Api:
    face = RowsFace(dataset_rows())
    return Api(face, ApiErp(face))


def change(number: int, kind: str = "order_changed", about: str = "order", **more) -> Change:
    given = {"sku": "RETRO-CLOCK", "document": f"sale.sale,{number}"} | more
    return Change(NOON + timedelta(minutes=number), f"stock.move,{number}", kind, about, **given)


def test_the_fields_of_records_are_the_columns_of_the_contract_in_their_order():
    named = {
        "locations": api_rows.LocationRecord,
        "products": api_rows.ProductRecord,
        "components": api_rows.ComponentRecord,
        "stock": api_rows.StockRecord,
        "commitments": api_rows.CommitmentRecord,
        "supply": api_rows.SupplyRecord,
        "acknowledged_orders": api_rows.AcknowledgedRecord,
    }
    for name, record in named.items():
        assert record._fields == tuple(column.name for column in DATASETS[name].columns)


@pytest.mark.parametrize("few", [False, True])
def test_acknowledgements_are_read_before_demand_and_demand_before_stock_before_supply(api, few):
    api.erp.snapshot({"RETRO-CLOCK"} if few else None)
    order = [n for n in api.face.asked if n not in ("locations", "products", "components")]
    twice = ["acknowledged_orders", "commitments", "acknowledged_orders"]
    assert order == [*twice, "stock", "supply"]
    api.face.asked.clear()
    api.erp.extract({"RETRO-CLOCK"}, ())
    order = [n for n in api.face.asked if n not in ("locations", "products", "components")]
    assert order == [*twice, "stock"]


@pytest.mark.parametrize(
    "changed", [{"quantity": "5"}, {"updated_at": "2026-03-02T12:00:01Z"}, None]
)
def test_an_acknowledgement_that_changes_while_demand_is_read_counts_as_none(monkeypatch, changed):
    """The order may have had no commitment in between."""
    row = {"external_order_id": "gid://shopify/Order/1", "external_line_id": "L-1"}
    row |= {"quantity": "3", "updated_at": "2026-03-02T12:00:00Z"}
    other = row | {"external_line_id": "L-2"}
    face = RowsFace(dataset_rows(acknowledged_orders=[row, other]))
    read = face.commitments

    def commitments(skus):
        face.rows = {
            **face.rows,
            "acknowledged_orders": [other, *([row | changed] if changed else [])],
        }
        return read(skus)

    monkeypatch.setattr(face, "commitments", commitments)
    found = ApiErp(face).extract({"RETRO-CLOCK"}, {"gid://shopify/Order/1"}).acknowledged
    assert [each.external_line_id for each in found] == ["L-2"]


def test_a_reading_is_as_old_as_its_first_call():
    face = RowsFace(dataset_rows())
    erp = ApiErp(face, clock=lambda: NOON + timedelta(seconds=len(face.asked)))
    assert erp.snapshot().taken_at == NOON
    face.asked.clear()
    assert erp.extract({"RETRO-CLOCK"}, ()).taken_at == NOON


def test_events_are_told_again_from_any_id_besides_those_that_were_heard(api):
    api.face.changed = [change(number) for number in (3, 1, 2)]
    events = api.erp.events(0)
    assert [event.document for event in events] == ["sale.sale,1", "sale.sale,2", "sale.sale,3"]
    ids = [event.event_id for event in events]
    assert [e.event_id for e in api.erp.events(ids[0])] == ids[1:]
    assert [e.event_id for e in api.erp.events(0, limit=2)] == ids[:2]
    assert [e.event_id for e in api.erp.events(ids[0], besides={ids[2]})] == [ids[1]]
    assert api.erp.events(ids[2]) == []


def test_a_change_that_commits_late_is_found_below_the_others(api):
    api.face.changed = [change(2)]
    (seen,) = api.erp.events(0)
    api.face.changed.append(change(1))
    assert [event.document for event in api.erp.events(0, besides={seen.event_id})] == [
        "sale.sale,1"
    ]


def test_the_last_event_is_above_all_and_stays_when_its_record_is_deleted(api):
    assert api.erp.last_event_id() == 0
    api.face.changed = [change(1), change(2)]
    last = api.erp.last_event_id()
    assert api.erp.events(last) == []
    api.face.changed.append(change(3))
    (event,) = api.erp.events(last)
    del api.face.changed[1:]
    api.erp.events(0)
    assert api.erp.last_event_id() == event.event_id > last


def test_a_batch_hears_of_its_events_and_of_its_rows(api):
    api.face.changed = [
        change(1, "stock_received", "stock", sku="SPOON"),
        change(2, "supply_changed", "production", sku="STOOL"),
        change(3, "stock_adjusted", "work", sku="OAK-PLANK"),
        change(4, "order_changed", "order", sku="ORDERED"),
        change(5, "transfer_received", "stock", sku=None),
        change(9, "stock_received", "stock", sku="LATER"),
    ]
    end = NOON + timedelta(minutes=9)
    supplied = api.erp.changed(INTERESTS["replenishment"], NOON, end)
    assert (supplied.skus, supplied.documents) == (
        {"SPOON", "STOOL", "OAK-PLANK"},
        {"sale.sale,5"},
    )
    assert api.erp.changed(INTERESTS["manufacturing"], NOON, end).skus == {"STOOL", "OAK-PLANK"}
    assert "LATER" in api.erp.changed(INTERESTS["replenishment"], NOON).skus


def test_an_api_announces_nothing_and_names_the_skus_of_a_document_once(api):
    with api.erp.on_event(lambda _: None) as is_announced:
        assert not is_announced
    assert api.erp.skus_of_document("sale.sale,1") == ["OAK-TABLE", "RETRO-CLOCK"]
