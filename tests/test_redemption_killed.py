"""A web process that is killed before its answer arrives: asked again, the coupon is spent once."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection, transaction

from issuance.models import Coupon
from redemption.models import Redemption
from series.models import Series
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import coupons_of

URL = "/v2/coupon/redeem"
# Serves one request through the whole application; its answer never leaves the process.
SERVE_AND_DIE = """
import io, os, signal, sys
from couponadmin.wsgi import application
from django.db import connection

database, path, authorization, key = sys.argv[1:]
connection.settings_dict["NAME"] = database
body = sys.stdin.buffer.read()
environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
    "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
    "HTTP_AUTHORIZATION": authorization, "wsgi.input": io.BytesIO(body),
    "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
}
if key:
    environ["HTTP_IDEMPOTENCY_KEY"] = key
application(environ, lambda status, headers: print(status, flush=True))
os.kill(os.getpid(), signal.SIGKILL)
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"


@pytest.fixture
def caller(transactional_db: None, new_caller: Callable[..., Caller]) -> Caller:
    return new_caller()


def start(caller: Caller, body: dict[str, Any], key: str) -> subprocess.Popen[bytes]:
    database = connection.settings_dict["NAME"]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE_AND_DIE, database, URL, caller.basic, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(orjson.dumps(body))
    process.stdin.close()
    return process


def request(code: str, customer_id: int, transaction_number: str) -> dict[str, Any]:
    return {
        "redemptionRequestList": [{"code": code}],
        "billAmount": 2000,
        "transactionNumber": transaction_number,
        "user": {"id": customer_id},
    }


@pytest.mark.parametrize(("transaction_number", "key"), [("T1", ""), ("", "key")])
def test_killed_after_it_redeemed_the_first_redemption_is_the_answer(
    caller: Caller, transaction_number: str, key: str
) -> None:
    customer = make_customer()
    [coupon] = coupons_of(make_series(max_redeem=5), customer)
    body = request(coupon.code, customer.pk, transaction_number)
    process = start(caller, body, key)
    assert process.wait(60) == -signal.SIGKILL, process.stderr.read()
    assert process.stdout.read() == b"200 OK\n"

    headers = {"idempotency_key": key} if key else {}
    answer = caller.post(URL, body, **headers).json()

    assert answer["redemption"][0]["redemptionId"] == Redemption.objects.get().pk
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 1
    process.stdout.close()
    process.stderr.close()


def test_killed_while_it_redeems_nothing_is_stored(caller: Caller) -> None:
    customer = make_customer()
    [coupon] = coupons_of(make_series(max_redeem=5), customer)
    body = request(coupon.code, customer.pk, "T1")
    with transaction.atomic():
        Coupon.objects.select_for_update(no_key=True).get()
        process = start(caller, body, "key")
        wait_until_it_waits()
        process.kill()
        assert process.wait(60) == -signal.SIGKILL
    assert not Redemption.objects.exists()

    answer = caller.post(URL, body).json()

    assert answer["redemption"][0]["redemptionId"] == Redemption.objects.get().pk
    assert answer["redemption"][0]["warnings"] == []
    assert Coupon.objects.get().redemption_count == Series.objects.get().num_redeemed == 1
    process.stdout.close()
    process.stderr.close()


def wait_until_it_waits() -> None:
    """Return when the process has come to the lock that we hold."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Within a transaction the view would stay as it was when first looked at.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING, [connection.settings_dict["NAME"]])
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("The process did not come to the lock.")
