"""The engine behind every way of issuing: many asks are one call."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from couponadmin.errors import ErrorCode
from issuance.asks import Answer, Ask, Purpose
from issuance.models import Coupon, Origin
from issuance.services import issue
from series.models import Series, Tally
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

MANY = {"is_multiple_vouchers_per_user_allowed": True}
NOBODY = Purpose()


def codes(answer: Answer) -> list[int]:
    return [coupon.id for coupon in answer.coupons]


def upload(series: Series, *codes: str) -> None:
    Coupon.objects.bulk_create([Coupon(series=series, code=code) for code in codes])


def test_it_answers_each_ask_in_order(now: datetime) -> None:
    open_series, capped = make_series(**MANY), make_series(max_create=1, **MANY)
    customer = make_customer()

    first, second, third = issue(
        [Ask(capped.pk, customer.pk, 2), Ask(open_series.pk, customer.pk, 3), Ask(0, customer.pk)],
        now=now,
        purpose=NOBODY,
    )

    assert [len(answer.coupons) for answer in (first, second, third)] == [1, 3, 0]
    assert first.limit.code is ErrorCode.MAX_CREATE
    assert second.limit is None
    assert third.limit.code is ErrorCode.SERIES
    assert Coupon.objects.issued().count() == 4


def test_asks_of_one_call_see_each_others_grants(now: datetime) -> None:
    series, customer = make_series(max_vouchers_per_user=3, **MANY), make_customer()

    answers = issue([Ask(series.pk, customer.pk, 2)] * 3, now=now, purpose=NOBODY)

    assert [len(answer.coupons) for answer in answers] == [2, 1, 0]


def test_an_exclusion_holds_within_one_call(now: datetime) -> None:
    first, customer = make_series(), make_customer()
    second = make_series(mutual_exclusive_series_ids=[first.pk])

    answers = issue(
        [Ask(first.pk, customer.pk), Ask(second.pk, customer.pk)], now=now, purpose=NOBODY
    )

    assert [len(answer.coupons) for answer in answers] == [1, 0]
    assert answers[1].limit.code is ErrorCode.HELD


@pytest.mark.parametrize("terms", [{}, {"max_create": 10_000}], ids=["uncapped", "capped"])
def test_the_number_of_statements_does_not_depend_on_the_number_of_asks(
    now: datetime, terms: dict[str, int]
) -> None:
    series = make_series(**terms)
    customers = [make_customer() for _ in range(511)]
    statements = []

    for some in (customers[:1], customers[1:11], customers[11:]):
        issue([Ask(series.pk, make_customer().pk)], now=now, purpose=NOBODY)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            issue([Ask(series.pk, each.pk) for each in some], now=now, purpose=NOBODY)
        statements.append(len(queries))

    assert statements == [3 + bool(terms)] * 3
    assert Coupon.objects.issued().count() == 511 + 3


def test_it_resends_the_only_coupon_where_the_series_wants_it(now: datetime) -> None:
    series, customer = make_series(), make_customer()
    [given] = issue([Ask(series.pk, customer.pk, may_resend=True)], now=now, purpose=NOBODY)

    [again] = issue([Ask(series.pk, customer.pk, may_resend=True)], now=now, purpose=NOBODY)
    [refused] = issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)

    assert again.resent
    assert codes(again) == codes(given)
    assert refused.limit.code is ErrorCode.HELD
    assert Coupon.objects.issued().count() == 1


@pytest.mark.parametrize(
    ("terms", "change"),
    [
        ({"do_not_resend_existing_voucher": True}, {}),
        ({}, {"redemption_count": 1}),
        ({}, {"expires_at": datetime.fromisoformat("2020-01-01T00:00:00Z")}),
    ],
    ids=["not wanted", "used", "expired"],
)
def test_it_does_not_resend(now: datetime, terms: dict[str, bool], change: dict) -> None:
    series, customer = make_series(**terms), make_customer()
    issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)
    Coupon.objects.update(**change or {"shared": False})

    [answer] = issue([Ask(series.pk, customer.pk, may_resend=True)], now=now, purpose=NOBODY)

    assert answer.limit.code is ErrorCode.HELD
    assert not answer.coupons


def test_the_same_series_twice_in_one_call_gives_the_same_coupon(now: datetime) -> None:
    series, customer = make_series(), make_customer()

    first, second = issue(
        [Ask(series.pk, customer.pk, may_resend=True)] * 2, now=now, purpose=NOBODY
    )

    assert codes(first) == codes(second)
    assert second.resent
    assert Coupon.objects.issued().count() == 1


def test_a_revoked_coupon_no_longer_counts(now: datetime) -> None:
    series, customer = make_series(), make_customer()
    issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)
    Coupon.objects.update(revoked_at=now)

    [answer] = issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)

    assert len(answer.coupons) == 1


def test_a_gap_counts_whole_days(now: datetime) -> None:
    series, customer = make_series(min_days_between_vouchers=3, **MANY), make_customer()
    ask = [Ask(series.pk, customer.pk)]
    issue(ask, now=now, purpose=NOBODY)

    [early] = issue(ask, now=now + timedelta(days=2), purpose=NOBODY)
    [due] = issue(ask, now=now + timedelta(days=3), purpose=NOBODY)

    assert early.limit.code is ErrorCode.HELD
    assert len(due.coupons) == 1


def test_a_generic_code_goes_to_each_customer_once(now: datetime) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="DECATH10")
    one, other = make_customer(), make_customer()
    asks = [Ask(series.pk, one.pk, 2), Ask(series.pk, other.pk), Ask(series.pk, one.pk)]

    answers = issue(asks, now=now, purpose=NOBODY)

    assert [[c.code for c in answer.coupons] for answer in answers] == [["DECATH10"]] * 2 + [[]]
    assert answers[0].limit.code is ErrorCode.ONLY_ONE


def test_uploaded_codes_go_out_oldest_first_until_none_is_left(now: datetime) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", **MANY)
    upload(series, "Z1", "Y2", "X3")
    one, other = make_customer(), make_customer()

    first, second = issue(
        [Ask(series.pk, one.pk, 2), Ask(series.pk, other.pk, 2)], now=now, purpose=NOBODY
    )

    assert sorted(c.code for c in first.coupons + second.coupons) == ["X3", "Y2", "Z1"]
    assert len(first.coupons) + len(second.coupons) == 3
    assert second.limit.code is ErrorCode.POOL_EMPTY


def test_an_empty_pool_gives_back_what_it_claimed_of_the_cap(now: datetime) -> None:
    terms = {"client_handling_type": "DISC_CODE_PIN", "max_create": 9} | MANY
    series, customer = make_series(**terms), make_customer()
    upload(series, "ONLY")

    [answer] = issue([Ask(series.pk, customer.pk, 4)], now=now, purpose=NOBODY)

    assert [coupon.code for coupon in answer.coupons] == ["ONLY"]
    assert Series.objects.get().num_issued == 1


def test_a_full_code_space_ends_in_a_refusal(now: datetime) -> None:
    terms = {"alpha_numeric": False, "random_code_length": 1, "max_create": 50} | MANY
    series, customer = make_series(**terms), make_customer()

    [answer] = issue([Ask(series.pk, customer.pk, 30)], now=now, purpose=NOBODY)

    stored = set(Coupon.objects.issued().values_list("code", flat=True))
    assert stored == {coupon.code for coupon in answer.coupons} <= set("0123456789")
    assert answer.limit.code is ErrorCode.NO_FREE_CODE
    assert Series.objects.get().num_issued == len(stored) >= 8


def test_it_counts_what_it_issued(now: datetime) -> None:
    uncapped, capped = make_series(**MANY), make_series(max_create=5, **MANY)
    customer = make_customer()

    issue(
        [Ask(uncapped.pk, customer.pk, 3), Ask(capped.pk, customer.pk, 9)],
        now=now,
        purpose=NOBODY,
    )

    tallies = Tally.objects.order_by("series").values_list("series", "issued", "counted")
    assert list(tallies) == [(uncapped.pk, 3, False), (capped.pk, 5, True)]
    totals = Series.objects.with_counts().order_by("pk").values_list("total_issued", flat=True)
    assert list(totals) == [3, 5]


def test_one_purpose_is_stored_once(now: datetime) -> None:
    series, customer = make_series(**MANY), make_customer()
    why = Purpose(source_type="Journeys", reason="Tier upgrade benefit")

    for purpose in (why, why, NOBODY):
        issue([Ask(series.pk, customer.pk)], now=now, purpose=purpose)

    origins = Coupon.objects.issued().order_by("id").values_list("origin__reason", flat=True)
    assert list(origins) == ["Tier upgrade benefit"] * 2 + [""]
    assert Origin.objects.count() == 2


def test_a_changed_series_is_noticed_at_once(now: datetime) -> None:
    series, customer = make_series(**MANY), make_customer()
    issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)
    Series.objects.update(max_vouchers_per_user=1, changed_at=now + timedelta(seconds=1))

    [answer] = issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)

    assert answer.limit.code is ErrorCode.MAX_PER_USER


def test_no_asks_need_no_database(now: datetime, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert issue([], now=now, purpose=NOBODY) == []


def test_it_issues_nothing_to_a_customer_who_is_gone(now: datetime) -> None:
    series, customer = make_series(), make_customer()

    gone, here = issue([Ask(series.pk, 0), Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)

    assert gone.limit.code is ErrorCode.CUSTOMER
    assert [len(gone.coupons), len(here.coupons)] == [0, 1]


def test_a_coupon_given_again_ends_with_its_series(now: datetime) -> None:
    series, customer = make_series(), make_customer()
    issue([Ask(series.pk, customer.pk)], now=now, purpose=NOBODY)
    earlier = series.valid_till_date - timedelta(days=30)
    Series.objects.update(valid_till_date=earlier, changed_at=now + timedelta(seconds=1))

    [again] = issue([Ask(series.pk, customer.pk, may_resend=True)], now=now, purpose=NOBODY)

    assert again.coupons[0].expires_at.date() == earlier
