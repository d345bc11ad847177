"""What stands in the columns of a series, in words: for its page and its history."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format

from couponadmin.models import OrgEntity
from series.models import NO_NAME, DiscountType, Series
from series.pickers import EPOCH, MILLISECONDS_FROM
from series.widgets import PRODUCT_TYPES, series_label
from series.worth import money, plain

DAY = "j M Y"
MOMENT = "j M Y, H:i"
# Amounts, but for those that are a percentage with a discount of that type.
MONEY: dict[str, tuple[str, ...]] = {
    "discount_value": (DiscountType.PERC,),
    "discount_upto": (),
    "min_bill_amount": (),
    "max_bill_amount": (),
}
# What an empty column means, where it is neither nothing nor unlimited.
EMPTY = {
    "valid_till_date": "no end",
    "redemption_range": "any time",
    "redemption_org_entity_details": "everywhere",
    "product_info": "all products",
    "redemption_valid_from": "at once",
}


class Names(NamedTuple):
    """What places and other series are called, by the ids that the columns have."""

    places: dict[int, str]
    series: dict[int, str]


def names_of(versions: Iterable[Any]) -> Names:
    """For all that these series, or versions of one, name: one query for each kind."""
    places: set[int] = set()
    others: set[int] = set()
    for version in versions:
        places.update(each["orgEntityId"] for each in version.redemption_org_entity_details)
        others.update(version.mutual_exclusive_series_ids)
    found = OrgEntity.objects.filter(pk__in=places) if places else ()
    return Names(
        {place.pk: str(place) for place in found},
        dict(Series.objects.filter(pk__in=others).values_list("pk", "description"))
        if others
        else {},
    )


def in_words(version: Any, column: str, names: Names) -> str:
    """The value of that column of a series, or of a version of it."""
    value = getattr(version, column)
    if value in (None, "", [], {}):
        return EMPTY.get(column, "no limit" if value is None else "–")
    if column in MONEY and version.discount_type not in MONEY[column]:
        return money(plain(value))
    if column in SPECIAL:
        return SPECIAL[column](value, names)
    choices = dict(Series._meta.get_field(column).flatchoices)
    return str(choices[value]) if value in choices else plain_value(value)


def plain_value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return plain(value)
        case int():
            return f"{value:,}"
        case date():
            return date_format(value, DAY)
    return str(value)


def times(hours: dict[str, list[int]], names: Names) -> str:
    """`Sat, Sun; 09:00–12:00; on day 1–3, 15 of the month`."""
    days = ", ".join(str(WEEKDAYS_ABBR[day - 1]) for day in sorted(hours.get("dow") or ()))
    clock = ", ".join(
        f"{first:02}:00–{last + 1:02}:00" for first, last in runs(hours.get("hours") or ())
    )
    dates = ", ".join(
        f"{first}" if first == last else f"{first}–{last}"
        for first, last in runs(hours.get("dom") or ())
    )
    parts = [days, clock, f"on day {dates} of the month" if dates else ""]
    return "; ".join(filter(None, parts))


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each unbroken run of numbers."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def places(details: list[dict[str, Any]], names: Names) -> str:
    return ", ".join(
        names.places.get(each["orgEntityId"], f"unknown place {each['orgEntityId']}")
        for each in details
    )


def others(ids: list[int], names: Names) -> str:
    return ", ".join(series_label(pk, names.series.get(pk, "unknown")) for pk in ids)


def products(kinds: list[dict[str, Any]], names: Names) -> str:
    return "; ".join(
        f"{PRODUCT_TYPES.get(kind['productType'], kind['productType'])} "
        f"{', '.join(map(str, kind['productIds']))}"
        for kind in kinds
    )


def moment(value: int, names: Names) -> str:
    milliseconds = value if value >= MILLISECONDS_FROM else value * 1000
    try:
        return date_format(timezone.localtime(EPOCH + timedelta(milliseconds=milliseconds)), MOMENT)
    except (OverflowError, ValueError):
        return str(value)


def properties(value: dict[str, Any], names: Names) -> str:
    return "; ".join(f"{name} = {what}" for name, what in value.items())


SPECIAL: dict[str, Callable[[Any, Names], str]] = {
    "redemption_range": times,
    "redemption_org_entity_details": places,
    "mutual_exclusive_series_ids": others,
    "product_info": products,
    "custom_property_map": properties,
    "valid_user_registration_start_time": moment,
    "valid_user_registration_end_time": moment,
    "discount_code": lambda name, names: "–" if name == NO_NAME else name,
    "discount_on": lambda name, names: "the whole bill",
}
