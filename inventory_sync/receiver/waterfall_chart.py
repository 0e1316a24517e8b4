"""A waterfall as bars: where each begins and ends in a drawing, and what stands beside it.

Put geometry here. Keep markup out: that is the template.
"""

from collections.abc import Sequence
from typing import Any, Final

from inventory_sync.domain.explain import Step, units

WIDTH: Final = 900
LABELS: Final = 330
"""Where the labels end; the bars begin a little further on."""
_BARS: Final = 345
_VALUES: Final = 85
_ROW: Final = 26
_MOST_LETTERS: Final = 46


def chart(title: str, steps: Sequence[Step]) -> dict[str, Any]:
    """The bars of a waterfall: a total stands on zero, a change between two totals."""
    reached = [0, *(step.total_micros for step in steps)]
    low, high = min(reached), max(reached)
    span = max(high - low, 1)

    def x(micros: int) -> float:
        return round(_BARS + (micros - low) / span * (WIDTH - _BARS - _VALUES), 1)

    bars = []
    for row, step in enumerate(steps):
        began = 0 if step.is_total else step.total_micros - step.change_micros
        left, right = sorted((x(began), x(step.total_micros)))
        bars.append(
            {
                "kind": _kind(step),
                "label": step.label,
                "short": _short(step.label),
                "value": _value(step),
                "y": row * _ROW,
                "x": left,
                "width": max(round(right - left, 1), 2),
                "joint": x(began) if row and not step.is_total else None,
            }
        )
    return {
        "title": title,
        "told": f"{title}. " + "; ".join(f"{bar['label']}: {bar['value']}" for bar in bars),
        "width": WIDTH,
        "height": len(steps) * _ROW,
        "labels": LABELS,
        "zero": x(0),
        "bars": bars,
        "rows": _rows(steps),
    }


def _kind(step: Step) -> str:
    if step.is_total:
        return "total"
    if step.change_micros == 0:
        return "none"
    return "more" if step.change_micros > 0 else "less"


def _value(step: Step) -> str:
    if step.is_total:
        return units(step.total_micros)
    return f"+{units(step.change_micros)}" if step.change_micros > 0 else units(step.change_micros)


def _short(label: str) -> str:
    return label if len(label) <= _MOST_LETTERS else f"{label[: _MOST_LETTERS - 1]}…"


def _rows(steps: Sequence[Step]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for step in steps:
        rows += [
            {
                "kind": row.kind,
                "name": row.name,
                "document": row.document,
                "place": row.place,
                "kit": row.kit,
                "units": units(row.micros),
            }
            for row in step.rows
        ]
        if step.rest_micros:
            rest = {
                "kind": step.name,
                "name": step.rest,
                "document": None,
                "place": "",
                "kit": None,
            }
            rows.append(rest | {"units": units(step.rest_micros)})
    return rows
