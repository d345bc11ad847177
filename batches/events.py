"""What webhooks hear of batches."""

from datetime import datetime

from batches.models import Batch
from outbox import models as outbox
from outbox.services import note


def tell_end(batch_id: int, state: str, *, now: datetime) -> None:
    """The batch is done, failed or cancelled."""
    kind = Batch.objects.values_list("kind", flat=True).get(pk=batch_id)
    told = {"batchId": batch_id, "state": state, "kind": kind}
    note(outbox.Kind.BATCH_FINISHED, told, now=now)


def tell_revocation(batch_id: int, *, now: datetime) -> None:
    """All coupons of the batch that were never redeemed are void."""
    note(outbox.Kind.BATCH_REVOKED, {"batchId": batch_id}, now=now)
