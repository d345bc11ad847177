from threading import Barrier
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from batches import checking, engine
from batches.models import Batch, Chunk, Refusal, Seen, State
from customers.models import Customer
from issuance.models import Coupon
from tests.batches import BATCHES, begin, counts, csv_of, shown, work
from tests.conftest import Caller
from tests.coupons import make_coupon, make_free_code
from tests.factories import make_customer, make_series


def reasons(batch: dict[str, Any]) -> dict[int, int]:
    return {reason["code"]: reason["count"] for reason in batch["dryRun"]["reasons"]}


@pytest.fixture(autouse=True)
def _small_chunks(settings: Any) -> None:
    """So that what stands in the file twice stands in two chunks."""
    settings.BATCH_CHUNK = 3


def checked(caller: Caller, rows: str, path: str = BATCHES, **fields: Any) -> dict[str, Any]:
    batch_id = begin(caller, rows, path, dryRun="true", **fields)
    work()
    return shown(caller, batch_id)


def test_it_says_what_would_happen_and_does_nothing(client_api: Caller) -> None:
    series = make_series()
    new = [make_customer() for _ in range(4)]
    holder = make_coupon(series=series).customer
    rows = csv_of([["mobile"], *([it.mobile] for it in [*new, holder, new[0], new[0]]), ["4711"]])

    batch = checked(client_api, rows, seriesId=series.pk)

    assert batch["state"] == "checked"
    report = batch["dryRun"]
    assert (report["rows"], report["issued"], report["refused"]) == (8, 4, 4)
    assert report["repeats"] == 2
    assert reasons(batch) == {709: 3, 701: 1}
    assert counts(batch) == (8, 0, 0)
    assert Coupon.objects.count() == 1
    assert not Refusal.objects.exists()
    assert not Seen.objects.exists()
    assert not Chunk.objects.exclude(done_at=None, results=None).exists()


@pytest.mark.parametrize(
    ("limits", "count", "would"),
    [
        ({}, 1, {709: 4}),
        ({"max_vouchers_per_user": 2}, 1, {5002: 2}),
        ({"max_vouchers_per_user": 3}, 2, {5002: 6}),
        ({"min_days_between_vouchers": 3}, 1, {709: 4}),
        ({"max_create": 4}, 1, {5001: 2}),
        ({"max_create": 4, "max_vouchers_per_user": 2}, 1, {5002: 2}),
        ({"max_create": 3, "max_vouchers_per_user": 2}, 1, {5001: 2, 5002: 1}),
    ],
)
def test_it_foresees_what_the_rules_will_say(
    client_api: Caller, limits: dict[str, int], count: int, would: dict[int, int]
) -> None:
    """Two customers, three times each, in an order that puts them into different chunks."""
    series = make_series(is_multiple_vouchers_per_user_allowed=bool(limits), **limits)
    ann, bob = make_customer(), make_customer()
    rows = csv_of([["mobile"], *([it.mobile] for it in (ann, bob, ann, bob, bob, ann))])

    batch = checked(client_api, rows, seriesId=series.pk, count=count)
    client_api.post(f"{BATCHES}/{batch['id']}/start")
    work()

    assert reasons(batch) == would
    done = shown(client_api, batch["id"])
    assert {it["code"]: it["count"] for it in done["reasons"]} == would
    assert done["issued"] == batch["dryRun"]["issued"] == Coupon.objects.count()


def test_it_foresees_that_the_pool_runs_dry(client_api: Caller) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    for code in ("A1", "A2"):
        make_free_code(series, code)
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(5))])

    batch = checked(client_api, rows, seriesId=series.pk)

    assert reasons(batch) == {5005: 3}
    assert batch["dryRun"]["issued"] == 2


def test_it_waits_for_a_start_and_is_then_like_any_other(client_api: Caller) -> None:
    series, ann = make_series(), make_customer()
    batch = checked(client_api, f"mobile\n{ann.mobile}\n4711\n", seriesId=series.pk)
    work()
    assert shown(client_api, batch["id"])["state"] == "checked"

    answer = client_api.post(f"{BATCHES}/{batch['id']}/start")
    work()

    assert answer.json()["state"] == "queued"
    done = shown(client_api, batch["id"])
    assert done["state"] == "done"
    assert counts(done) == (2, 1, 1)
    assert done["dryRun"] == batch["dryRun"]


def test_a_list_cannot_be_had_before_the_start(client_api: Caller) -> None:
    batch = checked(client_api, "mobile\n4711\n", seriesId=make_series().pk)

    answer = client_api.get(f"{BATCHES}/{batch['id']}/lines?format=csv")

    assert answer.status_code == 409


def test_it_foresees_what_becomes_of_customers(client_api: Caller) -> None:
    make_customer(mobile="11"), make_customer(email="ann@example.com")
    rows = (
        "mobile,email,firstName\n11,,Ann\n12,bob@example.com,Bob\n11,ann@example.com,X\n"
        "x1,,Bad\n,,None\n12,,Bob\n13,,Cid\n"
    )

    batch = checked(client_api, rows, "/v2/customers/batches")

    report = batch["dryRun"]
    assert (report["issued"], report["created"], report["repeats"]) == (4, 2, 1)
    assert reasons(batch) == {756: 2, 701: 1}
    assert Customer.objects.count() == 2


