"""Draft orders: the stock that they reserve, and how they come to an end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin import (
    DraftEdit,
    OrderRefused,
    Shop,
    Wanted,
    complete_draft,
    delete_draft,
    place_draft,
    place_order,
    running,
    update_draft,
)
from inventory_sync.sandbox.standin.drafts import lapse_drafts
from inventory_sync.sandbox.standin.state_file import load_shops, save_shops
from inventory_sync_tests.sandbox.standin.shops import (
    ACME,
    EWR,
    NYC,
    Clock,
    data,
    item_gid,
    open_shop,
    units,
)

SOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # an hour after the clock's start
FOUR = [Wanted("RETRO-CLOCK", 4)]

DRAFTS = """
query Drafts($query: String) {
  draftOrders(first: 10, query: $query, sortKey: UPDATED_AT) {
    nodes { name }
  }
}
"""
NODE = """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on DraftOrder {
      status
      reserveInventoryUntil
      order { id }
      lineItems(first: 5) { nodes { sku quantity variant { inventoryItem { id sku } } } }
    }
  }
}
"""


def _states(shop: Shop) -> tuple[int, int, int]:
    """``available``, ``reserved`` and ``on_hand`` at New York."""
    level = shop.stock.level(shop.stock.with_sku("RETRO-CLOCK")[0].id, NYC)
    assert level is not None
    return level.quantity("available"), level.quantity("reserved"), level.quantity("on_hand")


def test_a_draft_that_reserves_takes_its_units_out_of_available() -> None:
    shop = open_shop()
    place_draft(shop, FOUR, reserve_until=SOON)
    assert _states(shop) == (1, 4, 5)
    with pytest.raises(OrderRefused):
        place_order(shop, [Wanted("RETRO-CLOCK", 2, NYC)])


@pytest.mark.parametrize(
    "end",
    [
        lambda shop, draft: delete_draft(shop, draft.id),
        lambda shop, draft: update_draft(shop, draft.id, DraftEdit(reserve_until=None)),
    ],
)
def test_the_units_come_back_when_the_reservation_ends(end: Callable[[Shop, Any], object]) -> None:
    shop = open_shop()
    end(shop, place_draft(shop, FOUR, reserve_until=SOON))
    assert _states(shop) == (5, 0, 5)


def test_a_reservation_lapses_by_the_clock_of_the_shop_and_leaves_the_draft_alone() -> None:
    clock = Clock()
    shop = open_shop(clock)
    draft = place_draft(shop, FOUR, reserve_until=SOON)
    for seconds, states in ((3599, (1, 4, 5)), (3600, (5, 0, 5)), (7200, (5, 0, 5))):
        clock.seconds = seconds
        lapse_drafts(shop)
        assert _states(shop) == states
    assert (draft.status, draft.updated_at) == ("OPEN", draft.created_at)


def test_asking_the_shop_is_enough_for_a_reservation_to_lapse() -> None:
    clock = Clock()
    shop = open_shop(clock)
    place_draft(shop, FOUR, reserve_until=SOON)
    clock.seconds = 3600
    data(shop, "{ shop { name } }")
    assert _states(shop) == (5, 0, 5)


def test_completing_hands_the_units_over_to_the_order() -> None:
    shop = open_shop()
    draft = place_draft(shop, FOUR, reserve_until=SOON)
    order = complete_draft(shop, draft.id)
    assert _states(shop) == (1, 0, 5)
    assert units(shop, "RETRO-CLOCK", NYC) == (1, 4, 5)
    assert [work.location_id for work in order.fulfillment_orders] == [NYC]


def test_other_lines_are_reserved_anew() -> None:
    shop = open_shop()
    draft = place_draft(shop, FOUR, reserve_until=SOON)
    update_draft(shop, draft.id, DraftEdit(lines=(Wanted("RETRO-CLOCK", 1),)))
    assert _states(shop) == (4, 1, 5)


def test_a_refused_change_leaves_everything_as_it_was() -> None:
    shop = open_shop()
    draft = place_draft(shop, FOUR, reserve_until=SOON)
    with pytest.raises(OrderRefused, match="no item with SKU"):
        update_draft(shop, draft.id, DraftEdit(lines=(Wanted("NO-SUCH-THING", 1),)))
    with pytest.raises(OrderRefused, match="Reserve until can't be in the past"):
        update_draft(shop, draft.id, DraftEdit(reserve_until=SOON - timedelta(hours=1)))
    assert _states(shop) == (1, 4, 5)
    assert [line.quantity for line in draft.lines] == [4]


def test_a_draft_may_reserve_more_than_there_is() -> None:
    shop = open_shop()
    place_draft(shop, [Wanted("RETRO-CLOCK", 25)], reserve_until=SOON)
    assert _states(shop) == (-20, 25, 5)


def test_an_untracked_item_reserves_nothing() -> None:
    shop = open_shop()
    draft = place_draft(shop, [Wanted("GIFT-CARD", 3)], reserve_until=SOON)
    assert draft.lines[0].reserved_at is None
    assert units(shop, "GIFT-CARD", NYC) == (0, 0, 0)


def test_a_draft_is_found_by_its_gid() -> None:
    shop = open_shop()
    draft = place_draft(shop, FOUR, reserve_until=SOON)
    (node,) = data(shop, NODE, ids=[draft.gid])["nodes"]
    assert node == {
        "status": "OPEN",
        "reserveInventoryUntil": "2026-11-23T11:00:00Z",
        "order": None,
        "lineItems": {
            "nodes": [
                {
                    "sku": "RETRO-CLOCK",
                    "quantity": 4,
                    "variant": {
                        "inventoryItem": {
                            "id": item_gid(shop, "RETRO-CLOCK"),
                            "sku": "RETRO-CLOCK",
                        }
                    },
                }
            ]
        },
    }
    order = complete_draft(shop, draft.id)
    (node,) = data(shop, NODE, ids=[draft.gid])["nodes"]
    assert (node["status"], node["order"]) == ("COMPLETED", {"id": order.gid})


def test_a_deleted_draft_is_not_found() -> None:
    shop = open_shop()
    draft = delete_draft(shop, place_draft(shop, FOUR).id)
    assert data(shop, NODE, ids=[draft.gid])["nodes"] == [None]


def test_drafts_are_listed_by_the_time_of_their_last_change() -> None:
    clock = Clock()
    shop = open_shop(clock)
    drafts = [place_draft(shop, FOUR) for _ in range(3)]
    clock.seconds = 60
    update_draft(shop, drafts[0].id, DraftEdit(lines=(Wanted("OAK-TABLE", 1),)))

    def listed(query: str | None) -> list[str]:
        nodes = data(shop, DRAFTS, query=query)["draftOrders"]["nodes"]
        return [node["name"] for node in nodes]

    assert listed(None) == ["#D2", "#D3", "#D1"]
    assert listed("updated_at:>='2026-11-23T10:00:30Z'") == ["#D1"]
    assert listed("status:open") == ["#D2", "#D3", "#D1"]


def test_a_reservation_survives_a_restart(tmp_path: Path) -> None:
    shop = open_shop()
    draft = place_draft(shop, FOUR, reserve_until=SOON)
    save_shops([shop], tmp_path / "shops.json")
    (again,) = load_shops(tmp_path / "shops.json", Shop)
    assert again.drafts == {draft.id: draft}
    delete_draft(again, draft.id)
    assert _states(again) == (5, 0, 5)


def test_the_control_interface_leads_drafts_through_their_lives() -> None:
    with running([ACME]) as stand_in:
        drafts = f"{stand_in.url}/control/{ACME.handle}/drafts"
        lines = [{"sku": "RETRO-CLOCK", "quantity": 4}]
        until = "2999-01-01T00:00:00Z"
        draft = httpx.post(drafts, json={"lines": lines, "reserve_until": until}).json()
        assert draft["lines"][0]["reserved_at"] == NYC
        assert httpx.get(f"{drafts}/{draft['id']}").json() == draft
        wanted = [{"sku": "RETRO-CLOCK", "quantity": 20}]
        changed = httpx.post(f"{drafts}/{draft['id']}/update", json={"lines": wanted}).json()
        assert (changed["reserve_until"], changed["lines"][0]["reserved_at"]) == (
            draft["reserve_until"],
            EWR,
        )
        freed = httpx.post(f"{drafts}/{draft['id']}/update", json={"reserve_until": None}).json()
        assert freed["lines"][0]["reserved_at"] is None
        assert httpx.post(f"{drafts}/{draft['id']}/delete", json={}).status_code == 200
        assert httpx.get(drafts).json() == {"drafts": []}
        assert httpx.get(f"{drafts}/{draft['id']}").status_code == 409
