"""How customers look in answers ("Customer object" in docs/integrators.md)."""

from collections.abc import Collection
from typing import Any

from couponadmin.times import api_time
from customers.models import Customer

NAMES = "customers.view_customer"


def for_client(answer: dict[str, Any], permissions: Collection[str]) -> dict[str, Any]:
    """The answer for a client with these permissions: who may not see customers learns no names."""
    customer = answer["customer"]
    if customer is None or NAMES in permissions:
        return answer
    return answer | {"customer": {"id": customer["id"], "profiles": []}}


def customer_object(customer: Customer) -> dict[str, Any]:
    """The documented customer object; identifiers in the order of the samples."""
    identifiers = [
        {"type": kind, "value": value}
        for kind, value in (
            ("email", customer.email),
            ("mobile", customer.mobile),
            ("externalId", customer.external_id),
        )
        if value is not None
    ]
    profile = {
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "fields": customer.fields,
        "allFields": customer.fields,
        "identifiers": identifiers,
        "commChannels": [],
        "userId": customer.id,
        "accountId": "",
        "autoUpdateTime": api_time(customer.updated_at),
        "identifiersAll": identifiers,
    }
    return {"id": customer.id, "profiles": [profile]}
