"""The options of ``inventory-sync explain``.

Put here how moments and places are typed. What the command does is ``explain.py``, which is loaded
only when it is asked for.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

import typer

NOW: Final = "now"


def explain(
    sku: Annotated[str, typer.Argument(help="As the ERP writes it.")],
    store: Annotated[str | None, typer.Option(help="In this store only.")] = None,
    location: Annotated[
        str | None, typer.Option(help="At this location only: of the store or of the ERP.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="As it was then: 2026-11-23T10:00 (UTC unless it names an offset)."),
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(help="What changed between two moments, and why.", metavar="T1 T2"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Why a store shows what it shows: every commitment, order and rule behind the number."""
    if at and diff:
        raise typer.BadParameter("ask for one moment (--at) or for two (--diff), not for both")
    first, then = (moment(diff[0]), moment(diff[1])) if diff else (None, None)
    if at and at != NOW:
        first = moment(at)
    from inventory_sync.cli.explain import show_explanation
    from inventory_sync.flow.explanation import Question

    question = Question(sku, store, location, first, then, reads_stores=True)
    raise typer.Exit(show_explanation(question, as_json=json))


def moment(text: str) -> datetime:
    """A moment that a person has typed, or ``now``; without an offset it is UTC."""
    if text == NOW:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment such as 2026-11-23T10:00, 2026-11-23T10:00+01:00 or now"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
