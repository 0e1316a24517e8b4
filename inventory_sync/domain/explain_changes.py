"""What lies between two numbers: term by term, with the orders that came and went.

Put here how two ways to a number are compared. Keep out how each of them is told: that is
``explain.py``. The differences of all terms add up to the difference of the two numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inventory_sync.domain.explain import LABELS, LINE, Row, Step, units


@dataclass(frozen=True, slots=True)
class Change:
    """A term that is not what it was: by how much it moves the number, and why."""

    name: str
    label: str
    change_micros: int
    because: tuple[str, ...]


def changes(before: Sequence[Step], after: Sequence[Step], *, since: str) -> tuple[Change, ...]:
    """What leads from one number to the other, in the order of the steps.

    ``since`` names the earlier moment in a sentence: "order #1042 came after <since>".
    """
    then, now = _by_name(before), _by_name(after)
    found = []
    for name in dict.fromkeys([*then, *now]):
        old, new = then.get(name, ()), now.get(name, ())
        moved = sum(s.change_micros for s in new) - sum(s.change_micros for s in old)
        because = tuple([*_rows_changed(old, new, since), *_told_otherwise(old, new)])
        if moved or because:
            label = LABELS.get(name) or (new or old)[-1].label
            found.append(Change(name, label, moved, because))
    return tuple(found)


def _by_name(steps: Iterable[Step]) -> dict[str, tuple[Step, ...]]:
    found: dict[str, tuple[Step, ...]] = {}
    for step in steps:
        if not step.is_total:
            found[step.name] = (*found.get(step.name, ()), step)
    return found


def _rows_changed(old: Sequence[Step], new: Sequence[Step], since: str) -> Iterator[str]:
    """A sentence for each row that came, went or is of another size.

    Where small rows were not kept, one that is not bigger than those kept may have been among them.
    """
    then, now = _rows(old), _rows(new)
    for key, row in now.items():
        if key not in then and row.micros > _smallest_known(old):
            yield _came(row, since)
        elif key in then and then[key].micros != row.micros:
            yield f"{_named(row)}: {units(then[key].micros)} units before, {units(row.micros)} now"
    for key, row in then.items():
        if key not in now and row.micros > _smallest_known(new):
            yield _went(row)


def _rows(steps: Sequence[Step]) -> dict[str, Row]:
    return {f"{row.key} {row.kit}": row for step in steps for row in step.rows}


def _smallest_known(steps: Sequence[Step]) -> int:
    """Rows above this size are all known."""
    whole = all(not step.rest_micros for step in steps)
    return 0 if whole else min((row.micros for step in steps for row in step.rows), default=0)


def _came(row: Row, since: str) -> str:
    return f"{units(row.micros)} units: {_named(row)} came after {since}"


def _went(row: Row) -> str:
    if row.kind == LINE:
        return f"{units(row.micros)} units: {_named(row)} is in the ERP's own figures by now"
    return f"{units(row.micros)} units: {_named(row)} is not open any more"


def _named(row: Row) -> str:
    kit = f" for the kit {row.kit}" if row.kit else ""
    if row.kind == LINE:
        return f"order {row.name} of {row.place}{kit}"
    document = f" of {row.document}" if row.document and row.document != row.name else ""
    return f"{row.kind} {row.name}{document} at {row.place}{kit}"


def _told_otherwise(old: Sequence[Step], new: Sequence[Step]) -> Iterator[str]:
    """Terms without rows: their figures, or the rule that is another one now."""
    if any(step.rows or step.rest_micros for step in (*old, *new)):
        return
    was, is_now = (sum(step.change_micros for step in side) for side in (old, new))
    if old and new and old[-1].label != new[-1].label:
        yield f"{old[-1].label} before; {new[-1].label} now"
    elif was != is_now:
        yield f"{units(abs(was))} before, {units(abs(is_now))} now"
