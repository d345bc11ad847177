"""What the measurements find in the database: customers, series, and API clients."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench.server import Platform
from couponadmin import clients, roles
from couponadmin.models import ApiClient
from couponadmin.times import local_date
from series.models import DiscountType, ExpiryStrategy, Series
from series.services import create_series

CUSTOMERS = 100_000
SERIES = 100
# A customer's mobile number is this plus the id.
MOBILES = 10_000_000_000
NO_LIMIT, NEVER_REACHED = 0, 1_000_000_000


@dataclass(eq=False)
class World:
    """All that a measurement needs; `seconds` is how long one may take."""

    platform: Platform
    seconds: int
    client: ApiClient
    # `Authorization` of this client, and of one with a rate limit, whose calls are counted.
    basic: str
    basic_counted: str
    customers: range
    series: range
    terms: dict[str, Any]

    def new_series(self, **terms: Any) -> Series:
        """One more series, with the terms of the others but for those that are given."""
        return create_series(self.terms | terms, now=timezone.now())


def make_world(platform: Platform, *, seconds: int) -> World:
    """Fill an empty database."""
    client, basic = make_client(NO_LIMIT)
    _, basic_counted = make_client(NEVER_REACHED)
    customers = range(1, CUSTOMERS + 1)
    store_customers(customers)
    nobodys = create_series(plain_terms(), now=timezone.now())
    terms = plain_terms() | limits(excluded=nobodys.pk)
    ids = [create_series(terms, now=timezone.now()).pk for _ in range(SERIES)]
    series = range(ids[0], ids[-1] + 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return World(platform, seconds, client, basic, basic_counted, customers, series, terms)


def make_client(rate_per_minute: int) -> tuple[ApiClient, str]:
    """An API client and its `Authorization`."""
    client, secret = clients.create_client(
        "till",
        groups=roles.groups(series_write=False),
        rate_per_minute=rate_per_minute,
        now=timezone.now(),
    )
    credential = f"{client.client_id}:{secret}".encode()
    return client, f"Basic {b64encode(credential).decode()}"


def store_customers(ids: range) -> None:
    """Customers with a mobile number and an e-mail address, who get the next ids."""
    columns = "first_name, last_name, mobile, email, fields, registered_at, updated_at"
    now = timezone.now().isoformat()
    rows = (
        ("Customer", f"{pk:06}", MOBILES + pk, f"customer.{pk:06}@example.org", "{}", now, now)
        for pk in ids
    )
    copy_in(f"customers_customer ({columns})", lines(rows))


def plain_terms() -> dict[str, Any]:
    """What a series cannot do without."""
    return {
        "description": "500 off",
        "discount_type": DiscountType.ABS,
        "discount_value": Decimal(500),
        "valid_till_date": local_date(timezone.now()) + timedelta(days=365),
    }


def limits(*, excluded: int) -> dict[str, Any]:
    """Terms that give the rules something to look up, and allow whatever is asked for here."""
    return {
        "expiry_strategy_type": ExpiryStrategy.DAYS,
        "expiry_strategy_value": 30,
        "is_multiple_vouchers_per_user_allowed": True,
        "max_vouchers_per_user": NEVER_REACHED,
        "mutual_exclusive_series_ids": [excluded],
    }


def lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as COPY reads them; their values need no escaping."""
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


def copy_in(target: str, data: bytes) -> None:
    """Store lines in a table, in a transaction of their own."""
    statement = f"COPY {target} FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(data)
