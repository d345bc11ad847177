"""What people open in the admin: how long each page takes beside ten thousand coupons' page."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import sleep
from typing import Any, NamedTuple
from urllib.parse import quote

from bench.asking import Caller, Request, in_turns, middle, person
from bench.load import CannotMeasure
from bench.statements import statements_in
from bench.twins import Twin

ASKED_EACH_ROUND = 5
MOST = 3.0
LINE = "{:<26}{:>6}  {:<13}{:>6}  {:<7}{:>9}  {:>9}"
HEAD = LINE.format("page", "ratio", "min - max", "target", "", "small ms", "large ms")

SAMPLES = """
SELECT coupon.id, coupon.code, coupon.series_id, coupon.customer_id, customer.mobile,
       batch.id AS batch, oldest.id, oldest.generic_code
FROM (
    SELECT min(id) FILTER (WHERE valid_till_date = (SELECT min(valid_till_date) FROM series_series))
           AS id,
           min(generic_code) AS generic_code
    FROM series_series
) AS oldest, (
    SELECT least + floor(random() * (most - least + 1))::bigint AS id
    FROM generate_series(1, 20 * %(count)s),
         (SELECT min(id) AS least, max(id) AS most FROM issuance_coupon) AS bounds
) AS drawn
JOIN issuance_coupon AS coupon USING (id)
JOIN customers_customer AS customer ON customer.id = coupon.customer_id
JOIN batches_batch AS batch ON batch.origin_id = coupon.origin_id
WHERE NOT coupon.shared LIMIT %(count)s
"""
# One over a part of a table that ends by itself is none.
COUNTS = re.compile(r"\bcount\(", re.IGNORECASE)
ENDS = re.compile(r"\bLIMIT\b", re.IGNORECASE)


class Sample(NamedTuple):
    """A coupon and what belongs to it; a series that was over long ago, a code that many share."""

    coupon: int
    code: str
    series: int
    customer: int
    mobile: str
    batch: int
    old_series: int
    shared_code: str


Address = Callable[[Sample], str]
COUPONS = "/admin/issuance/coupon/"
CUSTOMERS = "/admin/customers/customer/"
REDEMPTIONS = "/admin/redemption/redemption/"

# What is found alone opens, unless somebody looks at pages of a list.
STAY = "p=1"
PAGES: dict[str, Address] = {
    "home": lambda one: "/admin/",
    "series list": lambda one: "/admin/series/series/",
    "series page": lambda one: f"/admin/series/series/{one.series}/overview/",
    "series, all terms": lambda one: f"/admin/series/series/{one.series}/change/",
    "coupon list": lambda one: COUPONS,
    "coupon list, page 90": lambda one: f"{COUPONS}?p=90",
    "coupons of a series": lambda one: f"{COUPONS}?series__id__exact={one.series}",
    "coupons of an old series": lambda one: f"{COUPONS}?series__id__exact={one.old_series}",
    "coupons by state": lambda one: f"{COUPONS}?state=REVOKED",
    "coupon by code": lambda one: f"{COUPONS}?{STAY}&q={one.code.lower()}",
    "coupon by a shared code": lambda one: f"{COUPONS}?{STAY}&q={one.shared_code}",
    "coupon by mobile": lambda one: f"{COUPONS}?{STAY}&q={one.mobile}",
    "coupon by what is nobody's": lambda one: f"{COUPONS}?q=NOBODYS",
    "revoke unredeemed": lambda one: f"/admin/series/series/{one.series}/revoke/",
    "coupon page": lambda one: f"{COUPONS}{one.coupon}/change/",
    "customer list": lambda one: CUSTOMERS,
    "customer by mobile": lambda one: f"{CUSTOMERS}?{STAY}&q={one.mobile}",
    "customer page": lambda one: f"{CUSTOMERS}{one.customer}/change/",
    "batch list": lambda one: "/admin/batches/batch/",
    "batch page": lambda one: f"/admin/batches/batch/{one.batch}/change/",
    "redemption list": lambda one: REDEMPTIONS,
    "redemption by code": lambda one: f"{REDEMPTIONS}?q={one.code}",
    "would it work": lambda one: (
        f"{COUPONS}would-it-work/?code={one.code}&customer={quote(f'#{one.customer}')}"
    ),
}


def table(twins: Sequence[Twin], rounds: int, log: Path) -> Iterator[str]:
    """The lines of the table, and what counts coupons."""
    callers = [person(twin) for twin in twins]
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PAGES}
    for number in range(rounds + 1):
        samples = [drawn(twin) for twin in twins]
        for name, address in PAGES.items():
            small, large = ([Request(address(one)) for one in some] for some in samples)
            times = in_turns(callers, (small, large))
            if number:
                taken[name].append((median(times[0]), median(times[1])))
    yield HEAD
    for name, times_of_page in taken.items():
        yield line(name, times_of_page)
    yield from counting(twins[1], callers[1], log)


def drawn(twin: Twin) -> list[Sample]:
    return [Sample(*row) for row in twin.rows(SAMPLES, count=ASKED_EACH_ROUND)]


def line(name: str, taken: Sequence[tuple[float, float]]) -> str:
    ratio, least, most = middle([large / small for small, large in taken])
    sides = (f"{1000 * median(side):.1f}" for side in zip(*taken, strict=True))
    verdict = "met" if ratio <= MOST else "MISSED"
    spread = f"{least:.2f} - {most:.2f}"
    return LINE.format(name, f"{ratio:.2f}", spread, f"{MOST:.2f}", verdict, *sides)


def counting(twin: Twin, caller: Caller, log: Path) -> Iterator[str]:
    """Each page's statements that count coupons to the last one; there should be none."""
    found: dict[str, list[str]] = {}
    [sample] = drawn(twin)[:1]
    log_statements(twin, "all")
    try:
        for name, address in PAGES.items():
            before = log.stat().st_size
            caller.seconds(Request(address(sample)))
            sent = [one.sql for one in statements_in(log.read_bytes()[before:].decode())]
            if not sent:
                raise CannotMeasure(f"{name}: The database logged no statement.")
            found[name] = [sql for sql in sent if counts_all(sql)]
    finally:
        log_statements(twin, "none")
    for name, statements in found.items():
        yield from (f"{name} counts all coupons: {sql}" for sql in statements)
    if not any(found.values()):
        yield f"None of these {len(PAGES)} pages counts all coupons, customers or redemptions."


def counts_all(sql: str) -> bool:
    tables = ("issuance_coupon", "customers_customer", "redemption_redemption")
    return bool(COUNTS.search(sql)) and not ENDS.search(sql) and any(one in sql for one in tables)


def log_statements(twin: Twin, which: str) -> Any:
    """Of connections that exist, too; they notice a moment later."""
    twin.rows(f"ALTER SYSTEM SET log_statement = '{which}'")
    twin.rows("SELECT pg_reload_conf()")
    sleep(1)
