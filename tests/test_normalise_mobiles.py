"""A region that is set later: numbers that were stored before are found again."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from customers.models import Customer
from tests.conftest import Caller
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _india(settings: Any) -> None:
    settings.COUNTRY_CODE_REGION = "IN"


def run(*options: str) -> str:
    said = io.StringIO()
    call_command("normalise_mobiles", *options, stdout=said)
    return said.getvalue()


def test_a_number_without_its_country_code_is_found_afterwards(client_api: Caller) -> None:
    customer = make_customer(mobile="9812345678")
    assert client_api.get("/v2/customers?mobile=9812345678").status_code == 400

    assert run() == "1 numbers were changed, 0 were left as they are.\n"

    for number in ("9812345678", "%2B919812345678"):
        assert client_api.get(f"/v2/customers?mobile={number}").json()["id"] == customer.pk


def test_it_can_be_counted_first_and_done_twice() -> None:
    make_customer(mobile="9812345678")

    assert run("--dry-run") == "1 numbers need rewriting.\n"
    assert Customer.objects.get().mobile == "9812345678"
    run()
    assert run() == "0 numbers were changed, 0 were left as they are.\n"


def test_two_records_of_one_number_are_told_and_both_kept() -> None:
    first, second = make_customer(mobile="919812345678"), make_customer(mobile="9812345678")

    said = run()

    assert f"Customers {second.pk} and {first.pk} have the same number: merge them." in said
    assert "9812345678" not in said
    second.refresh_from_db()
    assert second.mobile == "9812345678"


def test_numbers_that_no_plan_knows_and_customers_without_one_stay() -> None:
    make_customer(mobile="123")
    make_customer(mobile=None, email="a@example.org")

    assert run("--dry-run") == "0 numbers need rewriting.\n"