def test_it_foresees_which_codes_are_new(series_api: Caller) -> None:
    series = make_series(client_handling_type="DISC_CODE_PIN")
    make_free_code(series, "OLD")
    rows = "code\nNEW1\nold\nNEW2\nnew1\nTWO WORDS\nNEW3\n NEW2\n"

    batch = checked(series_api, rows, f"/v2/coupon/series/{series.pk}/codes")

    assert batch["dryRun"]["issued"] == 3
    assert reasons(batch) == {409: 1, 716: 2, 756: 1}
    assert Coupon.objects.count() == 1


def test_a_dry_run_can_be_cancelled(client_api: Caller) -> None:
    batch = checked(client_api, "mobile\n4711\n", seriesId=make_series().pk)

    answer = client_api.post(f"{BATCHES}/{batch['id']}/cancel")

    assert answer.json()["state"] == "cancelled"
    assert Batch.objects.get().started_at is None


@pytest.fixture
def interrupted(client_api: Caller, settings: Any) -> int:
    """A batch whose dry run has checked the first of three chunks."""
    settings.BATCH_CHUNK = 2
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(6))])
    batch_id = begin(client_api, rows, dryRun="true", seriesId=make_series().pk)
    assert engine.run_chunk(Batch.objects.get(), now=timezone.now())
    return batch_id


def test_while_it_goes_on_nothing_counts_as_done(client_api: Caller, interrupted: int) -> None:
    batch = shown(client_api, interrupted)

    assert (batch["state"], batch["percent"]) == ("checking", 33)
    assert counts(batch) == (6, 0, 0)
    for state in ("issued", "refused"):
        lines = client_api.get(f"{BATCHES}/{interrupted}/lines?state={state}")
        assert lines.status_code == 200
        assert lines.json()["lines"] == []


def test_one_that_fails_is_resumed_where_it_was(
    client_api: Caller, interrupted: int, settings: Any
) -> None:
    settings.APPROVAL_SIZE = 2
    engine.fail(interrupted, reason="No space left on device", now=timezone.now())

    resumed = client_api.post(f"{BATCHES}/{interrupted}/resume")
    assert (resumed.json()["state"], resumed.json()["failure"]) == ("checking", None)
    work()

    batch = shown(client_api, interrupted)
    assert (batch["state"], batch["dryRun"]["issued"]) == ("checked", 6)
    assert not Coupon.objects.exists()
    started = client_api.post(f"{BATCHES}/{interrupted}/start")
    assert started.json()["state"] == "waiting"


def test_one_that_fails_has_nothing_to_retry(client_api: Caller, interrupted: int) -> None:
    engine.fail(interrupted, reason="No space left on device", now=timezone.now())

    refused = client_api.post(f"{BATCHES}/{interrupted}/retry")

    assert refused.status_code == 409
    assert "Resume it" in refused.json()["errors"][0]["message"]
    assert shown(client_api, interrupted)["state"] == "failed"


def test_what_it_met_is_forgotten_when_it_is_cancelled(
    client_api: Caller, interrupted: int
) -> None:
    assert Seen.objects.count() == 2
    client_api.post(f"{BATCHES}/{interrupted}/cancel")

    work()

    assert not Seen.objects.exists()
    assert counts(shown(client_api, interrupted)) == (6, 0, 0)


def test_the_longest_of_all_identifiers_is_met_too(client_api: Caller) -> None:
    email = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example"
    email = f"{email}s" + "x" * (254 - len(email) - 1)

    batch = checked(client_api, f"email\n{email}\n", "/v2/customers/batches")

    assert len(email) == 254
    assert (batch["state"], batch["dryRun"]["issued"]) == ("checked", 1)


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_that_two_workers_end_at_once_is_ended_once(
    client_api: Caller, at_once: Any
) -> None:
    """Both see it ready; a third, who saw it ready, too, comes when they have tidied up."""
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(9))])
    batch_id = begin(client_api, rows, dryRun="true", seriesId=make_series().pk)
    batch = Batch.objects.get(pk=batch_id)
    while engine.run_chunk(batch, now=timezone.now()):
        pass
    met, ready = Barrier(2), engine.ready

    def seen_by_both(batch_id: int, state: State) -> list[Batch]:
        found = list(ready(batch_id, state))
        met.wait(timeout=30)
        return found

    def end() -> None:
        with transaction.atomic():
            for found in seen_by_both(batch_id, State.CHECKING):
                checking.conclude(found)

    at_once([end, end])
    checking.conclude(batch)

    report = shown(client_api, batch_id)["dryRun"]
    assert shown(client_api, batch_id)["state"] == "checked"
    assert (report["rows"], report["issued"], report["refused"]) == (9, 9, 0)
    assert not Seen.objects.exists()
