"""The import of orders: one order of the ERP for each line, whatever gets lost on the way."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory_sync.domain import imports as rules
from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, NeedsDecision
from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ErpExtract,
    OrderRequest,
    ProductRow,
    StockRow,
)
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.imports import (
    HELD_WAIT,
    LANDS_WITHIN,
    LEAVES_WITHIN,
    LOOK_EVERY,
    MOST_TRIES,
    OrderImport,
)
from inventory_sync.domain.orders import OrderLine, not_yet_known
from inventory_sync.flow.imports import IMPORTS_SCOPE, Imported, import_orders, try_again
from inventory_sync.flow.parts import ImportPolicy, Parts, StorePolicy
from inventory_sync.simulation.memory import MemoryLedger

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
GRACE = timedelta(minutes=15)
PLACES = ("NYC", "EWR")
SHOP_PLACE = "gid://shopify/Location/1001"
ORDER, LINE = "gid://shopify/Order/7", "gid://shopify/LineItem/71"
ON_HAND = 20
STAY = timedelta(seconds=20)
HALF_WAY = {"cancelled half-way": {"units": 0}, "drafted half-way": {"is_draft": True}}


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Document:
    """An order of the ERP. ``is_fixed``: people have taken it further than we may change it;
    ``is_draft``: it is neither acknowledged nor committed.
    """

    order: tuple[str, str]
    units: int
    location: str
    is_fixed: bool = False
    is_draft: bool = False


@dataclass
class Office:
    """An ERP without any guard of its own: each call decides by what is there when it comes in, and
    may land later. ``fate`` is what becomes of the next calls: ``answered`` is the rule.
    """

    now: Callable[[], datetime]
    documents: list[Document] = field(default_factory=list)
    skus: tuple[str, ...] = ("OAK-TABLE",)
    fate: list[str | Exception] = field(default_factory=list)
    under_way: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    asked: list[OrderRequest] = field(default_factory=list)
    is_away: bool = False

    def land(self) -> None:
        """Calls whose time has come are carried out, whoever still waits for them."""
        due = [act for at, act in self.under_way if at <= self.now()]
        self.under_way = [(at, act) for at, act in self.under_way if at > self.now()]
        for act in due:
            act()

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        if self.is_away:
            raise ErpUnavailable("The ERP is away.")
        self.land()
        return ErpExtract(
            taken_at=self.now(),
            skus=frozenset(skus),
            locations=frozenset({"NYC", "EWR"}),
            products=[ProductRow(sku, True) for sku in self.skus],
            components=[],
            stock=[StockRow(sku, place, ON_HAND // 2, 0) for sku in self.skus for place in PLACES],
            commitments=self.commitments(),
            acknowledged=[
                AcknowledgedRow(*each.order, each.units)
                for each in self.documents
                if each.order[0] in order_ids and not each.is_draft
            ],
        )

    def commitments(self) -> list[CommitmentRow]:
        return [
            CommitmentRow(f"C-{at}", f"SO-{at}", "OAK-TABLE", each.location, each.units, "order",
                          None, each.order[0])
            for at, each in enumerate(self.documents) if each.units and not each.is_draft
        ]  # fmt: skip

    def request(self, requests: Sequence[OrderRequest]) -> None:
        for request in requests:
            self.asked.append(request)
            fate = self.fate.pop(0) if self.fate else "answered"
            if isinstance(fate, Exception):
                raise fate
            if fate == "died before":
                raise Crash
            if fate == "forgotten":
                continue
            act = self._half_way(fate) or self._act(request)
            if fate == "never came":
                raise ErpUnavailable("No answer.")
            if fate == "late":
                self.under_way.append((self.now() + LANDS_WITHIN * 0.9, act))
                raise ErpUnavailable("No answer.")
            act()
            if fate == "died after":
                raise Crash
            if fate in ("answer lost", *HALF_WAY):
                raise ErpUnavailable("No answer.")

    def _half_way(self, fate: object) -> Callable[[], None] | None:
        """The first steps of a change alone."""
        steps = HALF_WAY.get(str(fate))
        return steps and (lambda: vars(self.documents[0]).update(steps))

    def _act(self, request: OrderRequest) -> Callable[[], None]:
        """Decide now, do it whenever it lands: two such calls at once make two orders."""
        order = request.external_order_id, request.external_line_id
        units = request.quantity_units
        for each in self.documents:
            if each.order == order:
                if each.is_fixed and each.units != units:
                    raise NeedsDecision("Its goods are on their way.")
                return lambda: vars(each).update(units=units, is_draft=False)
        if request.is_change and units:
            raise NeedsDecision("It is gone.")
        new = Document(order, units, request.location)
        return lambda: self.documents.append(new) if units else None


@dataclass
class Play:
    """A shop, an ERP, and a clock. A process that has died is followed by another."""

    now: datetime = NOON
    ledger: Any = field(default_factory=MemoryLedger)
    erp: Any = None
    places: tuple[str, ...] = PLACES
    policy: ImportPolicy | None = field(default_factory=lambda: ImportPolicy(NOON, GRACE))
    ids: Iterator[int] = field(default_factory=count)
    is_live: bool = True

    def __post_init__(self) -> None:
        self.office = Office(lambda: self.now)

    def sell(self, units: int = 3, **changes: object) -> None:
        """What the shop has of the line now."""
        line = OrderLine(
            order_id=ORDER,
            order_name="#1007",
            line_id=LINE,
            sku="OAK-TABLE",
            inventory_item_id="gid://shopify/InventoryItem/1",
            store_location_id=SHOP_PLACE,
            current_units=units,
            taken_units=units,
            updated_at=self.now,
            to_ship_units=units,
            created_at=NOON,
        )
        line = replace(line, **changes)
        self.ledger.record_order_lines("b2b", [line], read_at=self.now)

    def later(self, step: timedelta) -> None:
        self.now += step
        self.office.land()

    def visit(self) -> Imported | None:
        return import_orders(self.parts(), stay=STAY)

    def visit_or_die(self) -> None:
        try:
            self.visit()
        except Crash:
            self.ledger._is_importing = False  # its lock ends with its connection

    def until_quiet(self) -> None:
        """Long enough for all calls to land and all tries to be made."""
        self.office.fate.clear()
        for _ in range(8):
            self.later(LANDS_WITHIN)
            self.visit_or_die()

    def retry(self, orders: Sequence[str]) -> list[OrderImport]:
        return try_again(self.ledger, orders, now=self.now)

    def units(self) -> list[int]:
        """What the ERP's orders are for."""
        return [each.units for each in self.office.documents]

    def states(self) -> list[tuple[str, str | None]]:
        return [(each.state, each.reason) for each in self.ledger.imports()]

    def parts(self) -> Parts:
        place = {SHOP_PLACE: list(self.places)}
        return Parts(
            erp=self.erp or self.office,
            ledger=self.ledger,
            storefronts={},
            policies={"b2b": StorePolicy(place, OfferRules(0, None, 0, 1.0), self.is_live)},
            limits=GuardLimits(),
            now=lambda: self.now,
            sleep=lambda seconds: None,
            new_id=lambda: f"id-{next(self.ids)}",
            code_version="test",
            imports=self.policy,
        )


