"""What Prometheus is told about work in the background; read when it asks."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Max
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from batches.models import ACTIVE, Batch, WorkerHeartbeat
from batches.progress import progress


def batch_facts() -> Iterator[Metric]:
    """Open batches, how fast they go, and when a worker was last heard of."""
    now = timezone.now()
    open_ones = progress(Batch.objects.active(), now=now)
    batches = GaugeMetricFamily("coupon_batches_open", "Batches to be done.", labels=["state"])
    for state in ACTIVE:
        batches.add_metric([state], sum(one.batch.state == state for one in open_ones))
    yield batches
    waiting = sum(one.batch.lines - one.handled for one in open_ones)
    yield GaugeMetricFamily("coupon_batch_lines_waiting", "Lines to be done.", waiting)
    rate = sum(one.rate for one in open_ones)
    yield GaugeMetricFamily("coupon_batch_lines_per_second", "Lines done lately.", rate)
    yield from silence(now)


def silence(now: datetime) -> Iterator[Metric]:
    """How long no worker was heard of; nothing if there never was one."""
    last = WorkerHeartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    if last:
        seconds = (now - last).total_seconds()
        yield GaugeMetricFamily("coupon_worker_silence_seconds", "Since the last sign.", seconds)
