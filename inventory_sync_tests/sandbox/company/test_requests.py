"""What others ask of the ERP by ``order_requests``: reserve, confirm, release."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from inventory_sync.sandbox.company.acme import Acme
from inventory_sync_tests.sandbox.company.watch import NOW, watching

CHAIR = ("BEECH-CHAIR-GREEN", "NYC")
_numbers = iter(range(1, 1000))


@pytest.fixture
def draft() -> Iterator[str]:
    yield f"gid://shopify/DraftOrder/{next(_numbers)}"


@pytest.fixture(scope="module", autouse=True)
def plenty(company: Engine) -> None:
    Acme(company).adjust_stock(*CHAIR, 1000)


def _ask(company: Engine, action: str, draft: str, line: str = "1", **changes: Any) -> str:
    """Ask for 4 chairs unless told otherwise; returns the request id."""
    request = {
        "request_id": f"request-{next(_numbers)}",
        "action": action,
        "external_order_id": draft,
        "external_line_id": f"{draft}/{line}",
        "sku": CHAIR[0],
        "location": CHAIR[1],
        "quantity": 4,
        "expires_at": NOW + timedelta(days=2),
        **changes,
    }
    columns = ", ".join(request)
    values = ", ".join(f":{name}" for name in request)
    with company.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO erp_contract.order_requests ({columns}) VALUES ({values})"
                " ON CONFLICT (request_id) DO NOTHING"
            ),
            request,
        )
    return str(request["request_id"])


def _commitments(company: Engine, draft: str) -> list[tuple[str, str, int, datetime | None]]:
    """(kind, line, units, expiry) of what is committed for a draft."""
    with company.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT kind, external_line_id, quantity, expires_at FROM erp_contract.commitments"
                " WHERE external_order_id = :draft ORDER BY external_line_id"
            ),
            {"draft": draft},
        )
        return [(kind, line, int(units), expiry) for kind, line, units, expiry in rows]


def _acknowledged(company: Engine, draft: str) -> dict[str, int]:
    with company.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT external_line_id, quantity FROM erp_contract.acknowledged_orders"
                " WHERE external_order_id = :draft"
            ),
            {"draft": draft},
        ).all()
    assert len({line for line, _ in rows}) == len(rows)
    return {line: int(units) for line, units in rows}


def test_a_reservation_is_a_commitment_that_carries_the_ids_it_was_asked_by(
    company: Engine, draft: str
) -> None:
    with watching(company) as change:
        _ask(company, "reserve", draft)
    expiry = NOW + timedelta(days=2)
    assert _commitments(company, draft) == [("reservation", f"{draft}/1", 4, expiry)]
    assert _acknowledged(company, draft) == {f"{draft}/1": 4}
    ((kind, sku, location, document),) = change.events
    assert (kind, sku, location) == ("hold_placed", *CHAIR)
    assert document is not None and document.startswith("RES-")


def test_a_confirmed_reservation_becomes_an_order_in_one_step(company: Engine, draft: str) -> None:
    _ask(company, "reserve", draft)
    with watching(company) as change:
        _ask(company, "confirm", draft)
    assert _commitments(company, draft) == [("order", f"{draft}/1", 4, None)]
    assert _acknowledged(company, draft) == {f"{draft}/1": 4}
    assert change.kinds == {"hold_confirmed", "order_created"}
    assert change.event_places == {CHAIR}


def test_a_released_reservation_commits_nothing_and_is_acknowledged_with_0(
    company: Engine, draft: str
) -> None:
    _ask(company, "reserve", draft)
    with watching(company) as change:
        _ask(company, "release", draft)
    assert _commitments(company, draft) == []
    assert _acknowledged(company, draft) == {f"{draft}/1": 0}
    assert [event[:3] for event in change.events] == [("hold_cancelled", *CHAIR)]


def test_the_lines_of_a_draft_are_confirmed_into_one_order(company: Engine, draft: str) -> None:
    for action in ("reserve", "confirm"):
        for line in ("1", "2"):
            _ask(company, action, draft, line)
    kinds = [(kind, line) for kind, line, *_ in _commitments(company, draft)]
    assert kinds == [("order", f"{draft}/1"), ("order", f"{draft}/2")]
    with company.connect() as connection:
        orders = connection.execute(
            text("SELECT count(*) FROM acme.sales_orders WHERE external_order_id = :draft"),
            {"draft": draft},
        ).scalar_one()
    assert orders == 1


@pytest.mark.parametrize("action", ["reserve", "confirm", "release"])
def test_a_request_that_comes_again_changes_nothing(
    company: Engine, draft: str, action: str
) -> None:
    if action != "reserve":
        _ask(company, "reserve", draft)
    request_id = _ask(company, action, draft)
    with watching(company) as change:
        _ask(company, action, draft, request_id=request_id)
    assert (change.new, change.gone, change.events) == ({}, {}, [])


def test_a_line_reserved_once_more_has_the_units_of_now(company: Engine, draft: str) -> None:
    _ask(company, "reserve", draft)
    with watching(company) as change:
        _ask(company, "reserve", draft, quantity=6)
    assert [units for _, _, units, _ in _commitments(company, draft)] == [6]
    assert change.kinds == {"order_changed"}
    _ask(company, "release", draft)
    with watching(company) as change:
        _ask(company, "reserve", draft, quantity=2)
    assert _acknowledged(company, draft) == {f"{draft}/1": 2}
    assert change.kinds == {"hold_placed"}


def test_what_has_become_an_order_is_neither_released_nor_reserved_again(
    company: Engine, draft: str
) -> None:
    _ask(company, "reserve", draft)
    _ask(company, "confirm", draft)
    with watching(company) as change:
        _ask(company, "release", draft)
        _ask(company, "reserve", draft)
    assert (change.new, change.gone, change.events) == ({}, {}, [])


@pytest.mark.parametrize("action", ["confirm", "release"])
def test_a_decision_about_nothing_changes_nothing(company: Engine, draft: str, action: str) -> None:
    with watching(company) as change:
        _ask(company, action, draft)
    assert (change.new, change.gone, change.events) == ({}, {}, [])


def test_an_expired_reservation_stays_in_sight(company: Engine, draft: str) -> None:
    _ask(company, "reserve", draft, expires_at=NOW - timedelta(hours=1))
    ((kind, _, units, expiry),) = _commitments(company, draft)
    assert (kind, units, expiry) == ("reservation", 4, NOW - timedelta(hours=1))


def test_a_kit_is_reserved_as_its_components(company: Engine, draft: str) -> None:
    _ask(company, "reserve", draft, sku="LED-SHELF-KIT")
    assert len(_commitments(company, draft)) > 1
    assert _acknowledged(company, draft) == {f"{draft}/1": 4}


@pytest.mark.parametrize("change", [{"sku": "NO-SUCH-THING"}, {"location": "ATLANTIS"}])
def test_what_cannot_be_reserved_refuses_the_request(
    company: Engine, draft: str, change: dict[str, str]
) -> None:
    with pytest.raises(IntegrityError):
        _ask(company, "reserve", draft, **change)
    assert _acknowledged(company, draft) == {}
