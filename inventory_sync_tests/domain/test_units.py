"""Quantities become micros exactly, or say why they do not."""

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_sync.domain.units import (
    LIMIT_UNITS,
    REASONS,
    SCALE,
    micros_to_decimal,
    text_to_micros,
    to_micros,
)

_SIGNS = st.sampled_from(["", "-", "+"])
_DIGITS = st.text("0123456789", max_size=45)
NUMBER_TEXTS = st.builds(
    "{}{}.{}".format, _SIGNS, st.text("0123456789", min_size=1, max_size=15), _DIGITS
)
ANY_TEXTS = st.one_of(
    NUMBER_TEXTS,
    st.builds("{}{}e{}".format, _SIGNS, st.text("0123456789", min_size=1), st.integers(-99, 99)),
    st.decimals(allow_nan=True).map(str),
    st.floats().map(str),
    st.text(max_size=20),
    st.none(),
)


def converted(*values: object) -> list[tuple[int, str]]:
    micros = to_micros(list(values))
    return [
        (int(value), REASONS[code])
        for value, code in zip(micros.values, micros.reason_codes, strict=True)
    ]


@given(st.lists(ANY_TEXTS, max_size=20))
def test_the_column_and_the_single_text_agree(texts):
    assert converted(*texts) == [text_to_micros(text) for text in texts]


@given(NUMBER_TEXTS)
def test_a_quantity_is_exactly_its_text_or_refused(text):
    micros, reason = text_to_micros(text)
    exact = Fraction(text) * SCALE
    fits = exact.denominator == 1 and abs(exact) <= LIMIT_UNITS * SCALE
    assert (reason == "") == fits
    assert micros == (exact if fits else 0)


@given(st.integers(-(10**18), 10**18))
def test_micros_return_from_their_decimal(micros):
    assert converted(micros_to_decimal(micros)) == [(micros, "")]
    assert micros_to_decimal(micros) == Decimal(micros).scaleb(-6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, (3_000_000, "")),
        (0.1, (100_000, "")),
        (0.1 + 0.7, (0, "has more than 6 decimals")),
        (1e5, (100_000_000_000, "")),
        (Decimal("1E+2"), (100_000_000, "")),
        ("1.500000000000000000000000000000000000000000", (1_500_000, "")),
        ("1e12", (10**18, "")),
        ("1e999999999", (0, "is beyond 1000000000000")),
        ("1e-999999999", (0, "has more than 6 decimals")),
        ("-0", (0, "")),
        ("0e999999999", (0, "")),
        (None, (0, "is missing")),
        ("", (0, "is not a number")),
        ("1_000", (0, "is not a number")),
        ("\uff11\uff12", (0, "is not a number")),
        (" 5", (0, "is not a number")),
        ("5\n", (0, "is not a number")),
        ("0x10", (0, "is not a number")),
        ("1,5", (0, "is not a number")),
        (True, (0, "is not a number")),
        ("NaN", (0, "is not finite")),
        ("-Infinity", (0, "is not finite")),
    ],
)
def test_one_value(value, expected):
    assert converted(value, value) == [expected, expected]


def test_no_values_are_no_micros():
    assert converted() == []
    assert converted(None) == [(0, "is missing")]


def test_a_slice_of_an_arrow_array_is_that_slice():
    texts = pa.array(["1", "2", "3", "4"]).slice(1, 2)
    assert to_micros(texts).values.tolist() == [2_000_000, 3_000_000]


def test_a_whole_number_shows_without_decimals():
    assert [str(micros_to_decimal(m)) for m in (0, 5_000_000, 1_500_000, -1, 10**18)] == [
        "0", "5", "1.5", "-0.000001", "1000000000000",
    ]  # fmt: skip
