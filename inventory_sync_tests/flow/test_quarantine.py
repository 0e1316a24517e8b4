"""A bad row keeps its SKU's last good offer, is shown, and is judged again once it is mended."""

from dataclasses import replace

import pytest

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.rules import SOUND, Rule, Rules
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.gather import read_erp
from inventory_sync_tests.flow.lanes import Lanes

NOT_HUGE = Rule("physical", "implausible", "physical is huge", maximum=25_000_000)


def subjects(lanes: Lanes) -> set[str]:
    return set(lanes.world.ledger.open_findings("erp")["subject"])


class TestQuarantine:
    def test_a_mended_row_raises_its_offer_with_the_event_that_mends_it(self, lanes: Lanes) -> None:
        lanes.world.set_stock(OAK_TABLE="-3")
        lanes.world.run()
        assert subjects(lanes) == {"stock OAK-TABLE @ NYC"}
        assert lanes.shown("OAK-TABLE") == [20, 20]
        lanes.world.set_stock(OAK_TABLE="31")
        lanes.event("OAK-TABLE")
        lanes.until_quiet()
        assert lanes.shown("OAK-TABLE") == [31, 31]
        lanes.world.run()
        assert subjects(lanes) == set()

    def test_a_row_that_turns_bad_between_full_passes_is_shown(self, lanes: Lanes) -> None:
        lanes.world.set_stock(OAK_TABLE="a dozen")
        lanes.event("OAK-TABLE")
        lanes.until_quiet()
        assert subjects(lanes) == {"stock OAK-TABLE @ NYC"}
        assert lanes.shown("OAK-TABLE") == [20, 20]

    def test_a_doubt_because_of_another_row_holds_on_the_careful_way_too(
        self, lanes: Lanes
    ) -> None:
        world = lanes.world
        world.ledger.record_doubts("erp", {"OAK-TABLE"}, pass_id="full")
        world.set_stock(OAK_TABLE="30")
        world.ledger.mark("repair", [Mark("OAK-TABLE", world.now, world.now, "looked at")])
        lanes.run_job()
        assert len(lanes.careful) == 1
        assert lanes.shown("OAK-TABLE") == [20, 20]


class TestContractsOnEveryPath:
    def test_a_rule_of_the_contracts_makes_a_row_odd_for_an_event_pass(self, lanes: Lanes) -> None:
        rules = Rules({**SOUND.columns, "stock": (*SOUND.of("stock"), NOT_HUGE)})
        lanes.world.set_stock(OAK_TABLE="26")
        parts = replace(lanes.parts, rules=rules)
        assert EventPasses(parts).plan({"OAK-TABLE"}).odd == {"OAK-TABLE"}
        assert EventPasses(lanes.parts).plan({"OAK-TABLE"}).odd == set()

    def test_a_broken_critical_rule_stops_a_full_pass(self, lanes: Lanes) -> None:
        rule = replace(NOT_HUGE, severity="critical")
        parts = replace(lanes.parts, rules=Rules({"stock": (rule,)}))
        assert read_erp(parts, "good").objections == ()
        lanes.world.set_stock(OAK_TABLE="26")
        with pytest.raises(PassRefused, match="critical rule"):
            read_erp(parts, "refused")
        assert subjects(lanes) == {"stock OAK-TABLE @ NYC"}
        told = read_erp(parts, "later", is_checked_later=True).objections
        assert told == ("stock: physical is huge (1 row(s))",)
