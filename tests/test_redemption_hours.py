"""Days and hours of redemption, over months, weekdays, DST changes and zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redemption.hours import Range, is_open, next_opening

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Europe/Berlin", "America/Santiago"]


def any_of(dom: list[int] = (), dow: list[int] = (), hours: list[int] = ()) -> Range:
    return {"dom": list(dom), "dow": list(dow), "hours": list(hours)}


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        ({}, "2026-05-12T03:00", True),
        (any_of(), "2026-05-12T03:00", True),
        (any_of(dom=[12]), "2026-05-12T00:00", True),
        (any_of(dom=[12]), "2026-05-13T00:00", False),
        # 11 May 2026 is a Monday, 17 May a Sunday
        (any_of(dow=[1]), "2026-05-11T23:59", True),
        (any_of(dow=[7]), "2026-05-17T12:00", True),
        (any_of(dow=[7]), "2026-05-18T12:00", False),
        (any_of(hours=[23]), "2026-05-12T23:59", True),
        (any_of(hours=[0]), "2026-05-12T23:59", False),
        (any_of(dom=[12], dow=[2], hours=[9]), "2026-05-12T09:30", True),
        (any_of(dom=[12], dow=[3], hours=[9]), "2026-05-12T09:30", False),
    ],
)
def test_it_is_open_when_all_parts_fit(hours: Range, local: str, expected: bool) -> None:
    assert is_open(hours, datetime.fromisoformat(local)) is expected


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (any_of(hours=[9, 17]), "2026-05-12T08:59+02:00", "2026-05-12T09:00+02:00"),
        (any_of(hours=[9, 17]), "2026-05-12T10:00+02:00", "2026-05-12T17:00+02:00"),
        (any_of(hours=[9, 17]), "2026-05-12T18:00+02:00", "2026-05-13T09:00+02:00"),
        (any_of(dow=[1]), "2026-05-12T10:00+02:00", "2026-05-18T00:00+02:00"),
        # the 31st comes again in July, the 29th of February in 2028, a Tuesday
        (any_of(dom=[31]), "2026-06-01T00:00+02:00", "2026-07-31T00:00+02:00"),
        (any_of(dom=[31], dow=[1]), "2026-06-01T00:00+02:00", "2026-08-31T00:00+02:00"),
        # on 29 March 2026 Berlin has no hour 2, so it opens a day later
        (any_of(hours=[2]), "2026-03-28T03:00+01:00", "2026-03-30T02:00+02:00"),
        # on 25 October it has two: open from the first on
        (any_of(hours=[2]), "2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00"),
    ],
)
def test_it_finds_the_next_opening(hours: Range, at: str, expected: str) -> None:
    found = next_opening(hours, datetime.fromisoformat(at), zone=BERLIN)

    assert found == datetime.fromisoformat(expected)


def test_what_never_comes_is_not_found() -> None:
    assert next_opening(any_of(dom=[99]), datetime(2026, 5, 12, tzinfo=UTC), zone=UTC) is None


def test_the_end_of_the_calendar_ends_the_search() -> None:
    last = datetime(9999, 12, 30, 12, tzinfo=UTC)

    assert next_opening(any_of(dom=[29]), last, zone=UTC) is None


@settings(deadline=None)
@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    dom=st.lists(st.integers(1, 31), max_size=2),
    dow=st.lists(st.integers(1, 7), max_size=2),
    hours=st.lists(st.integers(0, 23), max_size=2),
)
def test_it_is_open_then_and_not_an_hour_earlier(
    at: datetime, zone: ZoneInfo, dom: list[int], dow: list[int], hours: list[int]
) -> None:
    wanted = any_of(dom, dow, hours)
    if is_open(wanted, at.astimezone(zone)):
        return

    found = next_opening(wanted, at, zone=zone)

    assert found > at
    assert is_open(wanted, found.astimezone(zone))
    between = found - timedelta(seconds=1)
    assert between < at or not is_open(wanted, between.astimezone(zone))
