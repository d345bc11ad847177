"""A worker that is out of memory refuses no line: whoever comes next does the chunk."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from batches import engine
from batches.lines import Line, Outcome
from batches.models import Batch, Chunk
from tests.batches import begin, counts, csv_of, shown, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db


def too_large(batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    raise MemoryError


def test_no_line_is_refused_for_want_of_memory(client_api: Caller, now: datetime) -> None:
    content = csv_of([["mobile"], *([make_customer().mobile] for _ in range(3))])
    batch_id = begin(client_api, content, seriesId=make_series().pk)
    batch = Batch.objects.get(pk=batch_id)
    lines = [Line(number, [], []) for number in range(3)]

    with pytest.raises(MemoryError):
        engine.attempt(too_large, batch, lines, now)

    assert not Chunk.objects.filter(done_at__isnull=False).exists()
    work()
    assert counts(shown(client_api, batch_id)) == (3, 3, 0)
