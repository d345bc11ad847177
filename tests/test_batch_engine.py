"""The engine with one worker at a time; test_batch_workers has real ones."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from batches import checking, engine
from batches.models import Batch, Chunk, Kind, State
from issuance.models import Coupon
from tests.batches import begin, counts, csv_of, lines, shown, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK = 5


def trap(customer_id: int, statement: str) -> None:
    """Lets the database do that instead when a coupon is stored for the customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.customer_id = {customer_id} THEN {statement}; END IF; RETURN NEW; "
            "END $$; CREATE TRIGGER spring BEFORE INSERT ON issuance_coupon "
            "FOR EACH ROW EXECUTE FUNCTION spring()"
        )


def release() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION spring CASCADE")


def batch_for(caller: Caller, *mobiles: str) -> int:
    return begin(caller, csv_of([["mobile"], *([it] for it in mobiles)]), seriesId=make_series().pk)


def test_a_line_that_breaks_everything_is_refused_and_the_others_go_on(client_api: Caller) -> None:
    customers = [make_customer() for _ in range(12)]
    trap(customers[7].pk, "RAISE EXCEPTION 'poison'")
    batch_id = batch_for(client_api, *(it.mobile for it in customers))

    work()

    batch = shown(client_api, batch_id)
    assert batch["state"] == "done"
    assert counts(batch) == (12, 11, 1)
    [line] = lines(client_api, batch_id)
    assert (line["line"], line["errors"][0]["code"]) == (8, 500)
    assert "could not be worked on" in line["errors"][0]["message"]
    release()
    client_api.post(f"/v2/coupon/batches/{batch_id}/retry")
    work()
    assert counts(shown(client_api, batch_id)) == (12, 12, 0)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("RAISE disk_full USING MESSAGE = 'No space left on device'", "No space left"),
        ("PERFORM pg_sleep(5)", "statement timeout"),
    ],
)
def test_what_stops_all_chunks_fails_the_batch_and_it_can_be_resumed(
    client_api: Caller,
    settings: Any,
    statement: str,
    words: str,
) -> None:
    settings.BATCH_LEASE_SECONDS = 1
    customers = [make_customer() for _ in range(12)]
    trap(customers[7].pk, statement)
    stuck = batch_for(client_api, *(it.mobile for it in customers))
    other = batch_for(client_api, customers[0].mobile)

    work()

    batch = shown(client_api, stuck)
    assert batch["state"] == "failed"
    assert words in batch["failure"]
    assert counts(batch) == (12, 5, 0)
    assert shown(client_api, other)["state"] == "done"
    release()
    client_api.post(f"/v2/coupon/batches/{stuck}/resume")
    work()
    batch = shown(client_api, stuck)
    assert (batch["state"], batch["failure"]) == ("done", None)
    assert counts(batch) == (12, 12, 0)


def test_a_small_batch_has_its_turn_while_a_big_one_runs(client_api: Caller) -> None:
    big = batch_for(client_api, *(make_customer().mobile for _ in range(50)))
    one_turn()
    small = batch_for(client_api, make_customer().mobile)

    one_turn()

    assert shown(client_api, small)["issued"] == 1
    assert 0 < shown(client_api, big)["issued"] < 50
    work()
    assert {shown(client_api, it)["state"] for it in (big, small)} == {"done"}


def test_batches_take_turns_the_older_first(client_api: Caller) -> None:
    first, second = (batch_for(client_api, *map(str, range(n, n + 20))) for n in (0, 20))

    served = []
    for _ in range(4):
        one_turn()
        served.append(Batch.objects.exclude(served_at=None).latest("served_at").pk)

    assert served == [first, second, first, second]


def one_turn() -> None:
    """A turn that is over after one chunk."""
    assert engine.turn(clock=timezone.now, seconds=0)


