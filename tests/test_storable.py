import json
from typing import Any

import orjson
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from couponadmin.storable import MAX_DEPTH, StorableDecoder, flaw

# Between 2**53 and 2**63 a float comes back as the integer that its digits spell.
floats = st.floats(-(2**53), 2**53) | st.floats(min_value=2**63) | st.just(float("nan"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"a": [1, -1.5, True, None, "é🎉"]}, ""),
        ({"a": 2**63 - 1, "b": -(2**63) + 1}, ""),
        (nested(MAX_DEPTH), ""),
        (nested(MAX_DEPTH + 1), "No more than 10 levels are allowed."),
        ({"a": 2**63}, "A number is out of range."),
        ({"a": 1e300}, "A number is out of range."),
        ([float("inf")], "A number is out of range."),
        ([float("nan")], "A number is out of range."),
        ({"a\x00": 1}, "Null characters and lone surrogates are not allowed."),
        ({"a": {"b": ["\udfff"]}}, "Null characters and lone surrogates are not allowed."),
    ],
)
def test_it_says_why_a_value_cannot_be_stored(value: Any, sentence: str) -> None:
    assert flaw(value) == sentence


@pytest.mark.django_db
@settings(deadline=None)
@given(value=values)
def test_what_has_no_flaw_comes_back_from_postgresql_and_can_be_rendered(value: Any) -> None:
    if flaw(value):
        return

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb", [json.dumps(value)])
        back = json.loads(cursor.fetchone()[0])

    assert back == value
    assert orjson.dumps(back)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "9" * 5000, "NaN", '"\\u0000"', '"\\ud800"'])
def test_typed_json_that_cannot_be_stored_is_invalid_json(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(text, cls=StorableDecoder)
