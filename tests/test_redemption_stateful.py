"""Whatever happens in whatever order, counters equal a recount and no limit is passed."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import F, Q, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from couponadmin.errors import CouponError
from issuance.asks import Ask, Purpose
from issuance.changes import revoke_codes
from issuance.models import Coupon, Origin
from issuance.services import issue
from redemption.asks import Held, Outcome, Visit
from redemption.holding import cancel, commit
from redemption.models import Hold, Redemption
from redemption.services import hold, redeem, reverse
from series.models import Series, Tally
from series.tallies import fold_tallies
from tests.factories import make_customer, make_series

CLIENT = 1
OPEN = Q(committed_at=None, released_at=None)
TERMS = (
    {"max_redeem": 4, "expiry_strategy_type": "DAYS", "expiry_strategy_value": 2},
    {"max_redemptions_in_series_per_user": 2},
    {
        "is_multiple_use_allowed": True,
        "same_user_multiple_redeem": True,
        "redemption_per_coupon_max_limit": 3,
        "max_redeem": 7,
        "any_user": True,
    },
    {"is_multiple_use_allowed": True, "any_user": True, "min_days_between_redemption": 1},
)
Done = Callable[..., list[Outcome]]


class Tills(RuleBasedStateMachine):
    codes = Bundle("codes")
    redemptions = Bundle("redemptions")
    holds = Bundle("holds")

    @initialize()
    def open(self) -> None:
        self.now = datetime(2026, 5, 12, 12, tzinfo=UTC)
        self.customers = [make_customer().pk for _ in range(2)]
        shared = {"is_multiple_vouchers_per_user_allowed": True, "max_create": 20}
        self.series = [make_series(**terms, **shared).pk for terms in TERMS]

    @rule(
        target=codes,
        series=st.integers(0, len(TERMS) - 1),
        customer=st.integers(0, 1),
        count=st.integers(1, 3),
    )
    def issue(self, series: int, customer: int, count: int) -> object:
        asks = [Ask(self.series[series], self.customers[customer], count)]
        [answer] = issue(asks, now=self.now, purpose=Purpose(batch_key=str(self.series[0])))
        return multiple(*(coupon.code for coupon in answer.coupons))

    @rule(
        target=redemptions,
        wanted=st.lists(codes, min_size=1, max_size=4),
        customer=st.integers(0, 1),
        transaction=st.sampled_from(["", "A", "B"]),
        all_or_nothing=st.booleans(),
    )
    def redeem(
        self, wanted: list[str], customer: int, transaction: str, all_or_nothing: bool
    ) -> object:
        here = self.visit(customer, transaction)
        outcomes = redeem(wanted, here, now=self.now, all_or_nothing=all_or_nothing)
        return multiple(*(outcome.done.id for outcome in outcomes if outcome.done))

    @rule(
        target=holds,
        wanted=st.lists(codes, min_size=1, max_size=2),
        customer=st.integers(0, 1),
        transaction=st.sampled_from(["", "A", "C"]),
        minutes=st.sampled_from([1, 60]),
    )
    def hold(self, wanted: list[str], customer: int, transaction: str, minutes: int) -> object:
        here = self.visit(customer, transaction)
        outcomes = hold(wanted, here, minutes=minutes, now=self.now)
        done = [outcome.done for outcome in outcomes if not outcome.reasons]
        return multiple(*(one.id for one in done if isinstance(one, Held)))

    @rule(target=redemptions, wanted=st.lists(holds, min_size=1, max_size=2))
    def commit(self, wanted: list[int]) -> object:
        try:
            outcomes = commit(wanted, client_id=CLIENT, now=self.now)
        except CouponError:
            return multiple()
        return multiple(*(outcome.done.id for outcome in outcomes))

    @rule(wanted=holds)
    def cancel(self, wanted: int) -> None:
        try:
            cancel([wanted], client_id=CLIENT, now=self.now)
        except CouponError:
            assert Hold.objects.get(pk=wanted).committed_at

    @rule(wanted=st.lists(redemptions, min_size=1, max_size=2))
    def reverse(self, wanted: list[int]) -> None:
        reverse(wanted, reason="", now=self.now)

    @rule(code=consumes(codes))
    def revoke(self, code: str) -> None:
        revoke_codes([code], now=self.now)

    @rule()
    def revoke_the_batch(self) -> None:
        Origin.objects.filter(batch_key=str(self.series[0])).update(revoked_at=self.now)

    @rule(minutes=st.sampled_from([1, 30, 1440]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def fold(self) -> None:
        fold_tallies()

    @invariant()
    def counters_equal_a_recount(self) -> None:
        valid = Redemption.objects.filter(series__in=self.series, reversed_at=None)
        coupons = Coupon.objects.filter(series__in=self.series)
        by_coupon, by_series = count(valid, "coupon"), count(valid, "series")
        for coupon in coupons:
            assert coupon.redemption_count == by_coupon[coupon.pk]
        late = Tally.objects.filter(series__in=self.series, counted=False)
        sums = dict(late.order_by().values_list("series").annotate(Sum("redeemed")))
        for series in Series.objects.filter(pk__in=self.series):
            assert series.num_redeemed + sums.get(series.pk, 0) == by_series[series.pk]
            assert series.num_issued == count(coupons, "series")[series.pk]

    @invariant()
    def no_limit_is_passed(self) -> None:
        valid = Redemption.objects.filter(series__in=self.series, reversed_at=None)
        held = Hold.objects.filter(OPEN, series__in=self.series, expires_at__gt=self.now)
        uses = [*valid.values_list("series", "coupon", "customer")]
        uses += held.values_list("series", "coupon", "customer")
        in_series = Counter(series for series, _, _ in uses)
        of_coupon = Counter((series, coupon) for series, coupon, _ in uses)
        of_customer = Counter((series, customer) for series, _, customer in uses)
        first, second, third, _ = self.series
        assert in_series[first] <= 4
        assert in_series[third] <= 7
        most = {first: 1, second: 1, third: 3}
        assert all(n <= most.get(series, n) for (series, _), n in of_coupon.items())
        assert all(n <= 2 for (series, _), n in of_customer.items() if series == second)

    @invariant()
    def a_transaction_redeems_a_coupon_once(self) -> None:
        named = Redemption.objects.filter(series__in=self.series).exclude(transaction_number="")
        assert all(n == 1 for n in count_pairs(named).values())

    @invariant()
    def what_was_revoked_is_not_redeemed(self) -> None:
        redeemed = Redemption.objects.filter(series__in=self.series, reversed_at=None)
        assert not redeemed.filter(redeemed_at__gt=F("coupon__revoked_at")).exists()

    def visit(self, customer: int, transaction: str) -> Visit:
        return Visit(
            at=self.now,
            client_id=CLIENT,
            customer_id=self.customers[customer],
            transaction_number=transaction,
            bill_amount=Decimal(100),
        )


def count(rows: object, column: str) -> Counter[int]:
    return Counter(rows.values_list(column, flat=True))


def count_pairs(rows: object) -> Counter[tuple[int, str]]:
    return Counter(rows.values_list("coupon", "transaction_number"))


@pytest.mark.django_db
def test_any_sequence_keeps_counters_and_limits() -> None:
    run_state_machine_as_test(
        Tills,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
