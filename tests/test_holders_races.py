"""Coupons that are out come once each, whoever works on them, and whatever is killed meanwhile."""

import random
import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from batches.models import Batch, Chunk, State
from customers.models import Customer
from issuance import moving, pool
from issuance.changes import unchanging
from issuance.models import Coupon, Origin
from issuance.moving import Move, Moved
from series.models import Series
from series.tallies import fold_tallies
from tests import test_batch_workers
from tests.batches import begin, csv_of, shown, work
from tests.conftest import Caller
from tests.coupons import make_free_code, make_origin
from tests.factories import make_customer, make_series
from tests.test_batch_workers import (
    CUSTOMERS,
    Workers,
    done_lines,
    wait_for_progress,
    wait_until_done,
)
from tests.waiting import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)

new_workers = test_batch_workers.new_workers
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK, settings.BATCH_WORKERS = 10, 4


def path_of(series: Series, what: str = "holders") -> str:
    return f"/v2/coupon/series/{series.pk}/{what}"


def file_of(coupons: int) -> str:
    """So many codes, each a second time far below, held by ten customers in turn."""
    people = [make_customer().mobile for _ in range(10)]
    rows = [[f"OLD{n}", people[n % 10], "2026-03-01"] for n in range(coupons)]
    return csv_of([["code", "mobile", "issuedOn"], *rows, *rows])


def issued(series: Series) -> int:
    fold_tallies()
    series.refresh_from_db()
    return series.num_issued


def move_now(series: Series, code: str, customer: Customer, origin: Origin) -> list[Moved]:
    with transaction.atomic():
        moves = [Move(code, customer.pk, timezone.now(), None)]
        return moving.move(moves, series=unchanging(series.pk), origin_id=origin.pk)


def test_workers_share_a_file_and_move_each_code_once(series_api: Caller, at_once: AtOnce) -> None:
    series = make_series()
    batch_id = begin(series_api, file_of(100), path_of(series))

    at_once([work] * 6)

    batch = shown(series_api, batch_id)
    assert (batch["state"], batch["total"], batch["created"]) == ("done", 200, 100)
    assert {it["code"]: it["count"] for it in batch["reasons"]} == {716: 100}
    assert Coupon.objects.count() == issued(series) == 100


@pytest.mark.parametrize("terms", [{}, {"max_create": 60}], ids=["no cap", "a cap"])
def test_two_files_of_the_same_codes_at_once(
    series_api: Caller, at_once: AtOnce, terms: dict[str, int]
) -> None:
    series, rows = make_series(**terms), file_of(100)
    batches = [begin(series_api, rows, path_of(series), force="true") for _ in range(2)]

    at_once([work] * 4)

    most = terms.get("max_create", 100)
    found = [shown(series_api, batch_id) for batch_id in batches]
    assert [it["issued"] + it["refused"] for it in found] == [200, 200]
    assert sum(it["created"] for it in found) == Coupon.objects.count() == issued(series) == most


