from typing import Any

import pytest

from customers.models import Customer
from tests.batches import begin, counts, finished, lines, shown, upload, work
from tests.conftest import Caller
from tests.factories import make_customer

CUSTOMERS = "/v2/customers/batches"


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK = 3


def test_it_creates_customers_with_everything_the_file_says(client_api: Caller) -> None:
    rows = (
        "firstName,lastName,mobile,email,externalId,Shoe size,\n"
        "Ann,Ash,+91 98765 43210,ANN@Example.com,A-1,39,\n"
        "Bob,,,bob@example.com,,,\n"
    )

    batch = finished(client_api, rows, path=CUSTOMERS)

    assert counts(batch) == (2, 2, 0)
    assert (batch["created"], batch["updated"]) == (2, 0)
    ann, bob = Customer.objects.order_by("id")
    assert (ann.first_name, ann.last_name) == ("Ann", "Ash")
    assert (ann.mobile, ann.email) == ("919876543210", "ann@example.com")
    assert (ann.external_id, ann.fields) == ("A-1", {"Shoe size": "39"})
    assert (bob.mobile, bob.last_name, bob.fields) == (None, "", {})


def test_it_updates_who_is_known_by_an_identifier_and_keeps_the_rest(client_api: Caller) -> None:
    ann = make_customer(mobile="11", first_name="Ann", last_name="Ash", fields={"a": 1, "b": 2})

    batch = finished(
        client_api, "mobile,email,firstName,b\n11,ann@example.com,Anna,3\n", path=CUSTOMERS
    )

    assert (batch["created"], batch["updated"]) == (0, 1)
    ann.refresh_from_db()
    assert (ann.first_name, ann.last_name) == ("Anna", "Ash")
    assert (ann.mobile, ann.email) == ("11", "ann@example.com")
    assert ann.fields == {"a": 1, "b": "3"}


def test_rows_about_one_customer_follow_each_other(client_api: Caller) -> None:
    rows = (
        "mobile,email,firstName\n11,,A\n11,a@example.com,B\n,a@example.com,C\n"
        "12,a@example.com,D\n11,,E\n"
    )

    batch = finished(client_api, rows, path=CUSTOMERS)

    # The fourth would give Ann's e-mail to nobody else: 12 becomes the mobile of the same customer.
    assert counts(batch) == (5, 5, 0)
    assert (batch["created"], batch["updated"]) == (2, 3)
    assert set(Customer.objects.values_list("mobile", "first_name")) == {("12", "D"), ("11", "E")}


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (",,Ann,", 756, "One of mobile, email and externalId is needed"),
        ("x1,,,", 756, "mobile: A mobile number has digits only."),
        (",nobody,,", 756, "email: A valid e-mail address is required."),
        ("1,," + "x" * 101 + ",", 756, "first_name: No more than 100"),
        ("1" * 31 + ",,,", 756, "mobile: No more than 30"),
        (",,," + "x" * 101, 756, "external_id: No more than 100"),
        ("21,bob@example.com,,", 701, "different customers"),
    ],
)
def test_it_says_per_row_what_is_wrong(client_api: Caller, row: str, code: int, words: str) -> None:
    make_customer(mobile="21"), make_customer(email="bob@example.com")

    batch = finished(
        client_api, f"mobile,email,firstName,externalId\n{row}\n31,,,\n", path=CUSTOMERS
    )

    assert counts(batch) == (2, 1, 1)
    [line] = lines(client_api, batch["id"])
    assert (line["line"], line["errors"][0]["code"]) == (1, code)
    assert words in line["errors"][0]["message"]
    assert Customer.objects.count() == 3


def test_it_tells_which_customer_a_row_became(client_api: Caller) -> None:
    batch = finished(client_api, "mobile\n11\n12\n", path=CUSTOMERS)

    ids = [line["customerId"] for line in lines(client_api, batch["id"], state="issued")]
    assert ids == list(Customer.objects.order_by("mobile").values_list("pk", flat=True))


def test_the_same_customers_again_are_updated_not_doubled(client_api: Caller) -> None:
    rows = "mobile\n" + "".join(f"{n}\n" for n in range(10))
    finished(client_api, rows, path=CUSTOMERS)
    assert upload(client_api, CUSTOMERS, rows).status_code == 409

    again = begin(client_api, rows, CUSTOMERS, force="true")
    work()

    assert (shown(client_api, again)["created"], Customer.objects.count()) == (0, 10)


@pytest.mark.parametrize("rows", ["firstName,lastName\nAnn,Ash\n", "Ann\nBob\n"])
def test_it_refuses_a_file_without_identifiers(client_api: Caller, rows: str) -> None:
    answer = upload(client_api, CUSTOMERS, rows)

    assert answer.status_code == 400
    assert "mobile, email and externalId" in answer.json()["errors"][0]["message"]
