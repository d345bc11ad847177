"""Each parser by itself: a value of the promised form, or the promised refusal."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from couponadmin.times import api_time, local_date, parse_api_datetime
from customers import identifiers
from series.fields import RANGES, DayField, RedemptionRangeField, SeriesIdsField
from tests.nasty import JSON, TEXT

QUICK = settings(deadline=None, max_examples=150, database=None)
# Whole texts of what a parser reads.
TIMES = st.datetimes().map(datetime.isoformat) | st.dates().map(str)
DIGITS = st.from_regex(r"\+?[0-9 ()\-.]{1,20}", fullmatch=True)
RANGE = st.fixed_dictionaries({}, optional=dict.fromkeys(RANGES, JSON))


@QUICK
@given(TEXT | TIMES | TIMES.map(lambda text: text[:-1]))
@example("9999-12-31T23:59:59-14:00")
@example("0001-01-01")
def test_a_time_is_read_or_refused(text: str) -> None:
    try:
        moment = parse_api_datetime(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC
    assert parse_api_datetime(str(api_time(moment))) == moment.replace(microsecond=0)
    assert local_date(moment)


@QUICK
@given(JSON | TIMES)
def test_a_day_is_read_or_refused(value: Any) -> None:
    try:
        DayField("valid_till_date").run_validation(value)
    except ValidationError:
        return
    assert value is None or isinstance(value, str)


@QUICK
@given(
    JSON | JSON.map(json.dumps) | st.fixed_dictionaries({}, optional=dict.fromkeys(RANGES, JSON))
)
@example({"dom": [31], "dow": ["7"], "hours": -1})
@example('{"dom": [1e400]}')
@example('{"hours": [24]}')
def test_a_redemption_range_is_read_or_refused(value: Any) -> None:
    try:
        found = RedemptionRangeField().run_validation(value)
    except ValidationError:
        return
    assert found is None or found == {} or found.keys() == RANGES.keys()
    for part, numbers in (found or {}).items():
        assert set(numbers) <= set(RANGES[part])


@QUICK
@given(JSON | JSON.map(json.dumps) | st.lists(st.integers()).map(str))
def test_a_list_of_series_is_read_or_refused(value: Any) -> None:
    try:
        found = SeriesIdsField().run_validation(value)
    except ValidationError:
        return
    assert all(0 < number < 2**63 for number in found or ())


@QUICK
@given(JSON | DIGITS, st.sampled_from(["", "IN", "US", "SG"]))
@example("+" * 30, "IN")
@example("00" * 15, "IN")
@example("²³", "IN")
def test_a_mobile_is_read_or_refused_and_stays_what_it_is(value: Any, region: str) -> None:
    try:
        mobile = identifiers.valid_mobile(value, region=region)
    except ValueError:
        return
    assert mobile is None or re.fullmatch("[0-9]+", mobile)
    assert identifiers.valid_mobile(mobile, region=region) == mobile


@QUICK
@given(JSON | st.emails())
def test_an_email_is_read_or_refused_and_stays_what_it_is(value: Any) -> None:
    try:
        email = identifiers.valid_email(value)
    except ValueError:
        return
    assert email is None or ("@" in email and email == email.lower())
    assert identifiers.valid_email(email) == email


@QUICK
@given(JSON)
def test_an_id_is_read_or_refused(value: Any) -> None:
    try:
        number = identifiers.read_id(value)
    except ValueError:
        return
    assert number is None or 0 <= number < 2**63
