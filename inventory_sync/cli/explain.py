"""``inventory-sync explain``: the way from physical stock to the number that a store shows.

Put here how an explanation is asked for and shown in a terminal. What it says is
``flow/explanation.py``; the page that shows the same is ``receiver/explain_page.py``.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import typer

from inventory_sync.cli.show import clean, console, print_json, print_table
from inventory_sync.domain.explain import Step, units
from inventory_sync.domain.explain_sentences import sentences
from inventory_sync.domain.explained import Explanation, LevelExplained
from inventory_sync.domain.units import SCALE
from inventory_sync.flow.explanation import Question, explain
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_ledger, open_parts

SHOWN_ROWS = 30


def show_explanation(question: Question, *, as_json: bool) -> int:
    """Print it."""
    with (
        open_parts(load_settings(), tell=lambda line: typer.echo(line, err=True)) as parts,
        open_ledger(Databases.of()) as memory,
    ):
        told = explain(parts, memory, question)
    if as_json:
        print_json(as_plain(told))
        return 0
    for level in told.levels:
        _print_level(told, level)
    _print_supply(told)
    return 0


def as_plain(value: Any) -> Any:
    """An explanation as JSON holds it: micros become units, whole ones as integers."""
    return _plain(asdict(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key.replace("_micros", "_units") if key.endswith("_micros") else
            "units" if key == "micros" else key:
            _in_units(item) if key.endswith("micros") else _plain(item)
            for key, item in value.items()
            if key != "waterfall"
        }  # fmt: skip
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _in_units(micros: int) -> int | float:
    return micros // SCALE if micros % SCALE == 0 else micros / SCALE


def _print_level(told: Explanation, level: LevelExplained) -> None:
    title = f"{told.sku} in {level.store} at {level.store_location_id}"
    behind = f" (from {' + '.join(level.locations)})" if level.locations else ""
    console.print(f"\n[bold]{clean(title)}[/bold]{clean(behind)}")
    for line in sentences(level):
        console.print(f"  {clean(line)}")
    first, second = level.published.number, level.later.number if level.later else level.now
    names = ["then", "later"] if told.then else ["published", "now"]
    sides = [
        (name, number.steps) for name, number in zip(names, (first, second), strict=True) if number
    ]
    if sides:
        print_table("", ["", *(name for name, _ in sides)], list(_stairs([s for _, s in sides])))
        _print_rows(sides)
    if level.changes:
        print_table(
            f"What lies between ({units(sum(c.change_micros for c in level.changes))} units)",
            ["term", "units", "why"],
            [
                [c.label, units(c.change_micros), "; ".join(c.because)]
                for c in level.changes
            ],
        )  # fmt: skip


def _stairs(sides: list[tuple[Step, ...]]) -> Iterator[list[str]]:
    """One line for each step that any side has; totals are marked."""
    named = [{step.label: step for step in steps} for steps in sides]
    for name in dict.fromkeys(line for side in named for line in side):
        found = [side.get(name) for side in named]
        is_total = any(step and step.is_total for step in found)
        yield [f"= {name}" if is_total else f"  {name}", *(_figure(step) for step in found)]


def _figure(step: Step | None) -> str:
    if step is None:
        return ""
    return units(step.total_micros if step.is_total else step.change_micros)


def _print_rows(sides: list[tuple[str, tuple[Step, ...]]]) -> None:
    lines: dict[str, list[Any]] = {}
    for at, (_, steps) in enumerate(sides):
        for step in steps:
            for row in step.rows:
                about = [row.kind, row.name, row.document, row.place, row.kit]
                line = lines.setdefault(f"{row.key} {row.kit}", [*about, *[""] * len(sides)])
                line[5 + at] = units(row.micros)
            if step.rest_micros:
                line = lines.setdefault(
                    f"rest {step.name}",
                    [step.name, step.rest, None, None, None, *[""] * len(sides)],
                )
                line[5 + at] = units(step.rest_micros)
    if not lines:
        return
    names = [name for name, _ in sides]
    columns = ["kind", "id", "document", "place", "for kit", *names]
    print_table("Behind it, one by one", columns, list(lines.values())[:SHOWN_ROWS])
    if len(lines) > SHOWN_ROWS:
        console.print(f"... and {len(lines) - SHOWN_ROWS} more; --json shows all.")


def _print_supply(told: Explanation) -> None:
    if told.supply:
        print_table(
            "Supply, which does not count: it is not here yet",
            ["kind", "id", "location", "units", "due", "confirmed"],
            [
                [each.kind, each.supply_id, each.location, units(each.micros), each.due_date,
                 "yes" if each.confirmed else "no"]
                for each in told.supply
            ],
        )  # fmt: skip
