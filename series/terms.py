"""The terms of a series in plain words: the main ones, and all others that somebody chose."""

from django.utils.formats import date_format

from series.layout import RARE_FIELDS, SECTIONS
from series.members import SAMPLE_TERMS_AND_CONDITIONS
from series.models import ClientHandling, ExpiryStrategy, Series
from series.values import DAY, Names, in_words
from series.words import WORDS
from series.worth import benefit

# Told by the main terms, or shown as messages.
TOLD = {
    *("description", "discount_type", "discount_value", "discount_upto", "valid_till_date"),
    *("client_handling_type", "generic_code", "alpha_numeric", "random_code_length"),
    *("short_code_length", "coupon_prefix", "is_prefix_enabled", "coupon_suffix"),
    *("is_suffix_enabled", "expiry_strategy_type", "expiry_strategy_value", "series_code"),
    *("is_multiple_vouchers_per_user_allowed", "max_vouchers_per_user"),
    *("is_multiple_use_allowed", "redemption_per_coupon_max_limit"),
    *("sms_template", "short_sms_template"),
}
# Whole texts, which come last.
LONG = {"info", "terms_and_conditions"}
DEFAULTS = {"terms_and_conditions": SAMPLE_TERMS_AND_CONDITIONS}


def terms(series: Series, names: Names) -> list[tuple[str, str]]:
    """Name and text of each, in the order of the form."""
    end = series.valid_till_date
    return [
        ("Benefit", benefit(series)),
        ("Codes", codes(series)),
        ("Series ends", date_format(end, DAY) if end else "never"),
        ("A coupon is valid", validity(series)),
        ("For one customer", per_customer(series)),
        ("A coupon works", uses(series)),
        ("Code of the series", series.series_code),
        *chosen(series, names),
    ]


def chosen(series: Series, names: Names) -> list[tuple[str, str]]:
    """What differs from the default."""
    columns = [column for section in SECTIONS.values() for column in section] + RARE_FIELDS
    columns.sort(key=LONG.__contains__)
    return [
        (WORDS[column][0], in_words(series, column, names))
        for column in columns
        if column not in TOLD and differs(series, column)
    ]


def differs(series: Series, column: str) -> bool:
    value = getattr(series, column)
    first = Series._meta.get_field(column).get_default()
    return value not in (first, DEFAULTS.get(column, first), None, "")


def codes(series: Series) -> str:
    shared = series.client_handling_type == ClientHandling.GENERIC
    kind = series.get_client_handling_type_display()
    return f"all customers share {series.generic_code}" if shared else kind


def validity(series: Series) -> str:
    count = series.expiry_strategy_value
    match series.expiry_strategy_type:
        case ExpiryStrategy.DAYS:
            return f"{counted(count, 'day')} from its issue"
        case ExpiryStrategy.MONTHS_END:
            return f"to the end of the month {counted(count, 'month')} after its issue"
    return "to the end of the series"


def per_customer(series: Series) -> str:
    if not series.is_multiple_vouchers_per_user_allowed:
        return "one coupon"
    if series.max_vouchers_per_user is None:
        return "any number of coupons"
    return f"{counted(series.max_vouchers_per_user, 'coupon')} at most"


def uses(series: Series) -> str:
    if not series.is_multiple_use_allowed:
        return "once"
    if series.redemption_per_coupon_max_limit is None:
        return "any number of times"
    return f"{counted(series.redemption_per_coupon_max_limit, 'time')} at most"


def counted(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number:,} {thing}s"
