"""What people do with a batch at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from batches import levers, services
from batches.models import Batch
from couponadmin.errors import CouponError
from issuance.models import Coupon
from series.models import Series
from tests.batches import csv_of, finished, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.waiting import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_retry_beside_a_revocation_does_not_queue_a_batch_that_is_void(
    client_api: Caller, now: datetime
) -> None:
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(3))])
    series = make_series(max_create=2)
    batch = Batch.objects.get(pk=finished(client_api, rows, seriesId=series.pk)["id"])
    Series.objects.update(max_create=None)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            levers.revoke_now(batch, now=now)
            retried = pool.submit(in_its_own_connection, lambda: services.retry(batch.pk, now=now))
            wait_for_locks()
        with pytest.raises(CouponError, match="are revoked"):
            retried.result()

    work()
    assert Batch.objects.get().state == "done"
    assert Coupon.objects.issued().count() == 2


def in_its_own_connection(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()
