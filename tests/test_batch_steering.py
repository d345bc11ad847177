from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from batches import engine
from batches.models import Batch, Kind, State
from batches.permissions import PERMISSIONS
from batches.progress import beat
from batches.services import DEEDS, POSSIBLE
from couponadmin import roles
from customers.models import Customer
from issuance.models import Coupon
from series.models import Series
from tests.batches import BATCHES, begin, counts, csv_of, finished, lines, shown, upload, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK = 2


def begun(caller: Caller, customers: int = 6) -> int:
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(customers))])
    return begin(caller, rows, seriesId=make_series().pk)


def do_one_chunk(batch_id: int) -> None:
    batch = Batch.objects.get(pk=batch_id)
    engine.serve(batch, now=timezone.now())
    assert engine.run_chunk(batch, now=timezone.now())


def steer(caller: Caller, batch_id: int, verb: str) -> dict[str, Any]:
    answer = caller.post(f"{BATCHES}/{batch_id}/{verb}")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("verb", DEEDS)
@pytest.mark.parametrize("state", State.values)
def test_each_step_needs_its_state(client_api: Caller, verb: str, state: str) -> None:
    batch_id = begun(client_api, 1)
    Batch.objects.update(state=state, started_at=timezone.now())

    answer = client_api.post(f"{BATCHES}/{batch_id}/{verb}")

    if state in POSSIBLE[verb]:
        assert answer.status_code == 200
        assert answer.json()["state"] != state
    else:
        assert answer.status_code == 409
        [refusal] = answer.json()["errors"]
        assert refusal["code"] == 409
        assert "too late, or too early" in refusal["message"]
        assert Batch.objects.get().state == state


def test_a_batch_of_codes_is_steered_by_those_who_may_change_series(
    client_api: Caller, series_api: Caller
) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    batch_id = begin(series_api, "code\nA1\n", f"/v2/coupon/series/{series.pk}/codes")

    refused = client_api.post(f"{BATCHES}/{batch_id}/cancel")

    assert refused.status_code == 403
    assert "series.change_series" in refused.json()["errors"][0]["message"]
    assert Batch.objects.get().state == "queued"
    assert steer(series_api, batch_id, "cancel")["state"] == "cancelled"


def brings_customers(caller: Caller) -> Caller:
    """The caller, who may from now on make and change customers, and nothing else."""
    role = Group.objects.create(name="customers")
    needed = PERMISSIONS[Kind.CUSTOMERS]
    role.permissions.set(roles.permissions_named(*needed))
    caller.client.groups.set([role])
    return caller


def test_a_batch_of_customers_is_steered_by_those_who_may_begin_it(client_api: Caller) -> None:
    caller = brings_customers(client_api)
    batch_id = begin(caller, "mobile\n4711\n", "/v2/customers/batches", dryRun="true")
    work()

    steer(caller, batch_id, "start")
    work()

    assert Batch.objects.get().state == "done"
    assert Customer.objects.get().mobile == "4711"


def test_those_who_may_begin_batches_of_another_kind_do_not_steer_it(
    client_api: Caller, series_api: Caller
) -> None:
    batch_id = begun(client_api)
    caller = brings_customers(series_api)

    refused = caller.post(f"{BATCHES}/{batch_id}/cancel")
    unknown = caller.post(f"{BATCHES}/4711/cancel")

    assert (refused.status_code, unknown.status_code) == (403, 404)
    assert "issuance.add_coupon" in refused.json()["errors"][0]["message"]
    assert Batch.objects.get().state == "queued"


def test_a_cancelled_batch_keeps_what_is_done_and_does_no_more(client_api: Caller) -> None:
    batch_id = begun(client_api)
    do_one_chunk(batch_id)

    batch = steer(client_api, batch_id, "cancel")
    work()

    assert batch["state"] == "cancelled"
    assert counts(shown(client_api, batch_id)) == (6, 2, 0)
    assert Coupon.objects.count() == 2


def test_a_paused_batch_waits_for_resume(client_api: Caller) -> None:
    batch_id = begun(client_api)
    do_one_chunk(batch_id)
    steer(client_api, batch_id, "pause")
    work()
    assert counts(shown(client_api, batch_id)) == (6, 2, 0)

    steer(client_api, batch_id, "resume")
    work()

    batch = shown(client_api, batch_id)
    assert batch["state"] == "done"
    assert counts(batch) == (6, 6, 0)