@pytest.fixture
def play() -> Play:
    return Play()


def imported(play: Play, units: int = 3, **what: object) -> Play:
    play.sell(units, **what)
    play.later(GRACE)
    play.visit()
    play.later(timedelta(minutes=1))
    play.visit()
    return play


class TestOrdinaryLife:
    def test_an_order_becomes_one_order_of_the_erp_after_the_grace_time(self, play):
        play.sell()
        play.later(GRACE - timedelta(seconds=1))
        assert play.visit() == Imported(0, [])
        play.later(timedelta(seconds=1))
        assert play.visit() == Imported(1, [])
        (request,) = play.office.asked
        assert (request.action, request.quantity_units, request.location) == ("import", 3, "NYC")
        assert request.external_line_id == LINE
        for _ in range(3):
            play.later(timedelta(hours=1))
            assert play.visit() == Imported(0, [])
        assert play.units() == [3]
        assert play.states() == [("done", None)]

    def test_without_the_setting_or_in_a_dry_run_nothing_is_asked(self, play):
        play.sell()
        play.later(GRACE)
        play.is_live = False
        assert play.visit() == Imported(0, [])
        play.is_live, play.policy = True, None
        assert play.visit() is None
        assert play.office.asked == []

    @pytest.mark.parametrize(
        "what",
        [
            {"to_ship_units": 0},
            {"to_ship_units": None},
            {"created_at": None},
            {"is_on_hold": True},
            {"units": 0},
            {"order_id": "gid://shopify/DraftOrder/9"},
            {"order_id": "inventory-sync:R-1"},
        ],
    )
    def test_what_is_shipped_held_back_cancelled_or_reserved_is_no_order_to_import(
        self, play, what
    ):
        play.sell(**what)
        play.later(GRACE)
        assert play.visit() == Imported(0, [])
        assert play.office.asked == []

    def test_what_was_sold_before_the_time_that_is_set_is_never_touched(self, play):
        """However late it is read: somebody may have changed an old order today."""
        play.policy = ImportPolicy(NOON + timedelta(seconds=1), GRACE)
        play.later(timedelta(days=300))
        play.sell()
        play.later(timedelta(days=1))
        assert play.visit() == Imported(0, [])
        assert play.office.asked == []

    def test_what_another_importer_has_brought_is_left_to_it(self, play):
        play.sell()
        play.office.documents.append(Document((ORDER, LINE), 3, "EWR"))
        play.later(GRACE)
        play.visit()
        play.sell(2)
        play.until_quiet()
        assert (play.office.asked, play.units(), play.states()) == ([], [3], [])

    def test_the_location_with_most_to_promise_takes_the_order(self, play):
        play.office.documents.append(Document(("gid://shopify/Order/1", "L"), 2, "NYC"))
        imported(play)
        assert play.office.asked[0].location == "EWR"

    @pytest.mark.parametrize("units", [1, 5, 0])
    def test_what_the_shop_changes_follows(self, play, units):
        imported(play).sell(units)
        play.until_quiet()
        assert play.units() == [units]
        assert play.states() == ([("done", None)] if units else [])

    def test_what_is_shipped_is_left_alone_whatever_is_sent_back_later(self, play):
        imported(play).sell(3, to_ship_units=0)
        play.visit()
        play.sell(1, to_ship_units=0)
        play.until_quiet()
        assert (len(play.office.asked), play.units()) == (1, [3])

    def test_a_call_without_an_answer_is_settled_by_reading_and_finished_by_one_more(self, play):
        """It may have died between the creation of the order and its confirmation."""
        play.sell()
        play.later(GRACE)
        play.office.fate = ["answer lost"]
        play.visit()
        for _ in range(9):
            play.later(timedelta(minutes=1))
            play.visit()
        assert len(play.office.asked) == 1
        play.until_quiet()
        assert [each.request_id for each in play.office.asked] == [
            play.office.asked[0].request_id
        ] * 2
        assert (play.units(), play.states()) == ([3], [("done", None)])


