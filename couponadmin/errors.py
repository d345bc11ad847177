"""Every documented number and its sentence, and the one exception that carries them."""

from enum import Enum


class ErrorCode(Enum):
    """A documented refusal: number, sentence, and the twin number used on partial success.

    Source: the error table of "Issue multiple coupons" of the v2 API, and docs/integrators.md.
    """

    EXPIRY_CODE = (633, "No coupon of the series has this code")
    COUNT = (677, "Invalid coupon count. Minimum 1 and Maximum 500.")
    EXPIRY_IN_THE_PAST = (690, "The new expiry is in the past")
    EXPIRY_SERIES_OVER = (691, "The new expiry is later than the end of the series")
    EXPIRY_PROLONGED = (692, "The coupon's batch was extended beyond the new expiry")
    GENERIC_CUSTOMER = (695, "The customer of a GENERIC coupon code is mandatory to set")
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

    # Redemption, in the order in which several reasons are told (docs/integrators.md).
    REVOKED = (660, "The coupon has been revoked")
    NOT_THEIRS = (703, "The coupon was not issued to this customer")
    EXPIRED = SERIES_OVER
    SERIES_ENDED = (712, "The coupon series is over")
    USED = (711, "The coupon has been used already")
    SAME_CUSTOMER = (747, "The customer may redeem this coupon only once")
    CUSTOMER_CAP = (736, "The customer has redeemed as many coupons of this series as allowed")
    REDEMPTION_CAP = (728, "The coupon has been redeemed as often as allowed")
    TOO_EARLY = (739, "The coupon cannot be redeemed yet")
    OUT_OF_HOURS = (729, "The coupon cannot be redeemed at this time")
    BILL_AMOUNT = (733, "The bill amount is outside the range of the coupon")
    STORE = (735, "The coupon cannot be redeemed in this store")
    GAP = (738, "The customer has redeemed a coupon of this series too recently")
    TARGET_USER = (710, "The coupon is not meant for this customer")
    NO_CODE = (781, "The coupon code is missing")
    BATCH_MATE = (749, "Another coupon of the request cannot be redeemed")
    CODE_TWICE = (716, "The request contains the same code twice")
    REDEMPTION_ID = (510, "A redemption of the request could not be found")

    def __init__(self, number: int, sentence: str, twin: int | None = None) -> None:
        self.number = number
        self.sentence = sentence
        self.twin = twin


class CouponError(Exception):
    """A refusal with a documented number; the API turns it into the refusal envelope.

    `message` replaces the number's own sentence, `status` is the HTTP status; one that says more
    than "refused" is the number, too, as it is where HTTP itself refuses.
    """

    def __init__(self, code: ErrorCode, message: str = "", *, status: int = 400) -> None:
        super().__init__(message or code.sentence)
        self.code = code
        self.status = status

    @property
    def number(self) -> int:
        return self.code.number if self.status == 400 else self.status

    @property
    def message(self) -> str:
        return str(self)
