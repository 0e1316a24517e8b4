"""What ``doctor`` says about the scopes of an app."""

import pytest

from inventory_sync.cli.doctor import Line, _fact_lines
from inventory_sync.domain.publication import StoreFacts
from inventory_sync.domain.scopes import DRAFTS_SCOPE, NEEDED_SCOPES, OPTIONAL_SCOPES
from inventory_sync.settings import Settings

NEEDED = frozenset(NEEDED_SCOPES)


def scope_lines(
    scopes: frozenset[str], large_order_units: int | None = None, **sections: object
) -> list[Line]:
    store = {
        "shop": "acme-b2b.myshopify.com",
        "access_token": "shpat_x",
        "large_order_units": large_order_units,
        "locations": {"gid://shopify/Location/1001": ["NYC"]},
    }
    settings = Settings.model_validate(
        {"erp": {"url": "postgresql://reader@erp.invalid/erp"}, "stores": {"b2b": store}} | sections
    )
    facts = StoreFacts("acme-b2b.myshopify.com", "Basic", "2026-10", scopes, ("2026-10",))
    return [line for line in _fact_lines(settings, "b2b", facts) if "scope" in line.what]


def test_the_needed_scopes_are_enough() -> None:
    assert [line.result for line in scope_lines(NEEDED)] == ["ok"]


@pytest.mark.parametrize("missing", NEEDED_SCOPES)
def test_a_needed_scope_that_is_missing_fails_by_name(missing: str) -> None:
    # The right to write brings the right to read, so both go.
    left = NEEDED - {missing, missing.replace("read_", "write_")}
    (line,) = scope_lines(left)
    assert line.result == "fail"
    assert missing in line.detail


def test_an_optional_scope_warns_and_only_where_its_use_is_wanted() -> None:
    first, second = scope_lines(NEEDED, large_order_units=25)
    assert (first.result, second.result) == ("ok", "warn")
    assert DRAFTS_SCOPE in second.what
    assert "large_order_units" in second.detail
    assert len(scope_lines(NEEDED | {DRAFTS_SCOPE}, large_order_units=25)) == 1


def test_the_scopes_for_dates_warn_where_dates_are_promised() -> None:
    promise = {"locations": {"NYC": {"time_zone": "America/New_York"}}}
    first, *others = scope_lines(NEEDED, promise=promise)
    assert (first.result, {line.result for line in others}) == ("ok", {"warn"})
    wanted = OPTIONAL_SCOPES.keys() - {DRAFTS_SCOPE}
    assert {line.what.rpartition(" ")[2] for line in others} == wanted
    assert len(scope_lines(NEEDED | wanted, promise=promise)) == 1
