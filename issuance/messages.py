"""The messages of a coupon: the texts of its series, filled in for its holder. Pure."""

from typing import NamedTuple

from django.utils.formats import date_format

from couponadmin.times import local_date
from issuance.models import Coupon
from issuance.states import valid_until
from series.messages import render, tag_values


class Messages(NamedTuple):
    sms: str
    short_sms: str


def messages_of(coupon: Coupon) -> Messages | None:
    """The texts for an issued coupon; None if its series sends none."""
    series = coupon.series
    if series.is_sms_disabled:
        return None
    values = values_of(coupon)
    return Messages(render(series.sms_template, values), render(series.short_sms_template, values))


def values_of(coupon: Coupon) -> dict[str, str]:
    end = valid_until(coupon)
    last_day, first_day = end and local_date(end), local_date(coupon.issued_at)
    return tag_values(
        first_name=coupon.customer.first_name,
        last_name=coupon.customer.last_name,
        code=coupon.code,
        valid_days=str((last_day - first_day).days) if last_day else "",
        offer_name=coupon.series.description,
        expiry=date_format(last_day) if last_day else "",
    )
