"""What every ERP keeps whose rows a test cannot write: subclass it and say how to reach one.

Put here what is true of any company's data. What an ERP's own documents mean is for its own tests.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from inventory_sync.domain.errors import NeedsDecision
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.domain.frames import SNAPSHOT_DATASETS
from inventory_sync.flow.ports import ErpSource
from inventory_sync_tests.erp.extract_contract import closure, told, told_of_whole


@dataclass(frozen=True)
class Act:
    """Something that people do in the ERP; ``sku`` is what it is about."""

    name: str
    do: Callable[[], object]
    sku: str


class LiveErpContract:
    few: ClassVar[Sequence[Collection[str]]]
    """SKUs to be asked for: one alone, a part of a kit, the kit, and one that does not exist."""

    @pytest.fixture
    def source(self) -> ErpSource:
        """An ERP that nobody changes meanwhile."""
        raise NotImplementedError

    @pytest.fixture
    def busy(self) -> tuple[ErpSource, Sequence[Act]]:
        """An ERP of one's own, and what happens in it, in this order."""
        raise NotImplementedError

    def test_every_row_of_every_dataset_can_be_read(self, source):
        snapshot = source.snapshot()
        assert list(snapshot.row_faults()) == []
        for dataset in SNAPSHOT_DATASETS:
            frame = getattr(snapshot, dataset.name)
            assert not frame.duplicated([*dataset.key]).any(), dataset.name
        places, skus = set(snapshot.locations.location), set(snapshot.products.sku)
        for rows in (snapshot.stock, snapshot.commitments, snapshot.supply):
            assert set(rows.location) <= places
            assert set(rows.sku) <= skus

    def test_an_extract_is_the_snapshot_of_all_that_shares_a_kit(self, source):
        whole = source.snapshot()
        orders = set(whole.acknowledged_orders.external_order_id)
        pairs = whole.components[["kit_sku", "component_sku"]].astype(str).to_dict("records")
        for skus in self.few:
            wanted = closure({"components": pairs}, skus)
            extract = source.extract(skus, orders, dated=True)
            assert extract.skus == wanted
            assert told(extract) == told_of_whole(whole, wanted, orders)
            assert told_of_whole(source.snapshot(skus, orders), wanted, orders) == told(extract)
            supply = whole.supply[whole.supply.sku.isin(wanted)]
            assert {row.supply_id for row in extract.dates.supply} == set(supply.supply_id)

    def test_a_reading_is_not_younger_than_its_call(self, source):
        before = datetime.now(UTC)
        assert source.extract(self.few[0], ()).taken_at >= before
        assert source.snapshot().taken_at <= datetime.now(UTC)

    def test_events_ascend_and_are_the_same_when_they_are_read_again(self, source):
        events = source.events(0)
        ids = [event.event_id for event in events]
        assert ids == sorted(set(ids))
        assert source.events(0) == events
        middle = ids[len(ids) // 2]
        assert [e.event_id for e in source.events(middle)] == [i for i in ids if i > middle]
        assert source.events(0, besides=ids) == []
        assert source.last_event_id() >= ids[-1]

    def test_whatever_happens_is_an_event_about_its_sku_and_changes_what_is_read(self, busy):
        source, acts = busy
        heard = {event.event_id for event in source.events(0)}
        last = max(heard, default=0)
        before = {act.sku: told(source.extract({act.sku}, ())) for act in acts}
        for act in acts:
            act.do()
            events = source.events(last)
            assert act.sku in {event.sku for event in events}, act.name
            assert heard.isdisjoint(event.event_id for event in events), act.name
            heard |= {event.event_id for event in events}
            last = max(heard)
            now = told(source.extract({act.sku}, ()))
            assert now != before[act.sku], act.name
            before[act.sku] = now


class WriteBackContract:
    """Reservations, for an ERP that takes them."""

    sku: ClassVar[str]
    location: ClassVar[str]

    @pytest.fixture
    def writable(self) -> ErpSource:
        """An ERP of one's own with nothing reserved for these requests."""
        raise NotImplementedError

    @pytest.fixture
    def written(self) -> Callable[[OrderRequest], Sequence[str]]:
        """The states of the ERP's objects that stand for the line of a request."""
        raise NotImplementedError

    def asked(self, name: str, action: str, units: int = 4) -> OrderRequest:
        return OrderRequest(
            request_id=f"{name}:{action}",
            action=action,
            external_order_id="gid://shopify/DraftOrder/77",
            external_line_id="gid://shopify/DraftOrderLineItem/771",
            sku=self.sku,
            location=self.location,
            quantity_units=units,
            expires_at=None,
            requested_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
        )

    def held(self, source: ErpSource) -> dict[str, int]:
        """What the line commits at the location, by kind."""
        rows = source.extract({self.sku}, ()).commitments
        mine = [row for row in rows if row.external_order_id == "gid://shopify/DraftOrder/77"]
        assert {(row.sku, row.location) for row in mine} <= {(self.sku, self.location)}
        return {str(row.kind): int(row.quantity) for row in mine}

    def acknowledged(self, source: ErpSource) -> list[tuple[object, int]]:
        rows = source.extract({self.sku}, {"gid://shopify/DraftOrder/77"}).acknowledged
        return [(row.external_line_id, int(row.quantity)) for row in rows]

    def test_a_reservation_is_held_once_confirmed_once_and_known_by_its_line(
        self, writable, written
    ):
        reserve, confirm = self.asked("R-1", "reserve"), self.asked("R-1", "confirm")
        line = "gid://shopify/DraftOrderLineItem/771"
        for _ in range(2):
            writable.request([reserve])
            assert self.held(writable) == {"hold": 4}
            assert self.acknowledged(writable) == [(line, 4)]
        for _ in range(2):
            writable.request([confirm])
            assert self.held(writable) == {"order": 4}
        assert len(written(reserve)) == 1
        assert self.acknowledged(writable) == [(line, 4)]

    def test_what_is_released_holds_nothing_and_may_be_reserved_again(self, writable, written):
        writable.request([self.asked("R-1", "reserve")])
        for _ in range(2):
            writable.request([self.asked("R-1", "release")])
            assert self.held(writable) == {}
            assert [units for _, units in self.acknowledged(writable)] in ([], [0])
        writable.request([self.asked("R-2", "reserve", 6)])
        assert self.held(writable) == {"hold": 6}
        # One that was asked for before, and whose answer was lost, changes nothing any more.
        writable.request([self.asked("R-2", "reserve", 6)])
        assert self.held(writable) == {"hold": 6}

    def test_what_was_never_reserved_is_confirmed_all_the_same_and_released_without_a_word(
        self, writable
    ):
        writable.request([self.asked("R-9", "release")])
        assert self.held(writable) == {}
        writable.request([self.asked("R-9", "confirm", 3)])
        assert self.held(writable) == {"order": 3}


class ImportContract:
    """Orders of shops that we bring in, for an ERP that takes them."""

    sku: ClassVar[str]
    location: ClassVar[str]
    follows: ClassVar[bool] = True
    """Whether a confirmed order can still be changed by us; else people decide."""

    order: ClassVar[str] = "gid://shopify/Order/88"
    line: ClassVar[str] = "gid://shopify/LineItem/881"

    @pytest.fixture
    def writable(self) -> ErpSource:
        """An ERP of one's own that does not know the order."""
        raise NotImplementedError

    def asked(self, version: int, units: int, **changes: str) -> OrderRequest:
        names = {"external_order_id": self.order, "external_line_id": self.line, **changes}
        return OrderRequest(
            request_id=f"import:{names['external_order_id']}:{names['external_line_id']}:{version}",
            action="import",
            sku=self.sku,
            location=self.location,
            quantity_units=units,
            expires_at=None,
            requested_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
            **names,
        )

    def known(self, source: ErpSource) -> tuple[list[tuple[str, int]], list[int]]:
        """What the order commits, by kind, and what of its line is acknowledged."""
        extract = source.extract({self.sku}, {self.order})
        mine = [row for row in extract.commitments if row.external_order_id == self.order]
        assert {row.location for row in mine} <= {self.location}
        assert {row.external_line_id for row in extract.acknowledged} <= {self.line}
        held = [(str(row.kind), int(row.quantity)) for row in mine]
        return held, [int(row.quantity) for row in extract.acknowledged]

    def test_an_order_is_there_once_confirmed_and_known_by_its_line(self, writable):
        for _ in range(2):
            writable.request([self.asked(1, 3)])
            assert self.known(writable) == ([("order", 3)], [3])
        writable.request([self.asked(2, 3)])
        assert self.known(writable) == ([("order", 3)], [3])

    def test_nothing_is_made_of_a_line_that_was_cancelled_before(self, writable):
        writable.request([self.asked(1, 0)])
        assert self.known(writable) in (([], []), ([], [0]))

    def test_two_lines_of_an_order_are_both_there(self, writable):
        other = f"{self.line}2"
        writable.request([self.asked(1, 3), self.asked(1, 2, external_line_id=other)])
        extract = writable.extract({self.sku}, {self.order})
        units = {row.external_line_id: int(row.quantity) for row in extract.acknowledged}
        assert units == {self.line: 3, other: 2}

    def test_what_the_shop_changes_follows_or_people_are_asked(self, writable):
        writable.request([self.asked(1, 3)])
        for version, units in ((2, 5), (3, 1), (4, 0)):
            if self.follows:
                writable.request([self.asked(version, units)])
                expected = ([("order", units)], [units]) if units else ([], [0])
            else:
                with pytest.raises(NeedsDecision):
                    writable.request([self.asked(version, units)])
                expected = [("order", 3)], [3]
            assert self.known(writable) == expected


class ApiImportContract(ImportContract):
    """For a connector that makes and changes the orders itself."""

    def test_an_order_that_is_gone_is_not_made_anew(self, writable):
        with pytest.raises(NeedsDecision, match="gone"):
            writable.request([replace(self.asked(2, 3), is_change=True)])
        assert self.known(writable) == ([], [])
