"""Finding customers by what a request says of them, and making them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from couponadmin.conflicts import explained
from couponadmin.errors import CouponError, ErrorCode
from customers.identifiers import CustomerReference
from customers.models import IDENTIFIERS, Customer

COLUMNS = [field.attname for field in Customer._meta.concrete_fields]
# Single issuing starts with this statement: through the cursor it takes half of the ORM's time.
SELECT = f"SELECT {', '.join(COLUMNS)} FROM customers_customer WHERE "
TAKEN = {
    "customer_mobile_unique": "mobile: Another customer already has this mobile number.",
    "customer_email_unique": "email: Another customer already has this e-mail address.",
    "customer_external_id_unique": "externalId: Another customer already has this external id.",
}
MERGED = (
    "This customer was merged into customer {} in the meantime, so nothing was saved. "
    "Make the change on that customer's page."
)


def resolve(reference: CustomerReference) -> Customer:
    """The one customer whom all given identifiers name; raises 701 when there is none.

    The id of one who was merged into another names that other.
    """
    given = identifiers_of(reference)
    if not given:
        raise CouponError(ErrorCode.CUSTOMER)
    matches = " AND ".join(f"{column} = %s" for column in given)
    found = customers_where(SELECT + matches, list(given.values()))
    if found and found[0].merged_into_id is None:
        return found[0]
    if survivor := survivor_of(reference.id):
        return resolve(replace(reference, id=survivor.pk))
    raise CouponError(ErrorCode.CUSTOMER)


def survivor_of(customer_id: int | None) -> Customer | None:
    """Into whom a customer was merged, if so."""
    return Customer.objects.filter(merged=customer_id).first() if customer_id else None


def create_customer(data: dict[str, Any], *, now: datetime) -> Customer:
    """Stores a new customer. `data` has model columns with normalised identifiers.

    Raises 756 without any identifier, and 409 when one is somebody else's.
    """
    return store(Customer(**data, registered_at=now), now=now)


@transaction.atomic
def change_customer(customer_id: int, data: dict[str, Any], *, now: datetime) -> Customer:
    """Changes the given columns of a customer, and no others; identifiers are normalised.

    Raises what `create_customer` raises, and 756 for one who was merged into another.
    """
    # A merge or a file may hold the row for seconds: what counts is how they leave it.
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    if customer.merged_into_id:
        raise CouponError(ErrorCode.INPUT, MERGED.format(customer.merged_into_id))
    for column, value in data.items():
        setattr(customer, column, value)
    return store(customer, now=now, columns=[*data, "updated_at"])


def store(customer: Customer, *, now: datetime, columns: Iterable[str] | None = None) -> Customer:
    """Stores the customer, or those columns; the database decides whose an identifier is."""
    if not (customer.mobile or customer.email or customer.external_id):
        sentence = "One of mobile, email and externalId is mandatory to set"
        raise CouponError(ErrorCode.INPUT, sentence)
    customer.updated_at = now
    with explained(TAKEN, status=409):
        customer.save(update_fields=columns)
    return customer


def identifiers_of(reference: CustomerReference) -> dict[str, int | str]:
    """The given identifiers by their column."""
    values = ((column, getattr(reference, column)) for column in IDENTIFIERS)
    return {column: value for column, value in values if value is not None}


def customers_where(sql: str, parameters: list[Any]) -> list[Customer]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [customer_from(row) for row in cursor.fetchall()]


def customer_from(row: tuple[Any, ...]) -> Customer:
    customer = Customer.from_db(connection.alias, COLUMNS, row)
    # Without the ORM jsonb comes as text.
    customer.fields = json.loads(customer.fields)
    return customer
