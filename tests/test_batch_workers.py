"""Batches with real worker processes that are killed, and servers that break down under them."""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import Count, Sum
from kombu import Connection

from batches.models import Batch, Chunk, Refusal, State
from batches.tasks import work
from couponadmin.embedded import postgres
from couponadmin.embedded.process import Process
from issuance import ledger
from issuance.models import Coupon
from tests.batches import begin
from tests.conftest import Caller
from tests.factories import make_series

pytestmark = pytest.mark.django_db(transaction=True)

numbers = count(1)
CUSTOMERS = """
INSERT INTO customers_customer (first_name, last_name, mobile, fields, registered_at, updated_at)
SELECT '', '', '55' || n, '{}', now(), now() FROM generate_series(1, %s) AS n
"""
WORKER = "celery -A couponadmin worker --queues bulk --pool solo --without-gossip --without-mingle"
PATIENCE = 60.0


class Workers:
    """Worker processes on the database of the test, woken by hand instead of by the clock."""

    def __init__(self, broker: str | None = None) -> None:
        self.broker = broker
        self.running: list[Process] = []

    def start(self, number: int) -> None:
        for _ in range(number):
            name = f"worker{next(numbers)}"
            command = (sys.executable, "-m", *WORKER.split(), "-n", f"{name}@%h")
            log = Path(settings.COUPON_VAR) / f"{name}.log"
            process = Process(name, command, log, cwd=settings.BASE_DIR)
            process.start()
            self.running.append(process)
        self.ring(number)

    def ring(self, times: int) -> None:
        for _ in range(times):
            if self.broker:
                with Connection(self.broker) as broker:
                    work.apply_async(connection=broker)
            else:
                work.apply_async()

    def kill(self) -> None:
        """kill -9, the children included; nobody is asked to finish anything."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.running.pid, signal.SIGKILL)
            process.running.wait()
        self.running.clear()


@pytest.fixture
def new_workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Workers]]:
    """Makes Workers for the database that is in use at that moment."""
    made: list[Workers] = []

    def make(broker: str = "") -> Workers:
        monkeypatch.setenv("DATABASE_URL", url_of_database())
        monkeypatch.setenv("REDIS_URL", broker)
        monkeypatch.setenv("COUPON_VAR", str(settings.COUPON_VAR))
        monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
        monkeypatch.setenv("BATCH_WORKERS", "4")
        made.append(Workers(broker))
        return made[-1]

    yield make
    for workers in made:
        workers.kill()


def url_of_database() -> str:
    it = connection.settings_dict
    host = quote(it["HOST"], safe="")
    return f"postgresql://{it['USER']}:{it['PASSWORD']}@{host}:{it['PORT']}/{it['NAME']}"


@pytest.fixture
def batch_of(settings: Any) -> Callable[..., int]:
    """Begins a batch that names each of so many customers three times; two coupons are allowed.

    The three lines of a customer are far apart, so workers meet the same customers.
    """

    def begin_it(caller: Caller, customers: int, *, chunk: int = 250) -> int:
        settings.BATCH_CHUNK = chunk
        with connection.cursor() as cursor:
            cursor.execute(CUSTOMERS, [customers])
        mobiles = "".join(f"55{n}\n" for n in range(1, customers + 1))
        series = make_series(is_multiple_vouchers_per_user_allowed=True, max_vouchers_per_user=2)
        return begin(caller, "mobile\n" + mobiles * 3 + "nobody\n", seriesId=series.pk)

    return begin_it


def done_lines() -> int:
    done = Chunk.objects.filter(done_at__isnull=False)
    return done.aggregate(Sum("lines", default=0))["lines__sum"]


def wait_for_progress(beyond: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while done_lines() <= beyond:
        assert time.monotonic() < deadline, "the workers do nothing"
        time.sleep(0.01)


def wait_until_done(workers: Workers) -> None:
    """Rings as the clock does, and waits; the database may be away for a while."""
    deadline = time.monotonic() + PATIENCE
    while not is_done():
        assert time.monotonic() < deadline, "the batch does not come to its end"
        workers.ring(1)
        time.sleep(0.3)


def is_done() -> bool:
    try:
        return Batch.objects.get().state == State.DONE
    except OperationalError:
        connection.close()
        return False


def assert_exact(customers: int) -> None:
    """Every customer has exactly two coupons, and every line knows what became of it."""
    per_customer = Coupon.objects.values("customer").annotate(n=Count("pk")).order_by()
    assert list(per_customer.values_list("n", flat=True)) == [2] * customers
    assert Coupon.objects.values("code").distinct().count() == 2 * customers
    sums = Chunk.objects.aggregate(Sum("issued"), Sum("refused"))
    assert list(sums.values()) == [2 * customers, customers + 1]
    assert Batch.objects.get().total == 3 * customers + 1
    lines = (ids for row in Chunk.objects.values_list("results", flat=True) for ids in row)
    results = [pk for ids in lines for pk in ids]
    assert sorted(results) == sorted(Coupon.objects.values_list("pk", flat=True))
    assert Refusal.objects.values("number").distinct().count() == customers + 1


def test_kill_9_of_all_workers_at_any_moment_ends_in_the_same_totals(
    client_api: Caller,
    new_workers: Callable[..., Workers],
    batch_of: Callable[..., int],
) -> None:
    customers = 30_000
    # Large enough to be stored by COPY.
    batch_of(client_api, customers, chunk=ledger.MANY)
    workers = new_workers()

    for _ in range(5):
        before = done_lines()
        workers.start(2)
        wait_for_progress(before)
        time.sleep(random.uniform(0, 0.2))
        workers.kill()
        assert Batch.objects.get().state == State.RUNNING, "it was too quick to be interrupted"
    workers.start(2)
    wait_until_done(workers)

    assert_exact(customers)


def test_four_workers_lose_and_double_nothing_while_redis_is_flushed(
    client_api: Caller,
    new_workers: Callable[..., Workers],
    batch_of: Callable[..., int],
    redis_url: str,
) -> None:
    customers = 6_000
    batch_of(client_api, customers)
    workers = new_workers(redis_url)

    workers.start(4)
    # Every bell twice: a message that is delivered again does nothing again.
    workers.ring(4)
    wait_for_progress(0)
    with redis.Redis.from_url(redis_url) as store:
        store.flushall()
    unfinished = Batch.objects.get().state == State.RUNNING
    wait_until_done(workers)

    assert unfinished, "it was too quick to be interrupted"
    assert_exact(customers)


def test_workers_go_on_when_postgresql_comes_back(
    own_postgres: postgres.Server,
    new_caller: Callable[..., Caller],
    new_workers: Callable[..., Workers],
    batch_of: Callable[..., int],
) -> None:
    customers = 6_000
    batch_of(new_caller(), customers)
    workers = new_workers()

    workers.start(2)
    wait_for_progress(0)
    # The main process dies; the others see it and go, too.
    own_postgres.running.kill()
    own_postgres.running.wait()
    connection.close()
    time.sleep(0.5)
    own_postgres.start()
    unfinished = Batch.objects.get().state == State.RUNNING
    wait_until_done(workers)

    assert unfinished, "it was too quick to be interrupted"
    assert_exact(customers)


@pytest.fixture
def own_postgres(transactional_db: None) -> Iterator[postgres.Server]:
    """A PostgreSQL that may break down; Django's connection leads to it meanwhile."""
    home = Path(tempfile.mkdtemp(prefix="coupon-own-"))
    # Started by root, PostgreSQL runs as another account, which must get through.
    home.chmod(0o711)
    server = postgres.Server(home / "var", {"max_connections": "50"})
    server.start()
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(postgres.database_settings(home / "var"), PASSWORD="")
    try:
        call_command("migrate", verbosity=0)
        yield server
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(usual)
        server.stop()
        for leftover in (server.socket, home):
            shutil.rmtree(leftover, ignore_errors=True)
