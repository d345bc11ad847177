from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from series.expiry import expires_at, last_valid_day


@pytest.mark.parametrize(
    ("days", "issued_on", "last_day"),
    [
        (0, date(2026, 5, 12), date(2026, 5, 12)),
        (1, date(2026, 5, 12), date(2026, 5, 13)),
        (1, date(2026, 1, 31), date(2026, 2, 1)),
        (1, date(2026, 2, 28), date(2026, 3, 1)),
        (1, date(2028, 2, 28), date(2028, 2, 29)),
        (1, date(2028, 2, 29), date(2028, 3, 1)),
        (1, date(2100, 2, 28), date(2100, 3, 1)),
        (365, date(2026, 3, 1), date(2027, 3, 1)),
        (365, date(2028, 2, 29), date(2029, 2, 28)),
        (1, date(2026, 12, 31), date(2027, 1, 1)),
        (36_500, date(2026, 5, 12), date(2126, 4, 18)),
        (1, date(9999, 12, 31), date(9999, 12, 31)),
        (10**12, date(2026, 5, 12), date(9999, 12, 31)),
    ],
)
def test_days_are_counted_from_the_issue(days: int, issued_on: date, last_day: date) -> None:
    assert last_valid_day("DAYS", days, valid_till=None, issued_on=issued_on) == last_day


@pytest.mark.parametrize(
    ("months", "issued_on", "last_day"),
    [
        (0, date(2026, 5, 12), date(2026, 5, 31)),
        (0, date(2026, 5, 31), date(2026, 5, 31)),
        (1, date(2026, 1, 1), date(2026, 2, 28)),
        (1, date(2026, 1, 31), date(2026, 2, 28)),
        (1, date(2028, 1, 31), date(2028, 2, 29)),
        (1, date(2100, 1, 31), date(2100, 2, 28)),
        (1, date(2000, 1, 31), date(2000, 2, 29)),
        (1, date(2026, 3, 31), date(2026, 4, 30)),
        (1, date(2026, 11, 30), date(2026, 12, 31)),
        (1, date(2026, 12, 31), date(2027, 1, 31)),
        (10, date(2026, 5, 12), date(2027, 3, 31)),
        (12, date(2027, 2, 28), date(2028, 2, 29)),
        (1_200, date(2026, 5, 12), date(2126, 5, 31)),
        (1, date(9999, 12, 1), date(9999, 12, 31)),
        (10**12, date(2026, 5, 12), date(9999, 12, 31)),
    ],
)
def test_months_end_on_their_last_day(months: int, issued_on: date, last_day: date) -> None:
    assert last_valid_day("MONTHS_END", months, valid_till=None, issued_on=issued_on) == last_day


@pytest.mark.parametrize(
    ("strategy", "value", "valid_till", "last_day"),
    [
        ("SERIES_EXPIRY", 1, date(2026, 5, 20), date(2026, 5, 20)),
        ("SERIES_EXPIRY", 1_000_000, date(2026, 5, 20), date(2026, 5, 20)),
        ("SERIES_EXPIRY", 1, None, None),
        ("DAYS", 5, date(2026, 5, 20), date(2026, 5, 17)),
        ("DAYS", 8, date(2026, 5, 20), date(2026, 5, 20)),
        ("DAYS", 9, date(2026, 5, 20), date(2026, 5, 20)),
        ("MONTHS_END", 0, date(2026, 5, 31), date(2026, 5, 31)),
        ("MONTHS_END", 1, date(2026, 6, 29), date(2026, 6, 29)),
        ("MONTHS_END", 1, date(2026, 7, 1), date(2026, 6, 30)),
    ],
)
def test_no_coupon_outlives_its_series(
    strategy: str, value: int, valid_till: date | None, last_day: date | None
) -> None:
    found = last_valid_day(strategy, value, valid_till=valid_till, issued_on=date(2026, 5, 12))

    assert found == last_day


