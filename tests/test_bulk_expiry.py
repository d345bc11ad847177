"""PUT /v2/coupon/bulk/expiry"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from issuance.changes import change_expiry, revoke_codes
from issuance.models import Coupon
from series.models import Series
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/bulk/expiry"
END = datetime(2040, 12, 31, 23, 59, 59, tzinfo=UTC)
NEW = datetime(2035, 10, 30, 10, tzinfo=UTC)


@pytest.fixture
def series() -> Series:
    return make_series(valid_till_date=date(2040, 12, 31))


def put(caller: Caller, series: Series, *pairs: tuple[Any, Any], **members: Any) -> HttpResponse:
    codes = [{"couponCode": code, "expiryDate": expiry} for code, expiry in pairs]
    return caller.put(URL, {"couponSeriesId": series.pk, "couponCodes": codes} | members)


def failures(response: HttpResponse) -> list[tuple[int, str]]:
    assert response.status_code == 200
    unprocessed = response.json()["entity"]["unprocessedCoupons"]
    return [(each["errorCode"], each["couponCode"]) for each in unprocessed]


def ends() -> dict[str, datetime]:
    return dict(Coupon.objects.values_list("code", "expires_at"))


def test_it_changes_and_answers_as_documented(client_api: Caller, series: Series) -> None:
    customer = make_customer(mobile="11223569865")
    for code in ("4716726416", "3381625240"):
        make_coupon(series=series, customer=customer, code=code)
    pairs = [("4716726416", "2035-10-30T10:00:00Z"), (3381625240, "2035-10-01T00:00:00+05:30")]

    response = put(client_api, series, *pairs, customer={"mobile": "11223569865"})

    assert response.json() == {
        "entity": {
            "totalCount": 2,
            "failedCount": 0,
            "successCount": 2,
            "unprocessedCoupons": [],
            "userId": customer.pk,
            "couponSeriesId": series.pk,
        },
        "warnings": [],
        "errors": [],
        "success": True,
    }
    assert ends() == {
        "4716726416": NEW,
        "3381625240": datetime(2035, 9, 30, 18, 30, tzinfo=UTC),
    }


def test_it_says_per_code_why_not_and_changes_the_others(
    client_api: Caller, series: Series, now: datetime
) -> None:
    for code in ("GOOD", "PAST", "BEYOND"):
        make_coupon(series=series, code=code)
    make_coupon(series=series, code="REVOKED", revoked_at=now)
    make_coupon(series=series, code="WITH-BATCH", origin=make_origin(revoked_at=now))
    prolonged = make_origin(expires_at=NEW + timedelta(days=1))
    make_coupon(series=series, code="PROLONGED", origin=prolonged)
    make_coupon(series=series, code="ENDLESS", origin=prolonged, expires_at=None)
    make_coupon(code="ELSEWHERE")
    make_free_code(series, "WAITING")
    before = ends()
    new = "2035-10-30T10:00:00Z"

    response = put(
        client_api,
        series,
        ("good", new),
        ("PAST", "2020-01-01T00:00:00Z"),
        ("BEYOND", "2041-01-01T00:00:00Z"),
        ("REVOKED", new),
        ("WITH-BATCH", new),
        ("PROLONGED", new),
        ("ENDLESS", new),
        ("ELSEWHERE", new),
        ("WAITING", new),
        ("NOPE", new),
    )

    assert failures(response) == [
        (690, "PAST"),
        (691, "BEYOND"),
        (660, "REVOKED"),
        (660, "WITH-BATCH"),
        (692, "PROLONGED"),
        (692, "ENDLESS"),
        (633, "ELSEWHERE"),
        (633, "WAITING"),
        (633, "NOPE"),
    ]
    entity = response.json()["entity"]
    assert (entity["totalCount"], entity["successCount"], entity["failedCount"]) == (10, 1, 9)
    assert entity["userId"] is None
    assert entity["unprocessedCoupons"][0]["expiryDate"] == "2020-01-01T00:00:00Z"
    assert ends() == before | {"GOOD": NEW}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2035-10-30T10:00:00Z", NEW),
        (" 2035-10-30t10:00:00z ", NEW),
        ("2035-10-30T15:30:00+05:30", NEW),
        ("2035-10-30T10:00:00.999Z", NEW),
        ("2035-10-30T10:00:00", NEW),
        ("2035-10-30", NEW.replace(hour=23, minute=59, second=59)),
        (int(NEW.timestamp()), NEW),
        (str(int(NEW.timestamp())), NEW),
        (int(NEW.timestamp() * 1000), NEW),
        ("2040-12-31T23:59:59Z", END),
    ],
)
def test_it_reads_iso_and_epoch_times(
    client_api: Caller, series: Series, given: Any, stored: datetime
) -> None:
    make_coupon(series=series, code="A")

    assert failures(put(client_api, series, ("A", given))) == []
    assert ends() == {"A": stored}


def test_a_coupon_of_a_prolonged_batch_can_end_later_than_it(
    client_api: Caller, series: Series
) -> None:
    make_coupon(series=series, code="A", origin=make_origin(expires_at=NEW - timedelta(days=1)))

    assert failures(put(client_api, series, ("A", "2035-10-30T10:00:00Z"))) == []
    assert ends() == {"A": NEW}


def test_times_are_read_and_judged_in_the_servers_zone(
    client_api: Caller, series: Series, settings: Settings
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    make_coupon(series=series, code="A")
    make_coupon(series=series, code="B")

    make_coupon(series=series, code="C")

    response = put(
        client_api,
        series,
        ("A", "2040-12-31T23:59:59"),
        ("B", "2040-12-31T18:30:00Z"),
        ("C", "2040-12-31"),
    )

    assert failures(response) == [(691, "B")]
    assert ends()["C"] == ends()["A"]
    assert response.json()["entity"]["unprocessedCoupons"][0]["expiryDate"] == (
        "2041-01-01T00:00:00+05:30"
    )
    assert ends()["A"] == datetime(2040, 12, 31, 18, 29, 59, tzinfo=UTC)


@pytest.mark.parametrize("days", [-1, 1, 5000])
def test_it_moves_expired_and_other_coupons_to_an_earlier_or_later_end(
    client_api: Caller, series: Series, days: int
) -> None:
    make_coupon(series=series, code="A", expires_at=datetime.now(UTC) + timedelta(days=days))
    new = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)

    assert failures(put(client_api, series, ("A", new.isoformat()))) == []
    assert ends() == {"A": new}


def test_a_redeemed_coupon_can_be_prolonged(client_api: Caller, series: Series) -> None:
    make_coupon(series=series, code="A", redemption_count=1)

    assert failures(put(client_api, series, ("A", "2035-10-30T10:00:00Z"))) == []


def test_nothing_is_prolonged_in_a_series_that_is_over(client_api: Caller, series: Series) -> None:
    over = make_series(valid_till_date=date(2020, 1, 1))
    make_coupon(series=over, code="A")
    before = ends()

    assert failures(put(client_api, over, ("A", "2035-10-30T10:00:00Z"))) == [(691, "A")]
    assert ends() == before


def test_a_series_without_end_sets_none(client_api: Caller) -> None:
    endless = make_series(valid_till_date=None)
    make_coupon(series=endless, code="A", expires_at=None)

    assert failures(put(client_api, endless, ("A", "9999-12-30T00:00:00Z"))) == []


def test_a_generic_code_is_changed_of_its_customer(client_api: Caller) -> None:
    generic = make_series(
        client_handling_type="GENERIC", generic_code="SALE", valid_till_date=date(2040, 12, 31)
    )
    coupon = make_coupon(series=generic, code="SALE", shared=True)
    other = make_coupon(series=generic, code="SALE", shared=True)
    pair = ("sale", "2035-10-30T10:00:00Z")

    alone = put(client_api, generic, pair)
    with_customer = put(client_api, generic, pair, customer={"id": coupon.customer_id})
    with_nobody = put(client_api, generic, pair, customer={"id": make_customer().pk})

    assert alone.status_code == 400
    assert alone.json()["errors"][0]["code"] == 695
    assert failures(with_customer) == []
    assert failures(with_nobody) == [(633, "SALE")]
    assert Coupon.objects.get(pk=coupon.pk).expires_at == NEW
    assert Coupon.objects.get(pk=other.pk).expires_at == other.expires_at


def test_with_a_customer_only_that_customers_coupons_are_changed(
    client_api: Caller, series: Series
) -> None:
    mine, other = make_coupon(series=series), make_coupon(series=series)
    pairs = [(coupon.code, "2035-10-30T10:00:00Z") for coupon in (mine, other)]

    response = put(client_api, series, *pairs, customer={"id": mine.customer_id})

    assert failures(response) == [(633, other.code)]
    assert ends() == {mine.code: NEW, other.code: other.expires_at}


GOOD = {"couponCode": "A", "expiryDate": "2035-10-30T10:00:00Z"}


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"couponSeriesId": None}, 756, "couponSeriesId: "),
        ({"couponSeriesId": "x"}, 756, "couponSeriesId: "),
        ({"couponSeriesId": 2**64 - 1}, 756, "couponSeriesId: "),
        ({"couponSeriesId": 2**60}, 707, ""),
        ({"couponSeriesId": -1}, 707, ""),
        ({"customer": []}, 756, "customer: "),
        ({"customer": {}}, 701, ""),
        ({"customer": {"id": 5}}, 701, ""),
        ({"couponCodes": None}, 756, "couponCodes: "),
        ({"couponCodes": []}, 756, "couponCodes: "),
        ({"couponCodes": {}}, 756, "couponCodes: "),
        ({"couponCodes": [5]}, 756, "couponCodes"),
        ({"couponCodes": [GOOD] * 101}, 756, "couponCodes: "),
        ({"couponCodes": [GOOD, GOOD | {"couponCode": " a "}]}, 756, "couponCodes: "),
        ({"couponCodes": [GOOD | {"couponCode": ""}]}, 756, "couponCodes.0.couponCode: "),
        ({"couponCodes": [GOOD | {"couponCode": "\0"}]}, 756, "couponCodes.0.couponCode: "),
        ({"couponCodes": [{"couponCode": "A"}]}, 756, "couponCodes.0.expiryDate is mandatory"),
        ({"couponCodes": [GOOD, {"expiryDate": "2035-10-30"}]}, 756, "couponCodes.1.couponCode"),
    ],
)
def test_it_refuses_whole_what_it_cannot_understand(
    client_api: Caller, series: Series, members: dict[str, Any], code: int, message: str
) -> None:
    make_coupon(series=series, code="A")
    before = ends()

    response = client_api.put(URL, {"couponSeriesId": series.pk, "couponCodes": [GOOD]} | members)

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, code)
    assert error["message"].startswith(message)
    assert ends() == before


def test_a_series_is_mandatory(client_api: Caller) -> None:
    response = client_api.put(URL, {"couponCodes": [GOOD]})

    assert response.json()["errors"][0]["message"] == "couponSeriesId is mandatory to set"


@pytest.mark.parametrize(
    "given",
    [None, "", "tomorrow", "2035-02-30", "2035-10-30T25:00:00Z", True, 1.5, [], {}, "9" * 15]
    + [10**18, -(10**18), 2**64 - 1, "9" * 40, "1e400", "NaN", "0000-01-01", "a\0b"],
)
def test_it_refuses_what_is_no_time(client_api: Caller, series: Series, given: Any) -> None:
    make_coupon(series=series, code="A")
    before = ends()

    response = put(client_api, series, ("A", given))

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, 756)
    assert error["message"].startswith("couponCodes.0.expiryDate: ")
    assert ends() == before


def test_it_needs_the_permission_to_change_coupons(
    new_caller: Callable[..., Caller], series: Series
) -> None:
    caller = new_caller()
    caller.client.groups.clear()

    assert put(caller, series, ("A", "2035-10-30")).status_code == 403


def test_the_number_of_statements_does_not_depend_on_the_number_of_codes(
    series: Series, now: datetime
) -> None:
    codes = [make_coupon(series=series).code for _ in range(100)]

    counts = []
    for wanted in (codes[:1], codes):
        with CaptureQueriesContext(connection) as statements:
            done = change_expiry(series.pk, dict.fromkeys(wanted, NEW), now=now)
        assert len(done.changed) == len(wanted)
        counts.append(len(statements))

    # Series, two savepoints, coupons, series, origins, the update
    assert counts == [8, 8]


@pytest.mark.django_db(transaction=True)
def test_changing_and_revoking_at_once_end_without_deadlock(at_once: Any, now: datetime) -> None:
    series = make_series(valid_till_date=date(2040, 12, 31))
    codes = [make_coupon(series=series).code for _ in range(20)]
    expiries = [dict.fromkeys(order, NEW) for order in (codes, codes[::-1])]

    changes = [partial(change_expiry, series.pk, each, now=now) for each in expiries] * 8
    *changed, revoked = at_once([*changes, partial(revoke_codes, codes, now=now)])

    assert sorted(coupon.code for coupon in revoked.revoked) == codes
    assert all(len(done.changed) in (0, 20) for done in changed)
    assert Coupon.objects.filter(revoked_at=now).count() == 20
