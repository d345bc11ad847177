"""What files tell of customers, to those who may take it out of the system."""

from collections.abc import Callable
from typing import Any

from couponadmin.list_export import Column
from customers.models import Customer

PERMISSION = "customers.export_customer"
MEMBERS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "mobile": "mobile",
    "email": "email",
    "externalId": "external_id",
}


def person(of: Callable[[Any], Customer | None]) -> list[Column]:
    """A column for each thing that says who a row's customer is."""
    return [
        Column(name, lambda row, column=column: getattr(of(row), column, None), PERMISSION)
        for name, column in MEMBERS.items()
    ]
