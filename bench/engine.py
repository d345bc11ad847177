"""The issuing function by itself, and COPY of the same coupons into the same table."""

import random
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeVar

from django.utils import timezone

from bench.load import CannotMeasure
from bench.world import World, copy_in, lines
from issuance import codes, ledger
from issuance.asks import Ask, Purpose
from issuance.services import issue
from series.expiry import expires_at
from series.models import Series

COUPONS = """
issuance_coupon (code, customer_id, series_id, origin_id, issued_at, expires_at, shared,
                 redemption_count)
"""
# These calls are short: a part of the time says as much about them.
PART = 1 / 3

Asks = Sequence[Ask]
Work = TypeVar("Work")


def for_one(world: World, count: int) -> Asks:
    """One customer wants `count` coupons of a series."""
    return [Ask(random.choice(world.series), random.choice(world.customers), count)]


def for_many(world: World, count: int) -> Asks:
    """So many customers, in order as in a file, want a coupon each of one series."""
    start = random.randrange(len(world.customers) - count)
    series = random.choice(world.series)
    return [Ask(series, customer) for customer in world.customers[start : start + count]]


def issued(world: World, make_asks: Callable[[], Asks]) -> float:
    """Coupons a second through `issue`."""
    purpose = Purpose(client_id=world.client.pk)

    def act(asks: Asks) -> int:
        answers = issue(asks, now=timezone.now(), purpose=purpose)
        if refused := [answer.limit for answer in answers if answer.limit]:
            raise CannotMeasure(f"Issuing was refused: {refused[0].message}")
        return sum(len(answer.coupons) for answer in answers)

    return per_second(world, make_asks, act)


def copied(world: World, make_asks: Callable[[], Asks]) -> float:
    """Coupons a second through COPY; making them is not counted."""
    origin = ledger.store_origin(Purpose(client_id=world.client.pk))

    def act(data: bytes) -> int:
        copy_in(COUPONS, data)
        return data.count(b"\n")

    return per_second(world, lambda: coupon_lines(make_asks(), origin), act)


def coupon_lines(asks: Asks, origin: int) -> bytes:
    """The coupons of asks for one series, as COPY reads them; sorted by code, as `issue` does."""
    series, now = Series.objects.get(pk=asks[0].series_id), timezone.now()
    customers = [ask.customer_id for ask in asks for _ in range(ask.wanted)]
    made = sorted(codes.generate(series, len(customers)))
    same = series.pk, origin, now, expires_at(series, now), "f", 0
    return lines((*pair, *same) for pair in zip(made, customers, strict=True))


def per_second(world: World, prepare: Callable[[], Work], act: Callable[[Work], int]) -> float:
    """How many `act` does a second; what `prepare` does for it is not counted."""
    done, spent = 0, 0.0
    while spent < world.seconds * PART:
        work = prepare()
        started = perf_counter()
        done += act(work)
        spent += perf_counter() - started
    return done / spent
