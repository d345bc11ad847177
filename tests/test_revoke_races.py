"""Revoking issued and waiting codes of a capped series at once, beside tills and files."""

from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from django.db import transaction

from issuance import pool
from issuance.changes import revoke_codes
from issuance.models import Coupon
from issuance.moving import Moved
from redemption import ledger
from series.models import Series
from tests.coupons import make_coupon, make_free_code, make_origin
from tests.factories import make_customer, make_series
from tests.test_holders_races import move_now
from tests.waiting import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.fixture
def series() -> Series:
    return make_series(
        client_handling_type="DISC_CODE_PIN", max_create=9, max_redeem=9, num_uploaded_total=2
    )


def test_revoking_and_redeeming_wait_in_one_order(
    at_once: AtOnce, series: Series, now: datetime
) -> None:
    issued, free = make_coupon(series=series, code="ISSUED"), make_free_code(series, "FREE")
    is_locked = Event()

    def redeems() -> dict[int, int]:
        with transaction.atomic():
            ledger.lock([issued.pk], [series.pk], [issued.customer_id])
            is_locked.set()
            wait_for_locks(1)
            return ledger.room([series.pk], now=now)

    def revokes() -> set[str]:
        assert is_locked.wait(20)
        return {coupon.code for coupon in revoke_codes(["ISSUED", "FREE"], now=now).revoked}

    room, revoked = at_once([redeems, revokes])

    assert (room, revoked) == ({series.pk: 9}, {issued.code, free.code})
    series.refresh_from_db()
    assert series.num_uploaded_total == 1


def test_revoking_and_handing_over_wait_in_one_order(
    at_once: AtOnce, series: Series, now: datetime
) -> None:
    free, customer, origin = make_free_code(series, "FREE"), make_customer(), make_origin()
    is_locked = Event()

    def revokes() -> None:
        with transaction.atomic():
            Coupon.objects.select_for_update(no_key=True).get(pk=free.pk)
            is_locked.set()
            wait_for_locks(1)
            Coupon.objects.update(revoked_at=now)
            pool.take_out([free])

    def moves() -> list[Moved]:
        assert is_locked.wait(20)
        return move_now(series, "FREE", customer, origin)

    _, [moved] = at_once([revokes, moves])

    series.refresh_from_db()
    assert (moved.coupon_id, moved.known.is_revoked) == (None, True)
    assert (series.num_uploaded_total, series.num_issued) == (1, 0)
