"""Shadow mode: where a store that somebody else still writes differs from ours, and who was right.

Put here the rules that decide it. A number cannot be checked at the instant at which it is shown,
so what happens afterwards decides: an order that the ERP does not deliver, or else the number at
which both meet. Keep out how stores are read (``flow/reconciling.py``).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """Whose number was right."""

    OURS = "ours"
    THEIRS = "theirs"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Sight:
    """A level at one comparison: what the store showed, what we would have shown, and the units
    that all orders up to then had taken out of it.
    """

    shown_units: int
    wanted_units: int
    taken_units: int

    @property
    def differs(self) -> bool:
        """Whether the two are apart."""
        return self.shown_units != self.wanted_units


@dataclass(frozen=True, slots=True)
class Difference:
    """A level from when the two came apart: how it was last seen, and the verdict, if there is
    one.
    """

    began_at: datetime
    last: Sight
    right: Right | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CutLine:
    """An order line of which the ERP will not deliver all."""

    order_name: str
    first_seen_at: datetime
    missing_units: int


_MET: Final = {
    Right.OURS: "the store came to our number",
    Right.THEIRS: "our number came to the store's",
    Right.NEITHER: "both met half-way",
}


def judged(
    difference: Difference, now: Sight, cut: tuple[CutLine, ...]
) -> tuple[Right, str] | None:
    """Who was right, with the reason; ``None`` while nothing has decided it.

    While the store showed more than we would, an order that came in meanwhile and that the ERP does
    not deliver in full proves the store wrong, once and for all. Else the number at which both meet
    decides: whoever was nearer to it, what was sold since being deducted, was right.
    """
    if difference.right is not None:
        return difference.right, difference.reason or ""
    last = difference.last
    if last.shown_units > last.wanted_units:
        for line in cut:
            if line.first_seen_at >= difference.began_at:
                units = "unit" if line.missing_units == 1 else "units"
                return Right.OURS, (
                    f"the ERP does not deliver {line.missing_units} {units} of order "
                    f"{line.order_name}, which the store has sold meanwhile"
                )
    if now.differs:
        return None
    right = _nearer(last, now)
    return right, _MET[right]


def _nearer(last: Sight, now: Sight) -> Right:
    sold = now.taken_units - last.taken_units
    ours = abs(last.wanted_units - sold - now.shown_units)
    theirs = abs(last.shown_units - sold - now.shown_units)
    if ours == theirs:
        return Right.NEITHER
    return Right.OURS if ours < theirs else Right.THEIRS
