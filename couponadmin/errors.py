"""Every documented number and its sentence, and the one exception that carries them."""

from enum import Enum


class ErrorCode(Enum):
    """A documented refusal: number, sentence, and the twin number used on partial success.

    Source: the error table of "Issue multiple coupons" (seeds) and contract section 4.
    """

    COUNT = (677, "Invalid coupon count. Minimum 1 and Maximum 500.")
    EXPIRY_SERIES_OVER = (690, "The new expiry is later than the end of the series")
    EXPIRY_IN_THE_PAST = (691, "The new expiry is in the past")
    CUSTOMER = (
        701,
        "The customer could not be found. Please check mobile, email, external id passed",
    )
    CODE = (702, "The coupon code could not be found")
    SERIES = (707, "Coupon Series ID is invalid")
    HELD = (709, "Coupon processing failed: user already has a coupon")
    SERIES_OVER = (713, "Coupon has expired")
    INPUT = (756, "The request could not be understood")
    MAX_CREATE = (5001, "Maximum number of coupons of this series has been issued", 626)
    MAX_PER_USER = (5002, "max coupon per user exceeded", 621)
    ONLY_ONE = (
        5004,
        "Issue only one coupon. Since isAllowMultipleVouchersPerUser=false.",
        679,
    )
    POOL_EMPTY = (5005, "Queue is empty for series", 702)
    NO_FREE_CODE = (5006, "Unable to issue certain number of coupons", 678)

    def __init__(self, number: int, sentence: str, twin: int | None = None) -> None:
        self.number = number
        self.sentence = sentence
        self.twin = twin


class CouponError(Exception):
    """A refusal with a documented number; the API turns it into the refusal envelope.

    `message` replaces the number's own sentence, `status` is the HTTP status.
    """

    def __init__(self, code: ErrorCode, message: str = "", *, status: int = 400) -> None:
        super().__init__(message or code.sentence)
        self.code = code
        self.status = status

    @property
    def message(self) -> str:
        return str(self)
