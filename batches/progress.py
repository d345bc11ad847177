"""How far batches are, and whether anybody is at work. All sums are over chunks, not lines."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from batches.models import ACTIVE, Batch, Chunk, State, WorkerHeartbeat

# A rate over fewer seconds jumps, one over more lags behind.
WINDOW = timedelta(seconds=10)
# Beat rings every five seconds, so a worker that is there was heard within this time.
SILENCE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=1)
CHECKING = Q(batch__state=State.CHECKING)
HANDLED = Q(CHECKING, checked_at__isnull=False) | Q(done_at__isnull=False)
NO_WORKER = (
    "No worker is running, so nothing moves. Start one with "
    "`celery -A couponadmin worker --queues quick,bulk` and `celery -A couponadmin beat`."
)
FILES_WAIT = (
    "No worker is running, so files wait. Nothing is lost: they go on as soon as one is there. "
    "Please tell whoever operates the platform."
)


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a batch at one moment; `rate` is per second, `eta` in seconds, None = unknown."""

    batch: Batch
    issued: int = 0
    refused: int = 0
    created: int = 0
    handled: int = 0
    rate: float = 0.0

    @property
    def percent(self) -> int:
        """Rounded down, so 100 means all of it."""
        return self.handled * 100 // self.batch.lines if self.batch.lines else 100

    @property
    def refused_share(self) -> float:
        """How much of the bar, in percent, was refused: no more than of which something was done.

        What is tried again counts as refused until it is done.
        """
        share = 100 * self.refused / self.batch.total if self.batch.total else 0
        return round(min(share, self.percent), 2)

    @property
    def good_share(self) -> float:
        return round(self.percent - self.refused_share, 2)

    @property
    def told(self) -> str:
        """The bar for those who do not see it."""
        return f"{self.percent}%: {self.issued:,} done, {self.refused:,} refused"

    @property
    def eta(self) -> int | None:
        """Seconds until it is done, if it goes on like this."""
        left = self.batch.lines - self.handled
        if self.batch.state not in ACTIVE or not self.rate:
            return None
        return round(left / self.rate)


def progress(batches: Iterable[Batch], *, now: datetime) -> list[Progress]:
    """The progress of each batch, in order, with one query for all."""
    batches = list(batches)
    recent = Q(CHECKING, checked_at__gt=now - WINDOW) | Q(done_at__gt=now - WINDOW)
    sums = {
        row.pop("batch"): row
        for row in Chunk.objects.filter(batch__in=batches)
        .order_by()
        .values("batch")
        .annotate(
            issued=Sum("issued"),
            refused=Sum("refused"),
            created=Sum("created"),
            handled=Sum("lines", filter=HANDLED, default=0),
            recent=Sum("lines", filter=recent, default=0),
        )
    }
    return [of_sums(batch, sums.get(batch.pk, {}), now) for batch in batches]


def of_sums(batch: Batch, sums: dict[str, int], now: datetime) -> Progress:
    recent = sums.pop("recent", 0)
    handled = sums.get("handled", 0)
    return Progress(batch, **sums, rate=rate(batch, handled, recent, now))


def rate(batch: Batch, handled: int, recent: int, now: datetime) -> float:
    """Lines per second: of the last seconds while it runs, of the whole run afterwards."""
    begun = batch.started_at or batch.created_at
    if batch.state in ACTIVE:
        return recent / max(min(WINDOW, now - begun).total_seconds(), 1)
    if batch.started_at and batch.finished_at:
        return handled / max((batch.finished_at - begun).total_seconds(), 0.001)
    return 0.0


def reasons(batch: Batch) -> dict[int, int]:
    """How many were refused, by number, most first."""
    counts: Counter[int] = Counter()
    rows = batch.chunks.filter(refused__gt=0).values_list("reasons", flat=True)
    for row in rows.iterator():
        counts.update({int(code): count for code, count in row.items()})
    return dict(counts.most_common())


def beat(name: str, *, now: datetime) -> None:
    """Notes that a worker is there, and forgets those that are long gone."""
    WorkerHeartbeat.objects.update_or_create(name=name[:200], defaults={"beat_at": now})
    WorkerHeartbeat.objects.filter(beat_at__lt=now - FORGOTTEN).delete()


def worker_trouble(*, now: datetime) -> str:
    """Why nothing would be done in the background, for operators; empty if all is well."""
    heard = WorkerHeartbeat.objects.filter(beat_at__gt=now - SILENCE)
    return "" if heard.exists() else NO_WORKER


def why_files_wait(*, now: datetime) -> str:
    """The same for people in the admin, who start no workers."""
    return FILES_WAIT if worker_trouble(now=now) else ""
