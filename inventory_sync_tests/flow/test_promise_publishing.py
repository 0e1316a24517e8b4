"""Publishing dates: only what differs, what lowers first, nothing forgotten when it breaks off."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import PassRefused, StoreUnreachable
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.metafields import Owner
from inventory_sync.domain.promise import Departures
from inventory_sync.domain.publication import LevelKey, StoreLocation
from inventory_sync.flow.order_publishing import OrderReport, publish_order_dates
from inventory_sync.flow.parts import Parts, StorePolicy
from inventory_sync.flow.promise_publishing import (
    PromiseBasis,
    PromiseReport,
    publish_availability,
)
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.domain.promises import MORNING, place
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import dataset_rows
from inventory_sync_tests.shopify.fake import FakeStorefront
from inventory_sync_tests.shopify.fake_promises import FakePromises, variant_of

NYC, PICKUP = "gid://shopify/Location/1001", "gid://shopify/Location/1003"
ALL_SCOPES = {"write_products", "write_orders", "write_merchant_managed_fulfillment_orders"}
SKUS = ("OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON")
THIRD, TWENTIETH = date(2026, 12, 3), date(2026, 12, 20)


class Stage:
    """One store of three items, sold from New York (NYC and EWR behind it) and the plant."""

    def __init__(self) -> None:
        self.front = FakeStorefront(
            locations=(StoreLocation(NYC, "New York", True), StoreLocation(PICKUP, "Plant", True))
        )
        self.front.scopes |= ALL_SCOPES
        self.items = {sku: self.front.add_item(sku) for sku in SKUS}
        for item in self.items.values():
            self.front.add_level(item, NYC, 50)
        self.promises = FakePromises(self.front)
        self.ledger = MemoryLedger()
        self.now = MORNING
        self.levels = pd.DataFrame(
            [(item, NYC, sku) for sku, item in self.items.items()],
            columns=["inventory_item_id", "store_location_id", "sku"],
        )
        self.dates: dict[tuple[str, str], list[tuple[int, date]]] = {
            (sku, "NYC"): [(12, THIRD), (52, TWENTIETH)] for sku in SKUS
        }

    @property
    def parts(self) -> Parts:
        policy = StorePolicy({NYC: ["NYC", "EWR"], PICKUP: ["PLANT-1"]}, OfferRules(), live=True)
        return Parts(
            erp=FakeErp(dataset_rows()),
            ledger=self.ledger,
            storefronts={"b2b-us": self.front},
            promise_fronts={"b2b-us": self.promises},
            policies={"b2b-us": policy},
            limits=GuardLimits(),
            now=lambda: self.now,
            sleep=lambda seconds: None,
            new_id=lambda: "id-1",
            code_version="test",
        )

    def publish(self, *, live: bool = True, pass_id: str = "pass-1") -> PromiseReport:
        places = (place("NYC"), place("EWR"), place("PLANT-1"))
        rows = [
            (sku, location, units, day, "computed")
            for (sku, location), steps in self.dates.items()
            for units, day in steps
        ]
        table = pd.DataFrame(rows, columns=["sku", "location", "units", "ships_on", "source"])
        table["ships_on"] = pd.to_datetime(table["ships_on"]).astype("datetime64[s]")
        departures = {each.location: Departures(each, MORNING) for each in places}
        basis = PromiseBasis(table, departures, MORNING, frozenset(SKUS), MORNING)
        return publish_availability(
            self.parts, "b2b-us", basis, self.levels, pass_id=pass_id, live=live
        )

    def shown(self, sku: str) -> Any:
        return json.loads(self.promises.held[variant_of(self.items[sku])])

    def steps(self, sku: str) -> Any:
        (only,) = self.shown(sku)["places"]
        return only["steps"]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_every_variant_gets_one_metafield_with_a_profile_per_store_location(stage: Stage) -> None:
    stage.levels.loc[len(stage.levels)] = [stage.items["OAK-TABLE"], PICKUP, "OAK-TABLE"]
    stage.dates["OAK-TABLE", "PLANT-1"] = [(4, TWENTIETH)]
    stage.dates["OAK-TABLE", "EWR"] = [(8, TWENTIETH)]
    report = stage.publish()
    assert len(report.sent.digests) == 3
    assert stage.promises.defined == [Owner.VARIANT]
    new_york, plant = stage.shown("OAK-TABLE")["places"]
    assert (new_york["id"], new_york["name"]) == (NYC, "New York")
    assert new_york["steps"] == [[12, "2026-12-03"], [60, "2026-12-20"]]
    assert (plant["name"], plant["steps"]) == ("Plant", [[4, "2026-12-20"]])


def test_a_second_pass_writes_nothing(stage: Stage) -> None:
    stage.publish()
    again = stage.publish(pass_id="pass-2")
    assert len(stage.promises.calls) == 1
    assert set(again.rows["action"]) == {"keep"}
    assert again.findings.empty


def test_only_what_changed_is_written_and_what_lowers_before_the_rest(stage: Stage) -> None:
    stage.publish()
    stage.dates["OAK-TABLE", "NYC"] = [(90, THIRD)]
    stage.dates["RETRO-CLOCK", "NYC"] = [(12, TWENTIETH)]
    report = stage.publish()
    _, first, second = stage.promises.calls
    assert [write.owner_id for write in first] == [variant_of(stage.items["RETRO-CLOCK"])]
    assert [write.owner_id for write in second] == [variant_of(stage.items["OAK-TABLE"])]
    assert int(report.rows["lowers"].sum()) == 1


def test_without_a_date_it_is_on_request_and_never_today(stage: Stage) -> None:
    del stage.dates["OAK-TABLE", "NYC"]
    report = stage.publish()
    (only,) = stage.shown("OAK-TABLE")["places"]
    assert (only["steps"], only["until"]) == ([], None)
    assert report.rows.set_index("sku")["first_ships_on"].isna()["OAK-TABLE"]


def test_a_dry_run_shows_what_it_would_write_and_writes_nothing(stage: Stage) -> None:
    report = stage.publish(live=False)
    assert set(report.rows["action"]) == {"write"}
    assert json.loads(report.rows["availability"].iloc[0])["v"] == 1
    assert (stage.promises.calls, stage.promises.defined) == ([], [])
    assert stage.ledger.published_promises("b2b-us", Owner.VARIANT) == {}


def test_without_the_scope_the_store_goes_on_and_a_person_is_told(stage: Stage) -> None:
    stage.front.scopes -= {"write_products"}
    report = stage.publish()
    assert stage.promises.calls == []
    assert report.remarks == ("the app lacks write_products: no dates are shown to buyers",)


def test_a_metafield_changed_by_somebody_else_is_named_and_written_anew(stage: Stage) -> None:
    stage.publish()
    stage.promises.held[variant_of(stage.items["OAK-TABLE"])] = '{"v":1,"places":[]}'
    report = stage.publish()
    (found,) = report.findings.to_dict("records")
    assert (found["subject"], found["kind"]) == ("OAK-TABLE", "foreign-promise")
    assert stage.steps("OAK-TABLE") == [[12, "2026-12-03"], [52, "2026-12-20"]]
    assert stage.publish().findings.empty


def test_what_changes_between_reading_and_writing_is_left_to_the_next_pass(stage: Stage) -> None:
    stage.publish()
    clock = variant_of(stage.items["RETRO-CLOCK"])
    for sku in SKUS:
        stage.dates[sku, "NYC"] = [(60, THIRD)]
    read = list(stage.promises.variants())
    stage.promises.held[clock] = '{"v":1,"places":[]}'
    stage.promises.variants = lambda: iter(read)  # type: ignore[method-assign]
    report = stage.publish()
    assert set(report.sent.refused) == {clock}
    assert len(report.sent.digests) == 2
    assert list(report.findings["kind"]) == ["foreign-promise"]
    assert report.rows.set_index("sku").loc["RETRO-CLOCK", "action"] == "refused"
    del stage.promises.variants
    stage.publish()
    assert stage.steps("RETRO-CLOCK") == [[60, "2026-12-03"]]


def test_a_lost_answer_is_found_out_by_the_next_reading(stage: Stage) -> None:
    stage.promises.lost_answers = 1
    report = stage.publish()
    assert len(report.sent.unknown) == 3
    again = stage.publish()
    assert set(again.rows["action"]) == {"keep"}
    assert again.findings.empty
    known = stage.ledger.published_promises("b2b-us", Owner.VARIANT)
    assert all(each.digest for each in known.values())


def test_a_store_that_goes_away_in_the_middle_keeps_what_was_written(stage: Stage) -> None:
    for number in range(40):
        sku = f"CHAIR-{number}"
        item = stage.front.add_item(sku)
        stage.levels.loc[len(stage.levels)] = [item, NYC, sku]
        stage.dates[sku, "NYC"] = [(5, THIRD)]
    stage.promises.unreachable_after_calls = 1
    with pytest.raises(StoreUnreachable):
        stage.publish()
    assert len(stage.promises.held) == 25
    stage.promises.unreachable_after_calls = None
    report = stage.publish()
    assert len(report.sent.digests) == 43 - 25
    assert report.findings.empty


def test_a_pass_about_some_skus_leaves_the_others_as_they_are(stage: Stage) -> None:
    stage.publish()
    stage.levels = stage.levels[stage.levels["sku"] == "OAK-TABLE"]
    stage.levels.attrs["only"] = ["OAK-TABLE"]
    report = stage.publish()
    assert list(report.rows["sku"]) == ["OAK-TABLE"]
    assert stage.steps("RETRO-CLOCK") == [[12, "2026-12-03"], [52, "2026-12-20"]]


def test_promises_of_long_ago_are_not_published(stage: Stage) -> None:
    stage.now = MORNING + timedelta(minutes=16)
    with pytest.raises(PassRefused, match="too long ago"):
        stage.publish()
    assert stage.promises.calls == []


# --- placed orders ---

ENDS = datetime(2026, 12, 4, 4, 59, 59, tzinfo=UTC)


class Sold(Stage):
    """The same with one order of a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.line = self.front.buy(LevelKey(self.items["RETRO-CLOCK"], NYC), 2)
        self.work_id = self.line.order_id.replace("/Order/", "/FulfillmentOrder/")

    def tell(
        self, day: date | None, ends: datetime | None = ENDS, *, reason: str = "", live: bool = True
    ) -> OrderReport:
        row = {
            "store": "b2b-us",
            "order_id": self.line.order_id,
            "line_id": self.line.line_id,
            "sku": "RETRO-CLOCK",
            "ships_on": pd.Timestamp(day) if day else pd.NaT,
            "ships_by": pd.Timestamp(ends) if day and ends else pd.NaT,
            "source": "computed" if day else None,
            "reason": reason,
        }
        rows = pd.DataFrame([row, {**row, "store": "b2c-eu", "order_id": "gid://shopify/Order/9"}])
        return publish_order_dates(self.parts, "b2b-us", rows, pass_id="pass-1", live=live)

    @property
    def told(self) -> Any:
        return json.loads(self.promises.held[self.line.order_id])