def test_a_chunk_that_is_done_is_never_done_again(client_api: Caller) -> None:
    """Whoever delivers the same message twice finds nothing left to do."""
    batch_id = batch_for(client_api, make_customer().mobile)
    work()
    before = Chunk.objects.get().done_at

    assert not engine.run_chunk(Batch.objects.get(pk=batch_id), now=timezone.now())
    work()

    assert Chunk.objects.get().done_at == before
    assert Coupon.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_more_workers_are_at_work_than_there_are_places(
    client_api: Caller, settings: Any, at_once: Callable[..., list[Any]]
) -> None:
    settings.BATCH_WORKERS = 1
    batch_for(client_api, "1")

    with engine.place() as found:
        at_once([work])
        untouched = Batch.objects.get().state
    at_once([work])

    assert found
    assert untouched == "queued"
    assert Batch.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_workers_share_a_batch_without_doing_a_line_twice(
    client_api: Caller, settings: Any, at_once: Callable[..., list[Any]]
) -> None:
    settings.BATCH_WORKERS = 4
    customers = [make_customer() for _ in range(100)]
    batch_id = batch_for(client_api, *(it.mobile for it in customers), "4711")

    at_once([work] * 6)

    batch = shown(client_api, batch_id)
    assert batch["state"] == "done"
    assert counts(batch) == (101, 100, 1)
    assert Coupon.objects.values("customer").distinct().count() == Coupon.objects.count() == 100


@pytest.mark.django_db(transaction=True)
def test_a_cap_holds_over_all_workers_and_the_shop(
    client_api: Caller, settings: Any, at_once: Callable[..., list[Any]]
) -> None:
    settings.BATCH_WORKERS = 4
    series = make_series(max_create=50)
    customers = [make_customer() for _ in range(80)]
    rows = csv_of([["mobile"], *([it.mobile] for it in customers)])
    batch_id = begin(client_api, rows, seriesId=series.pk)
    body = {"seriesId": series.pk, "customer": {"mobile": customers[-1].mobile}}

    at_once([work, work, lambda: client_api.post("/v2/coupon/issue", body)])

    batch = shown(client_api, batch_id)
    assert batch["issued"] + batch["refused"] == 80
    assert Coupon.objects.count() == 50
    series.refresh_from_db()
    assert series.num_issued == 50


def test_a_fault_around_the_lines_fails_the_batch_and_no_other(
    client_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = batch_for(client_api, make_customer().mobile)
    trapped = checking.CHECKS[Kind.ISSUE]
    checks = begin(client_api, "mobile\n4711\n", seriesId=make_series().pk, dryRun="true")
    monkeypatch.setitem(checking.CHECKS, Kind.ISSUE, breaks)

    work()

    failed = shown(client_api, checks)
    assert failed["state"] == "failed"
    assert "ZeroDivisionError" in failed["failure"]
    assert shown(client_api, other)["state"] == "done"
    monkeypatch.setitem(checking.CHECKS, Kind.ISSUE, trapped)
    client_api.post(f"/v2/coupon/batches/{checks}/resume")
    work()
    assert shown(client_api, checks)["state"] == "checked"


def breaks(*_: object) -> None:
    raise ZeroDivisionError


def test_a_batch_of_a_kind_that_a_newer_version_brought_is_left_to_its_workers(
    client_api: Caller,
) -> None:
    batch_id = batch_for(client_api, make_customer().mobile)
    Batch.objects.update(kind="NEWER")

    work()

    assert Batch.objects.get(pk=batch_id).state == State.QUEUED
    Batch.objects.update(kind=Kind.ISSUE)
    work()
    assert counts(shown(client_api, batch_id)) == (1, 1, 0)


def test_a_fault_with_no_lines_at_all_comes_out(db: None) -> None:
    def breaks(*told: Any) -> Any:
        raise ValueError("no line is to blame")

    with pytest.raises(ValueError, match="to blame"):
        engine.attempt(breaks, Batch(), [], timezone.now())
