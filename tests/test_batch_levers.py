from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches import engine
from issuance.models import Coupon, Origin
from issuance.states import State, state_of
from series.models import Series
from tests.batches import BATCHES, begin, csv_of, finished, shown, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series


def issued(caller: Caller, **fields: Any) -> tuple[str, list[Coupon]]:
    """Address of a batch of three coupons, and the coupons."""
    series = make_series(**fields)
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(3))])
    batch = finished(caller, rows, seriesId=series.pk)
    return f"{BATCHES}/{batch['id']}/coupons", list(Coupon.objects.filter(series=series))


def states(coupons: list[Coupon]) -> set[State]:
    now = timezone.now()
    fresh = Coupon.objects.filter(pk__in=[it.pk for it in coupons])
    return {state_of(coupon, now=now) for coupon in fresh.select_related("origin", "series")}


def test_one_row_pauses_and_releases_all_coupons_of_a_batch(client_api: Caller) -> None:
    coupons_of_batch, coupons = issued(client_api)
    _, others = issued(client_api)

    paused = client_api.post(f"{coupons_of_batch}/pause")
    assert paused.json()["pausedOn"]
    assert states(coupons) == {State.PAUSED}

    released = client_api.post(f"{coupons_of_batch}/release")
    assert released.json()["pausedOn"] is None
    assert states(coupons) == states(others) == {State.USABLE}


def test_one_row_revokes_what_was_not_redeemed_for_good(client_api: Caller) -> None:
    coupons_of_batch, [first, *rest] = issued(client_api)
    Coupon.objects.filter(pk=first.pk).update(redemption_count=1)

    answer = client_api.post(f"{coupons_of_batch}/revoke")

    assert answer.json()["revokedOn"]
    assert states([first]) == {State.USED_UP}
    assert states(rest) == {State.REVOKED}
    for again in ("pause", "release", "revoke"):
        refused = client_api.post(f"{coupons_of_batch}/{again}")
        assert refused.json()["errors"][0]["code"] == 660
    assert Origin.objects.filter(paused_at=None).exists()


@pytest.mark.parametrize(
    "kind", [{}, {"client_handling_type": "GENERIC", "generic_code": "ALL"}], ids=["own", "shared"]
)
def test_what_was_revoked_with_its_batch_can_be_issued_again(
    client_api: Caller, kind: dict[str, str]
) -> None:
    coupons_of_batch, coupons = issued(client_api, do_not_resend_existing_voucher=True, **kind)
    client_api.post(f"{coupons_of_batch}/revoke")
    held = next(coupon for coupon in coupons if coupon.customer_id)

    answer = client_api.post(
        "/v2/coupon/issue", {"seriesId": held.series_id, "customer": {"id": held.customer_id}}
    )

    assert answer.status_code == 200, answer.content
    again = Coupon.objects.filter(customer_id=held.customer_id).exclude(pk=held.pk).get()
    assert states([again]) == {State.USABLE}
    assert states([held]) == {State.REVOKED}


def test_one_row_moves_the_end_of_all_coupons_of_a_batch(client_api: Caller) -> None:
    next_year = timezone.now().year + 1
    coupons_of_batch, coupons = issued(
        client_api,
        expiry_strategy_type="DAYS",
        expiry_strategy_value=0,
        valid_till_date=date(next_year, 12, 31),
    )

    answer = client_api.put(
        f"{coupons_of_batch}/expiry", {"validTill": f"{next_year}-06-30T12:00:00Z"}
    )

    assert answer.json()["validTill"] == f"{next_year}-06-30T00:00:00Z"
    assert answer.json()["validTillDateTime"] == f"{next_year}-06-30T12:00:00Z"
    assert answer.json()["warnings"] == []
    code = coupons[0].code
    found = client_api.get(f"/v2/coupon?couponCodes={code}").json()
    assert f"{next_year}-06-30T12:00:00Z" in str(found)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("end", ["{}-06-30", "{}-06-30T00:00:00", "as it was told"])
