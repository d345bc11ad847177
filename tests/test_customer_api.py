"""POST and GET /v2/customers, GET /v2/customers/{id}."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from couponadmin.models import ApiClient
from customers.models import Customer
from customers.services import create_customer
from tests.conftest import Caller
from tests.factories import make_customer

pytestmark = pytest.mark.django_db
PATH = "/v2/customers"
NOT_FOUND = "The customer could not be found. Please check mobile, email, external id passed"


def test_it_creates_a_customer_and_answers_with_the_customer_object(client_api: Caller) -> None:
    response = client_api.post(
        PATH,
        {
            "firstName": "Tom",
            "lastName": "Hills",
            "mobile": "+1 122-356-9865",
            "email": " Tom@Example.com ",
            "externalId": "000003873472",
            "fields": {"tier": "gold", "visits": 3, "club": True, "note": None, "tags": ["a"]},
        },
    )

    customer = Customer.objects.get()
    identifiers = [
        {"type": "email", "value": "tom@example.com"},
        {"type": "mobile", "value": "11223569865"},
        {"type": "externalId", "value": "000003873472"},
    ]
    fields = {"tier": "gold", "visits": 3, "club": True, "note": None, "tags": ["a"]}
    assert response.status_code == 201
    assert response.json() == {
        "id": customer.id,
        "profiles": [
            {
                "firstName": "Tom",
                "lastName": "Hills",
                "fields": fields,
                "allFields": fields,
                "identifiers": identifiers,
                "commChannels": [],
                "userId": customer.id,
                "accountId": "",
                "autoUpdateTime": customer.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "identifiersAll": identifiers,
            }
        ],
    }
    assert customer.registered_at == customer.updated_at


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        ({"mobile": 11223569865}, {"mobile": "11223569865"}),
        ({"externalId": 3873472}, {"external_id": "3873472"}),
        ({"externalId": " x "}, {"external_id": " x "}),
        ({"email": "a@b.example", "mobile": "", "externalId": None}, {"email": "a@b.example"}),
        ({"mobile": "1", "firstName": None, "fields": None}, {"mobile": "1"}),
        ({"mobile": "1", "firstName": "Zoë 🎉"}, {"mobile": "1", "first_name": "Zoë 🎉"}),
        ({"mobile": "1", "shoeSize": 43}, {"mobile": "1"}),
    ],
)
def test_it_takes_any_identifier_and_empty_members(
    client_api: Caller, body: dict[str, Any], columns: dict[str, Any]
) -> None:
    response = client_api.post(PATH, body)

    assert response.status_code == 201
    nothing = {"first_name": "", "mobile": None, "email": None, "external_id": None, "fields": {}}
    stored = Customer.objects.values(*nothing).get()
    assert stored == nothing | columns


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else "deep"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "One of mobile, email and externalId is mandatory to set"),
        ({"mobile": "", "email": None}, "One of mobile, email and externalId is mandatory to set"),
        ({"mobile": []}, "mobile: A text or a whole number is required."),
        ({"mobile": True}, "mobile: A text or a whole number is required."),
        ({"mobile": 1.5}, "mobile: A text or a whole number is required."),
        ({"mobile": "call me"}, "mobile: A mobile number has digits only."),
        ({"mobile": "1" * 31}, "mobile: No more than 30 characters are allowed."),
        ({"email": "tom"}, "email: A valid e-mail address is required."),
        ({"email": 5}, "email: A text is required."),
        ({"email": f"{'a' * 250}@b.example"}, "email: No more than 254 characters are allowed."),
        ({"externalId": "x" * 101}, "externalId: No more than 100 characters are allowed."),
        ({"externalId": {"a": 1}}, "externalId: A text or a whole number is required."),
        ({"mobile": "1", "firstName": ["Tom"]}, "firstName: Not a valid string."),
        (
            {"mobile": "1", "lastName": "x" * 101},
            "lastName: Ensure this field has no more than 100 characters.",
        ),
        ({"mobile": "1", "fields": "gold"}, "fields: A JSON object is required."),
        ({"mobile": "1", "fields": ["gold"]}, "fields: A JSON object is required."),
        ({"mobile": "1", "fields": {"a": 1e300}}, "fields: A number is out of range."),
        ({"mobile": "1", "fields": nested(11)}, "fields: No more than 10 levels are allowed."),
    ],
)
def test_it_names_the_member_that_it_refuses(
    client_api: Caller, body: dict[str, Any], message: str
) -> None:
    response = client_api.post(PATH, body)

    assert response.status_code == 400
    assert response.json() == {"errors": [{"status": False, "code": 756, "message": message}]}
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"mobile": "1", "firstName": "\\u0000"}',
        b'{"mobile": "1\\u0000"}',
        b'{"mobile": "1", "fields": {"a": "\\u0000"}}',
        b'{"mobile": "1", "fields": {"\\u0000": "a"}}',
        b'{"mobile": "1", "fields": {"a": ["\\ud800"]}}',
        b'{"mobile": "1", "lastName": "\\ud800"}',
        b'{"mobile": "1", "fields": {"a": NaN}}',
        b'{"mobile": "1", "fields": {"a": 1e400}}',
        b'{"mobile": "1", "fields": {"a": 99999999999999999999}}',
        b'{"mobile": 1e400}',
        b'{"mobile": 99999999999999999999999999999999}',
        b'{"mobile": "1"',
        b'["mobile"]',
        b"null",
        b"",
    ],
)
def test_it_refuses_what_cannot_be_stored(client_api: Caller, body: bytes) -> None:
    response = client_api.post(PATH, body)

    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == [756]
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("body", "member", "named"),
    [
        ({"mobile": "+112235698 65"}, "mobile", "mobile number"),
        ({"mobile": "5", "email": "TOM@example.com"}, "email", "e-mail address"),
        ({"email": "other@example.com", "externalId": "x1"}, "externalId", "external id"),
    ],
)
def test_an_identifier_of_somebody_else_is_a_conflict(
    client_api: Caller, body: dict[str, Any], member: str, named: str
) -> None:
    make_customer(mobile="11223569865", email="tom@example.com", external_id="x1")

    response = client_api.post(PATH, body)

    message = f"{member}: Another customer already has this {named}."
    assert response.status_code == 409
    assert response.json() == {"errors": [{"status": False, "code": 409, "message": message}]}
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_register_a_number_at_once_wins(
    new_caller: Callable[..., Caller], at_once: Callable[..., list[Any]]
) -> None:
    caller = new_caller()

    responses = at_once([lambda: caller.post(PATH, {"mobile": "11223569865"})] * 8)

    assert sorted(response.status_code for response in responses) == [201] + [409] * 7
    assert Customer.objects.count() == 1


def test_a_created_customer_keeps_the_time_of_the_door(now: Any) -> None:
    customer = create_customer({"mobile": "1"}, now=now)

    assert (customer.registered_at, customer.updated_at) == (now, now)


@pytest.mark.parametrize(
    "query",
    [
        "mobile=11223569865",
        "mobile=%2B1%20122%20356%2098%2065",
        "email=TOM@example.com",
        "externalId=000003873472",
        "id=555567088",
        "id=555567088&mobile=11223569865&email=&externalId=",
        "mobile=11223569865&format=json",
    ],
)
def test_it_finds_a_customer_by_any_identifier(client_api: Caller, query: str) -> None:
    make_customer(
        id=555567088, mobile="11223569865", email="tom@example.com", external_id="000003873472"
    )

    response = client_api.get(f"{PATH}?{query}")

    assert response.status_code == 200
    assert response.json()["id"] == 555567088
    assert response.json() == client_api.get(f"{PATH}/555567088").json()


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        f"{PATH}?mobile=",
        f"{PATH}?mobile=404",
        f"{PATH}?mobile=call+me",
        f"{PATH}?email=nobody",
        f"{PATH}?id=0",
        f"{PATH}?id=-1",
        f"{PATH}?id=99999999999999999999",
        f"{PATH}?mobile=11223569865&externalId=somebody",
        f"{PATH}/1",
        f"{PATH}/0",
        f"{PATH}/99999999999999999999",
    ],
)
def test_it_refuses_an_unknown_customer(client_api: Caller, path: str) -> None:
    make_customer(id=555567088, mobile="11223569865")

    response = client_api.get(path)

    assert response.status_code == 400
    assert response.json() == {"errors": [{"status": False, "code": 701, "message": NOT_FOUND}]}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("id=five", "id: A valid integer is required."),
        ("mobile=%00", "mobile: Null characters and lone surrogates are not allowed."),
        (f"email={'x' * 255}", "email: No more than 254 characters are allowed."),
    ],
)
def test_it_names_the_parameter_that_it_refuses(
    client_api: Caller, query: str, message: str
) -> None:
    response = client_api.get(f"{PATH}?{query}")

    assert response.status_code == 400
    assert response.json() == {"errors": [{"status": False, "code": 756, "message": message}]}


def test_times_are_rendered_in_the_zone_of_the_server(
    client_api: Caller, settings: Settings
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"

    response = client_api.post(PATH, {"mobile": "1"})

    assert response.json()["profiles"][0]["autoUpdateTime"].endswith("+05:30")


def test_a_configured_region_knows_national_numbers(client_api: Caller, settings: Settings) -> None:
    settings.COUNTRY_CODE_REGION = "IN"
    client_api.post(PATH, {"mobile": "09876543210"})

    response = client_api.get(f"{PATH}?mobile=%2B919876543210")

    value = {"type": "mobile", "value": "919876543210"}
    assert response.json()["profiles"][0]["identifiers"] == [value]


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_needs_the_access_group(client_api: Caller, method: str) -> None:
    ApiClient.objects.get().groups.clear()

    response = getattr(client_api, method)(PATH)

    assert response.status_code == 403
    assert not Customer.objects.exists()
