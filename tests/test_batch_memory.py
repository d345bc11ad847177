"""A worker that is out of memory refuses no line: whoever comes next does the chunk."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from django.utils import timezone

from batches import engine
from batches.lines import Line, Outcome
from batches.models import Batch, Chunk, Kind
from issuance.models import Coupon
from tests.batches import begin, counts, csv_of, shown
from tests.conftest import Caller
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db
ISSUE = engine.WORK[Kind.ISSUE]


def too_large(batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    """All is stored when there is no room left to tell what came of it."""
    ISSUE(batch, lines, now)
    raise MemoryError


def test_no_line_is_refused_for_want_of_memory(
    client_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = csv_of([["mobile"], *([make_customer().mobile] for _ in range(3))])
    batch_id = begin(client_api, content, seriesId=make_series().pk)

    with monkeypatch.context() as small:
        small.setitem(engine.WORK, Kind.ISSUE, too_large)
        with pytest.raises(MemoryError):
            engine.turn(clock=timezone.now, seconds=60)

    assert shown(client_api, batch_id)["state"] == "running"
    assert not Chunk.objects.filter(done_at__isnull=False).exists()
    assert not Coupon.objects.exists()
    engine.turn(clock=timezone.now, seconds=60)
    assert shown(client_api, batch_id)["state"] == "done"
    assert counts(shown(client_api, batch_id)) == (3, 3, 0)
    assert Coupon.objects.count() == 3
