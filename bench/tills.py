"""What tills ask: how the slowest of a hundred answers grows with the number of coupons."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from bench.asking import Request, in_turns, middle, till
from bench.load import CannotMeasure
from bench.twins import Twin

REQUESTS = 600
WARM_UP = 100
MOST = 1.5
LINE = "{:<14}{:>7}  {:<13}{:>6}  {:<7}{:>9}  {:>9}  {:>9}"
HEAD = LINE.format("call", "p99", "min - max", "target", "", "small ms", "large ms", "p50 ratio")

# Of any age and series; each once, because what was redeemed cannot be redeemed again.
USABLE = """
SELECT coupon.code, customer.mobile
FROM (
    SELECT DISTINCT least + floor(random() * (most - least + 1))::bigint AS id
    FROM generate_series(1, 50 * %(count)s),
         (SELECT min(id) AS least, max(id) AS most FROM issuance_coupon) AS bounds
) AS drawn
JOIN issuance_coupon AS coupon USING (id)
JOIN series_series AS series ON series.id = coupon.series_id
JOIN customers_customer AS customer ON customer.id = coupon.customer_id
WHERE coupon.redemption_count = 0 AND coupon.revoked_at IS NULL AND NOT coupon.shared
  AND coupon.expires_at > now() + interval '1 day' AND series.valid_till_date > now()
ORDER BY random() LIMIT %(count)s
"""
PLAIN_SERIES = """
SELECT id FROM series_series
WHERE client_handling_type = 'DISC_CODE' AND max_create IS NULL AND valid_till_date > now()
"""
MOBILES = """
SELECT customer.mobile
FROM (
    SELECT least + floor(random() * (most - least + 1))::bigint AS id
    FROM generate_series(1, %(count)s),
         (SELECT min(id) AS least, max(id) AS most FROM customers_customer) AS bounds
) AS drawn
JOIN customers_customer AS customer USING (id)
"""


class Call(NamedTuple):
    """One that is measured; `make` gives so many requests for a platform."""

    name: str
    make: Callable[[Twin, int], list[Request]]


def usable(twin: Twin, count: int) -> list[Any]:
    rows = twin.rows(USABLE, count=count)
    if len(rows) < count:
        raise CannotMeasure(f"{twin.name}: Only {len(rows)} usable coupons of {count} were found.")
    return rows


def issue(twin: Twin, count: int) -> list[Request]:
    series = [pk for (pk,) in twin.rows(PLAIN_SERIES)]
    mobiles = twin.rows(MOBILES, count=count)
    return [
        post("issue", {"seriesId": random.choice(series), "customer": {"mobile": mobile}})
        for (mobile,) in mobiles
    ]


def look_up(twin: Twin, count: int) -> list[Request]:
    return [Request(f"/v2/coupon?couponCodes={code}") for code, _ in usable(twin, count)]


def is_redeemable(twin: Twin, count: int) -> list[Request]:
    return [is_redeemable_by(code, mobile) for code, mobile in usable(twin, count)]


def is_redeemable_by(code: str, mobile: str) -> Request:
    return Request(f"/v2/coupon/is_redeemable?code={code}&mobile={mobile}&billAmount=1000")


def redeem(twin: Twin, count: int) -> list[Request]:
    return [redeem_by(code, mobile) for code, mobile in usable(twin, count)]


def redeem_by(code: str, mobile: str) -> Request:
    body = {
        "redemptionRequestList": [{"code": code}],
        "billAmount": 1000,
        "transactionNumber": f"bench-{code}",
        "user": {"mobile": mobile},
    }
    return post("redeem", body)


def post(call: str, body: dict[str, Any]) -> Request:
    return Request(f"/v2/coupon/{call}", orjson.dumps(body))


CALLS = (
    Call("issue", issue),
    Call("look-up", look_up),
    Call("is_redeemable", is_redeemable),
    Call("redeem", redeem),
)


def table(twins: Sequence[Twin], rounds: int) -> Iterator[str]:
    """The lines of the table; each round draws its requests anew."""
    callers = [till(twin) for twin in twins]
    taken: dict[Call, list[tuple[list[float], list[float]]]] = {call: [] for call in CALLS}
    for number in range(rounds + 1):
        for call in CALLS:
            count = REQUESTS if number else WARM_UP
            small, large = (call.make(twin, count) for twin in twins)
            times = in_turns(callers, (small, large))
            if number:
                taken[call].append(times)
    yield HEAD
    for call, all_times in taken.items():
        yield line(call, all_times)


def line(call: Call, taken: Sequence[tuple[list[float], list[float]]]) -> str:
    ratio, least, most = middle([p99(large) / p99(small) for small, large in taken])
    usual, _, _ = middle([part(large, 0.5) / part(small, 0.5) for small, large in taken])
    sides = (middle([p99(times) for times in side])[0] for side in zip(*taken, strict=True))
    return LINE.format(
        call.name,
        f"{ratio:.2f}",
        f"{least:.2f} - {most:.2f}",
        f"{MOST:.2f}",
        "met" if ratio <= MOST else "MISSED",
        *(f"{1000 * seconds:.1f}" for seconds in sides),
        f"{usual:.2f}",
    )


def p99(seconds: Sequence[float]) -> float:
    return part(seconds, 0.99)


def part(seconds: Sequence[float], share: float) -> float:
    """So much of the answers took no longer."""
    return sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)]
