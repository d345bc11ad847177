"""The API describes itself at `/v2/schema`, and on a page that asks no other host."""

from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from couponadmin import docs


def schema(query: str = "", accept: str = "*/*") -> HttpResponse:
    return Client().get(f"/v2/schema{query}", headers={"Accept": accept})


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return schema().json()


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """`POST /v2/coupon/issue` -> what it promises."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in described["paths"].items()
        for method, operation in item.items()
    }


def test_it_describes_itself_without_a_warning() -> None:
    # Raises on the first thing that it cannot describe.
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        ("", "*/*", "application/json"),
        ("", "text/html,*/*;q=0.1", "application/json"),
        ("", "application/json", "application/json"),
        ("?format=json", "application/yaml", "application/json"),
        ("?format=yaml", "*/*", "application/yaml"),
        ("", "application/yaml", "application/yaml"),
        ("", "application/vnd.oai.openapi", "application/vnd.oai.openapi"),
    ],
)
def test_it_is_json_or_yaml(query: str, accept: str, content_type: str) -> None:
    response = schema(query, accept)

    assert response.status_code == 200
    assert response["Content-Type"].partition(";")[0] == content_type
    assert yaml.safe_load(response.content)["openapi"].startswith("3.")


@pytest.mark.parametrize("accept", ["application/json", "application/yaml"])
def test_it_is_made_once_and_not_for_each_who_asks(
    monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    first = schema(accept=accept)
    made: list[object] = []
    monkeypatch.setattr(
        docs.SchemaView.generator_class, "get_schema", lambda self, **options: made.append(self)
    )

    again = schema(accept=accept)
    unchanged = Client().get(
        "/v2/schema", headers={"Accept": accept, "If-None-Match": first["ETag"]}
    )

    assert again.content == first.content
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert first["Cache-Control"] == "public, max-age=300"
    assert "Accept" in first["Vary"]
    assert made == []


def test_every_call_of_the_documents_is_there(described: dict[str, Any]) -> None:
    assert set(operations(described)) >= {
        "POST /v2/coupon/series",
        "POST /v2/coupon/issue",
        "POST /v2/coupon/issue/multiple",
        "POST /v2/coupon/bulk/issue",
        "POST /oauth/token",
        "POST /v3/oauth/token/generate",
    }


def test_every_operation_has_the_envelope_and_an_id_of_its_own(described: dict[str, Any]) -> None:
    found = operations(described)
    ids = [operation["operationId"] for operation in found.values()]

    assert len(ids) == len(set(ids))
    assert found["POST /v2/coupon/issue"]["operationId"] == "post_v2_coupon_issue"
    for operation in found.values():
        assert {"400", "401", "403", "404", "429"} <= operation["responses"].keys()
        refusal = operation["responses"]["429"]["content"]["application/json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/Refusal"}


def test_every_write_takes_an_idempotency_key(described: dict[str, Any]) -> None:
    for name, operation in operations(described).items():
        headers = [parameter["name"] for parameter in operation.get("parameters", [])]
        signed_in = "security" in operation
        writes = name.startswith(("POST", "PUT"))
        assert ("Idempotency-Key" in headers) == (signed_in and writes), name
        assert ("415" in operation["responses"]) == writes, name


def test_there_are_three_ways_to_sign_in(described: dict[str, Any]) -> None:
    schemes = described["components"]["securitySchemes"]

    assert {name: scheme["type"] for name, scheme in schemes.items()} == {
        "basic": "http",
        "bearer": "http",
        "token": "apiKey",
    }
    issue = operations(described)["POST /v2/coupon/issue"]
    assert issue["security"] == [{"basic": []}, {"bearer": []}, {"token": []}]
    assert "security" not in operations(described)["POST /oauth/token"]


def test_the_page_shows_every_call_and_asks_no_other_host(
    live_server: LiveServer, chromium: str
) -> None:
    asked, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(urlsplit(request.url)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_server.url}/v2/docs")
        page.wait_for_selector(".opblock")
        shown = page.locator(".opblock-summary-path").all_inner_texts()
        browser.close()

    own = urlsplit(live_server.url).netloc
    assert {url.netloc for url in asked if url.scheme != "data"} == {own}
    assert complaints == []
    assert "/v2/coupon/issue" in [text.replace("\u200b", "") for text in shown]