def test_retry_works_on_what_was_refused_and_on_nothing_else(client_api: Caller) -> None:
    series = make_series(max_create=3)
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(4)), ["4711"]])
    batch = finished(client_api, rows, seriesId=series.pk)
    assert counts(batch) == (5, 3, 2)
    Series.objects.update(max_create=10, changed_at=timezone.now())
    make_customer(mobile="4711")

    steer(client_api, batch["id"], "retry")
    assert counts(shown(client_api, batch["id"])) == (5, 3, 2)
    work()

    batch = shown(client_api, batch["id"])
    assert batch["state"] == "done"
    assert counts(batch) == (5, 5, 0)
    assert batch["reasons"] == []
    assert lines(client_api, batch["id"], state="refused") == []
    assert [len(line["coupons"]) for line in lines(client_api, batch["id"], state="issued")] == (
        [1] * 5
    )
    assert Coupon.objects.values("customer").distinct().count() == Coupon.objects.count() == 5


def test_retry_asks_again_only_for_what_is_missing_of_a_line(client_api: Caller) -> None:
    series = make_series(is_multiple_vouchers_per_user_allowed=True, max_vouchers_per_user=2)
    ann = make_customer()
    batch = finished(client_api, f"mobile\n{ann.mobile}\n", seriesId=series.pk, count=5)
    assert counts(batch) == (5, 2, 3)
    Series.objects.update(max_vouchers_per_user=4, changed_at=timezone.now())

    steer(client_api, batch["id"], "retry")
    work()

    assert counts(shown(client_api, batch["id"])) == (5, 4, 1)
    [line] = lines(client_api, batch["id"], state="refused")
    assert line["errors"][0]["count"] == 1
    [line] = lines(client_api, batch["id"], state="issued")
    assert len(line["coupons"]) == 4


def test_a_retry_that_changes_nothing_changes_no_number(client_api: Caller) -> None:
    batch = finished(client_api, "mobile\n1\n2\n3\n", seriesId=make_series().pk)

    steer(client_api, batch["id"], "retry")
    work()

    again = shown(client_api, batch["id"])
    assert counts(again) == counts(batch) == (3, 0, 3)
    assert again["reasons"] == batch["reasons"]
    assert [line["line"] for line in lines(client_api, batch["id"])] == [1, 2, 3]


def test_the_same_file_again_names_the_earlier_batch(client_api: Caller) -> None:
    series = make_series()
    first = begin(client_api, "mobile\n1\n", seriesId=series.pk)

    answer = upload(client_api, BATCHES, "mobile\n1\n", seriesId=series.pk)

    assert answer.status_code == 409
    assert f"batch {first}" in answer.json()["errors"][0]["message"]
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("path", [f"{BATCHES}?force=true", BATCHES])
def test_the_same_file_is_taken_again_when_that_is_meant(client_api: Caller, path: str) -> None:
    series = make_series()
    begin(client_api, "mobile\n1\n", seriesId=series.pk)
    beside = {} if "?" in path else {"force": "true"}

    assert begin(client_api, "mobile\n1\n", path, seriesId=series.pk, **beside)


def test_the_same_file_is_taken_for_another_series(client_api: Caller) -> None:
    assert begin(client_api, "mobile\n1\n", seriesId=make_series().pk)
    assert begin(client_api, "mobile\n1\n", seriesId=make_series().pk)


def test_a_file_that_was_cancelled_before_its_start_may_come_again(client_api: Caller) -> None:
    series = make_series()
    steer(client_api, begin(client_api, "mobile\n1\n", seriesId=series.pk), "cancel")

    assert begin(client_api, "mobile\n1\n", seriesId=series.pk)


def test_a_running_batch_tells_its_rate_and_the_time_left(client_api: Caller) -> None:
    batch_id = begun(client_api, 8)
    do_one_chunk(batch_id)
    Batch.objects.update(started_at=timezone.now() - timedelta(seconds=4))

    batch = shown(client_api, batch_id)

    # 2 lines in 4 seconds leave 6 lines for 12 more.
    assert batch["state"] == "running"
    assert batch["percent"] == 25
    assert batch["rate"] == pytest.approx(0.5, abs=0.1)
    assert batch["eta"] == pytest.approx(12, abs=2)


def test_it_says_in_plain_words_that_no_worker_is_running(client_api: Caller) -> None:
    batch_id = begun(client_api)

    assert "No worker is running" in shown(client_api, batch_id)["warnings"][0]


def test_it_says_nothing_of_the_kind_where_one_is(client_api: Caller) -> None:
    batch_id = begun(client_api)

    beat("worker@host", now=timezone.now())

    assert shown(client_api, batch_id)["warnings"] == []