@pytest.fixture
def sold() -> Sold:
    return Sold()


def test_an_order_is_told_its_date_and_its_work_a_deadline(sold: Sold) -> None:
    report = sold.tell(THIRD)
    assert (report.orders, report.changed, report.deadlines) == (1, 1, 1)
    assert sold.told["ships_complete_on"] == "2026-12-03"
    assert sold.told["lines"] == [
        {
            "id": sold.line.line_id,
            "sku": "RETRO-CLOCK",
            "ships_on": "2026-12-03",
            "source": "computed",
        }
    ]
    assert sold.promises.deadlines == {sold.work_id: ENDS}


def test_the_same_date_again_asks_and_writes_nothing(sold: Sold) -> None:
    sold.tell(THIRD)
    sold.promises.orders_with_dates = None  # type: ignore[assignment, method-assign]
    report = sold.tell(THIRD)
    assert (report.changed, len(sold.promises.calls)) == (0, 1)


def test_a_later_date_is_told_with_its_deadline(sold: Sold) -> None:
    sold.tell(THIRD)
    later = ENDS + timedelta(days=17)
    assert sold.tell(TWENTIETH, later).deadlines == 1
    assert sold.told["ships_complete_on"] == "2026-12-20"
    assert sold.promises.deadlines == {sold.work_id: later}


