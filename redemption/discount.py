"""What a coupon takes off a bill, in decimals. Pure.

Source: `discountType`, `discountValue` and `discountUpto` of "Create coupon series" of the v2 API.
"""

from decimal import ROUND_HALF_UP, Decimal

from series.models import DiscountType, Series

CENT = Decimal("0.01")


def discount_on(series: Series, bill: Decimal, *, left: Decimal | None = None) -> Decimal:
    """ABS: the value; PERC: that part of the bill, capped and rounded half up to two places.

    Never above `left`, which is what earlier coupons left of the same bill.
    """
    left = bill if left is None else left
    value: Decimal = series.discount_value
    if series.discount_type == DiscountType.ABS:
        return min(value, left)
    part = bill * value / 100
    if series.discount_upto is not None:
        part = min(part, series.discount_upto)
    return min(part.quantize(CENT, ROUND_HALF_UP), left)