def test_a_day_that_an_answer_told_is_valid_to_its_end(
    client_api: Caller, settings: Any, zone: str, end: str
) -> None:
    settings.TIME_ZONE = zone
    year = timezone.now().year + 1
    coupons_of_batch, _ = issued(client_api, expiry_strategy_type="DAYS", expiry_strategy_value=0)
    path = f"{coupons_of_batch}/expiry"
    noon = client_api.put(path, {"validTill": f"{year}-06-30T12:00:00"}).json()
    sent = noon["validTill"] if end == "as it was told" else end.format(year)

    told = client_api.put(path, {"validTill": sent}).json()

    assert told["validTill"] == noon["validTill"]
    assert told["validTill"].startswith(f"{year}-06-30T00:00:00")
    assert told["validTillDateTime"].startswith(f"{year}-06-30T23:59:59")
    assert told["warnings"] == []


def test_it_says_when_no_coupon_becomes_valid_longer(client_api: Caller) -> None:
    year = timezone.now().year + 1
    coupons_of_batch, [first, *_] = issued(client_api, valid_till_date=date(year, 12, 31))
    end = {"validTill": f"{year}-06-30"}

    in_vain = client_api.put(f"{coupons_of_batch}/expiry", end)
    Coupon.objects.filter(pk=first.pk).update(expires_at=timezone.now())
    one_longer = client_api.put(f"{coupons_of_batch}/expiry", {"validTill": f"{year}-07-31"})
    again = client_api.put(f"{coupons_of_batch}/expiry", {"validTill": f"{year}-07-31"})

    assert in_vain.status_code == 200
    assert in_vain.json()["warnings"] == ["No coupon of this batch is valid longer than before."]
    assert one_longer.json()["warnings"] == []
    assert again.json()["warnings"] == in_vain.json()["warnings"]


def test_coupons_to_come_are_valid_longer(client_api: Caller) -> None:
    year = timezone.now().year + 1
    rows = csv_of([["mobile"], [make_customer().mobile]])
    batch_id = begin(client_api, rows, seriesId=make_series().pk)

    answer = client_api.put(f"{BATCHES}/{batch_id}/coupons/expiry", {"validTill": f"{year}-06-30"})

    assert answer.json()["warnings"] == []


@pytest.mark.parametrize(
    ("days", "code"), [(-1, 690), (800, 691), (None, 756)], ids=["past", "series over", "none"]
)
def test_it_refuses_an_end_that_cannot_be(client_api: Caller, days: int | None, code: int) -> None:
    coupons_of_batch, _ = issued(client_api)
    end = "soon" if days is None else (timezone.now() + timedelta(days=days)).isoformat()

    answer = client_api.put(f"{coupons_of_batch}/expiry", {"validTill": end})

    assert answer.json()["errors"][0]["code"] == code
    assert not Origin.objects.exclude(expires_at=None).exists()


def test_a_batch_of_customers_has_no_coupons_to_pause(client_api: Caller) -> None:
    batch_id = begin(client_api, "mobile\n11223344\n", "/v2/customers/batches")
    work()
    assert shown(client_api, batch_id)["issued"] == 1

    answer = client_api.post(f"{BATCHES}/{batch_id}/coupons/pause")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == 756


@pytest.mark.parametrize("verb", ["retry", "resume"])
def test_a_batch_whose_coupons_are_revoked_issues_no_more(client_api: Caller, verb: str) -> None:
    coupons_of_batch, _ = issued(client_api, max_create=2)
    batch_of = coupons_of_batch.removesuffix("/coupons")
    client_api.post(f"{coupons_of_batch}/revoke")
    Series.objects.update(max_create=None)

    again = client_api.post(f"{batch_of}/{verb}")

    assert again.status_code == 409
    assert "are revoked" in again.json()["errors"][0]["message"]
    work()
    assert Coupon.objects.issued().count() == 2


def test_revoking_ends_a_batch_that_is_not_done(client_api: Caller, settings: Any) -> None:
    settings.BATCH_CHUNK = 1
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(3))])
    batch_id = begin(client_api, rows, seriesId=make_series().pk)
    engine.turn(clock=timezone.now, seconds=0)

    client_api.post(f"{BATCHES}/{batch_id}/coupons/revoke")
    work()

    assert shown(client_api, batch_id)["state"] == "cancelled"
    assert states(list(Coupon.objects.all())) == {State.REVOKED}
    assert Coupon.objects.count() == 1
