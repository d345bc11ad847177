"""Who is meant by the identifiers of two records after they became one."""

from typing import Any

import pytest

from couponadmin.errors import CouponError, ErrorCode
from customers.identifiers import CustomerReference
from customers.models import Customer
from customers.services import resolve
from issuance.merging import merge_customers
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def tom() -> Customer:
    return make_customer(mobile="11223569865")


@pytest.fixture
def twin() -> Customer:
    return make_customer(mobile="11223569866", email="tom@example.com")


@pytest.fixture(autouse=True)
def _merged(tom: Customer, twin: Customer, now: Any) -> None:
    merge_customers(tom.pk, twin.pk, now=now)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"id": "twin"}, True),
        ({"id": "twin", "mobile": "11223569865"}, True),
        ({"id": "twin", "email": "tom@example.com"}, True),
        ({"email": "tom@example.com"}, True),
        ({"mobile": "11223569866"}, False),
        ({"id": "twin", "mobile": "11223569866"}, False),
        ({"id": "twin", "external_id": "x"}, False),
    ],
)
def test_the_old_id_names_the_survivor(
    tom: Customer, twin: Customer, given: dict[str, Any], found: bool
) -> None:
    members = given | ({"id": twin.pk} if "id" in given else {})
    reference = CustomerReference(**members)

    if found:
        assert resolve(reference) == tom
    else:
        with pytest.raises(CouponError) as refusal:
            resolve(reference)
        assert refusal.value.code == ErrorCode.CUSTOMER


def test_so_it_does_over_the_api(client_api: Any, tom: Customer, twin: Customer) -> None:
    response = client_api.get(f"/v2/customers/{twin.pk}")

    assert response.json()["id"] == tom.pk


def test_and_after_a_second_merge(tom: Customer, twin: Customer, now: Any) -> None:
    third = make_customer()

    merge_customers(third.pk, tom.pk, now=now)

    assert resolve(CustomerReference(id=twin.pk)) == third
    assert resolve(CustomerReference(id=tom.pk)) == third


def test_a_free_identifier_can_be_given_again() -> None:
    assert make_customer(mobile="11223569866").pk


def test_it_cannot_be_merged_again(tom: Customer, twin: Customer, now: Any) -> None:
    other = make_customer()
    for pair in ((other, twin), (twin, other)):
        with pytest.raises(CouponError) as refusal:
            merge_customers(pair[0].pk, pair[1].pk, now=now)
        assert refusal.value.code == ErrorCode.INPUT
    assert Customer.objects.get(pk=other.pk).merged_into is None
