"""JSON that means one thing to everybody, or nothing at all.

Put here what is refused although the standard library would take it: a key that stands twice, NaN,
numbers beyond 64 bits, nesting without end. Keep out what the values mean.
"""

import json
import math
from typing import Any, Final, NoReturn

_LIMIT: Final = 2**63


class UnusableBody(Exception):
    """The body is not what JSON must be here. The message is a reason and quotes nothing of it."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The one JSON object that the body is. Raises ``UnusableBody``."""
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise UnusableBody("it is not UTF-8 text") from None
    except json.JSONDecodeError:
        raise UnusableBody("it is not JSON, or not all of it") from None
    except RecursionError:  # an order is six deep, and the interpreter gives up at a thousand
        raise UnusableBody("its JSON is nested too deeply") from None
    if not isinstance(value, dict):
        raise UnusableBody("its JSON is not an object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):  # parsers differ in which one they take
        raise UnusableBody("a key of its JSON stands twice")
    return value


def _integer(digits: str) -> int:
    if len(digits) <= 20 and -_LIMIT <= (number := int(digits)) < _LIMIT:
        return number
    raise UnusableBody("a number of its JSON is larger than any id")


def _decimal(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise UnusableBody("a number of its JSON is larger than any quantity")
    return number


def _constant(name: str) -> NoReturn:
    raise UnusableBody("its JSON holds NaN or Infinity")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_decimal,
    parse_constant=_constant,
)