# Noon of 12 May in Greenwich is 00:00 at UTC-12 and 02:00 of the 13th at UTC+14.
NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
BEFORE_MIDNIGHT = datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "strategy", "value", "issued", "last_second"),
    [
        ("UTC", "DAYS", 1, NOON, "2026-05-13T23:59:59+00:00"),
        ("Etc/GMT+12", "DAYS", 1, NOON, "2026-05-13T23:59:59-12:00"),
        ("Etc/GMT-14", "DAYS", 1, NOON, "2026-05-14T23:59:59+14:00"),
        ("Asia/Kolkata", "DAYS", 0, NOON, "2026-05-12T23:59:59+05:30"),
        ("UTC", "MONTHS_END", 0, BEFORE_MIDNIGHT, "2026-05-31T23:59:59+00:00"),
        ("Etc/GMT+12", "MONTHS_END", 0, BEFORE_MIDNIGHT, "2026-05-31T23:59:59-12:00"),
        ("Etc/GMT-14", "MONTHS_END", 0, BEFORE_MIDNIGHT, "2026-06-30T23:59:59+14:00"),
        ("Asia/Kolkata", "MONTHS_END", 1, BEFORE_MIDNIGHT, "2026-07-31T23:59:59+05:30"),
        # Clocks go forward on 29 March and back on 25 October 2026.
        (
            "Europe/Berlin",
            "DAYS",
            1,
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            "2026-03-29T23:59:59+02:00",
        ),
        (
            "Europe/Berlin",
            "DAYS",
            1,
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            "2026-10-25T23:59:59+01:00",
        ),
        # 22:30 UTC is past midnight there in summer, and not yet in winter.
        (
            "Europe/Berlin",
            "DAYS",
            0,
            datetime(2026, 3, 29, 22, 30, tzinfo=UTC),
            "2026-03-30T23:59:59+02:00",
        ),
        (
            "Europe/Berlin",
            "DAYS",
            0,
            datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
            "2026-03-28T23:59:59+01:00",
        ),
        # Midnight does not exist on this day, and the hour before midnight comes twice on that one.
        (
            "Asia/Beirut",
            "DAYS",
            1,
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            "2026-03-29T23:59:59+03:00",
        ),
        (
            "Asia/Beirut",
            "DAYS",
            1,
            datetime(2026, 10, 23, 12, tzinfo=UTC),
            "2026-10-24T23:59:59+02:00",
        ),
    ],
)
def test_validity_lasts_to_the_last_second_of_the_servers_day(
    settings: Settings, zone: str, strategy: str, value: int, issued: datetime, last_second: str
) -> None:
    settings.TIME_ZONE = zone

    assert expires_at(terms(strategy, value), issued) == datetime.fromisoformat(last_second)


@pytest.mark.parametrize("offset", range(-12, 15))
def test_a_series_ends_with_its_last_day_in_every_zone(settings: Settings, offset: int) -> None:
    settings.TIME_ZONE = f"Etc/GMT{-offset:+}"

    end = expires_at(terms("SERIES_EXPIRY", 1, valid_till_date=date(2028, 2, 29)), NOON)

    assert end == datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC) - timedelta(hours=offset)


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "UTC", "Etc/GMT-14"])
def test_the_end_of_the_calendar_overflows_nowhere(settings: Settings, zone: str) -> None:
    settings.TIME_ZONE = zone

    end = expires_at(terms("MONTHS_END", 10**12), NOON)

    assert end is not None
    assert end.astimezone(UTC).year == end.astimezone(ZoneInfo(zone)).year == 9999


def test_a_coupon_of_a_series_without_end_never_ends() -> None:
    assert expires_at(terms("SERIES_EXPIRY", 1), NOON) is None


def terms(strategy: str, value: int, valid_till_date: date | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        expiry_strategy_type=strategy, expiry_strategy_value=value, valid_till_date=valid_till_date
    )
