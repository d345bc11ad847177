"""POST /v2/coupon/revoke"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from couponadmin.errors import ErrorCode
from customers.models import Customer
from issuance.asks import Ask, Purpose
from issuance.changes import MOST_HELD, revoke_codes, revoke_held
from issuance.models import Coupon
from issuance.services import issue
from series.models import Series
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/revoke"


def entity(response: HttpResponse) -> dict[str, Any]:
    assert response.status_code == 200
    answer = response.json()
    assert (answer["warnings"], answer["errors"], answer["success"]) == ([], [], True)
    return answer["entity"]


def failures(response: HttpResponse) -> dict[int, list[str]]:
    return {each["errorCode"]: each["couponCodes"] for each in entity(response)["failedToRevoke"]}


def revoked_ids() -> set[int]:
    return set(Coupon.objects.filter(revoked_at__isnull=False).values_list("pk", flat=True))


def test_it_revokes_by_code_as_documented(client_api: Caller) -> None:
    series, customer = make_series(), make_customer()
    first = make_coupon(series=series, customer=customer, code="3636820421")
    second = make_coupon(series=series, customer=customer, code="ABC")
    body = {"couponSeriesId": series.pk, "couponCodes": [3636820421, " abc "]}

    response = client_api.post(URL, body)

    assert entity(response) == {
        "totalCount": 2,
        "failedCount": 0,
        "revokedCoupons": [
            {"couponId": first.pk, "couponCode": "3636820421", "issuedToUserId": customer.pk},
            {"couponId": second.pk, "couponCode": "ABC", "issuedToUserId": customer.pk},
        ],
        "failedToRevoke": [],
    }
    assert revoked_ids() == {first.pk, second.pk}


def test_it_says_per_code_why_not_and_revokes_the_others(client_api: Caller, now: datetime) -> None:
    series = make_series()
    good, used = (
        make_coupon(series=series, redemption_count=count, code=code)
        for count, code in [(0, "GOOD"), (1, "USED")]
    )
    make_coupon(series=series, revoked_at=now, code="REVOKED")
    make_coupon(series=series, origin=make_origin(revoked_at=now), code="WITH-BATCH")
    make_coupon(code="ELSEWHERE")
    codes = ["NOPE", "USED", "GOOD", "REVOKED", "WITH-BATCH", "ELSEWHERE", "good"]

    response = client_api.post(URL, {"couponSeriesId": series.pk, "couponCodes": codes})

    assert failures(response) == {
        660: ["REVOKED", "WITH-BATCH"],
        702: ["NOPE", "ELSEWHERE"],
        711: ["USED"],
    }
    done = entity(response)
    assert (done["totalCount"], done["failedCount"]) == (6, 5)
    assert [coupon["couponId"] for coupon in done["revokedCoupons"]] == [good.pk]
    used.refresh_from_db()
    assert used.revoked_at is None
    assert Coupon.objects.get(code="ELSEWHERE").revoked_at is None
    assert Coupon.objects.get(code="REVOKED").revoked_at == now


def test_no_series_is_needed(client_api: Caller) -> None:
    coupons = [make_coupon(), make_coupon()]

    client_api.post(URL, {"couponSeriesId": None, "couponCodes": [c.code for c in coupons]})

    assert revoked_ids() == {coupon.pk for coupon in coupons}


def test_an_expired_coupon_can_be_revoked(client_api: Caller, now: datetime) -> None:
    coupon = make_coupon(expires_at=now - timedelta(days=1))

    client_api.post(URL, {"couponCodes": [coupon.code]})

    assert revoked_ids() == {coupon.pk}


def test_a_code_that_waits_for_a_customer_is_never_issued_afterwards(
    client_api: Caller, now: datetime
) -> None:
    series, customer = make_series(client_handling_type="DISC_CODE_PIN"), make_customer()
    free = make_free_code(series, "PIN1")

    response = client_api.post(URL, {"couponCodes": ["pin1"]})

    [answer] = issue([Ask(series.pk, customer.pk)], now=now, purpose=Purpose())
    assert entity(response)["revokedCoupons"] == [
        {"couponId": free.pk, "couponCode": "PIN1", "issuedToUserId": None}
    ]
    assert answer.coupons == []
    assert answer.limit.code is ErrorCode.POOL_EMPTY


@pytest.mark.parametrize(("case", "codes"), [("LOWER", ["ab1", "x"]), ("AS_IT_IS", ["AB1", "X"])])
def test_codes_come_in_the_letters_asked_for(
    client_api: Caller, case: str, codes: list[str]
) -> None:
    make_coupon(code="AB1")

    response = client_api.post(f"{URL}?couponCodeCase={case}", {"couponCodes": ["Ab1", "x"]})

    done = entity(response)
    assert done["revokedCoupons"][0]["couponCode"] == codes[0]
    assert done["failedToRevoke"][0]["couponCodes"] == [codes[1]]


@pytest.fixture
def generic() -> Series:
    return make_series(client_handling_type="GENERIC", generic_code="SALE20")


def test_a_generic_code_alone_is_refused(client_api: Caller, generic: Series) -> None:
    make_coupon(series=generic, code="SALE20", shared=True)

    response = client_api.post(URL, {"couponSeriesId": generic.pk, "couponCodes": ["sale20"]})

    assert failures(response) == {695: ["SALE20"]}
    assert revoked_ids() == set()


def test_a_generic_code_is_revoked_of_its_customer_as_often_as_issued(
    client_api: Caller, generic: Series, now: datetime
) -> None:
    coupon = make_coupon(series=generic, code="SALE20", shared=True)
    make_coupon(series=generic, code="SALE20", shared=True)
    body = {"customer": {"id": coupon.customer_id}, "couponCodes": ["SALE20"]}

    first, again = client_api.post(URL, body), client_api.post(URL, body)
    issue([Ask(generic.pk, coupon.customer_id)], now=now, purpose=Purpose())
    third = client_api.post(URL, body)

    assert entity(first)["revokedCoupons"][0]["couponId"] == coupon.pk
    assert failures(again) == {660: ["SALE20"]}
    assert entity(third)["revokedCoupons"][0]["couponId"] != coupon.pk
    assert len(revoked_ids()) == 2


def test_a_customer_who_holds_no_generic_coupon_has_none_to_revoke(
    client_api: Caller, generic: Series
) -> None:
    make_coupon(series=generic, code="SALE20", shared=True)
    body = {"customer": {"id": make_customer().pk}, "couponCodes": ["SALE20"]}

    assert failures(client_api.post(URL, body)) == {702: ["SALE20"]}
    assert revoked_ids() == set()


def test_with_a_customer_only_that_customers_codes_are_revoked(client_api: Caller) -> None:
    coupon, other = make_coupon(), make_coupon()
    body = {"customer": {"id": coupon.customer_id}, "couponCodes": [coupon.code, other.code]}

    assert failures(client_api.post(URL, body)) == {702: [other.code]}
    assert revoked_ids() == {coupon.pk}


@pytest.fixture
def holder(now: datetime) -> Customer:
    """Holds two unredeemed coupons of one series and one of another."""
    customer = make_customer(mobile="11223569865")
    series = make_series(id=415446)
    for _ in range(2):
        make_coupon(series=series, customer=customer)
    make_coupon(customer=customer)
    make_coupon(customer=customer, redemption_count=1)
    make_coupon(customer=customer, revoked_at=now)
    make_coupon(customer=customer, origin=make_origin(revoked_at=now))
    make_coupon(series=series)
    return customer


def test_it_revokes_all_unredeemed_coupons_of_a_customer(
    client_api: Caller, holder: Customer
) -> None:
    before = revoked_ids()

    done = entity(client_api.post(URL, {"customer": {"mobile": "1122 356 9865"}}))

    assert (done["totalCount"], done["failedCount"], done["failedToRevoke"]) == (3, 0, [])
    assert {coupon["issuedToUserId"] for coupon in done["revokedCoupons"]} == {holder.pk}
    assert {coupon["couponId"] for coupon in done["revokedCoupons"]} == revoked_ids() - before
    assert not Coupon.objects.filter(revoked_at__isnull=False, redemption_count=1).exists()


def test_it_revokes_those_of_one_series(client_api: Caller, holder: Customer) -> None:
    body = {"couponSeriesId": 415446, "customer": {"id": str(holder.pk)}, "couponCodes": []}

    assert entity(client_api.post(URL, body))["totalCount"] == 2


def test_a_customer_with_too_many_is_refused_whole(client_api: Caller) -> None:
    series, customer, origin = make_series(), make_customer(), make_origin()
    for _ in range(MOST_HELD + 1):
        make_coupon(series=series, customer=customer, origin=origin)

    response = client_api.post(URL, {"customer": {"id": customer.pk}})

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == 756
    assert revoked_ids() == set()

    Coupon.objects.filter(pk=Coupon.objects.first().pk).update(redemption_count=1)
    again = client_api.post(URL, {"customer": {"id": customer.pk}})
    assert entity(again)["totalCount"] == len(revoked_ids()) == MOST_HELD


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({}, 756, "couponCodes or customer is mandatory to set"),
        ({"couponSeriesId": 1}, 756, "couponCodes or customer is mandatory"),
        ({"couponCodes": [], "customer": None}, 756, "couponCodes or customer is mandatory"),
        ({"couponCodes": None}, 756, "couponCodes or customer is mandatory"),
        ({"couponCodes": "CODE"}, 756, "couponCodes: "),
        ({"couponCodes": {"a": 1}}, 756, "couponCodes: "),
        ({"couponCodes": ["CODE", ""]}, 756, "couponCodes.1: "),
        ({"couponCodes": ["CODE", None]}, 756, "couponCodes.1: "),
        ({"couponCodes": ["CODE", True]}, 756, "couponCodes.1: "),
        ({"couponCodes": ["CODE", ["CODE"]]}, 756, "couponCodes.1: "),
        ({"couponCodes": ["a\0b"]}, 756, "couponCodes.0: "),
        ({"couponCodes": ["x" * 101]}, 756, "couponCodes.0: "),
        ({"couponCodes": ["CODE"] * 51}, 756, "couponCodes: "),
        ({"couponCodes": ["CODE"], "customer": []}, 756, "customer: "),
        ({"couponCodes": ["CODE"], "customer": {"id": "x"}}, 756, "customer.id: "),
        ({"couponCodes": ["CODE"], "customer": {}}, 701, ""),
        ({"couponCodes": ["CODE"], "customer": {"mobile": ""}}, 701, ""),
        ({"couponCodes": ["CODE"], "customer": {"mobile": "999"}}, 701, ""),
        ({"couponCodes": ["CODE"], "couponSeriesId": "x"}, 756, "couponSeriesId: "),
        ({"couponCodes": ["CODE"], "couponSeriesId": 2**64 - 1}, 756, "couponSeriesId: "),
        ({"couponCodes": ["CODE"], "couponSeriesId": 5}, 707, ""),
    ],
)
def test_it_refuses_whole_what_it_cannot_understand(
    client_api: Caller, body: Any, code: int, message: str
) -> None:
    make_coupon(code="CODE")

    response = client_api.post(URL, body)

    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, code)
    assert error["message"].startswith(message)
    assert revoked_ids() == set()


def test_it_refuses_an_unknown_letter_case_and_revokes_nothing(client_api: Caller) -> None:
    coupon = make_coupon()

    response = client_api.post(f"{URL}?couponCodeCase=x", {"couponCodes": [coupon.code]})

    assert response.status_code == 400
    assert revoked_ids() == set()


def test_it_needs_the_permission_to_change_coupons(new_caller: Callable[..., Caller]) -> None:
    caller, coupon = new_caller(), make_coupon()
    caller.client.groups.clear()

    assert caller.post(URL, {"couponCodes": [coupon.code]}).status_code == 403
    assert revoked_ids() == set()


def test_a_repeat_with_the_same_key_gets_the_first_answer(client_api: Caller) -> None:
    body = {"couponCodes": [make_coupon().code]}

    first, again = (client_api.post(URL, body, idempotency_key="a") for _ in range(2))

    assert again.content == first.content


def test_the_number_of_statements_does_not_depend_on_the_number_of_codes(now: datetime) -> None:
    codes = [make_coupon().code for _ in range(50)]

    counts = []
    for wanted in (codes[:1], codes[1:]):
        with CaptureQueriesContext(connection) as statements:
            assert len(revoke_codes(wanted, now=now).revoked) == len(wanted)
        counts.append(len(statements))

    # Two savepoints, coupons, series, origins, the update, the events
    assert counts == [7, 7]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_revokes_and_the_others_are_told(at_once: Any, now: datetime) -> None:
    codes = [make_coupon().code for _ in range(3)]
    mixed = [codes, codes[::-1], codes[1:] + codes[:1]]

    results = at_once([partial(revoke_codes, mixed[n % 3], now=now) for n in range(24)])

    assert sorted(coupon.code for done in results for coupon in done.revoked) == codes
    assert {reason for done in results for _, reason in done.refused} == {ErrorCode.REVOKED}
    assert sum(len(done.refused) for done in results) == 23 * 3


@pytest.mark.django_db(transaction=True)
def test_by_code_and_by_customer_at_once_end_without_deadlock(at_once: Any, now: datetime) -> None:
    customer = make_customer()
    codes = [make_coupon(customer=customer).code for _ in range(20)]

    calls = [
        partial(revoke_codes, codes[::-1], now=now),
        partial(revoke_held, customer.pk, now=now),
    ]
    results = at_once(calls * 8)

    assert sorted(coupon.code for done in results for coupon in done.revoked) == codes


@pytest.mark.django_db(transaction=True)
def test_a_waiting_code_is_revoked_or_issued_or_both_but_never_lost(
    at_once: Any, now: datetime
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    codes = [make_free_code(series, f"PIN{n:02}").code for n in range(16)]
    customers = [make_customer().pk for _ in codes]

    def issue_one(customer_id: int) -> list[str]:
        [answer] = issue([Ask(series.pk, customer_id)], now=now, purpose=Purpose())
        return [coupon.code for coupon in answer.coupons]

    calls = [partial(issue_one, pk) for pk in customers]
    *issued, done = at_once([*calls, partial(revoke_codes, codes[::2], now=now)])

    given = [code for each in issued for code in each]
    assert len(given) == len(set(given)) == Coupon.objects.issued().count()
    assert {coupon.code for coupon in done.revoked} == set(codes[::2])
    assert not Coupon.objects.filter(issued_at=None, revoked_at=None, code__in=codes[::2]).exists()
