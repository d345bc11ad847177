"""The one table of numbers, held against the documents (docs/integrators.md)."""

import pytest

from couponadmin.errors import CouponError, ErrorCode

DOCUMENTED = {
    677: (None, "Invalid coupon count. Minimum 1 and Maximum 500."),
    701: (None, "The customer could not be found. Please check mobile, email, external id passed"),
    707: (None, "Coupon Series ID is invalid"),
    709: (None, "Coupon processing failed: user already has a coupon"),
    713: (None, "Coupon has expired"),
    756: (None, None),
    5001: (626, None),
    5002: (621, "max coupon per user exceeded"),
    5004: (679, "Issue only one coupon. Since isAllowMultipleVouchersPerUser=false."),
    5005: (702, "Queue is empty for series"),
    5006: (678, "Unable to issue certain number of coupons"),
}
BY_NUMBER = {code.number: code for code in ErrorCode}


@pytest.mark.parametrize("number", DOCUMENTED)
def test_a_number_has_its_documented_twin_and_sentence(number: int) -> None:
    twin, sentence = DOCUMENTED[number]

    assert BY_NUMBER[number].twin == twin
    assert sentence in (None, BY_NUMBER[number].sentence)


def test_numbers_and_sentences_are_told_apart() -> None:
    assert len({code.number for code in ErrorCode}) == len(ErrorCode)
    assert len({code.sentence for code in ErrorCode}) == len(ErrorCode)


def test_only_partial_success_of_issuing_has_twins() -> None:
    assert {code.number for code in ErrorCode if code.twin} == {5001, 5002, 5004, 5005, 5006}


def test_an_error_says_its_own_sentence_unless_told_another() -> None:
    assert CouponError(ErrorCode.SERIES).message == "Coupon Series ID is invalid"
    assert CouponError(ErrorCode.INPUT, "count: too much").message == "count: too much"
