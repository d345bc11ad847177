"""A client meets one shape of refusal only, and no input makes the server fail."""

from io import BytesIO

import pytest
from django.conf import settings as server
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from couponadmin.models import OrgEntity
from tests.conftest import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sketch")]


def errors(response: HttpResponse, status: int) -> list[tuple[int, str]]:
    """(code, message) of each error, after checking that the envelope is nothing else."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert list(response.json()) == ["errors"]
    for error in response.json()["errors"]:
        assert list(error) == ["status", "code", "message"]
        assert error["status"] is False
    return [(error["code"], error["message"]) for error in response.json()["errors"]]


def test_it_answers_with_json_that_nobody_keeps(client_api: Caller) -> None:
    response = client_api.get("/v2/places?q=a&format=json")

    assert response.content == b'{"query":"a","money":500.0,"text":"Yes"}'
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == "default-src 'none'"


def test_it_answers_head_as_get(client_api: Caller) -> None:
    assert client_api.call("HEAD", "/v2/places", b"").status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=0"])
def test_it_answers_with_json_whatever_is_accepted(client_api: Caller, accept: str) -> None:
    assert client_api.get("/v2/places", accept=accept)["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "charset", ["base64", "utf-16", "idna", "latin-1", "undefined", "nonsense", "rot13"]
)
def test_it_takes_utf_8_whatever_charset_is_named(client_api: Caller, charset: str) -> None:
    named = f"application/json; charset={charset}"

    read = client_api.get("/v2/places?q=%C3%A9", content_type=named)
    written = client_api.post("/v2/places", {"code": "é"}, content_type=named)

    assert read.json()["query"] == "é"
    assert written.json()["code"] == "é"


DEEP = b'{"code":"x","opening":' + b"[" * 40 + b"]" * 40 + b"}"
DEEPER_THAN_ANY_STACK = b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The body is not valid JSON: "),
        (b"nonsense", "The body is not valid JSON: "),
        (b"\xff\xfe", "The body is not valid JSON: "),
        (b'{"code": NaN}', "The body is not valid JSON: "),
        (b'{"code": Infinity}', "The body is not valid JSON: "),
        (b'{"code": 1e400}', "The body is not valid JSON: "),
        (b'{"code": "\\ud800"}', "The body is not valid JSON: "),
        (b'{"code": "a\0b"}', "The body is not valid JSON: "),
        (b'"text"', "The body must be a JSON object"),
        (b"[]", "The body must be a JSON object"),
        (b"null", "The body must be a JSON object"),
        (b"1", "The body must be a JSON object"),
        (DEEP, "The body is nested deeper than 32 levels"),
        (DEEPER_THAN_ANY_STACK, "The body is not valid JSON: "),
        (b'{"code": "a\\u0000b"}', "code: NUL characters are not allowed."),
        (b'{"opening": {"day\\u0000": 1}}', "opening.day: NUL characters are not allowed."),
        (b'{"a": [1, {"b": "\\u0000"}]}', "a.1.b: NUL characters are not allowed."),
        (b"{}", "code is mandatory to set"),
        (b"", "code is mandatory to set"),
        (b'{"code": null}', "code: This field may not be null."),
        (b'{"code": ""}', "code: This field may not be blank."),
        (b'{"code": []}', "code: Not a valid string."),
        (b'{"code": "x", "size": "many"}', "size: A valid integer is required."),
        (b'{"code": "x", "size": 1e300}', "size: A valid integer is required."),
        (b'{"code": "x", "size": 0}', "A place needs room."),
        (b'{"code": "x", "opening": {}}', "opening.day is mandatory to set"),
        (b'{"code": "x", "opening": {"day": {}}}', "opening.day: A valid integer is required."),
        (b'{"code": "x", "opening": []}', "opening: Invalid data. Expected a dictionary, but got"),
        (b'{"code": "x", "seriesIds": [1, "b"]}', "seriesIds.1: A valid integer is required."),
        (b'{"code": "x", "seriesIds": {}}', 'seriesIds: Expected a list of items but got type "di'),
    ],
)
def test_it_refuses_malformed_input_by_the_name_of_the_member(
    client_api: Caller, body: bytes, message: str
) -> None:
    [(code, sentence)] = errors(client_api.post("/v2/places", body), 400)

    assert code == 756
    assert sentence.startswith(message)
    assert not OrgEntity.objects.exists()


def test_it_takes_what_only_looks_malformed(client_api: Caller) -> None:
    wide = b'{"code": "\\\\u0000", "more": [' + b"{}," * 100 + b"{}]}"

    assert client_api.post("/v2/places", wide).json()["code"] == "\\u0000"


def test_it_names_every_member_that_is_wrong(client_api: Caller) -> None:
    body = {"size": "x", "opening": {"day": "x", "note": "too long"}, "seriesIds": ["x", 1, "y"]}

    assert errors(client_api.post("/v2/places", body), 400) == [
        (756, "code is mandatory to set"),
        (756, "size: A valid integer is required."),
        (756, "opening.day: A valid integer is required."),
        (756, "opening.note: Ensure this field has no more than 5 characters."),
        (756, "seriesIds.0: A valid integer is required."),
        (756, "seriesIds.2: A valid integer is required."),
    ]


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("read although it is too large")


def test_it_refuses_a_body_that_is_too_large_without_reading_it(client_api: Caller) -> None:
    sent = {"CONTENT_LENGTH": server.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, "wsgi.input": Unread()}
    sent |= {"HTTP_AUTHORIZATION": client_api.basic, "CONTENT_TYPE": "application/json"}

    for key in ({}, {"HTTP_IDEMPOTENCY_KEY": "a"}):
        response = Client().generic("POST", "/v2/places", **sent, **key)
        assert errors(response, 400) == [(756, "The body is too large: at most 2621440 bytes")]


@pytest.mark.parametrize(
    ("why", "status", "code", "message"),
    [
        ("refused", 400, 707, "Coupon Series ID is invalid"),
        ("conflict", 409, 409, "mobile is taken"),
        ("absent", 404, 404, "Not found."),
        ("forbidden", 403, 403, "You do not have permission to perform this action."),
    ],
)
def test_it_words_what_a_handler_raises(
    client_api: Caller, why: str, status: int, code: int, message: str
) -> None:
    assert errors(client_api.post(f"/v2/places/{why}"), status) == [(code, message)]


def test_it_takes_the_number_that_a_serializer_raises(client_api: Caller) -> None:
    [(code, _)] = errors(client_api.post("/v2/places", {"code": "known"}), 400)

    assert code == 709


def test_it_refuses_with_200_if_tills_were_written_for_that(
    client_api: Caller, settings: object
) -> None:
    settings.REFUSAL_HTTP_STATUS = 200

    assert errors(client_api.post("/v2/places/refused"), 200)[0][0] == 707
    assert errors(client_api.post("/v2/places", b"{"), 200)[0][0] == 756
    assert errors(client_api.post("/v2/places/conflict"), 409)[0][0] == 409
    assert errors(client_api.post("/v2/places/absent"), 404)[0][0] == 404


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "TRACE", "ANSWER", "DISPATCH"])
def test_it_refuses_methods_that_the_address_does_not_serve(
    client_api: Caller, method: str
) -> None:
    response = client_api.call(method, "/v2/places", b"")

    assert errors(response, 405) == [(405, f'Method "{method}" not allowed.')]
    assert response["Allow"] == "GET, HEAD, POST, PUT"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_it_refuses_what_is_not_json(client_api: Caller, content_type: str) -> None:
    response = client_api.post("/v2/places", b'{"code": "x"}', content_type=content_type)

    assert errors(response, 415)[0][0] == 415
    assert not OrgEntity.objects.exists()


@pytest.mark.parametrize("path", ["/v2/nothing", "/v3/nothing", "/oauth/nothing", "/v2/places/"])
def test_it_knows_no_other_address(client_api: Caller, path: str) -> None:
    assert errors(client_api.get(path), 404) == [(404, "Not found.")]


def test_it_shows_people_a_page_where_there_is_no_api(client: Client) -> None:
    assert client.get("/nothing")["Content-Type"].startswith("text/html")


def test_it_refuses_more_parameters_than_it_counts(client_api: Caller) -> None:
    assert errors(client_api.get("/v2/places?" + "a=1&" * 1001), 400) == [(400, "Bad request.")]


def test_it_refuses_a_strange_host(client_api: Caller) -> None:
    assert errors(client_api.get("/v2/places", host="evil.example"), 400)[0][0] == 400


def test_it_hides_a_bug(client_api: Caller) -> None:
    client = Client(raise_request_exception=False)

    response = client.post("/v2/places/bug", headers={"Authorization": client_api.basic})

    assert errors(response, 500) == [(500, "Something went wrong on our side.")]


@pytest.mark.django_db(transaction=True)
def test_it_says_when_the_database_is_gone(client_api: Caller) -> None:
    response = client_api.post("/v2/places/cut")
    connection.close()

    [(code, message)] = errors(response, 503)
    assert (code, message) == (503, "The database is not responding. Please try again.")
    assert response["Retry-After"] == "1"


@pytest.mark.urls("couponadmin.urls")
@pytest.mark.parametrize("member", ["customerIdentifier", "seriesId", "X" * 900])
def test_what_was_sent_is_not_sent_back_whole(client_api: Caller, member: str) -> None:
    fields = {"seriesId": 1, "file": BytesIO(b"mobile\n1\n")} | {member: "x" * 70_000}
    body = encode_multipart(BOUNDARY, fields)

    response = client_api.post("/v2/coupon/batches", body, content_type=MULTIPART_CONTENT)

    [(code, message)] = errors(response, 400)
    assert code == 756
    assert message.startswith(member[:100])
    assert len(message) <= 300


@pytest.mark.urls("couponadmin.urls")
def test_of_very_many_mistakes_the_first_are_told(client_api: Caller) -> None:
    body = {"seriesIds": [1], "customers": [7] * 100_000}

    response = client_api.post("/v2/coupon/batches", body)

    assert len(errors(response, 400)) == 100
