"""How customers look in answers ("Customer object" in docs/integrators.md)."""

from typing import Any

from couponadmin.times import api_time
from customers.models import Customer


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
