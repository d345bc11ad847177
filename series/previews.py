"""Messages of a series as whoever is signed in would get them for a coupon issued now."""

from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.utils.formats import date_format

from series.advice import TEMPLATES
from series.codespace import MAX_CODE_LENGTH, example, full_length
from series.expiry import last_valid_day
from series.messages import render, sms_parts, tag_values
from series.models import ClientHandling, Series
from series.words import WORDS

# Stands for codes that are not known before they are uploaded.
SOME_CODE = "YOURCODE"


def messages_of(series: Series, code: str, user: User, *, today: date) -> list[dict[str, Any]]:
    """The texts, with their length; none if the series sends none."""
    if series.is_sms_disabled:
        return []
    values = values_for(series, code or SOME_CODE, user, today)
    return [
        {
            "label": WORDS[column][0],
            "text": text,
            "size": f"{len(text)} characters, {parts(sms_parts(text))}",
        }
        for column in TEMPLATES.values()
        if (text := render(getattr(series, column), values))
    ]


def code_such_as(series: Series) -> str:
    """A code such as customers get; empty where nobody knows one yet."""
    match series.client_handling_type:
        case ClientHandling.GENERIC:
            return series.generic_code or ""
        case ClientHandling.DISC_CODE_PIN:
            return ""
    return "" if full_length(series) > MAX_CODE_LENGTH else example(series)


def parts(number: int) -> str:
    return "1 SMS" if number == 1 else f"{number} SMS parts"


def values_for(series: Series, code: str, user: User, today: date) -> dict[str, str]:
    last_day = last_valid_day(
        series.expiry_strategy_type,
        max(series.expiry_strategy_value, 0),
        valid_till=series.valid_till_date,
        issued_on=today,
    )
    return tag_values(
        first_name=user.first_name or user.username,
        last_name=user.last_name,
        code=code,
        valid_days=str((last_day - today).days) if last_day else "",
        offer_name=series.description,
        expiry=date_format(last_day) if last_day else "",
    )
