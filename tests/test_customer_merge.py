"""Two records that are one person become one, with all that names them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from couponadmin.errors import CouponError, ErrorCode
from customers.merging import merger
from customers.models import Customer
from issuance.asks import Ask, Purpose
from issuance.merging import Merged, merge_customers, preview
from issuance.models import Coupon
from issuance.services import issue
from redemption.models import Hold, Redemption, Refusal
from tests.coupons import make_coupon
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
of_survivors = import_module("redemption.migrations.0003_of_survivors")


@pytest.fixture
def tom() -> Customer:
    return make_customer(first_name="Tom", mobile="11223569865", fields={"tier": "gold"})


@pytest.fixture
def twin() -> Customer:
    return make_customer(
        first_name="Thomas",
        last_name="Sawyer",
        mobile="11223569866",
        email="tom@example.com",
        fields={"tier": "none", "city": "Pune"},
    )


def merge(survivor: Customer, absorbed: Customer, now: datetime) -> Merged:
    done = merge_customers(survivor.pk, absorbed.pk, now=now)
    survivor.refresh_from_db()
    absorbed.refresh_from_db()
    return done


def shared(customer: Customer, **columns: Any) -> Coupon:
    series = columns.pop("series")
    return make_coupon(
        series=series, customer=customer, code=series.generic_code, shared=True, **columns
    )


def test_what_the_survivor_lacks_is_taken_over(tom: Customer, twin: Customer, now: Any) -> None:
    done = merge(tom, twin, now)

    assert (tom.first_name, tom.last_name) == ("Tom", "Sawyer")
    assert (tom.mobile, tom.email) == ("11223569865", "tom@example.com")
    assert tom.fields == {"tier": "gold", "city": "Pune"}
    assert done.records.taken == {"last_name": "Sawyer", "email": "tom@example.com"}
    assert done.records.lost == {"mobile": "11223569866"}


def test_the_other_record_is_left_empty(tom: Customer, twin: Customer, now: Any) -> None:
    merge(tom, twin, now)

    assert twin.merged_into == tom
    assert (twin.mobile, twin.email, twin.external_id) == (None, None, None)
    assert (twin.full_name, twin.fields) == ("", {})
    assert str(twin) == f"merged into customer {tom.pk}"


def test_the_person_was_registered_when_the_first_record_was(
    tom: Customer, twin: Customer, now: Any
) -> None:
    early = now - timedelta(days=400)
    Customer.objects.filter(pk=twin.pk).update(registered_at=early)

    merge(tom, twin, now)

    assert (tom.registered_at, tom.updated_at) == (early, now)


def test_coupons_and_redemptions_move(tom: Customer, twin: Customer, now: Any) -> None:
    coupon, own = make_coupon(customer=twin), make_coupon(customer=tom)
    redemption = Redemption.objects.create(
        coupon=coupon,
        series=coupon.series,
        customer=twin,
        bill_amount=Decimal(900),
        discount=Decimal(500),
        redeemed_at=now,
    )

    done = merge(tom, twin, now)

    assert done.moved == 1
    assert set(Coupon.objects.filter(customer=tom)) == {coupon, own}
    assert Redemption.objects.get(pk=redemption.pk).customer == tom
    assert not Coupon.objects.filter(customer=twin).exists()


def test_each_table_is_searched_once(tom: Customer, twin: Customer, now: Any) -> None:
    Refusal.objects.create(at=now, customer=twin, reasons=[711])
    Refusal.objects.create(at=now, customer=None, reasons=[711])

    with CaptureQueriesContext(connection) as queries:
        merge(tom, twin, now)

    table = f'"{Refusal._meta.db_table}"'
    lock, update = [query["sql"] for query in queries if table in query["sql"]]
    assert lock.startswith("SELECT")
    assert f'customer_id" = {twin.pk}' not in update.partition("WHERE")[2]
    assert set(Refusal.objects.values_list("customer", flat=True)) == {tom.pk, None}


@pytest.mark.parametrize(
    ("older", "newer", "kept"),
    [
        ({}, {}, "older"),
        ({}, {"redemption_count": 1}, "newer"),
        ({"redemption_count": 1}, {"redemption_count": 1}, "older"),
        ({"revoked_at": datetime.fromisoformat("2026-01-01T00:00Z")}, {}, "newer"),
    ],
)
@pytest.mark.parametrize("who_had_it_first", ["survivor", "absorbed"])
def test_a_shared_code_is_kept_once_and_a_used_one_before_an_unused(
    tom: Customer,
    twin: Customer,
    now: Any,
    older: dict[str, Any],
    newer: dict[str, Any],
    kept: str,
    who_had_it_first: str,
) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    first, second = (tom, twin) if who_had_it_first == "survivor" else (twin, tom)
    coupons = {
        "older": shared(first, series=series, **older),
        "newer": shared(second, series=series, **newer),
    }

    done = merge(tom, twin, now)

    held = Coupon.objects.filter(customer=tom, revoked_at=None).get()
    assert held == coupons[kept]
    assert Coupon.objects.filter(customer=tom).count() == 2
    assert len(done.ended) == (0 if "revoked_at" in older else 1)


def test_one_time_codes_of_the_same_series_all_stay(
    tom: Customer, twin: Customer, now: Any
) -> None:
    series = make_series()
    for customer in (tom, twin):
        make_coupon(series=series, customer=customer)

    merge(tom, twin, now)

    assert Coupon.objects.held_by(tom.pk).count() == 2


def test_the_limits_count_what_both_held(tom: Customer, twin: Customer, now: Any) -> None:
    series = make_series(is_multiple_vouchers_per_user_allowed=True, max_vouchers_per_user=3)
    for customer in (tom, twin):
        issue([Ask(series.pk, customer.pk)], now=now, purpose=Purpose())
    merge(tom, twin, now)

    [answer] = issue([Ask(series.pk, tom.pk, 5)], now=now, purpose=Purpose())

    assert (answer.granted, answer.limit.code) == (1, ErrorCode.MAX_PER_USER)


def test_the_preview_says_what_the_merge_then_does(tom: Customer, twin: Customer, now: Any) -> None:
    series = make_series(client_handling_type="GENERIC", generic_code="SALE20")
    for customer in (tom, twin):
        shared(customer, series=series)
        make_coupon(customer=customer)
    promised = preview(merger(tom, twin))
    assert Coupon.objects.filter(customer=twin, revoked_at=None).count() == 2

    done = merge(tom, twin, now)

    assert (promised.moved, promised.ended) == (done.moved, done.ended)
    assert promised.records.taken == done.records.taken


def test_nobody_is_merged_into_themselves(tom: Customer, now: Any) -> None:
    with pytest.raises(CouponError):
        merge_customers(tom.pk, tom.pk, now=now)

    assert Customer.objects.get().mobile == tom.mobile


def test_an_unknown_customer_changes_nothing(tom: Customer, now: Any) -> None:
    with pytest.raises(CouponError) as refusal:
        merge_customers(tom.pk, 2**62, now=now)

    assert refusal.value.code == ErrorCode.CUSTOMER
    assert Customer.objects.get().updated_at == tom.updated_at


@pytest.mark.parametrize(
    "columns",
    [{"merged_into": "itself"}, {"merged_into": "other", "mobile": "1"}, {"mobile": None}],
)
def test_the_database_forbids_half_merged_records(
    tom: Customer, twin: Customer, columns: dict[str, Any]
) -> None:
    targets = {"itself": tom.pk, "other": twin.pk}
    if "merged_into" in columns:
        columns = columns | {"merged_into": targets[columns["merged_into"]]}

    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=tom.pk).update(**columns)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_pair_either_way_one_wins(
    tom: Customer, twin: Customer, now: Any, at_once: Callable[..., list[Any]]
) -> None:
    make_coupon(customer=tom)
    make_coupon(customer=twin)

    def attempt(survivor: Customer, absorbed: Customer) -> bool:
        try:
            merge_customers(survivor.pk, absorbed.pk, now=now)
        except CouponError:
            return False
        return True

    pairs = [(tom, twin), (twin, tom)] * 3
    outcomes = at_once([lambda pair=pair: attempt(*pair) for pair in pairs])

    assert outcomes.count(True) == 1
    survivor = Customer.objects.get(merged_into=None)
    assert Coupon.objects.filter(customer=survivor).count() == 2


def test_the_migration_gives_the_survivor_what_stayed_behind(
    tom: Customer, twin: Customer, now: Any
) -> None:
    coupon = make_coupon(customer=tom)
    row = {"coupon": coupon, "series": coupon.series}
    bill = row | {"bill_amount": Decimal(9), "discount": Decimal(1)}
    merge(tom, twin, now)
    for customer in (twin, tom, None):
        Redemption.objects.create(customer=customer, redeemed_at=now, **bill)
        Refusal.objects.create(customer=customer, at=now, reasons=[711], **row)
    Hold.objects.create(customer=twin, client_id=1, created_at=now, expires_at=now, **bill)

    with connection.cursor() as cursor:
        for statement in of_survivors.MOVE:
            cursor.execute(statement)

    for model in (Redemption, Refusal):
        assert list(model.objects.values_list("customer", flat=True)) == [None, tom.pk, tom.pk]
    assert Hold.objects.get().customer == tom
