"""What tests of approvals share: people who may approve, and batches that wait."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.approval_models import Approval
from batches.intake import Order, from_rows
from batches.models import Batch, Kind
from batches.requests import BY_REFERENCE
from couponadmin.roles import permissions_named
from issuance.asks import Ask, Purpose
from issuance.models import Coupon
from issuance.services import issue
from series.models import Series
from tests.factories import make_customer, make_series

SEEING = ("series.view_series", "issuance.view_coupon")
ASKING = (*SEEING, "issuance.add_coupon", "issuance.change_coupon")
APPROVING = (*SEEING, "batches.approve")

# Of two coupons of 500 off, when APPROVAL_SIZE is 1 and APPROVAL_VALUE 900.
BECAUSE = "2 coupons are more than 1, and they are worth up to 1,000, more than 900"
VERBS = re.compile(r"/approvals/\d+/(\w+)/")


# A module of tests takes what it needs of these fixtures by giving it a name of its own.
@pytest.fixture(autouse=True)
def two_are_too_many(settings: Any) -> None:
    settings.APPROVAL_SIZE, settings.APPROVAL_VALUE = 1, Decimal(900)


@pytest.fixture
def ann() -> User:
    """She asks, and could approve."""
    return person("ann", *ASKING, "batches.approve")


@pytest.fixture
def bea() -> Client:
    """She approves, and can do nothing else."""
    return browser_of(person("bea", *APPROVING))


def person(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(permissions_named(*permissions))
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows(customers: int) -> list[Sequence[str]]:
    return [["", make_customer().mobile, "", ""] for _ in range(customers)]


def begun(customers: int = 3, *, now: datetime, user: User | None = None, **order: Any) -> Batch:
    """A batch for so many customers, of a series of 500 off if none is given."""
    series_ids = order.pop("series_ids", None) or [make_series().pk]
    purpose = Purpose(user_id=user.pk if user else None, source_type="admin")
    wish = Order(Kind.ISSUE, purpose, series_ids, **order)
    return from_rows(wish, BY_REFERENCE, rows(customers), now=now)


def issued(series: Series, count: int, *, now: datetime) -> list[Coupon]:
    asks = [Ask(series.pk, make_customer().pk) for _ in range(count)]
    answers = issue(asks, now=now, purpose=Purpose())
    return list(Coupon.objects.filter(pk__in=[answer.coupons[0].id for answer in answers]))


def waiting() -> Approval:
    """The one that waits."""
    return Approval.objects.waiting().get()


def verbs(browser: Client, address: str) -> set[str]:
    """The buttons that a page offers."""
    return set(VERBS.findall(browser.get(address).content.decode()))


def decide(browser: Client, approval: Approval, verb: str, **sent: str) -> Any:
    return browser.post(f"/admin/approvals/{approval.pk}/{verb}/", sent, follow=True)


def overview(series: Series, name: str = "overview") -> str:
    return f"/admin/series/series/{series.pk}/{name}/"