@pytest.mark.parametrize("terms", [{}, {"max_create": 150}], ids=["no cap", "a cap"])
def test_tills_and_another_file_take_codes_from_the_same_pool(
    series_api: Caller, at_once: AtOnce, terms: dict[str, int]
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", num_uploaded_total=30, **terms)
    for n in range(30):
        make_free_code(series, f"OLD{n}")
    rows = file_of(60)
    codes = csv_of([["code"], *([f"OLD{n}"] for n in range(20, 80))])
    move = begin(series_api, rows, path_of(series))
    upload = begin(series_api, codes, path_of(series, "codes"))
    asks = [{"seriesId": series.pk, "customer": {"id": make_customer().pk}} for _ in range(20)]

    def till() -> int:
        answers = [series_api.post("/v2/coupon/issue", ask) for ask in asks]
        return sum(answer.status_code == 200 for answer in answers)

    *_, sold = at_once([work, work, work, till])

    done = [shown(series_api, batch_id) for batch_id in (move, upload)]
    assert [it["state"] for it in done] == ["done", "done"]
    assert [it["issued"] + it["refused"] for it in done] == [120, 60]
    assert (
        Coupon.objects.filter(origin=Batch.objects.get(pk=move).origin).count()
        == (done[0]["created"])
    )
    assert issued(series) == Coupon.objects.issued().count() == done[0]["created"] + sold
    assert series.num_uploaded_total == Coupon.objects.count()


@pytest.mark.parametrize("terms", [{}, {"max_create": 5}], ids=["no cap", "a cap"])
def test_a_code_that_is_uploaded_between_look_up_and_insert_is_handed_over(
    at_once: AtOnce, terms: dict[str, int]
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", **terms)
    customer, origin, is_uploaded = make_customer(), make_origin(), Event()

    def uploads() -> None:
        with transaction.atomic():
            pool.upload(["OLD"], series_id=series.pk, origin_id=origin.pk)
            is_uploaded.set()
            wait_for_locks(1)

    def moves() -> list[Moved]:
        assert is_uploaded.wait(20)
        return move_now(series, "OLD", customer, origin)

    _, [moved] = at_once([uploads, moves])

    coupon = Coupon.objects.get()
    assert moved == Moved(coupon.pk)
    assert (coupon.code, coupon.customer) == ("OLD", customer)
    assert issued(series) == 1
    assert series.num_uploaded_total == 1


def test_moving_and_uploading_the_same_codes_wait_in_one_order(at_once: AtOnce) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN", max_create=5)
    customer, origin, is_blocked = make_customer(), make_origin(), Event()

    def blocks() -> None:
        with transaction.atomic():
            pool.upload(["B"], series_id=make_series().pk, origin_id=origin.pk)
            is_blocked.set()
            wait_for_locks(2)

    def uploads() -> dict[str, int]:
        assert is_blocked.wait(20)
        with transaction.atomic():
            return pool.upload(["A", "B"], series_id=series.pk, origin_id=origin.pk)

    def moves() -> list[Moved]:
        wait_for_locks(1)
        return move_now(series, "A", customer, origin)

    _, stored, [moved] = at_once([blocks, uploads, moves])

    assert stored == {"A": moved.coupon_id}
    assert Coupon.objects.get(code="A").customer == customer


def test_kill_9_of_all_workers_at_any_moment_moves_each_coupon_once(
    series_api: Caller, settings: Any, new_workers: Callable[..., Workers]
) -> None:
    settings.BATCH_CHUNK = 250
    customers = 20_000
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [customers])
    series = make_series(max_create=customers)
    rows = "".join(f"OLD{n},55{n},2026-03-{1 + n % 28:02}\n" for n in range(1, customers + 1))
    again = "".join(f"OLD{n},55{n},\n" for n in range(1, customers + 1, 2))
    begin(series_api, f"code,mobile,issuedOn\n{rows}{again}X,nobody,\n", path_of(series))
    workers = new_workers()

    for _ in range(3):
        before = done_lines()
        workers.start(2)
        wait_for_progress(before)
        time.sleep(random.uniform(0, 0.2))
        workers.kill()
        assert Batch.objects.get().state == State.RUNNING, "it was too quick to be interrupted"
    workers.start(2)
    wait_until_done(workers)

    sums = Chunk.objects.aggregate(Sum("issued"), Sum("created"), Sum("refused"))
    assert list(sums.values()) == [customers, customers, customers // 2 + 1]
    assert Coupon.objects.values("customer").distinct().count() == customers
    assert Coupon.objects.count() == issued(series) == customers
    lines = (ids for row in Chunk.objects.values_list("results", flat=True) for ids in row)
    moved = sorted(pk for ids in lines for pk in ids)
    assert moved == sorted(Coupon.objects.values_list("pk", flat=True))
