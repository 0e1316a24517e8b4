"""JSON is taken as everybody reads it, or refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.receiver.strict_json import UnusableBody, parse_object

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES))
def test_an_object_is_what_it_was(value: dict[str, object]) -> None:
    assert parse_object(json.dumps(value).encode()) == value


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        assert isinstance(parse_object(body), dict)
    except UnusableBody as reason:
        assert str(reason)


@pytest.mark.parametrize("number", [str(2**63), str(-(2**63) - 1), "1e309", "-1e400"])
def test_a_number_that_others_would_round_is_refused(number: str) -> None:
    with pytest.raises(UnusableBody, match="is larger than any"):
        parse_object(b'{"a": [{"b": %s}]}' % number.encode())


def test_brackets_in_a_text_are_no_nesting() -> None:
    note = "[" * 5_000 + '"{' * 5_000
    assert parse_object(json.dumps({"note": note}).encode()) == {"note": note}


def test_a_reason_quotes_nothing_of_the_body() -> None:
    for body in (
        b'{"canary": 1, "canary": 2}',
        b'{"x": canary}',
        b'{"canary": NaN}',
        b"\xffcanary",
    ):
        with pytest.raises(UnusableBody) as refusal:
            parse_object(body)
        assert "canary" not in str(refusal.value)
