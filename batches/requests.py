"""From requests to batches: what a view was sent, as an order and rows."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import repeat
from typing import Any

from django.utils.formats import date_format

from batches import intake
from batches.columns import Layout
from batches.intake import Order
from batches.models import Batch, Kind
from couponadmin.times import here
from customers.identifiers import CustomerReference
from customers.models import Customer, CustomerQuerySet
from issuance.serializers import purpose

BY_REFERENCE = Layout(
    ["id", "mobile", "externalId", "email"],
    {"id": 0, "mobile": 1, "external_id": 2, "email": 3},
)


def batch_of_references(
    order: Order, customers: Iterable[CustomerReference], *, now: datetime
) -> Batch:
    """A batch for customers whom a request names."""
    return intake.from_rows(order, BY_REFERENCE, map(row_of, customers), now=now)


def batch_of_filter(order: Order, chosen: dict[str, Any], *, now: datetime) -> Batch:
    """A batch for all customers of a filter (FilterSerializer), chosen at this moment."""
    return intake.from_customers(order, customers_of(chosen), audience=audience_of(chosen), now=now)


def batch_for_one(order: Order, customer: Customer, count: int, *, now: datetime) -> Batch:
    """A batch of `count` lines that each ask for one coupon of each series for one customer."""
    return intake.from_rows(order, intake.BY_ID, repeat([str(customer.pk)], count), now=now)


def row_of(reference: CustomerReference) -> list[str]:
    values = (reference.id, reference.mobile, reference.external_id, reference.email)
    return ["" if value is None else str(value) for value in values]


def customers_of(chosen: dict[str, Any]) -> CustomerQuerySet:
    customers = Customer.objects.filter(merged_into=None)
    for member, condition in FILTERS.items():
        if chosen.get(member) is not None:
            customers = customers.filter(**condition(chosen[member]))
    return customers


FILTERS = {
    "registeredFrom": lambda moment: {"registered_at__gte": moment},
    "registeredTo": lambda moment: {"registered_at__lte": moment},
    "withMobile": lambda wanted: {"mobile__isnull": not wanted},
    "withEmail": lambda wanted: {"email__isnull": not wanted},
}


def audience_of(chosen: dict[str, Any]) -> str:
    """Who is chosen by a filter, in words."""
    words = [WORDS[it](chosen[it]) for it in WORDS if chosen.get(it) is not None]
    return " ".join(["everybody", " and ".join(words)]).strip()


def day(moment: datetime) -> str:
    return date_format(here(moment), "j M Y, H:i")


WORDS: dict[str, Callable[[Any], str]] = {
    "registeredFrom": lambda moment: f"registered since {day(moment)}",
    "registeredTo": lambda moment: f"registered until {day(moment)}",
    "withMobile": lambda wanted: f"{with_or_without(wanted)} a mobile number",
    "withEmail": lambda wanted: f"{with_or_without(wanted)} an e-mail address",
}


def with_or_without(wanted: bool) -> str:
    return "with" if wanted else "without"


def order_of(kind: Kind, data: dict[str, Any], *, client_id: int, series_ids: list[int]) -> Order:
    """The order that validated data give; `metadata` stands in its own member, or beside."""
    metadata = data.get("metadata", data)
    return Order(
        kind,
        purpose(client_id=client_id, metadata=metadata, source=data.get("source", "")),
        series_ids,
        data.get("count", 1),
        dry_run=data.get("dryRun", False),
        force=data.get("force", False),
    )