def test_where_the_erp_says_nothing_the_date_that_was_given_stays(sold: Sold) -> None:
    sold.tell(THIRD)
    assert sold.tell(None, reason="the ERP gives it no date").changed == 0
    assert sold.told["ships_complete_on"] == "2026-12-03"


def test_an_order_that_waits_for_a_decision_loses_its_date(sold: Sold) -> None:
    sold.tell(THIRD)
    sold.tell(None, reason="the ERP holds it until a decision")
    assert sold.told["ships_complete_on"] is None
    assert sold.promises.deadlines == {sold.work_id: ENDS}


def test_a_deadline_that_has_passed_is_not_set(sold: Sold) -> None:
    sold.tell(THIRD, MORNING - timedelta(days=1))
    assert sold.promises.deadlines == {}
    assert sold.told["ships_complete_on"] == "2026-12-03"


@pytest.mark.parametrize("live", [True, False])
def test_orders_stay_as_they_are_without_the_scope_or_in_a_dry_run(sold: Sold, live: bool) -> None:
    if live:
        sold.front.scopes -= {"write_orders"}
    report = sold.tell(THIRD, live=live)
    assert (report.changed, sold.promises.calls, sold.promises.deadlines) == (1, [], {})
    assert bool(report.remarks) is live


def test_deadlines_are_optional(sold: Sold) -> None:
    sold.front.scopes -= {"write_merchant_managed_fulfillment_orders"}
    report = sold.tell(THIRD)
    assert sold.promises.deadlines == {}
    assert "no deadlines are set" in report.remarks[0]
    assert sold.told["ships_complete_on"] == "2026-12-03"


def test_dates_of_an_order_changed_by_somebody_else_are_named(sold: Sold) -> None:
    sold.tell(THIRD)
    sold.promises.held[sold.line.order_id] = '{"v":1,"lines":[]}'
    report = sold.tell(TWENTIETH)
    assert list(report.findings["kind"]) == ["foreign-dates"]
    assert sold.told["ships_complete_on"] == "2026-12-20"


def test_a_lost_answer_is_asked_for_again(sold: Sold) -> None:
    sold.promises.lost_answers = 1
    assert len(sold.tell(THIRD).sent.unknown) == 1
    assert sold.tell(THIRD).changed == 1
    assert sold.tell(THIRD).changed == 0


def test_an_order_that_is_gone_is_no_trouble(sold: Sold) -> None:
    sold.line = replace(sold.line, order_id="gid://shopify/Order/77")
    assert sold.tell(THIRD).sent.digests == {}
