"""Reading what the other side wrote: JSON without its loopholes, and text fit to be shown.

Put rules about bytes and characters of an answer here. Keep Shopify's meaning of them out: that is
``protocol.py`` and ``answers.py``.
"""

import json
import math
from typing import Any, NoReturn


def loads(body: bytes) -> Any:
    """JSON without what JSON forbids or leaves open: NaN, infinities and duplicate keys.

    Raises ``ValueError``, also for a depth or a number that the parser gives up on.
    """
    try:
        return json.loads(
            body,
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unique_keys,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def shown(value: Any, limit: int = 300) -> str:
    """Text of the other side in one printable line, for a message or a log."""
    text = value if isinstance(value, str) else repr(value)
    line = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(line.split())[:limit]
