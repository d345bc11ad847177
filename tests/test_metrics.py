"""/metrics: what is counted, by how many processes, and who may know."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.test import Client

from couponadmin import metrics, roles
from tests.conftest import Caller
from tests.factories import make_customer, make_series

# What is counted is named there.
SOURCES = ("couponadmin/metrics.py", "batches/facts.py")
PROXIED = {"x-forwarded-for": "10.0.0.7", "x-real-ip": "10.0.0.7", "forwarded": "for=10.0.0.7"}


def read(**meta: str) -> str:
    response = Client(REMOTE_ADDR="127.0.0.1", **meta).get("/metrics")
    assert response.status_code == 200
    return response.content.decode()


def value(name: str, text: str = "") -> float:
    """The value of one line, 0 if there is none."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text or read(), re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.django_db
def test_a_program_on_this_machine_may_read_them() -> None:
    assert "# TYPE coupon_http_in_flight gauge" in read()


@pytest.mark.parametrize("header", PROXIED)
@pytest.mark.django_db
def test_a_proxy_on_this_machine_may_not_read_them_for_others(client: Client, header: str) -> None:
    response = client.get("/metrics", headers={header: PROXIED[header]})

    assert response.status_code == 401
    assert "coupon_" not in response.content.decode()


@pytest.mark.parametrize("address", ["10.0.0.7", "8.8.8.8", "::2", "", "unix:"])
@pytest.mark.django_db
def test_another_machine_may_not_read_them(address: str) -> None:
    response = Client(REMOTE_ADDR=address).get("/metrics")

    assert response.status_code == 401
    assert response.json()["errors"][0]["code"] == 401


def test_a_till_may_not_read_them(series_api: Caller) -> None:
    assert series_api.get("/metrics").status_code == 403


def test_a_client_of_the_group_monitoring_may(client_api: Caller) -> None:
    client_api.client.groups.set([Group.objects.get(name=roles.MONITORING)])

    response = client_api.get("/metrics", x_forwarded_for="10.0.0.7")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")


def test_the_permission_alone_is_enough(client_api: Caller) -> None:
    group = Group.objects.create(name="Watchers")
    group.permissions.add(Permission.objects.get(codename="view_metrics"))
    client_api.client.groups.set([group])

    assert client_api.get("/metrics").status_code == 200


def test_answers_are_counted_by_the_template_of_their_address(client_api: Caller) -> None:
    route = 'method="GET",route="/v2/coupon/series/<int:series_id>"'
    counter, histogram = (
        f'coupon_http_responses_total{{{route},status="400"}}',
        f"coupon_http_seconds_count{{{route}}}",
    )
    before = value(counter), value(histogram)

    client_api.get("/v2/coupon/series/1")
    client_api.get("/v2/coupon/series/2")

    assert (value(counter), value(histogram)) == (before[0] + 2, before[1] + 2)


@pytest.mark.django_db
def test_addresses_that_do_not_exist_are_one(client: Client) -> None:
    before = read()
    for number in range(5):
        client.get(f"/v2/nothing/{number}")
        client.generic(f"GET{number}", "/v2/nothing")

    after = read()
    assert len(after.splitlines()) - len(before.splitlines()) < 50
    assert "nothing" not in after


def test_coupons_and_refusals_are_counted(client_api: Caller) -> None:
    customer = {"id": make_customer().pk}
    series = make_series(is_multiple_vouchers_per_user_allowed=True, max_vouchers_per_user=3)
    ask = {"seriesId": series.pk, "customer": customer, "count": 2}
    before = value("coupon_issued_total"), value('coupon_refused_total{code="707"}')

    client_api.post("/v2/coupon/issue/multiple", ask)
    client_api.post("/v2/coupon/issue/multiple", ask)
    client_api.post("/v2/coupon/issue", {"seriesId": -1, "customer": customer})

    after = value("coupon_issued_total"), value('coupon_refused_total{code="707"}')
    assert after == (before[0] + 3, before[1] + 1)


@pytest.mark.django_db
def test_what_asks_is_itself_being_answered() -> None:
    assert value("coupon_http_in_flight") == 1
    assert value("coupon_http_in_flight") == 1


@pytest.mark.urls("tests.sketch")
def test_a_request_that_fails_is_over_too(client_api: Caller) -> None:
    Client(raise_request_exception=False).post(
        "/v2/places/bug", headers={"authorization": client_api.basic}
    )

    assert value("coupon_http_in_flight") == 1


COUNT = "from couponadmin import metrics; metrics.REDEEMED.inc({})"


def count_elsewhere(amount: int, then: str = "") -> None:
    """In another process, as web servers and workers do."""
    code = f"import os, signal, django; django.setup(); {COUNT.format(amount)}; {then}"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "couponadmin.settings"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=not then)


@pytest.mark.django_db
def test_processes_are_added_up_and_killed_ones_answer_nothing() -> None:
    before = value("coupon_redeemed_total")

    count_elsewhere(2)
    count_elsewhere(3, "metrics.IN_FLIGHT.inc(9); os.kill(os.getpid(), signal.SIGKILL)")

    text = read()
    assert value("coupon_redeemed_total", text) == before + 5
    assert value("coupon_http_in_flight", text) == 1


def test_a_new_run_forgets_the_counts_of_earlier_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "HOME", tmp_path)
    (tmp_path / "counter_7.db").touch()
    (tmp_path / "notes.txt").touch()

    metrics.start_anew()

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.django_db
def test_work_in_the_background_is_told_from_the_database(
    new_caller: Callable[..., Caller],
) -> None:
    api = new_caller()
    customers = [{"id": make_customer().pk} for _ in range(3)]
    sent = {"seriesIds": [make_series().pk], "customers": customers}
    assert api.post("/v2/coupon/batches", sent).status_code == 202

    text = read()
    assert value('coupon_batches_open{state="queued"}', text) == 1
    assert value("coupon_batch_lines_waiting", text) == 3
    assert value("coupon_batch_lines_per_second", text) == 0


def test_a_process_of_another_user_lives() -> None:
    assert metrics.is_alive(os.getpid())
    assert metrics.is_alive(1)
    assert not metrics.is_alive(2**22 + 1)


def test_the_dashboard_asks_for_what_is_counted() -> None:
    board = json.loads((settings.BASE_DIR / "deploy/grafana/coupons.json").read_text())
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\bcoupon_\w+", target["expr"])
    }

    counted = " ".join((settings.BASE_DIR / path).read_text() for path in SOURCES)
    missing = {name for name in asked if re.sub("_(total|bucket)$", "", name) not in counted}
    assert missing == set()
