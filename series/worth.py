"""What a coupon of a series is worth, in words. Pure."""

from decimal import Decimal

from django.conf import settings

from series.models import DiscountType, Series

NEVER_BROKEN = "\N{NO-BREAK SPACE}"


def benefit(series: Series) -> str:
    """What a coupon takes off: `500 off the bill`, `20% off the bill, at most 300`."""
    value = plain(series.discount_value)
    if series.discount_type == DiscountType.ABS:
        return f"{money(value)} off the bill"
    most = f", at most {money(plain(series.discount_upto))}" if series.discount_upto else ""
    return f"{value}% off the bill{most}"


def money(text: str) -> str:
    """With the currency before it, if the shop has named one: a sign close to it, letters apart."""
    currency = settings.CURRENCY
    return f"{currency}{NEVER_BROKEN if currency[-1:].isalnum() else ''}{text}"


def plain(amount: Decimal) -> str:
    """Without the zeros that the column adds: 1,500, not 1,500.000."""
    return f"{amount.normalize():,f}"


def bill_sizes(series: Series) -> str:
    """The bills that a coupon works on: `1,000 or more`, `between 1,000 and 9,000`; empty: any."""
    least, most = series.min_bill_amount, series.max_bill_amount
    if least and most:
        return f"between {plain(least)} and {plain(most)}"
    if least:
        return f"{plain(least)} or more"
    return f"{plain(most)} or less" if most else ""
