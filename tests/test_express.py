"""The express lane of POST /v2/coupon/issue: it stores what it decided, or nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from couponadmin.idempotency import Claim
from couponadmin.models import IdempotencyKey
from customers.identifiers import CustomerReference
from customers.models import Customer
from issuance import express, ledger
from issuance.asks import Answer, Ask, Purpose
from issuance.models import Coupon, Origin
from issuance.services import issue
from outbox.models import Event
from series.models import Series, Tally
from series.tallies import fold_tallies
from tests.conftest import Caller
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series
from tests.receiver import make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/v2/coupon/issue"
MANY = {"is_multiple_vouchers_per_user_allowed": True}
PURPOSE = Purpose(source_type="TEST")
Words = Callable[[Answer, Customer], bytes]


def issue_one(
    series: Series, customer: Customer, now: datetime, words: Words, claim: Claim | None = None
) -> bytes | None:
    ledger.store_origin(PURPOSE)
    reference = CustomerReference(mobile=customer.mobile)
    return express.issue_one(
        series.pk, reference, claim=claim, purpose=PURPOSE, now=now, words=words
    )


def code_of(answer: Answer, customer: Customer) -> bytes:
    return answer.coupons[0].code.encode()


def test_it_stores_what_it_words(now: datetime) -> None:
    series, customer = make_series(max_create=2), make_customer()
    claim = Claim(1, "key", b"request", now)

    code = issue_one(series, customer, now, code_of, claim)

    coupon = Coupon.objects.get()
    assert (coupon.code.encode(), coupon.customer, coupon.series) == (code, customer, series)
    assert (coupon.issued_at, coupon.origin) == (now, Origin.objects.get())
    assert bytes(IdempotencyKey.objects.get().body) == code
    assert fold_tallies() == 1
    assert Series.objects.get().num_issued == 1


def test_it_tells_who_listens(now: datetime) -> None:
    endpoint = make_endpoint("https://shop.example/hook", ["coupon.issued"])
    series, customer = make_series(), make_customer()

    issue_one(series, customer, now, code_of)

    coupon, event = Coupon.objects.get(), Event.objects.get(endpoint=endpoint)
    assert (event.kind, event.at) == ("coupon.issued", now)
    assert event.payload == {
        "couponId": coupon.pk,
        "code": coupon.code,
        "seriesId": series.pk,
        "customerId": customer.pk,
    }


def gets_one(series: Series, customer: Customer, now: datetime) -> None:
    issue([Ask(series.pk, customer.pk)], now=now, purpose=PURPOSE)


def is_excluded(series: Series, customer: Customer, now: datetime) -> None:
    make_coupon(customer=customer, series=Series.objects.get(description="excludes"))


def is_merged(series: Series, customer: Customer, now: datetime) -> None:
    Customer.objects.filter(pk=customer.pk).update(
        merged_into=make_customer(), mobile=None, email=None, external_id=None
    )


def changes(series: Series, customer: Customer, now: datetime) -> None:
    Series.objects.filter(pk=series.pk).update(changed_at=now + timedelta(seconds=1))


def is_used_up(series: Series, customer: Customer, now: datetime) -> None:
    Series.objects.filter(pk=series.pk).update(num_issued=5)


def is_deleted(series: Series, customer: Customer, now: datetime) -> None:
    Series.objects.filter(pk=series.pk).delete()


@pytest.mark.parametrize(
    "happens", [gets_one, is_excluded, is_merged, changes, is_used_up, is_deleted]
)
def test_it_stores_nothing_if_meanwhile_the_customer_or_series(
    happens: Callable[[Series, Customer, datetime], None], now: datetime
) -> None:
    other = make_series(description="excludes")
    series = make_series(max_create=5, mutual_exclusive_series_ids=[other.pk], **MANY)
    customer = make_customer()
    stored: list[int] = []

    def words(answer: Answer, customer: Customer) -> bytes:
        happens(series, customer, now)
        stored.append(Coupon.objects.count())
        return b"{}"

    body = issue_one(series, customer, now, words, Claim(1, "key", b"request", now))

    assert body is None
    assert [Coupon.objects.count()] == stored
    assert not IdempotencyKey.objects.exists()


def test_it_stores_nothing_if_meanwhile_a_coupon_was_revoked_and_another_issued(
    now: datetime,
) -> None:
    series, customer = make_series(**MANY), make_customer()
    first = make_coupon(series=series, customer=customer)

    def words(answer: Answer, customer: Customer) -> bytes:
        Coupon.objects.filter(pk=first.pk).update(revoked_at=now)
        gets_one(series, customer, now)
        return b"{}"

    assert issue_one(series, customer, now, words) is None
    assert Coupon.objects.count() == 2


def test_it_stores_nothing_if_meanwhile_the_key_got_an_answer(now: datetime) -> None:
    series, customer = make_series(), make_customer()
    claim = Claim(1, "key", b"request", now)

    def words(answer: Answer, customer: Customer) -> bytes:
        IdempotencyKey.objects.create(
            client_id=1, key="key", request_hash=b"request", status=200, body=b"1", created_at=now
        )
        return b"2"

    assert issue_one(series, customer, now, words, claim) is None
    assert not Coupon.objects.exists()
    assert bytes(IdempotencyKey.objects.get().body) == b"1"


def test_it_stores_nothing_if_somebody_has_the_code(now: datetime) -> None:
    series, customer = make_series(max_create=5), make_customer()

    def words(answer: Answer, customer: Customer) -> bytes:
        make_coupon(code=answer.coupons[0].code)
        return b"{}"

    assert issue_one(series, customer, now, words, Claim(1, "key", b"request", now)) is None
    assert Coupon.objects.count() == 1
    assert Series.objects.get(pk=series.pk).num_issued == 0
    assert not Tally.objects.filter(series=series).exists()


def test_it_gives_way_to_a_request_with_the_same_key_that_runs(now: datetime) -> None:
    series, customer = make_series(), make_customer()
    claim = Claim(1, "key", b"request", now)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [claim.lock])

    body = issue_one(series, customer, now, code_of, claim)
    other.close()

    assert body is None
    assert not Coupon.objects.exists()


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
@pytest.mark.parametrize("terms", [{}, {"max_create": 9}, MANY])
def test_a_single_coupon_takes_two_statements(
    client_api: Caller, terms: dict[str, Any], kind: str
) -> None:
    series, customer = make_series(**terms), make_customer()
    ask = {"seriesId": series.pk, "customer": {"mobile": customer.mobile}}
    client_api.post(URL, {**ask, "customer": {"mobile": make_customer().mobile}})

    with CaptureQueriesContext(connection) as statements:
        answer = client_api.post(URL, ask, idempotency_key="sale-1", content_type=kind)

    assert answer.status_code == 200
    assert len(statements) == 2
    assert client_api.post(URL, ask, idempotency_key="sale-1").content == answer.content
    assert Coupon.objects.filter(customer=customer).count() == 1


def test_a_cap_holds_for_tills_at_once(
    client_api: Caller, at_once: Callable[..., list[Any]]
) -> None:
    series = make_series(max_create=25)
    asks = [
        {"seriesId": series.pk, "customer": {"mobile": make_customer().mobile}} for _ in range(64)
    ]

    answers = at_once([partial(client_api.post, URL, ask) for ask in asks])

    assert [answer.status_code for answer in answers].count(200) == 25
    assert Coupon.objects.count() == Series.objects.get().num_issued == 25
    assert {a.json()["errors"][0]["code"] for a in answers if a.status_code == 400} == {5001}


def test_one_per_customer_is_one_for_tills_at_once(
    client_api: Caller, at_once: Callable[..., list[Any]]
) -> None:
    series, customer = make_series(), make_customer()
    ask = {"seriesId": series.pk, "customer": {"mobile": customer.mobile}}

    answers = at_once([partial(client_api.post, URL, ask)] * 32)

    assert {answer.json()["code"] for answer in answers} == {Coupon.objects.get().code}


def test_a_key_is_one_coupon_for_tills_at_once(
    client_api: Caller, at_once: Callable[..., list[Any]]
) -> None:
    series, customer = make_series(**MANY), make_customer()
    ask = {"seriesId": series.pk, "customer": {"mobile": customer.mobile}}

    answers = at_once([partial(client_api.post, URL, ask, idempotency_key="sale-1")] * 32)

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert Coupon.objects.count() == 1
