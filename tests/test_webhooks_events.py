"""What becomes an event: stored for those who want to hear it, with what it tells."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from issuance.asks import Ask, Purpose
from issuance.changes import revoke_codes
from issuance.merging import merge_customers
from issuance.models import Coupon
from issuance.services import issue
from outbox import services
from outbox.models import Endpoint, Event, Kind
from redemption.services import redeem, reverse
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code
from tests.factories import make_customer, make_series
from tests.receiver import make_endpoint
from tests.test_redeem_engine import MANY, coupons_of, visit

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
URL = "https://shop.example.org/hook"


def payloads(kind: Kind) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("id").values_list("payload", flat=True))


def told(coupon: Coupon) -> dict[str, Any]:
    return {
        "couponId": coupon.pk,
        "code": coupon.code,
        "seriesId": coupon.series_id,
        "customerId": coupon.customer_id,
    }


@pytest.fixture
def endpoint() -> Endpoint:
    return make_endpoint(URL)


@pytest.mark.parametrize("columns", [{}, {"max_create": 9}, {"client_handling_type": "POOL"}])
def test_each_coupon_that_is_issued(endpoint: Endpoint, columns: dict[str, Any]) -> None:
    if columns.pop("client_handling_type", None):
        series = make_series(**MANY, client_handling_type="DISC_CODE_PIN")
        for code in ("P1", "P2", "P3"):
            make_free_code(series, code)
    else:
        series = make_series(**MANY, **columns)

    coupons_of(series, make_customer(), 3)

    issued = Coupon.objects.filter(customer__isnull=False).order_by("id")
    assert payloads(Kind.ISSUED) == [told(coupon) for coupon in issued]
    assert len(issued) == 3
    assert {event.at for event in Event.objects.all()} == {NOW}
    assert set(Event.objects.values_list("endpoint", flat=True)) == {endpoint.pk}


def test_a_coupon_issued_through_the_api(endpoint: Endpoint, client_api: Caller) -> None:
    body = {"seriesId": make_series().pk, "customer": {"id": make_customer().pk}}

    answer = client_api.post("/v2/coupon/issue", body)

    assert answer.status_code == 200
    assert payloads(Kind.ISSUED) == [told(Coupon.objects.get())]


def test_what_is_refused_or_resent_is_none(endpoint: Endpoint) -> None:
    series, customer = make_series(), make_customer()
    coupons_of(series, customer)
    [event] = Event.objects.all()

    issue([Ask(series.pk, customer.pk, 1)], now=NOW, purpose=Purpose())
    issue([Ask(series.pk, customer.pk, 1, may_resend=True)], now=NOW, purpose=Purpose())

    assert list(Event.objects.all()) == [event]


def test_a_redemption_and_its_reversal(endpoint: Endpoint) -> None:
    customer = make_customer()
    [coupon] = coupons_of(make_series(), customer)
    at_till = visit(customer, transaction_number="T-1", bill_amount=Decimal("1999.955"))

    [outcome] = redeem([coupon.code], at_till, now=NOW, all_or_nothing=False)
    reverse([outcome.done.id], reason="returned", now=NOW)

    expected = {
        "redemptionId": outcome.done.id,
        **told(Coupon.objects.get()),
        "transactionNumber": "T-1",
        "billAmount": 1999.955,
        "discount": 500.0,
        "redeemedAt": "2026-05-12T12:00:00Z",
    }
    assert payloads(Kind.REDEEMED) == payloads(Kind.REVERSED) == [expected]


def test_a_redemption_that_is_told_late_is_dated(endpoint: Endpoint) -> None:
    customer, sale = make_customer(), NOW - timedelta(days=3)
    coupon = make_coupon(customer=customer, issued_at=NOW - timedelta(days=9))

    redeem([coupon.code], visit(customer, at=sale), now=NOW, all_or_nothing=False)

    assert Event.objects.get().at == NOW
    assert payloads(Kind.REDEEMED)[0]["redeemedAt"] == "2026-05-09T12:00:00Z"


def test_repeats_of_a_redemption_and_a_reversal_are_none(
    endpoint: Endpoint, new_caller: Callable[..., Caller]
) -> None:
    customer = make_customer()
    [coupon] = coupons_of(make_series(), customer)
    at_till = visit(customer, transaction_number="T-1", client_id=new_caller().client.pk)
    for _ in range(2):
        [outcome] = redeem([coupon.code], at_till, now=NOW, all_or_nothing=False)
    for _ in range(2):
        reverse([outcome.done.id], reason="returned", now=NOW)

    assert len(payloads(Kind.REDEEMED)) == len(payloads(Kind.REVERSED)) == 1


def test_a_hold_is_told_when_it_is_committed(endpoint: Endpoint, client_api: Caller) -> None:
    customer = make_customer()
    coupon = make_coupon(series=make_series(), customer=customer)
    body = {
        "redemptionRequestList": [{"code": coupon.code}],
        "billAmount": 2000,
        "transactionNumber": "T1",
        "user": {"id": customer.pk},
    }
    held = client_api.post("/v2/coupon/hold", body).json()
    assert payloads(Kind.REDEEMED) == []

    client_api.post("/v2/coupon/hold/commit", {"holdIds": [held["hold"][0]["holdId"]]})

    assert [payload["couponId"] for payload in payloads(Kind.REDEEMED)] == [coupon.pk]


def test_coupons_that_are_revoked(endpoint: Endpoint) -> None:
    first, second = make_coupon(), make_free_code(make_series(), "FREE")

    revoke_codes([first.code, second.code, "NOBODYS"], now=NOW)
    revoke_codes([first.code], now=NOW)

    assert payloads(Kind.REVOKED) == [told(first), told(second)]
    assert payloads(Kind.REVOKED)[1]["customerId"] is None


def test_a_shared_coupon_that_ends_because_two_customers_become_one(endpoint: Endpoint) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="ALL")
    survivor, absorbed = make_customer(), make_customer()
    coupons_of(series, survivor)
    coupons_of(series, absorbed)

    ended = merge_customers(survivor.pk, absorbed.pk, now=NOW).ended

    assert [payload["couponId"] for payload in payloads(Kind.REVOKED)] == [c.pk for c in ended]
    assert len(ended) == 1


def test_what_other_apps_note(endpoint: Endpoint) -> None:
    services.note(Kind.BATCH_FINISHED, {"batchId": 7, "state": "done"}, now=NOW)

    assert payloads(Kind.BATCH_FINISHED) == [{"batchId": 7, "state": "done"}]


def test_each_endpoint_is_told_what_it_wants_to_hear() -> None:
    both = make_endpoint(URL, [Kind.ISSUED, Kind.REVOKED])
    issued_only = make_endpoint(URL, [Kind.ISSUED])
    make_endpoint(URL, [Kind.REDEEMED])
    make_endpoint(URL, [Kind.ISSUED, Kind.REVOKED], is_active=False)
    paused = make_endpoint(URL, [Kind.REVOKED], paused_at=NOW)

    [coupon] = coupons_of(make_series(), make_customer())
    revoke_codes([coupon.code], now=NOW)

    assert set(Event.objects.values_list("endpoint", "kind")) == {
        (both.pk, "coupon.issued"),
        (issued_only.pk, "coupon.issued"),
        (both.pk, "coupon.revoked"),
        (paused.pk, "coupon.revoked"),
    }


def test_nobody_listens_and_nothing_is_stored() -> None:
    customer = make_customer()
    [coupon, other] = coupons_of(make_series(**MANY), customer, 2)
    redeem([coupon.code], visit(customer), now=NOW, all_or_nothing=False)
    revoke_codes([other.code], now=NOW)

    assert not Event.objects.exists()


def test_what_is_rolled_back_was_never_said(endpoint: Endpoint) -> None:
    customer, series = make_customer(), make_series()
    with transaction.atomic():
        coupons_of(series, customer)
        assert Event.objects.exists()
        transaction.set_rollback(True)

    assert not Event.objects.exists()


@pytest.mark.parametrize("listeners", [0, 3])
def test_issuing_takes_no_statement_more(
    listeners: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    series, customer = make_series(**MANY), make_customer()
    for _ in range(listeners):
        make_endpoint(URL)
    coupons_of(series, customer)

    with CaptureQueriesContext(connection) as statements:
        coupons_of(series, customer, 100)

    assert not [query for query in statements if query["sql"].startswith("INSERT INTO outbox")]
    assert Event.objects.count() == listeners * 101
    assert len(statements) <= 7
