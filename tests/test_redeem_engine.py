"""Redeeming without HTTP: what is stored, what is answered again, and in how many statements."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from couponadmin.errors import ErrorCode
from customers.models import Customer
from issuance.asks import Ask, Issued, Purpose
from issuance.models import Coupon, Origin
from issuance.services import issue
from redemption.asks import Outcome, Visit
from redemption.models import Redemption, Refusal
from redemption.services import check, explain, redeem, reverse
from series.models import Series, SeriesDay, Tally
from series.tallies import fold_tallies
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
MANY = {"is_multiple_vouchers_per_user_allowed": True}
REPEATED = {"is_multiple_use_allowed": True, "same_user_multiple_redeem": True}


def coupons_of(series: Series, customer: Customer, count: int = 1) -> list[Issued]:
    [answer] = issue([Ask(series.pk, customer.pk, count)], now=NOW, purpose=Purpose())
    assert len(answer.coupons) == count
    return answer.coupons


def visit(customer: Customer | None = None, **members: Any) -> Visit:
    known: dict[str, Any] = {"at": NOW, "bill_amount": Decimal(2000)}
    if customer is not None:
        known |= {"customer_id": customer.pk, "registered_at": customer.registered_at}
    return Visit(**known | members)


def redeem_one(code: str, at_till: Visit, **options: Any) -> Outcome:
    options = {"now": NOW, "all_or_nothing": False} | options
    [outcome] = redeem([code], at_till, **options)
    return outcome


def codes_of(outcome: Outcome) -> list[ErrorCode]:
    return [reason.code for reason in outcome.reasons]


@pytest.fixture
def customer() -> Customer:
    return make_customer()


@pytest.fixture
def client_id(new_caller: Callable[..., Any]) -> int:
    return new_caller().client.pk


def test_it_redeems_and_counts(customer: Customer) -> None:
    series = make_series()
    [coupon] = coupons_of(series, customer)

    outcome = redeem_one(f" {coupon.code.lower()} ", visit(customer, transaction_number="T1"))

    assert outcome.reasons == []
    stored = Redemption.objects.get()
    assert outcome.done.id == stored.pk
    assert (stored.coupon_id, stored.customer_id) == (coupon.id, customer.pk)
    assert (stored.bill_amount, stored.discount) == (2000, 500)
    assert (stored.redeemed_at, stored.reversed_at) == (NOW, None)
    assert Coupon.objects.get(pk=coupon.id).redemption_count == 1
    tally = Tally.objects.get(redeemed__gt=0)
    assert (tally.series_id, tally.redeemed, tally.counted) == (series.pk, 1, False)


def test_it_refuses_the_second_time_and_logs_it(customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)
    redeem_one(coupon.code, visit(customer))

    outcome = redeem_one(coupon.code, visit(customer))

    assert codes_of(outcome) == [ErrorCode.USED, ErrorCode.SAME_CUSTOMER]
    assert Redemption.objects.count() == 1
    refusal = Refusal.objects.get()
    assert (refusal.coupon_id, refusal.reasons) == (coupon.id, [711, 747])
    assert refusal.code_hash is None


def test_it_counts_a_capped_series_at_once_and_exactly(customer: Customer) -> None:
    series = make_series(max_redeem=1, **MANY)
    first, second = coupons_of(series, customer, 2)

    done = redeem_one(first.code, visit(customer))
    refused = redeem_one(second.code, visit(customer))

    assert (done.reasons, codes_of(refused)) == ([], [ErrorCode.REDEMPTION_CAP])
    assert Series.objects.get().num_redeemed == 1
    assert Tally.objects.get(redeemed__gt=0).counted
    assert Coupon.objects.get(pk=second.id).redemption_count == 0


@pytest.mark.parametrize("all_or_nothing", [False, True])
def test_codes_of_one_request_see_each_other(customer: Customer, all_or_nothing: bool) -> None:
    series = make_series(max_redemptions_in_series_per_user=2, max_redeem=5, **MANY)
    coupons = coupons_of(series, customer, 3)

    outcomes = redeem(
        [coupon.code for coupon in coupons],
        visit(customer),
        now=NOW,
        all_or_nothing=all_or_nothing,
    )

    third = ErrorCode.CUSTOMER_CAP
    rest = [ErrorCode.BATCH_MATE] if all_or_nothing else []
    assert [codes_of(outcome) for outcome in outcomes] == [rest, rest, [third]]
    stored = 0 if all_or_nothing else 2
    assert Redemption.objects.count() == Series.objects.get().num_redeemed == stored
    assert [refusal.reasons for refusal in Refusal.objects.all()] == [[third.number]]


def test_a_cap_that_is_too_small_for_all_refuses_all(customer: Customer) -> None:
    series = make_series(max_redeem=2, **MANY)
    coupons = coupons_of(series, customer, 3)

    outcomes = redeem(
        [coupon.code for coupon in coupons], visit(customer), now=NOW, all_or_nothing=True
    )

    mate, cap = ErrorCode.BATCH_MATE, ErrorCode.REDEMPTION_CAP
    assert [codes_of(outcome) for outcome in outcomes] == [[mate], [mate], [cap]]
    assert Redemption.objects.count() == Series.objects.get().num_redeemed == 0


def test_discounts_together_are_never_above_the_bill(customer: Customer) -> None:
    coupons = coupons_of(make_series(**MANY), customer, 3)

    outcomes = redeem(
        [coupon.code for coupon in coupons],
        visit(customer, bill_amount=Decimal(1200)),
        now=NOW,
        all_or_nothing=True,
    )

    # 500 + 500 leave 200 of 1200
    assert [outcome.discount for outcome in outcomes] == [500, 500, 200]


def test_the_same_transaction_gets_the_first_answer(customer: Customer, client_id: int) -> None:
    [coupon] = coupons_of(make_series(), customer)
    at_till = visit(customer, client_id=client_id, transaction_number="T1")
    first = redeem_one(coupon.code, at_till)

    again = redeem_one(coupon.code, at_till, now=NOW + timedelta(hours=1))

    assert again.repeated
    assert again.done == first.done
    assert Redemption.objects.count() == 1
    assert Coupon.objects.get().redemption_count == 1


def test_another_clients_transaction_of_that_number_is_another(
    customer: Customer, new_caller: Callable[..., Any]
) -> None:
    [coupon] = coupons_of(make_series(**REPEATED), customer)
    first, second = (new_caller().client.pk for _ in range(2))

    for client_id in (first, second):
        redeem_one(coupon.code, visit(customer, client_id=client_id, transaction_number="T1"))

    assert Redemption.objects.count() == Coupon.objects.get().redemption_count == 2


@pytest.mark.parametrize(
    ("change", "member"),
    [({"bill_amount": Decimal(2001)}, "billAmount"), ({"customer_id": None}, "user")],
)
def test_the_same_transaction_with_something_else_is_refused(
    customer: Customer, client_id: int, change: dict[str, Any], member: str
) -> None:
    [coupon] = coupons_of(make_series(any_user=True), customer)
    at_till = visit(customer, client_id=client_id, transaction_number="T1")
    redeem_one(coupon.code, at_till)

    outcome = redeem_one(coupon.code, at_till._replace(**change))

    assert codes_of(outcome) == [ErrorCode.INPUT]
    assert outcome.reasons[0].message.startswith(member)
    assert Redemption.objects.count() == 1


def test_after_a_reversal_the_same_transaction_redeems_nothing(
    customer: Customer, client_id: int
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    at_till = visit(customer, client_id=client_id, transaction_number="T1")
    first = redeem_one(coupon.code, at_till)
    reverse([first.done.id], reason="", now=NOW)

    late = redeem_one(coupon.code, at_till)

    assert late.repeated
    assert late.done == first.done._replace(reversed_at=NOW)
    assert Redemption.objects.count() == 1
    assert Coupon.objects.get().redemption_count == 0


@pytest.mark.parametrize("terms", [{}, {"max_redeem": 5}])
def test_what_is_given_back_is_taken_off_the_day_on_which_it_was_counted(
    customer: Customer, terms: dict[str, int]
) -> None:
    first, second = coupons_of(make_series(**MANY, **terms), customer, 2)
    next_day, week_later = NOW + timedelta(days=1), NOW + timedelta(days=7)
    late = visit(customer)._replace(at=NOW + timedelta(hours=1))
    done = [
        redeem_one(first.code, late),
        redeem_one(second.code, late, now=next_day),
    ]

    reverse([outcome.done.id for outcome in done], reason="", now=week_later)

    fold_tallies()
    assert Series.objects.get().num_redeemed == 0
    days = SeriesDay.objects.order_by("day").values_list("day", "redeemed")
    assert list(days) == [(NOW.date(), 0), (next_day.date(), 0)]


@pytest.mark.parametrize(
    ("make_code", "expected"),
    [
        (lambda customer: "NOBODYS", ErrorCode.CODE),
        (lambda customer: " ", ErrorCode.NO_CODE),
        (lambda customer: coupons_of(make_series(), make_customer())[0].code, ErrorCode.NOT_THEIRS),
        (lambda customer: uploaded_code(), ErrorCode.CODE),
        (lambda customer: generic_code(any_user=False), ErrorCode.NOT_THEIRS),
    ],
    ids=["unknown", "blank", "somebody else's", "uploaded, not issued", "generic, not issued"],
)
def test_it_refuses_what_is_not_the_customers(
    customer: Customer, make_code: Callable[[Customer], str], expected: ErrorCode
) -> None:
    outcome = redeem_one(make_code(customer), visit(customer))

    assert codes_of(outcome) == [expected]
    assert Redemption.objects.count() == 0


def uploaded_code() -> str:
    series = make_series(client_handling_type="DISC_CODE_PIN", any_user=True)
    return Coupon.objects.create(series=series, code="PIN1").code


def generic_code(**terms: Any) -> str:
    make_series(client_handling_type="GENERIC", generic_code="WELCOME", **terms)
    return "welcome"


def test_a_generic_code_is_the_customers_own_coupon(customer: Customer) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="WELCOME")
    other = make_customer()
    [mine], [theirs] = coupons_of(series, customer), coupons_of(series, other)

    first, second = (redeem_one("welcome", visit(who)) for who in (customer, other))

    assert [first.coupon_id, second.coupon_id] == [mine.id, theirs.id]
    assert Redemption.objects.count() == 2


def test_a_generic_code_for_any_user_needs_no_coupon_of_ones_own(customer: Customer) -> None:
    code = generic_code(any_user=True, is_multiple_use_allowed=True)
    other = make_customer()

    outcomes = [redeem_one(code, visit(who)) for who in (customer, other, customer)]

    assert [codes_of(one) for one in outcomes] == [[], [], [ErrorCode.SAME_CUSTOMER]]
    assert Coupon.objects.get().redemption_count == 2


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"any_user": True}, []),
        ({}, [ErrorCode.CUSTOMER]),
        ({"any_user": True, "is_multiple_use_allowed": True}, [ErrorCode.CUSTOMER]),
        ({"any_user": True, **REPEATED}, []),
        ({"any_user": True, "max_redemptions_in_series_per_user": 1}, [ErrorCode.CUSTOMER]),
        ({"any_user": True, "min_days_between_redemption": 1}, [ErrorCode.CUSTOMER]),
    ],
)
def test_only_terms_that_concern_nobody_need_no_customer(
    customer: Customer, terms: dict[str, Any], expected: list[ErrorCode]
) -> None:
    [coupon] = coupons_of(make_series(**terms), customer)

    assert codes_of(redeem_one(coupon.code, visit())) == expected


def test_one_row_of_a_batch_decides_about_its_coupons(customer: Customer) -> None:
    first, second = coupons_of(make_series(**MANY), customer, 2)
    redeem_one(first.code, visit(customer))
    late = visit(customer)._replace(at=datetime(2099, 1, 1, tzinfo=UTC))

    Origin.objects.update(paused_at=NOW)
    paused = redeem_one(second.code, visit(customer))
    Origin.objects.update(paused_at=None, revoked_at=NOW)
    revoked = redeem_one(second.code, visit(customer))
    used = redeem_one(first.code, visit(customer))
    Origin.objects.update(revoked_at=None, expires_at=datetime(2099, 2, 1, tzinfo=UTC))
    extended = check([second.code], late, now=NOW)[0]

    assert codes_of(paused) == [ErrorCode.TOO_EARLY]
    assert codes_of(revoked) == [ErrorCode.REVOKED]
    assert ErrorCode.REVOKED not in codes_of(used)
    assert codes_of(extended) == [ErrorCode.SERIES_ENDED]


def test_customers_need_the_transactions_that_the_series_asks_for(customer: Customer) -> None:
    [wanted] = coupons_of(make_series(valid_max_user_transaction_limit=2), customer)
    one, two, three = coupons_of(make_series(**MANY), customer, 3)

    answers = []
    for code, number in ((one.code, "A"), (two.code, "A"), (three.code, "B")):
        answers.append(codes_of(check([wanted.code], visit(customer), now=NOW)[0]))
        redeem_one(code, visit(customer, transaction_number=number))
    answers.append(codes_of(check([wanted.code], visit(customer), now=NOW)[0]))

    # 0 transactions, A, A again, A and B
    too_few = [ErrorCode.TARGET_USER]
    assert answers == [too_few, too_few, too_few, []]


def test_checking_stores_nothing(customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)

    outcomes = check([coupon.code, "NOBODYS"], visit(customer), now=NOW)

    assert [codes_of(outcome) for outcome in outcomes] == [[], [ErrorCode.CODE]]
    assert outcomes[0].discount == 500
    assert not Redemption.objects.exists()
    assert not Refusal.objects.exists()
    assert Coupon.objects.get().redemption_count == 0


def test_explaining_works_for_any_moment(customer: Customer) -> None:
    [coupon] = coupons_of(make_series(redemption_valid_after_days=3), customer)

    def would_it_work(days: int) -> list[ErrorCode]:
        outcome = explain(
            coupon.code,
            customer=customer,
            place=None,
            at=NOW + timedelta(days=days),
            bill_amount=None,
            now=NOW,
        )
        return codes_of(outcome)

    # Issued on 12 May: from 15 May on
    assert would_it_work(2) == [ErrorCode.TOO_EARLY]
    assert would_it_work(3) == []


@pytest.mark.parametrize(("terms", "extra"), [({}, 0), ({"max_redeem": 500}, 2)])
def test_the_number_of_statements_is_constant(
    customer: Customer, terms: dict[str, Any], extra: int
) -> None:
    coupons = coupons_of(make_series(**MANY, **terms), customer, 102)
    codes = [coupon.code for coupon in coupons]
    redeem(codes[:1], visit(customer), now=NOW, all_or_nothing=True)

    counts = []
    for some in (codes[1:2], codes[2:12], codes[12:62]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            redeem(some, visit(customer), now=NOW, all_or_nothing=True)
        counts.append(len(queries))

    # Two savepoints (BEGIN and COMMIT but for the test's own transaction), locate, lock, read and
    # store; for a cap also lock the series and look what it leaves
    assert counts == [6 + extra] * 3
    assert Redemption.objects.count() == 62
