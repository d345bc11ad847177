"""What the members of a series must be together. Pure.

A check looks at one change and gives a refusal or nothing; to add one, write a function and put it
into `CHECKS`.
Source: docs/integrators.md.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from series.codespace import (
    MAX_CODE_LENGTH,
    alphabet,
    code_length,
    full_length,
    space,
)
from series.expiry import MAX_DAYS, MAX_MONTHS
from series.models import ClientHandling, DiscountType, ExpiryStrategy, Series

# Below this, codes can be guessed by hand.
SMALLEST_SPACE = 10_000
# A space that full finds a free code at the first try nearly always.
SPACE_PER_COUPON = 20

EXPIRY_RANGE = {ExpiryStrategy.DAYS: MAX_DAYS, ExpiryStrategy.MONTHS_END: MAX_MONTHS}
FROZEN = {
    "expiryStrategyType": "expiry_strategy_type",
    "expiryStrategyValue": "expiry_strategy_value",
    "clientHandlingType": "client_handling_type",
    "genericCode": "generic_code",
    "alphaNumeric": "alpha_numeric",
    "randomCodeLength": "random_code_length",
    "shortCodeLength": "short_code_length",
    "couponPrefix": "coupon_prefix",
    "couponSuffix": "coupon_suffix",
    "isPrefixEnabled": "is_prefix_enabled",
    "isSuffixEnabled": "is_suffix_enabled",
}
LIMITS = {
    "maxCreate": "max_create",
    "maxVouchersPerUser": "max_vouchers_per_user",
    "maxRedeem": "max_redeem",
    "redemptionPerCouponMaxLimit": "redemption_per_coupon_max_limit",
    "maxRedemptionsInSeriesPerUser": "max_redemptions_in_series_per_user",
}


class Change(NamedTuple):
    """A series as it shall be, and as it was (None: it is being made)."""

    after: Series
    before: Series | None
    today: date


class Refusal(NamedTuple):
    """Why a series cannot be like that: the documented member, and a message that names it."""

    member: str
    message: str


Check = Callable[[Change], Refusal | None]


def refused(member: str, sentence: str) -> Refusal:
    return Refusal(member, f"{member}: {sentence}")


def is_generated(series: Series) -> bool:
    return bool(series.client_handling_type == ClientHandling.DISC_CODE)


def discount_is_in_range(change: Change) -> Refusal | None:
    value = change.after.discount_value
    if change.after.discount_type == DiscountType.PERC and not 0 < value <= 100:
        return refused("discountValue", "A percentage is above 0 and at most 100.")
    if value <= 0:
        return refused("discountValue", "A value above 0 is needed.")
    return None


def end_is_not_in_the_past(change: Change) -> Refusal | None:
    """A series that is over may stay so, whatever else changes."""
    end = change.after.valid_till_date
    if end is None or (change.before and change.before.valid_till_date == end):
        return None
    return refused("validTillDate", "This day is in the past.") if end < change.today else None


def expiry_value_is_in_range(change: Change) -> Refusal | None:
    most = EXPIRY_RANGE.get(ExpiryStrategy(change.after.expiry_strategy_type))
    if most is None or 0 <= change.after.expiry_strategy_value <= most:
        return None
    strategy = change.after.expiry_strategy_type
    return refused("expiryStrategyValue", f"{strategy} needs a number from 0 to {most}.")


def generic_has_its_code(change: Change) -> Refusal | None:
    is_generic = change.after.client_handling_type == ClientHandling.GENERIC
    if is_generic and change.after.generic_code is None:
        return Refusal("genericCode", "genericCode is mandatory to set")
    if change.after.generic_code is not None and not is_generic:
        return refused("genericCode", "Only a series with clientHandlingType GENERIC has one.")
    return None


def codes_fit_their_column(change: Change) -> Refusal | None:
    length = full_length(change.after)
    if not is_generated(change.after) or length <= MAX_CODE_LENGTH:
        return None
    sentence = f"With prefix and suffix a code has {length} characters"
    return refused("randomCodeLength", f"{sentence}, more than {MAX_CODE_LENGTH}.")


def codes_suffice(change: Change) -> Refusal | None:
    series = change.after
    if not is_generated(series) or (change.before and is_no_wider(change.before, series)):
        return None
    needed = max(SMALLEST_SPACE, SPACE_PER_COUPON * max(series.max_create or 0, series.num_issued))
    if space(series) >= needed:
        return None
    # Once the series exists its codes stay as they are, so it is the cap that asks too much.
    member = "maxCreate" if change.before else "randomCodeLength"
    sentence = (
        f"{code_length(series)} out of {len(alphabet(series))} letters make {space(series)} codes; "
        f"at least {needed} are needed."
    )
    return refused(member, sentence)


def is_no_wider(before: Series, after: Series) -> bool:
    """Whether a change lets no more coupons be made: it must go through, however full the space."""
    if after.max_create is None:
        return before.max_create is None
    return before.max_create is None or after.max_create <= before.max_create


def bill_window_is_open(change: Change) -> Refusal | None:
    least, most = change.after.min_bill_amount, change.after.max_bill_amount
    if least is not None and most is not None and most < least:
        return refused("maxBillAmount", "It is below minBillAmount.")
    return None


def registration_window_is_open(change: Change) -> Refusal | None:
    start = change.after.valid_user_registration_start_time
    end = change.after.valid_user_registration_end_time
    if start and end and end < start:
        member = "targetUserDetails.validUserRegistrationEndTime"
        return refused(member, "It is before validUserRegistrationStartTime.")
    return None


def code_creation_stays(change: Change) -> Refusal | None:
    """Coupons that were issued would no longer be what the series says."""
    for member, column in FROZEN.items():
        if change.before and getattr(change.before, column) != getattr(change.after, column):
            return refused(member, "This cannot change once the series exists.")
    return None


def caps_hold_what_happened(change: Change) -> Refusal | None:
    series = change.after
    if series.max_create is not None and series.max_create < series.num_issued:
        return refused("maxCreate", f"{series.num_issued} coupons have been issued already.")
    if series.max_redeem is not None and series.max_redeem < series.num_redeemed:
        return refused("maxRedeem", f"{series.num_redeemed} coupons have been redeemed already.")
    return None


CHECKS: tuple[Check, ...] = (
    code_creation_stays,
    discount_is_in_range,
    end_is_not_in_the_past,
    expiry_value_is_in_range,
    generic_has_its_code,
    codes_fit_their_column,
    codes_suffice,
    bill_window_is_open,
    registration_window_is_open,
    caps_hold_what_happened,
)


def refusals(change: Change) -> list[Refusal]:
    """All that is wrong with a change; empty: it may be stored."""
    return [refusal for check in CHECKS if (refusal := check(change)) is not None]
