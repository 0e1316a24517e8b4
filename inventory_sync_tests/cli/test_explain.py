"""``explain``: the way to a number in a table and as JSON, of now, of a moment and of two."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.behind import CommitmentBehind, kept_rows
from inventory_sync.domain.publication import (
    Applied,
    Decided,
    LevelKey,
    QuantityChange,
    SetQuantities,
)
from inventory_sync.domain.units import SCALE
from inventory_sync.ledger import Ledger
from inventory_sync_tests.cli.conftest import Ended

Command = Callable[..., Ended]

NOON = (datetime.now(UTC) - timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
NYC = "gid://shopify/Location/1001"
CLOCK = LevelKey("gid://shopify/InventoryItem/1", NYC)
HOSTILE = "SO-1\x1b[31m[bold]"


def publish(ledger: Ledger, version: int, held: int, order: str) -> None:
    """A write in the minute of its version: twenty clocks, of which an order holds some."""
    at = NOON + timedelta(minutes=version)
    quantity = 20 - held
    waterfall = {
        "physical_micros": 20 * SCALE,
        "hold_micros": held * SCALE,
        "atp_micros": quantity * SCALE,
        "in_flight_micros": 0,
        "pool_micros": quantity * SCALE,
        "offer_units": quantity,
        "rules": OfferRules().told(),
        "code_version": "0.4.0",
        **kept_rows([CommitmentBehind(order, "hold", "NYC", held * SCALE)], ()),
    }
    name = f"pass-{version}"
    change = QuantityChange("RETRO-CLOCK", CLOCK, 20, quantity)
    decided = {CLOCK: Decided(0, version - 1, waterfall)}
    ledger.begin_pass(
        name, "full_sync", started_at=at, code_version="0.4.0", dagster_run_id="run-1"
    )
    ledger.prepare(
        "b2b-us",
        name,
        SetQuantities(f"key-{version}", "https://sync.example/1", (change,)),
        decided=decided,
        as_of=at,
        created_at=at,
    )
    ledger.settle("b2b-us", f"key-{version}", Applied(), at=at)


def at(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")


def test_a_past_moment_is_told_with_its_pass_and_every_commitment(
    command: Command, ledger: Ledger
) -> None:
    publish(ledger, 1, 4, "SO-1")
    publish(ledger, 2, 6, "SO-2")
    ended = command("explain", "RETRO-CLOCK", "--at", at(1.5))
    assert ended.code == 0, ended.err
    told = " ".join(ended.out.split())
    for part in (
        "Published: 16 (from 20)",
        "by full_sync pass pass-1 (Dagster run run-1, code 0.4.0)",
        "Shopify: accepted.",
        "Dry run: nothing is written to this store.",
        "= quantity to show",
        "hold SO-1",
    ):
        assert part in told, told
    assert "SO-2" not in told


def test_two_moments_are_compared_with_reasons(command: Command, ledger: Ledger) -> None:
    publish(ledger, 1, 4, "SO-1")
    publish(ledger, 2, 6, "SO-2")
    ended = command("explain", "RETRO-CLOCK", "--diff", at(1.5), "now", "--json")
    assert (ended.code, ended.err) == (0, "")
    (level,) = json.loads(ended.out)["levels"]
    numbers = [level[side]["number"]["quantity_units"] for side in ("published", "later")]
    assert numbers == [16, 14]
    (change,) = level["changes"]
    assert change["change_units"] == -2
    came, went = change["because"]
    assert came.startswith("6 units: hold SO-2 at NYC came after ")
    assert went == "4 units: hold SO-1 at NYC is not open any more"


def test_what_an_erp_calls_its_orders_cannot_colour_the_terminal(
    command: Command, ledger: Ledger
) -> None:
    publish(ledger, 1, 4, HOSTILE)
    out = command("explain", "RETRO-CLOCK", "--at", at(1.5)).out
    assert "\x1b[31m" not in out
    assert "SO-1?[31m[bold]" in out


@pytest.mark.parametrize(
    ("asked", "code", "sentence"),
    [
        (["--at", "yesterday"], 2, "no moment such as"),
        (["--at", at(1), "--diff", at(1), at(2)], 2, "not for both"),
        (["--at", "2020-01-01"], 1, "for 90 days"),
        (["--store", "b2x", "--at", at(1)], 1, "There is no store b2x"),
        (["--at", at(1)], 1, "Nothing is known of RETRO-CLOCK at that moment"),
    ],
)
def test_a_question_without_an_answer_is_a_sentence(
    command: Command, ledger: Ledger, asked: list[str], code: int, sentence: str
) -> None:
    ended = command("explain", "RETRO-CLOCK", *asked)
    assert ended.code == code
    assert sentence in " ".join(ended.err.replace("│", " ").split())
