"""What the maker of a series should know. Pure.

To add advice, write a function and put it into `ADVICE`.
Source: docs/integrators.md.
"""

from collections.abc import Callable, Iterable

from series.checks import LIMITS, is_generated
from series.codespace import circulating, tries_per_hit
from series.messages import DEFAULT_SMS_TEMPLATE, tags_in, unknown_tags
from series.models import ExpiryStrategy, Series

SHORT = 7
SAFE_GUESS_CHANCE = 1e-6
TEMPLATES = {"smsTemplate": "sms_template", "shortSMSTemplate": "short_sms_template"}
TAGS_OF_THE_END = ("expiry_date", "valid_days_from_create")

Advice = Callable[[Series], str | None]


def has_no_end(series: Series) -> str | None:
    if series.valid_till_date is None:
        return "validTillDate: The series has no end."
    return None


def cannot_be_redeemed(series: Series) -> str | None:
    start, end = series.redemption_valid_from, series.valid_till_date
    if start and end and end < start:
        return "redemptionValidFrom: This is after the end of the series."
    return None


def can_be_guessed(series: Series) -> str | None:
    """A guess should hit less than once in a million tries."""
    coupons, tries = circulating(series), tries_per_hit(series)
    if is_generated(series) and tries * SAFE_GUESS_CHANCE < 1:
        return (
            f"randomCodeLength: With {coupons} coupons in circulation "
            f"one guessed code in {tries} is right."
        )
    return None


def allows_nothing(series: Series) -> str | None:
    members = [member for member, column in LIMITS.items() if getattr(series, column) == 0]
    if members:
        return f"{', '.join(members)}: 0 allows none; -1 stands for no limit."
    return None


def has_unknown_tags(series: Series) -> str | None:
    for member, column in TEMPLATES.items():
        if tags := unknown_tags(getattr(series, column)):
            return f"{member}: Nothing replaces {shown(tags)}."
    return None


def tells_no_end(series: Series) -> str | None:
    """The tag of a day that there is not leaves a hole in the sentence around it. The default does
    without that sentence.
    """
    endless = series.expiry_strategy_type == ExpiryStrategy.SERIES_EXPIRY
    if series.valid_till_date is not None or not endless or series.is_sms_disabled:
        return None
    for member, column in TEMPLATES.items():
        template = getattr(series, column)
        tags = [] if template == DEFAULT_SMS_TEMPLATE else tags_in(template)
        if empty := [tag for tag in TAGS_OF_THE_END if tag in tags]:
            return f"{member}: Nothing stands for {shown(empty)}, as coupons have no end."
    return None


def shown(tags: Iterable[str]) -> str:
    return ", ".join(f"{{{{{tag}}}}}" for tag in tags)


def ends_soon(series: Series) -> str | None:
    """A number of days is typed quickly, and holds for every coupon."""
    days = series.expiry_strategy_value
    if series.expiry_strategy_type != ExpiryStrategy.DAYS or days >= SHORT:
        return None
    when = {0: "on the day", 1: "1 day after the day"}.get(days, f"{days} days after the day")
    return f"expiryStrategyValue: Coupons end {when} of their issue."


ADVICE: tuple[Advice, ...] = (
    has_no_end,
    tells_no_end,
    cannot_be_redeemed,
    can_be_guessed,
    allows_nothing,
    has_unknown_tags,
)

# What a client knows that asks for it, and what somebody at a form may have overlooked.
ADVICE_AT_THE_FORM: tuple[Advice, ...] = (*ADVICE, ends_soon)


def warnings(series: Series) -> list[str]:
    """A sentence for each advice that applies; none of them keeps the series from being."""
    return told(ADVICE, series)


def warnings_at_the_form(series: Series) -> list[str]:
    return told(ADVICE_AT_THE_FORM, series)


def told(advices: Iterable[Advice], series: Series) -> list[str]:
    return [sentence for advice in advices if (sentence := advice(series)) is not None]
