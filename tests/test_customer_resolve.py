import pytest
from pytest_django import DjangoAssertNumQueries

from couponadmin.errors import CouponError, ErrorCode
from customers.identifiers import CustomerReference
from customers.models import Customer
from customers.services import resolve
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def tom() -> Customer:
    return make_customer(
        id=555567088,
        mobile="11223569865",
        external_id="000003873472",
        email="tom@example.com",
        first_name="Tom",
        fields={"tier": "gold"},
    )


@pytest.fixture
def eve() -> Customer:
    return make_customer(id=7, mobile="919876543210", email="eve@example.com")


NAMES_TOM = [
    CustomerReference(id=555567088),
    CustomerReference(mobile="11223569865"),
    CustomerReference(external_id="000003873472"),
    CustomerReference(email="tom@example.com"),
    CustomerReference(id=555567088, mobile="11223569865"),
    CustomerReference(555567088, "11223569865", "000003873472", "tom@example.com"),
]
NAMES_NOBODY = [
    CustomerReference(),
    CustomerReference(id=0),
    CustomerReference(id=12345),
    CustomerReference(mobile="1122356986"),
    CustomerReference(mobile="---"),
    CustomerReference(external_id="3873472"),
    CustomerReference(email="[email protected]"),
    # Identifiers of two customers, or of one and nobody: never a guess.
    CustomerReference(id=7, mobile="11223569865"),
    CustomerReference(mobile="11223569865", email="eve@example.com"),
    CustomerReference(mobile="11223569865", external_id="000003873472", email="who@example.com"),
    CustomerReference(mobile="nobody", email="nobody@example.com"),
]


@pytest.mark.parametrize("reference", NAMES_TOM)
def test_it_finds_the_customer_whom_all_identifiers_name(
    tom: Customer, eve: Customer, reference: CustomerReference
) -> None:
    found = resolve(reference)

    assert found == tom
    assert (found.first_name, found.fields, found.updated_at) == ("Tom", tom.fields, tom.updated_at)


@pytest.mark.parametrize("reference", NAMES_NOBODY)
def test_it_refuses_a_reference_that_names_nobody(
    tom: Customer, eve: Customer, reference: CustomerReference
) -> None:
    with pytest.raises(CouponError) as refusal:
        resolve(reference)

    assert refusal.value.code is ErrorCode.CUSTOMER


def test_a_found_customer_can_be_changed_and_saved(tom: Customer) -> None:
    found = resolve(CustomerReference(id=tom.id))
    found.last_name = "Hills"
    found.save()

    tom.refresh_from_db()
    assert (tom.last_name, tom.fields) == ("Hills", {"tier": "gold"})


def test_one_customer_takes_one_statement(
    tom: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        resolve(NAMES_TOM[-1])
