"""Bounds of numbers in a contract, as inclusive integers: micros for quantities, else as they are.

Put here how a bound is written and what it means exactly. Keep out what it bounds.
"""

from decimal import Decimal
from typing import Any, Final

from open_data_contract_standard.model import DataQuality

from inventory_sync.domain.units import FINE, SCALE, text_to_micros

_WORDS: Final = ("min_value", "max_value", "strict_min", "strict_max")


class InvalidBound(Exception):
    """A bound that has no exact meaning; the message completes the sentence "<where>: "."""


def bounds_of(kwargs: dict[str, Any], *, is_quantity: bool) -> tuple[int | None, int | None]:
    """Take the bounds out of an expectation's arguments, and make them inclusive integers.

    The smallest step of a quantity is one micro, so "above 0" is 1.
    """
    said = {word: kwargs.pop(word) for word in _WORDS if word in kwargs}
    if not said:
        return None, None
    for word in ("strict_min", "strict_max"):
        if not isinstance(said.get(word, False), bool):
            raise InvalidBound(f"{word} must be true or false")
    low = _integer(said.get("min_value"), is_quantity=is_quantity)
    high = _integer(said.get("max_value"), is_quantity=is_quantity)
    if low is None and high is None:
        raise InvalidBound("needs a min_value or a max_value")
    minimum = None if low is None else low + bool(said.get("strict_min"))
    maximum = None if high is None else high - bool(said.get("strict_max"))
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InvalidBound("no number lies between its bounds")
    return minimum, maximum


def _integer(value: object, *, is_quantity: bool) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidBound("a bound must be a number")
    micros, reason = text_to_micros(str(value))
    if reason != FINE:
        raise InvalidBound(f"a bound {reason}")
    if is_quantity:
        return micros
    units, rest = divmod(micros, SCALE)
    if rest:
        raise InvalidBound("a bound of whole numbers must be whole")
    return units


def count_bounds(quality: DataQuality) -> tuple[int | None, int | None]:
    """The bounds of a number of rows, from the standard's comparisons."""
    found: dict[str, Any] = {
        word: value
        for word, value in quality.model_dump(exclude_none=True).items()
        if word.startswith("must")
    }
    if len(found) != 1:
        raise InvalidBound("needs exactly one comparison, such as mustBeGreaterThan")
    ((word, value),) = found.items()
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in values):
        raise InvalidBound("a number of rows must be whole")
    match word:
        case "mustBe":
            return value, value
        case "mustBeGreaterThan":
            return value + 1, None
        case "mustBeGreaterOrEqualTo":
            return value, None
        case "mustBeLessThan":
            return None, value - 1
        case "mustBeLessOrEqualTo":
            return None, value
        case "mustBeBetween":
            return value[0], value[1]
    raise InvalidBound(f"{word} is not known for a number of rows")
