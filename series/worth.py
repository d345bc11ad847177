"""What a coupon of a series is worth, in words. Pure."""

from decimal import Decimal

from series.models import DiscountType, Series


def benefit(series: Series) -> str:
    """What a coupon takes off: `500 off the bill`, `20% off the bill, at most 300`."""
    value = plain(series.discount_value)
    if series.discount_type == DiscountType.ABS:
        return f"{value} off the bill"
    most = f", at most {plain(series.discount_upto)}" if series.discount_upto else ""
    return f"{value}% off the bill{most}"


def plain(amount: Decimal) -> str:
    """Without the zeros that the column adds: 1,500, not 1,500.000."""
    return f"{amount.normalize():,f}"
