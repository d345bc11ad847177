"""Something to look at: a login, an API client, series and customers, made once."""

import json
import os
import secrets
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from couponadmin import clients, roles
from couponadmin.models import ApiClient
from couponadmin.times import api_date, local_date
from customers.models import Customer
from series.models import Series
from series.serializers import SeriesInput
from series.services import create_series

USERNAME = "demo"
CUSTOMERS = 20
LIFE = timedelta(days=730)

# By series code; on a new database their ids are 1 to 6.
SERIES: dict[str, dict[str, Any]] = {
    "DEMO-DIGITS": {
        "description": "Festival coupon",
        "info": "500 off the bill; codes of ten digits, several per customer",
        "discountCode": "FEST500",
        "discountType": "ABS",
        "discountValue": 500,
        "alphaNumeric": False,
        "isMultipleVouchersPerUserAllowed": True,
    },
    "DEMO-LETTERS": {
        "description": "Gold star coupons",
        "info": "1000 off a bill of 5000 or more; codes of letters and digits, up to 20 a customer",
        "discountCode": "GOLD1000",
        "discountType": "ABS",
        "discountValue": 1000,
        "minBillAmount": 5000,
        "couponPrefix": "GOLD-",
        "randomCodeLength": 8,
        "isMultipleVouchersPerUserAllowed": True,
        "maxVouchersPerUser": 20,
    },
    "DEMO-GENERIC": {
        "description": "Welcome, 10% off",
        "info": "The same code for all customers",
        "discountCode": "WELCOME",
        "discountType": "PERC",
        "discountValue": 10,
        "clientHandlingType": "GENERIC",
        "genericCode": "WELCOME10",
    },
    "DEMO-PERCENTAGE": {
        "description": "20% off, 300 at most",
        "info": "Valid for 30 days after it was issued",
        "discountCode": "TWENTY",
        "discountType": "PERC",
        "discountValue": 20,
        "discountUpto": 300,
        "expiryStrategyType": "DAYS",
        "expiryStrategyValue": 30,
        "isMultipleVouchersPerUserAllowed": True,
    },
    "DEMO-ONE-EACH": {
        "description": "Birthday present",
        "info": "One per customer, valid to the end of the next month",
        "discountCode": "BIRTHDAY",
        "discountType": "ABS",
        "discountValue": 250,
        "expiryStrategyType": "MONTHS_END",
        "expiryStrategyValue": 1,
    },
    "DEMO-FIRST-100": {
        "description": "For the first hundred",
        "info": "100 coupons and no more, three per customer",
        "discountCode": "FIRST100",
        "discountType": "ABS",
        "discountValue": 100,
        "maxCreate": 100,
        "isMultipleVouchersPerUserAllowed": True,
        "maxVouchersPerUser": 3,
    },
}


class Command(BaseCommand):
    help = "Makes what is missing of the demo data, and says how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON")
        parser.add_argument(
            "--force", action="store_true", help="also on a server that DATABASE_URL names"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED and not options["force"]:
            raise CommandError("DATABASE_URL names a server; with --force it gets demo data, too.")
        made = seed(settings.COUPON_VAR / "demo.json", now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in made.items()))


@transaction.atomic
def seed(path: Path, *, now: datetime) -> dict[str, Any]:
    """Makes what is missing, keeps the credentials in `path`; what `--json` prints."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    credentials = login(kept) | client(kept, now=now)
    keep(path, kept | {name: value for name, value in credentials.items() if value})
    make_customers(now=now)
    return {"admin_url_path": "/admin/"} | credentials | {"series_ids": make_series(now=now)}


def login(kept: dict[str, str]) -> dict[str, str | None]:
    """The person's name and password; None if somebody has changed it."""
    user, made = User.objects.get_or_create(
        username=USERNAME, defaults={"is_staff": True, "is_superuser": True}
    )
    password = kept.get("password")
    if made or not password:
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
    elif not user.check_password(password):
        password = None
    return {"username": USERNAME, "password": password}


def client(kept: dict[str, str], *, now: datetime) -> dict[str, str | None]:
    """The API client's id and secret; None if somebody has made a new one."""
    known = ApiClient.objects.filter(client_id=kept.get("client_id")).first()
    secret = kept.get("client_secret")
    if known is None or not secret:
        groups = roles.groups(series_write=True)
        known, secret = clients.create_client("Demo", groups=groups, now=now)
    elif known.secret_hash != clients.checksum(secret):
        secret = None
    return {"client_id": known.client_id, "client_secret": secret}


def keep(path: Path, credentials: dict[str, str]) -> None:
    """Replaces the file, which only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(credentials))
    draft.replace(path)


def make_customers(*, now: datetime) -> None:
    """Numbers that are reserved for fiction, at a domain that is reserved for examples."""
    if Customer.objects.filter(external_id="demo-001").exists():
        return
    Customer.objects.bulk_create(
        (
            Customer(
                first_name="Demo",
                last_name=f"Customer {number}",
                mobile=f"120255501{number:02}",
                email=f"customer{number}@example.com",
                external_id=f"demo-{number:03}",
                registered_at=now,
                updated_at=now,
            )
            for number in range(1, CUSTOMERS + 1)
        ),
        ignore_conflicts=True,
    )


def make_series(*, now: datetime) -> dict[str, int]:
    """The ids by series code."""
    known = dict(Series.objects.filter(series_code__in=SERIES).values_list("series_code", "pk"))
    last_day = api_date(local_date(now + LIFE))
    for code in [code for code in SERIES if code not in known]:
        sent = SeriesInput(data={"seriesCode": code, "validTillDate": last_day} | SERIES[code])
        sent.is_valid(raise_exception=True)
        known[code] = create_series(sent.validated_data, now=now).pk
    return {code: known[code] for code in SERIES}