@pytest.mark.parametrize("fate", HALF_WAY)
class TestAChangeThatDiedHalfWay:
    @pytest.fixture
    def play(self, play, fate):
        imported(play).sell(5)
        play.office.fate = [fate]
        play.visit()
        return play

    @pytest.mark.parametrize("units", [5, 2, 0])
    def test_it_is_finished_by_the_next_try_as_the_shop_has_it_then(self, play, units):
        assert play.states() == [("asked", "No answer.")]
        play.sell(units)
        play.later(LANDS_WITHIN)
        assert play.visit().parked == []
        play.until_quiet()
        assert (play.units(), play.states()) == ([units], [("done", None)] if units else [])
        assert not play.office.documents[0].is_draft

    def test_it_may_die_again_and_be_refused_meanwhile(self, play, fate):
        play.office.fate = [fate, ContractBroken("Not now.")]
        for _ in range(2):
            play.later(LANDS_WITHIN)
            play.visit()
        assert [state for state, _ in play.states()] == ["waiting"]
        play.until_quiet()
        assert (play.units(), play.states()) == ([5], [("done", None)])

    def test_what_people_make_of_it_then_is_theirs(self, play):
        play.office.documents[0].is_fixed = True
        play.later(LANDS_WITHIN)
        assert [each.reason for each in play.visit().parked] == ["Its goods are on their way."]

    def test_what_people_delete_then_is_not_made_anew(self, play):
        play.office.documents.clear()
        play.later(LANDS_WITHIN)
        assert [each.reason for each in play.visit().parked] == ["It is gone."]
        play.until_quiet()
        assert play.units() == []


