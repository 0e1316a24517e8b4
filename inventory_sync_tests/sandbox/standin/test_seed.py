import json
from dataclasses import replace
from typing import Any

import pytest

from inventory_sync.sandbox.standin import (
    ItemSeed,
    LevelSeed,
    LocationSeed,
    ShopSeed,
    shops_from_json,
    shops_to_json,
)
from inventory_sync_tests.sandbox.standin.shops import ACME, NYC


def test_shops_survive_a_trip_through_json() -> None:
    shops = (ACME, replace(ACME, handle="acme-b2c", plan="plus", idempotency_mode="reprocess"))
    assert shops_from_json(shops_to_json(shops)) == shops


def test_what_is_left_out_has_a_default() -> None:
    text = '[{"handle": "acme", "myshopify_domain": "a.myshopify.com", "access_token": "t"}]'
    assert shops_from_json(text) == (ShopSeed("acme", "a.myshopify.com", "t"),)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"handle": "Acme Store"}, "must consist of a-z"),
        ({"api_versions": []}, "supports no API version"),
        ({"colour": "red"}, "0.colour: Unexpected keyword argument"),
        ({"locations": [{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]}, "two locations with"),
        ({"items": [{"sku": "A", "levels": [{"location_id": 9, "available": 1}]}]}, "location 9"),
        ({"items": [{"sku": "A", "policy": "MAYBE"}]}, "0.items.0.policy: Input should be"),
    ],
)
def test_a_shop_that_does_not_fit_together_is_one_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    (shop,) = json.loads(shops_to_json([ACME]))
    with pytest.raises(ValueError, match=sentence) as error:
        shops_from_json(json.dumps([{**shop, **change}]))
    assert "\n" not in str(error.value)


def test_two_shops_need_two_handles() -> None:
    with pytest.raises(ValueError, match="two shops have the handle 'acme-b2b-us'"):
        shops_from_json(shops_to_json([ACME, ACME]))


def test_two_levels_at_one_location_are_refused() -> None:
    twice = (LevelSeed(NYC, 1), LevelSeed(NYC, 2))
    with pytest.raises(ValueError, match="two levels at one location"):
        ShopSeed("a", "a.myshopify.com", "t", "standard", (LocationSeed(NYC, "N"),),
                 (ItemSeed("A", levels=twice),))  # fmt: skip
