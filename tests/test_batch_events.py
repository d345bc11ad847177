"""What webhooks hear of batches."""

from datetime import datetime

import pytest

from batches import levers, services
from batches.models import Batch
from outbox.models import Event, Kind
from tests.batches import begin, csv_of, finished
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.receiver import make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _somebody_listens() -> None:
    make_endpoint("https://shop.example.org/hook")


@pytest.fixture
def file() -> str:
    return csv_of([["mobile"], [make_customer().mobile]])


def told(kind: Kind) -> list[dict]:
    return list(Event.objects.filter(kind=kind).values_list("payload", flat=True))


def test_a_batch_that_is_done(client_api: Caller, file: str) -> None:
    batch = finished(client_api, file, seriesId=make_series().pk, customerIdentifier="MOBILE")

    assert told(Kind.BATCH_FINISHED) == [{"batchId": batch["id"], "state": "done", "kind": "ISSUE"}]


def test_a_batch_of_customers_that_is_done(client_api: Caller) -> None:
    batch = finished(client_api, "mobile\n4711\n", path="/v2/customers/batches")

    assert told(Kind.BATCH_FINISHED) == [
        {"batchId": batch["id"], "state": "done", "kind": batch["kind"]}
    ]
    assert batch["kind"] == "CUSTOMERS"


def test_a_batch_that_is_cancelled(client_api: Caller, file: str, now: datetime) -> None:
    batch = begin(client_api, file, seriesId=make_series().pk, customerIdentifier="MOBILE")

    services.cancel(batch, now=now)

    assert told(Kind.BATCH_FINISHED) == [{"batchId": batch, "state": "cancelled", "kind": "ISSUE"}]


def test_coupons_that_are_revoked_by_their_batch(
    client_api: Caller, file: str, now: datetime
) -> None:
    batch = finished(client_api, file, seriesId=make_series().pk, customerIdentifier="MOBILE")

    levers.revoke_coupons(Batch.objects.get(pk=batch["id"]), now=now)

    assert told(Kind.BATCH_REVOKED) == [{"batchId": batch["id"]}]
