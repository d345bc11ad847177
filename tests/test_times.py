from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pytest_django import Settings

from couponadmin.times import (
    LAST_INSTANT,
    api_date,
    api_time,
    end_of_day,
    local_date,
    parse_api_datetime,
)

IST = timezone(timedelta(hours=5, minutes=30))
NOON = datetime(2026, 5, 9, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "instant", "text"),
    [
        ("UTC", NOON, "2026-05-09T12:00:00Z"),
        ("UTC", NOON.replace(microsecond=999_999), "2026-05-09T12:00:00Z"),
        ("UTC", datetime(2026, 5, 9, 0, 0, tzinfo=IST), "2026-05-08T18:30:00Z"),
        ("Asia/Kolkata", NOON, "2026-05-09T17:30:00+05:30"),
        # The zone decides, not its name: London is at Z in winter only.
        ("Europe/London", NOON, "2026-05-09T13:00:00+01:00"),
        ("Europe/London", datetime(2026, 1, 9, 12, 0, tzinfo=UTC), "2026-01-09T12:00:00Z"),
        ("Etc/GMT+12", NOON, "2026-05-09T00:00:00-12:00"),
        ("Pacific/Kiritimati", NOON, "2026-05-10T02:00:00+14:00"),
        ("UTC", None, None),
    ],
)
def test_it_renders_an_instant_in_the_zone_of_the_server(
    settings: Settings, zone: str, instant: datetime | None, text: str | None
) -> None:
    settings.TIME_ZONE = zone

    assert api_time(instant) == text


@pytest.mark.parametrize(
    ("zone", "day", "text"),
    [
        ("UTC", date(2026, 5, 9), "2026-05-09T00:00:00Z"),
        ("Asia/Kolkata", date(2026, 5, 9), "2026-05-09T00:00:00+05:30"),
        ("America/New_York", date(2026, 1, 9), "2026-01-09T00:00:00-05:00"),
        ("America/New_York", date(2026, 7, 9), "2026-07-09T00:00:00-04:00"),
        ("UTC", date.max, "9999-12-31T00:00:00Z"),
        ("UTC", None, None),
    ],
)
def test_it_renders_a_date_as_its_midnight(
    settings: Settings, zone: str, day: date | None, text: str | None
) -> None:
    settings.TIME_ZONE = zone

    assert api_date(day) == text


def test_an_end_that_was_stored_further_west_is_the_calendars_last_second(
    settings: Settings,
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"

    assert api_time(LAST_INSTANT) == "9999-12-31T23:59:59+05:30"
    assert local_date(LAST_INSTANT) == date.max


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("UTC", date(2026, 5, 12), datetime(2026, 5, 12, 23, 59, 59, tzinfo=UTC)),
        # 23:59:59 at +05:30 is 18:29:59 in Greenwich.
        ("Asia/Kolkata", date(2026, 5, 12), datetime(2026, 5, 12, 18, 29, 59, tzinfo=UTC)),
        ("Etc/GMT+12", date(2026, 5, 12), datetime(2026, 5, 13, 11, 59, 59, tzinfo=UTC)),
        # The days when clocks change: 23 hours and 25 hours long, ending in the new offset.
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
        # Set back from 24:00 to 23:00: the second 23:59:59, at -03:00, is the last.
        ("America/Sao_Paulo", date(2018, 2, 17), datetime(2018, 2, 18, 2, 59, 59, tzinfo=UTC)),
        ("Asia/Kolkata", date.max, datetime(9999, 12, 31, 18, 29, 59, tzinfo=UTC)),
        ("America/New_York", date.max, LAST_INSTANT),
    ],
)
def test_a_day_ends_with_its_last_second(
    settings: Settings, zone: str, day: date, end: datetime
) -> None:
    settings.TIME_ZONE = zone

    assert end_of_day(day).astimezone(UTC) == end


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Etc/GMT+12", "Pacific/Kiritimati"])
def test_the_end_of_a_day_is_within_that_day(settings: Settings, zone: str) -> None:
    settings.TIME_ZONE = zone
    day = date(2028, 2, 29)

    assert local_date(end_of_day(day)) == day
    assert local_date(end_of_day(day) + timedelta(seconds=1)) == date(2028, 3, 1)


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("UTC", "2026-05-09T12:00:00Z", NOON),
        ("UTC", "2026-05-09t12:00:00z", NOON),
        ("UTC", " 2026-05-09 12:00 ", NOON),
        ("UTC", "2026-05-09T17:30:00+05:30", NOON),
        ("UTC", "2026-05-09T17:30:00+0530", NOON),
        ("UTC", "2026-05-09T12:00:00.000Z", NOON),
        ("UTC", "2026-05-09", datetime(2026, 5, 9, tzinfo=UTC)),
        ("Asia/Kolkata", "2026-05-09T17:30:00", NOON),
        ("Asia/Kolkata", "2026-05-09T12:00:00Z", NOON),
        ("Asia/Kolkata", "2026-05-09", datetime(2026, 5, 8, 18, 30, tzinfo=UTC)),
        ("UTC", "2028-02-29", datetime(2028, 2, 29, tzinfo=UTC)),
        ("UTC", "9999-12-31T23:59:59Z", LAST_INSTANT),
    ],
)
def test_it_reads_a_time_in_any_offset(
    settings: Settings, zone: str, text: str, instant: datetime
) -> None:
    settings.TIME_ZONE = zone

    assert parse_api_datetime(text) == instant


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", ""),
        ("UTC", "soon"),
        ("UTC", "1746748800"),
        ("UTC", "2026-02-30"),
        ("UTC", "2027-02-29T00:00:00Z"),
        ("UTC", "2026-13-01"),
        ("UTC", "2026-05-09T25:00:00Z"),
        ("UTC", "2026-05-09T12:00:00+99:00"),
        ("UTC", "2026-05-09T12:00:00 05:30"),
        ("UTC", "2026-05-09\x0012:00:00"),
        ("UTC", "2026-05-09\ud80012:00:00"),
        ("UTC", "２０２６-05-09"),
        ("UTC", "10000-01-01"),
        ("UTC", "0000-01-01"),
        ("UTC", "-2026-01-01"),
        ("UTC", "2026-05-09" * 1000),
        # An instant that UTC, or the zone of the server, would put outside of years 1 to 9999.
        ("UTC", "9999-12-31T23:59:59-05:00"),
        ("UTC", "0001-01-01T00:00:00+05:30"),
        ("Asia/Kolkata", "9999-12-31T23:59:59Z"),
        ("America/New_York", "0001-01-01T00:00:00Z"),
    ],
)
def test_it_refuses_what_is_no_time(settings: Settings, zone: str, text: str) -> None:
    settings.TIME_ZONE = zone

    with pytest.raises(ValueError, match=r"."):
        parse_api_datetime(text)
