"""Stores that cannot be worked with: the others are served, nothing is forgotten."""

import pytest

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, StoreStopped
from inventory_sync.domain.errors import StoreUnreachable as Unreachable
from inventory_sync.flow.away import STOPPED_FOR, UNREACHABLE_FOR
from inventory_sync_tests.flow.lanes import Lanes, event_pass
from inventory_sync_tests.flow.world import World

REVOKED = StoreStopped(store="b2b", reason="the token was revoked", way_out="install it again")
SILENT = Unreachable(store="b2b", cause="no route to host")


def status(world: World) -> str:
    return str(world.ledger.store_states().set_index("store").loc["b2b", "status"])


@pytest.mark.parametrize("error", [REVOKED, SILENT])
class TestOneStoreAway:
    @pytest.fixture
    def lanes(self, lanes: Lanes, error: StoreStopped | Unreachable) -> Lanes:
        front = lanes.world.stores["b2b"]
        if isinstance(error, StoreStopped):
            front.stopped = error
        else:
            front.unreachable = error
        lanes.world.set_stock(OAK_TABLE="12")
        lanes.event()
        lanes.turn()
        return lanes

    def test_the_others_are_served_and_its_skus_are_marked_for_repair(self, lanes: Lanes) -> None:
        assert lanes.shown() == [20, 12]
        assert list(lanes.dirty("repair")) == ["OAK-TABLE"]
        assert lanes.dirty("order_events") == {}
        assert lanes.world.ledger.open_intents("b2b").empty

    def test_it_is_left_alone_for_a_while(
        self, lanes: Lanes, error: StoreStopped | Unreachable
    ) -> None:
        front = lanes.world.stores["b2b"]
        asked: list[int] = []
        front.watch = lambda call: asked.append(1)
        pause = STOPPED_FOR if isinstance(error, StoreStopped) else UNREACHABLE_FOR
        lanes.world.set_stock(OAK_TABLE="11")
        front.stopped = front.unreachable = None
        lanes.later(pause.total_seconds() - 1)
        lanes.event()
        lanes.turn()
        assert lanes.shown() == [20, 11]
        assert asked == []
        lanes.world.set_stock(OAK_TABLE="10")
        lanes.later(1)
        lanes.event()
        lanes.turn()
        assert lanes.shown() == [10, 10]

    def test_the_careful_pass_brings_it_right_when_it_is_back(self, lanes: Lanes) -> None:
        front = lanes.world.stores["b2b"]
        lanes.later(5)
        lanes.run_job()
        assert lanes.shown() == [20, 12]
        assert "OAK-TABLE" in lanes.dirty("repair"), "it is tried again"
        front.stopped = front.unreachable = None
        lanes.later(121)
        lanes.until_quiet()
        assert lanes.shown() == [12, 12]


def test_a_stopped_store_is_noted_as_such(lanes: Lanes, world: World) -> None:
    world.stores["b2b"].stopped = REVOKED
    world.set_stock(OAK_TABLE="12")
    event_pass(world)
    assert status(world) == "stopped"


@pytest.mark.parametrize(
    "error", [ErpUnavailable("The ERP does not answer."), ContractBroken("stock has no physical.")]
)
def test_an_erp_that_cannot_be_read_leaves_everything_on_the_list(
    lanes: Lanes, world: World, error: Exception
) -> None:
    world.set_stock(OAK_TABLE="12")
    lanes.event()
    extract, world.erp.extract = world.erp.extract, _raising(error)
    with pytest.raises(type(error)):
        lanes.turn()
    assert list(lanes.dirty("order_events")) == ["OAK-TABLE"]
    assert lanes.shown() == [20, 20]
    world.erp.extract = extract
    lanes.turn()
    assert lanes.shown() == [12, 12]


def _raising(error: Exception):
    def fail(*arguments: object, **options: object) -> None:
        raise error

    return fail


def test_a_store_that_missed_a_pass_over_everything_gets_another_one(lanes: Lanes) -> None:
    """The event said nothing of SKUs, so no SKU is on the list that would bring it back."""
    front = lanes.world.stores["b2b"]
    front.unreachable = SILENT
    lanes.world.set_stock(OAK_TABLE="5")
    lanes.event(None, "stock_adjusted")
    lanes.turns()
    lanes.run_job()
    assert lanes.shown() == [20, 5]
    front.unreachable = None
    lanes.until_quiet()
    assert lanes.shown() == [5, 5]
