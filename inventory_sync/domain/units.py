"""Quantities as scaled integers: one unit is 1,000,000 micros, so that every sum is exact.

Put the exact way from a number's text to micros and back here, with the limits of what a quantity
may be. Keep floats out, and keep out what a quantity means: negative ones are judged elsewhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

SCALE: Final = 1_000_000
"""Micros in one unit."""

LIMIT_UNITS: Final = 10**12
"""The largest absolute quantity of one row; more is a mistake in the ERP, not stock."""

DECIMALS: Final = 6

FINE: Final = ""
MISSING: Final = "is missing"
NOT_A_NUMBER: Final = "is not a number"
NOT_FINITE: Final = "is not finite"
TOO_FINE: Final = f"has more than {DECIMALS} decimals"
TOO_LARGE: Final = f"is beyond {LIMIT_UNITS}"
REASONS: Final = (FINE, MISSING, NOT_A_NUMBER, NOT_FINITE, TOO_FINE, TOO_LARGE)
"""Why a text is no quantity; ``Micros.reason_codes`` holds positions in this tuple."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
# What Arrow may convert: exponents are kept from it, for a huge one crashes the process.
_PLAIN = r"^[+-]?[0-9]{1,12}(\.[0-9]{1,6}0*)?$"
# Arrow's 38 digits: 12 before the point, and as many zeros after it as a database may print.
_PLAIN_LENGTH = 38
_MICROS = pa.decimal128(38, DECIMALS)


@dataclass(frozen=True, slots=True)
class Micros:
    """A column of quantities in micros, and per row why it is not one (0 = it is one).

    A row that holds no quantity has the value 0; its reason code says why.
    """

    values: NDArray[np.int64]
    reason_codes: NDArray[np.int8]


def to_micros(values: Sequence[object] | pa.Array) -> Micros:
    """Convert numbers, or their texts, to micros exactly; each distinct text is converted once.

    A float counts as the shortest decimal that denotes it (0.1 is one tenth).
    """
    texts = values if isinstance(values, pa.Array) else _texts(values)
    encoded = texts.dictionary_encode()
    distinct = _convert_distinct(encoded.dictionary)
    rows = encoded.indices.fill_null(len(distinct.values)).to_numpy(zero_copy_only=False)
    return Micros(
        values=np.append(distinct.values, np.int64(0))[rows],
        reason_codes=np.append(distinct.reason_codes, np.int8(REASONS.index(MISSING)))[rows],
    )


def text_to_micros(text: str | None) -> tuple[int, str]:
    """The same for one text: micros and reason, one of ``REASONS``. Slow, plain and exact."""
    if text is None:
        return 0, MISSING
    if not _NUMBER.fullmatch(text):
        return 0, NOT_FINITE if _NOT_FINITE.fullmatch(text) else NOT_A_NUMBER
    number = Decimal(text)
    if not number:
        return 0, FINE
    # copy_abs and comparisons are exact; abs() would round to the context's precision.
    if number.copy_abs() > LIMIT_UNITS:
        return 0, TOO_LARGE
    sign, digits, exponent = number.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    shift = DECIMALS + int(exponent) + len(digits) - len(significant)
    if shift < 0:
        return 0, TOO_FINE
    return (-1 if sign else 1) * int(significant) * 10**shift, FINE


def micros_to_decimal(micros: int) -> Decimal:
    """The exact quantity in units, without trailing zeros: 1_500_000 is 1.5 and 0 is 0."""
    sign = "-" if micros < 0 else ""
    units, rest = divmod(abs(int(micros)), SCALE)
    return Decimal(f"{sign}{units}.{rest:0{DECIMALS}d}".rstrip("0").rstrip("."))


def _texts(values: Sequence[object]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _convert_distinct(texts: pa.Array) -> Micros:
    values = np.zeros(len(texts), np.int64)
    reason_codes = np.zeros(len(texts), np.int8)
    plain = _is_plain(texts)
    values[plain] = _plain_to_micros(texts.filter(pa.array(plain)))
    for row in np.flatnonzero(~plain):
        values[row], reason = text_to_micros(texts[int(row)].as_py())
        reason_codes[row] = REASONS.index(reason)
    return Micros(values=values, reason_codes=reason_codes)


def _is_plain(texts: pa.Array) -> NDArray[np.bool_]:
    short = pc.less_equal(pc.binary_length(texts), _PLAIN_LENGTH)
    plain = pc.and_(short, pc.match_substring_regex(texts, _PLAIN))
    result: NDArray[np.bool_] = plain.to_numpy(zero_copy_only=False)
    return result


def _plain_to_micros(texts: pa.Array) -> NDArray[np.int64]:
    decimals = texts.cast(_MICROS)
    # A 128 bit decimal is its scaled integer, low word first. Below 10^12 units that fits the low
    # word, sign included, so every second word is the answer without any arithmetic.
    words = np.frombuffer(decimals.buffers()[1], dtype="<i8")
    return words[2 * decimals.offset :: 2][: len(decimals)].astype(np.int64)
