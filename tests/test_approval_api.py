"""What API clients are told of batches and revocations that wait for a second person."""

from typing import Any

import pytest
from django.utils import timezone

from batches import deciding
from batches.approval_models import Approval, Decision
from batches.models import State
from issuance.models import Coupon
from outbox.models import Event
from tests.approvals import person, waiting
from tests.batches import BATCHES, begin, counts, csv_of, shown, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.receiver import make_endpoint

TWO_COUPONS = "A second person has to approve it first: 2 coupons are more than 1."


@pytest.fixture(autouse=True)
def _two_are_too_many(settings: Any) -> None:
    settings.APPROVAL_SIZE = 1


def names(customers: int) -> list[dict[str, Any]]:
    return [{"mobile": make_customer().mobile} for _ in range(customers)]


def asked(caller: Caller, door: str) -> Any:
    """Two coupons, asked for at one of the doors."""
    series = make_series(is_multiple_vouchers_per_user_allowed=True).pk
    [ann, bob] = names(2)
    if door == "JSON":
        return caller.post(BATCHES, {"seriesIds": [series], "customers": [ann, bob]})
    if door == "filter":
        return caller.post(BATCHES, {"seriesIds": [series], "filter": {}})
    background = {"prefer": "respond-async"}
    if door == "multiple":
        wish = {"seriesId": series, "count": 2, "customer": ann}
        return caller.post("/v2/coupon/issue/multiple", wish, **background)
    wish = {"seriesIds": [series], "customers": [ann, bob]}
    return caller.post("/v2/coupon/bulk/issue", wish, **background)


@pytest.mark.parametrize("door", ["JSON", "filter", "multiple", "bulk"])
def test_a_batch_waits_at_every_door_and_begins_when_approved(
    client_api: Caller, door: str
) -> None:
    answer = asked(client_api, door)
    batch = answer.json()
    work()

    assert answer.status_code == 202
    assert (batch["state"], batch["total"], batch["issued"]) == ("waiting", 2, 0)
    assert TWO_COUPONS in batch["warnings"]
    assert not Coupon.objects.exists()
    assert waiting().asked_by_client == client_api.client

    deciding.approve(waiting().pk, user=person("bea"), now=timezone.now())
    work()

    batch = shown(client_api, batch["id"])
    assert (batch["state"], counts(batch), batch["warnings"]) == ("done", (2, 2, 0), [])


def test_a_file_waits_too_and_one_coupon_does_not(client_api: Caller) -> None:
    series = make_series().pk
    ann, bob = (name["mobile"] for name in names(2))
    many = begin(client_api, csv_of([["mobile"], [ann], [bob]]), seriesId=series)
    one = begin(client_api, csv_of([["mobile"], [ann]]), seriesId=series)
    work()

    assert [shown(client_api, it)["state"] for it in (many, one)] == ["waiting", "done"]
    again = client_api.get(f"{BATCHES}?limit=5").json()["batches"]
    assert [batch["state"] for batch in again] == ["done", "waiting"]


def test_the_answer_is_repeated_and_asks_once(client_api: Caller) -> None:
    wish = {"seriesIds": [make_series().pk], "customers": names(2)}

    first, second = (client_api.post(BATCHES, wish, idempotency_key="a") for _ in range(2))

    assert first.content == second.content
    assert Approval.objects.count() == 1


def test_a_dry_run_says_that_it_will_need_approval_and_its_start_asks(client_api: Caller) -> None:
    wish = {"seriesIds": [make_series().pk], "customers": names(2), "dryRun": True}
    batch_id = client_api.post(BATCHES, wish).json()["id"]
    work()

    checked = shown(client_api, batch_id)
    assert (checked["state"], checked["dryRun"]["issued"]) == ("checked", 2)
    assert TWO_COUPONS in checked["warnings"]
    assert not Approval.objects.exists()

    started = client_api.post(f"{BATCHES}/{batch_id}/start").json()
    work()
    assert (started["state"], TWO_COUPONS in started["warnings"]) == ("waiting", True)
    assert not Coupon.objects.exists()
    for verb in ("start", "pause", "resume", "retry"):
        assert client_api.post(f"{BATCHES}/{batch_id}/{verb}").status_code == 409
    assert shown(client_api, batch_id)["state"] == "waiting"


def test_a_declined_batch_is_cancelled_with_the_reason(client_api: Caller) -> None:
    make_endpoint("https://shop.example.org/hook")
    batch_id = asked(client_api, "JSON").json()["id"]

    deciding.decline(waiting().pk, user=person("bea"), reason="too dear", now=timezone.now())
    work()

    batch = shown(client_api, batch_id)
    assert (batch["state"], batch["failure"]) == ("cancelled", "Declined by bea: too dear")
    assert batch["finishedOn"]
    assert [event.payload["state"] for event in Event.objects.all()] == ["cancelled"]
    assert not Coupon.objects.exists()
    assert Approval.objects.get().decision == Decision.DECLINED


def test_cancelling_takes_the_wish_back(client_api: Caller) -> None:
    batch_id = asked(client_api, "JSON").json()["id"]

    cancelled = client_api.post(f"{BATCHES}/{batch_id}/cancel").json()

    assert (cancelled["state"], cancelled["warnings"]) == (State.CANCELLED, [])
    approval = Approval.objects.get()
    assert (approval.decision, approval.decided_by) == (Decision.WITHDRAWN, None)
    assert approval.closed_at


def test_revoking_a_batch_waits_too(client_api: Caller, settings: Any) -> None:
    settings.APPROVAL_SIZE = None
    batch_id = asked(client_api, "JSON").json()["id"]
    work()
    settings.APPROVAL_SIZE = 1
    revoke = f"{BATCHES}/{batch_id}/coupons/revoke"

    answer, again = client_api.post(revoke), client_api.post(revoke)

    assert (answer.status_code, answer.json()["revokedOn"]) == (202, None)
    assert answer.json()["warnings"] == [TWO_COUPONS]
    assert again.status_code == 409
    assert "waits for approval already" in again.json()["errors"][0]["message"]
    assert client_api.post(f"{BATCHES}/{batch_id}/coupons/pause").status_code == 200

    deciding.approve(waiting().pk, user=person("bea"), now=timezone.now())

    refused = client_api.post(revoke)
    assert refused.json()["errors"][0]["code"] == 660
    assert Approval.objects.count() == 1
