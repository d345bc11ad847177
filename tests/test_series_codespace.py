from typing import Any

import pytest

from series.codespace import affixes, alphabet, code_length, full_length, space
from series.models import Series


@pytest.mark.parametrize(
    ("columns", "length", "different"),
    [
        ({}, 10, 31**10),
        ({"alpha_numeric": False}, 10, 10**10),
        ({"random_code_length": 28}, 28, 31**28),
        ({"short_code_length": 6}, 6, 31**6),
        ({"random_code_length": 8, "short_code_length": 6}, 8, 31**8),
        ({"alpha_numeric": False, "random_code_length": 4}, 4, 10**4),
    ],
)
def test_length_and_letters_make_the_space(
    columns: dict[str, Any], length: int, different: int
) -> None:
    series = Series(**columns)

    assert (code_length(series), space(series)) == (length, different)


def test_no_two_letters_look_alike() -> None:
    letters = alphabet(Series(alpha_numeric=True))

    assert len(letters) == len(set(letters)) == 31
    assert not set(letters) & set("0O1IL")
    assert letters == letters.upper()
    assert alphabet(Series(alpha_numeric=False)) == "0123456789"


@pytest.mark.parametrize(
    ("columns", "parts", "length"),
    [
        ({}, ("AB-", "-Z"), 15),
        ({"is_prefix_enabled": False}, ("", "-Z"), 12),
        ({"is_suffix_enabled": False}, ("AB-", ""), 13),
    ],
)
def test_prefix_and_suffix_count_where_enabled(
    columns: dict[str, Any], parts: tuple[str, str], length: int
) -> None:
    series = Series(coupon_prefix="AB-", coupon_suffix="-Z", **columns)

    assert (affixes(series), full_length(series)) == (parts, length)
