"""Two passes of a lane at the same time never touch the same level."""

from datetime import UTC, datetime

from inventory_sync.domain.dirty import DirtySku
from inventory_sync.flow.lane import Claims

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
KIT = frozenset({"GIFT-BOX", "RETRO-CLOCK"})


def _dirty(sku: str) -> DirtySku:
    return DirtySku("order_events", sku, 1, NOON, NOON, "order_created", 1)


def _related(sku: str) -> frozenset[str]:
    return KIT if sku in KIT else frozenset({sku})


def test_what_shares_a_kit_with_work_under_way_waits_and_the_rest_goes_on() -> None:
    claims = Claims()
    clock, box, table = _dirty("RETRO-CLOCK"), _dirty("GIFT-BOX"), _dirty("OAK-TABLE")
    assert claims.claim([clock], _related) == [clock]
    assert claims.claim([clock, box, table], _related) == [table]


def test_who_gives_back_learns_whether_somebody_waited() -> None:
    claims = Claims()
    clock, box = _dirty("RETRO-CLOCK"), _dirty("GIFT-BOX")
    claims.claim([clock], _related)
    assert not claims.give_back([clock])
    claims.claim([clock], _related)
    assert claims.claim([box], _related) == []
    assert claims.give_back([clock])
    assert claims.claim([box], _related) == [box]


def test_skus_of_one_kit_are_one_piece_of_work() -> None:
    both = [_dirty("RETRO-CLOCK"), _dirty("GIFT-BOX")]
    assert Claims().claim(both, _related) == both