class TestWhatIsParked:
    @pytest.mark.parametrize(
        ("what", "why"),
        [
            ({"sku": "NO-SUCH-SKU"}, "the ERP keeps no stock of NO-SUCH-SKU"),
            ({"sku": None}, "the ERP keeps no stock of an item without SKU"),
            ({"to_ship_units": 1}, "a part of it was shipped before the ERP knew of it"),
            ({"store_location_id": None}, "it ships from no locations of the shop"),
            ({"store_location_id": "gid://shopify/Location/9"},
             "no ERP location is mapped to gid://shopify/Location/9"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_imported_is_parked_with_its_reason_and_heals(self, play, what, why):
        play.sell(**what)
        play.later(GRACE)
        assert [each.reason for each in play.visit().parked] == [why]
        assert play.office.asked == []
        (finding,) = play.ledger.open_findings(IMPORTS_SCOPE).itertuples()
        assert (finding.subject, finding.reason) == (f"#1007 {LINE}", why)
        play.sell()
        play.later(LOOK_EVERY)
        play.visit()
        assert play.units() == [3]
        assert play.ledger.open_findings(IMPORTS_SCOPE).empty

    def test_a_line_that_ships_from_two_locations_is_parked(self, play):
        play.sell()
        (line,) = play.ledger.orders["b2b", ORDER].lines
        other = replace(line, store_location_id="gid://shopify/Location/1002")
        play.ledger.record_order_lines("b2b", [line, other], read_at=play.now)
        play.later(GRACE)
        assert [each.reason for each in play.visit().parked] == [
            "it ships from 2 locations of the shop"
        ]

    def test_a_refusal_is_tried_again_ever_later_and_parked_in_the_end(self, play):
        play.office.fate = [ContractBroken("Credit is short.")] * MOST_TRIES
        play.sell()
        play.later(GRACE)
        asked_at = []
        for minute in range(60):
            before = len(play.office.asked)
            play.visit()
            asked_at += [minute] * (len(play.office.asked) - before)
            play.later(timedelta(minutes=1))
        assert asked_at == [0, 1, 3, 7, 15]
        assert {each.request_id for each in play.office.asked} == {f"import:{ORDER}:{LINE}:1"}
        assert play.states() == [("parked", "Credit is short.")]
        assert [each.order_id for each in play.retry(["#1007"])] == [ORDER]
        play.visit()
        assert play.units() == [3]

    def test_what_the_erp_says_yes_to_and_never_has_is_parked_in_the_end_and_may_still_come(
        self, play
    ):
        play.office.fate = ["forgotten"] * 9
        play.sell()
        play.later(GRACE)
        for _ in range(60):
            play.visit()
            play.later(timedelta(minutes=1))
        assert play.states() == [("parked", "5 tries: the ERP has not taken it")]
        assert len({each.request_id for each in play.office.asked}) == 1
        play.office.documents.append(Document((ORDER, LINE), 3, "NYC"))
        play.later(LOOK_EVERY)
        play.visit()
        play.until_quiet()
        assert play.states() == [("done", None)]

    def test_an_order_that_people_have_taken_further_is_parked_at_once(self, play):
        imported(play).office.documents[0].is_fixed = True
        play.sell(1)
        play.visit()
        assert play.states() == [("parked", "Its goods are on their way.")]
        assert play.units() == [3]
        play.sell(3)  # taken back in the shop: both sides agree again
        play.until_quiet()
        assert play.states() == [("done", None)]

    def test_what_people_change_in_the_erp_is_not_overwritten(self, play):
        imported(play).office.documents[0].units = 5
        play.sell(2)
        play.visit()
        why = "the ERP has 5 of it, the shop 2: somebody has changed it in the ERP"
        assert play.states() == [("parked", why)]
        play.retry([])
        play.until_quiet()
        assert play.units() == [2]

    def test_what_people_delete_in_the_erp_is_not_made_again(self, play):
        imported(play).office.documents.clear()
        play.sell(2)
        play.visit()
        assert play.states() == [("parked", "the ERP does not have its order any more")]
        assert len(play.office.asked) == 1

    def test_what_people_settle_in_the_erp_is_no_longer_parked(self, play):
        play.office.fate = [NeedsDecision("No such customer.")]
        play.sell()
        play.later(GRACE)
        play.visit()
        play.office.documents.append(Document((ORDER, LINE), 3, "NYC"))
        play.until_quiet()
        assert (play.states(), len(play.office.asked)) == ([("done", None)], 2)
        assert play.units() == [3]

    def test_what_stands_in_the_erp_unconfirmed_is_parked_until_the_erp_takes_it(self, play):
        """A quotation is acknowledged too, and nobody ships it."""
        why = NeedsDecision("Orders S1 and S2 both stand for one line.")
        play.office.fate = [why]
        play.sell()
        play.later(GRACE)
        play.visit()
        play.office.documents.append(Document((ORDER, LINE), 3, "NYC"))
        for _ in range(3):
            play.office.fate = [why]
            play.later(LOOK_EVERY)
            assert [each.reason for each in play.visit().parked] == [str(why)]
        assert {each.request_id for each in play.office.asked} == {f"import:{ORDER}:{LINE}:1"}
        play.until_quiet()
        assert play.states() == [("done", None)]

    def test_duplicates_are_reported_and_nobody_mends_them(self, play):
        imported(play).office.documents.append(Document((ORDER, LINE), 3, "EWR"))
        play.sell(2)
        play.visit()
        why = "the ERP has 2 orders for it: cancel all but one there"
        assert play.states() == [("parked", why)]
        assert play.units() == [3, 3]

    def test_only_what_is_parked_can_be_tried_again(self, play):
        with pytest.raises(Exception, match="No import of #1 is parked"):
            play.retry(["#1"])


class TestWhatIsShippedWithoutTheErp:
    @pytest.mark.parametrize(
        ("fate", "step"),
        [
            (ContractBroken("Not now."), timedelta(minutes=2)),
            (NeedsDecision("No such customer."), LOOK_EVERY),
            ("never came", LANDS_WITHIN),
            ("forgotten", timedelta(minutes=2)),
        ],
    )
    def test_what_was_not_taken_and_has_left_the_shop_is_never_made(self, play, fate, step):
        play.sell()
        play.later(GRACE)
        play.office.fate = [fate]
        play.visit()
        play.sell(3, to_ship_units=0)
        play.later(step)
        play.visit()
        assert (play.units(), play.states()) == ([], [])

    def test_a_person_who_tries_again_makes_nothing_of_what_has_left_since(self, play):
        play.sell()
        play.later(GRACE)
        play.office.fate = [NeedsDecision("No such customer.")]
        play.visit()
        play.sell(3, to_ship_units=0)
        play.retry([])
        play.visit()
        assert (play.units(), play.states()) == ([], [])

    def test_what_has_left_in_part_waits_for_a_person_and_is_not_made_whole(self, play):
        play.sell()
        play.later(GRACE)
        play.office.fate = [ContractBroken("Not now.")]
        play.visit()
        play.sell(3, to_ship_units=1)
        play.later(timedelta(minutes=2))
        for _ in range(2):
            assert [each.reason for each in play.visit().parked] == [
                "a part of it was shipped before the ERP knew of it"
            ]
            play.retry([])
        assert play.units() == []

    def test_an_erp_that_forgets_shipped_orders_is_not_asked_for_them_again(self, play):
        imported(play).office.documents.clear()
        play.sell(3, to_ship_units=0)
        play.visit()
        assert (play.units(), play.states()) == ([], [])


class TestWhatTheShopHoldsBack:
    @pytest.mark.parametrize(
        ("fate", "step"),
        [
            (ContractBroken("Not now."), timedelta(minutes=2)),
            ("never came", LANDS_WITHIN),
            ("forgotten", timedelta(minutes=2)),
        ],
    )
    def test_it_is_made_once_it_is_released(self, play, fate, step):
        play.sell()
        play.later(GRACE)
        play.office.fate = [fate]
        play.visit()
        play.sell(3, is_on_hold=True)
        play.later(step)
        play.visit()
        assert (play.units(), play.states()) == ([], [("waiting", "the shop holds it back")])
        play.sell()
        play.later(HELD_WAIT)
        play.visit()
        assert play.units() == [3]

    def test_what_was_parked_unasked_waits_too(self, play):
        play.places = ()
        play.sell()
        play.later(GRACE)
        play.visit()
        play.sell(3, is_on_hold=True)
        play.places = PLACES
        play.later(LOOK_EVERY)
        play.visit()
        assert (play.units(), play.states()) == ([], [("waiting", "the shop holds it back")])

    def test_another_importer_may_be_first_after_a_release_too(self, play):
        play.sell(3, is_on_hold=True)
        play.later(timedelta(days=2))
        play.sell()
        play.later(GRACE - timedelta(seconds=1))
        play.visit()
        assert play.office.asked == []
        play.later(timedelta(seconds=1))
        play.visit()
        assert play.units() == [3]

    def test_what_the_erp_has_follows_the_shop_all_the_same(self, play):
        imported(play).sell(0, is_on_hold=True)
        play.until_quiet()
        assert play.units() == [0]


class TestOneImporter:
    def test_a_second_importer_does_nothing_while_the_first_is_at_work(self, play):
        play.sell()
        play.later(GRACE)
        with play.ledger.import_lock(patience_seconds=0):
            assert play.visit() is None

    def test_an_importer_that_has_lost_its_lock_asks_nothing_that_another_has_asked(self, play):
        """Its connection broke while it read the ERP; the other one was quicker."""
        play.sell()
        play.later(GRACE)
        other = Play(play.now, play.ledger)
        other.office = play.office
        with meanwhile(play.office, other):
            play.visit()
        assert len(play.office.asked) == 1

    def test_a_call_that_was_held_up_before_it_left_is_not_sent(self, play, monkeypatch):
        play.sell()
        play.later(GRACE)
        save = play.ledger.save_import

        def slow(new):
            saved = save(new)
            play.later(LEAVES_WITHIN if new.state == "asked" else timedelta(0))
            return saved

        monkeypatch.setattr(play.ledger, "save_import", slow)
        play.visit()
        assert play.office.asked == []
        monkeypatch.undo()
        play.until_quiet()
        assert play.units() == [3]

    def test_an_erp_that_is_away_changes_nothing(self, play):
        play.sell()
        play.later(GRACE)
        play.office.is_away = True
        with pytest.raises(ErpUnavailable):
            play.visit()
        assert play.states() == []

    def test_an_erp_that_does_not_answer_is_not_asked_for_more(self, play):
        for at in range(3):
            play.sell(1, order_id=f"gid://shopify/Order/{at}")
        play.later(GRACE)
        play.office.fate = ["never came"]
        play.visit()
        assert len(play.office.asked) == 1


@contextmanager
def meanwhile(office: Office, other: Play) -> Iterator[None]:
    """While the first importer reads the ERP, the other one does all its work."""
    extract = office.extract

    def torn(*args: object, **more: object) -> ErpExtract:
        found = extract(*args, **more)
        office.extract = extract
        other.ledger._is_importing = False
        other.visit()
        return found

    office.extract = torn
    yield


FATES = ("answered", "never came", "late", "answer lost", "died before", "died after", "refused")
STEPS = st.one_of(
    st.sampled_from([1, 2, 3, 0]).map(lambda units: ("sell", units)),
    st.sampled_from([5, 60, 400, 700, 3600]).map(lambda seconds: ("later", seconds)),
    st.sampled_from(FATES).map(lambda fate: ("fate", fate)),
    st.sampled_from([1, 3]).map(lambda units: ("ship", units)),
    st.sampled_from([True, False]).map(lambda on: ("hold", on)),
)


@dataclass
class Line:
    """The shop's side of the story: what was sold, shipped, and is held back."""

    play: Play
    sold: int = 3
    shipped: int = 0
    is_held: bool = False

    @property
    def may_be_made(self) -> bool:
        return bool(self.sold) and not self.shipped and not self.is_held

    def change(self, **changes: Any) -> None:
        """A moment later; what is all shipped or cancelled stays as it is."""
        if self.sold > self.shipped:
            for name, value in changes.items():
                setattr(self, name, value)
            self.play.later(timedelta(seconds=1))
            self.tell()

    def tell(self) -> None:
        self.play.sell(self.sold, to_ship_units=self.sold - self.shipped, is_on_hold=self.is_held)

    def step(self, step: str, value: Any) -> None:
        if step == "fate":
            fate = ContractBroken("Not now.") if value == "refused" else value
            self.play.office.fate.append(fate)
        elif step == "later":
            self.play.later(timedelta(seconds=value))
        elif step == "ship":
            self.change(shipped=min(self.sold, self.shipped + value))
        elif step == "hold":
            self.change(is_held=value)
        else:
            self.change(sold=max(value, self.shipped))


def known_to_be_sold(play: Play, acknowledged: int | None, units: int) -> int:
    micros = not_yet_known(
        np.array([units]),
        np.array([units]),
        np.array([acknowledged is not None]),
        np.array([acknowledged or 0]),
    )
    return int(micros[0])


@given(st.lists(STEPS, max_size=14))
@example([("fate", "refused"), ("hold", True), ("later", 700)])
@example([("fate", "refused"), ("ship", 1), ("later", 700)])
@example([("fate", "refused"), ("ship", 3), ("later", 700)])
@settings(max_examples=80, deadline=None)
def test_whatever_is_lost_there_is_one_order_and_its_units_are_never_offered(script):
    play = Play()
    line = Line(play)
    line.tell()
    play.later(GRACE)
    for step, value in script:
        line.step(step, value)
        before = list(play.units())  # acknowledgements are read first, the rest a moment later
        look_at_the_erp(line)
        assert len(play.office.documents) <= 1
        for acknowledged in (before, play.units()):
            taken = sum(play.units()) + known_to_be_sold(
                play, acknowledged[0] if acknowledged else None, line.sold
            )
            assert taken >= line.sold
    line.change(is_held=False)
    play.until_quiet()
    parked = play.ledger.imports(parked_only=True)
    for _ in parked:
        play.retry([])
        look_at_the_erp(line)
        play.until_quiet()
    assert len(play.office.documents) <= 1
    if not line.shipped:
        assert [units for units in play.units() if units] == ([line.sold] if line.sold else [])
    if line.shipped in (0, line.sold):
        assert play.ledger.imports(parked_only=True) == []


def look_at_the_erp(line: Line) -> None:
    """A visit; nothing is made of what has begun to leave, or is held back."""
    office = line.play.office
    is_there, asked = any(line.play.units()), len(office.asked)
    line.play.visit_or_die()
    if not is_there and not line.may_be_made:
        assert [each for each in office.asked[asked:] if each.quantity_units] == []


def test_the_time_that_a_call_is_given_to_land_keeps_it_from_being_made_twice(monkeypatch, play):
    monkeypatch.setattr(rules, "LANDS_WITHIN", timedelta(seconds=1))
    play.sell()
    play.later(GRACE)
    play.office.fate = ["late"]
    for _ in range(20):
        play.visit()
        play.later(timedelta(minutes=1))
    assert len(play.units()) == 2
