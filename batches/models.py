"""Work in the background: batches, the chunks that they are cut into, and what came of each line.

A file is kept as it was sent, cut into chunks of some hundred lines. A chunk is claimed, done and
marked in one transaction, so an undone chunk is all that a killed worker can leave behind.
"""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from batches.approval_models import Approval as Approval
from couponadmin.models import ApiClient
from issuance.models import Origin


class Kind(models.TextChoices):
    ISSUE = "ISSUE", "coupons for customers"
    CUSTOMERS = "CUSTOMERS", "customers"
    CODES = "CODES", "uploaded codes"
    HOLDERS = "HOLDERS", "coupons that are out already"


# Those that bring coupons with them, about which the batch's origin decides.
WITH_COUPONS = (Kind.ISSUE, Kind.HOLDERS)


class State(models.TextChoices):
    CHECKING = "checking", "being checked"
    CHECKED = "checked", "waiting for its start"
    WAITING = "waiting", "waiting for approval"
    QUEUED = "queued", "waiting for a worker"
    RUNNING = "running", "running"
    PAUSED = "paused", "paused"
    DONE = "done", "done"
    CANCELLED = "cancelled", "cancelled"
    FAILED = "failed", "failed"


# What workers look for.
ACTIVE = (State.CHECKING, State.QUEUED, State.RUNNING)


class BatchQuerySet(models.QuerySet["Batch"]):
    def active(self) -> "BatchQuerySet":
        """Those with work to do, in the order of their turns: who waited longest comes first."""
        return self.filter(state__in=ACTIVE).order_by(
            models.F("served_at").asc(nulls_first=True), "id"
        )

    def of_file(self, kind: str, series_ids: list[int], file_hash: bytes) -> "BatchQuerySet":
        """Those made of the same file for the same series, unless they were given up unused."""
        same = self.filter(kind=kind, series_ids=series_ids, file_hash=file_hash)
        return same.exclude(state=State.CANCELLED, started_at=None)


class Batch(models.Model):
    """A million coupons, customers or codes, or just one. Its counts are the sums of its chunks.

    `total` counts what is asked for: lines x series x `count`. `columns` is the file's header,
    `mapping` says at which position of a line which member stands. `check_report` is what a dry run
    found. Who asked and why stands in `origin`, which is also the lever for all of its coupons.
    `audience` says in words who was chosen where no file did; `has_header`: the file's first row
    was no line, so its rows are counted from one more.
    """

    kind = models.CharField(max_length=9, choices=Kind)
    state = models.CharField(max_length=9, choices=State)
    origin = models.OneToOneField(Origin, models.PROTECT, null=True, editable=False)
    series_ids = ArrayField(models.BigIntegerField(), default=list)
    count = models.PositiveIntegerField(default=1)

    file_name = models.CharField(max_length=200, blank=True)
    file_hash = models.BinaryField(max_length=32, null=True)
    audience = models.CharField(max_length=300, blank=True, default="", db_default="")
    columns = ArrayField(models.TextField(), default=list)
    has_header = models.BooleanField(default=False, db_default=False)
    mapping = models.JSONField(default=dict)
    delimiter = models.CharField(max_length=1, default=",")
    lines = models.PositiveIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    warnings = models.JSONField(default=list)
    check_report = models.JSONField(null=True)

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=500, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state"], condition=Q(state__in=ACTIVE), name="batch_active"),
            models.Index(
                fields=["file_hash"], condition=Q(file_hash__isnull=False), name="batch_by_file"
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}: {self.file_name or self.get_kind_display()}"


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def left(self, state: str) -> "ChunkQuerySet":
        """Those that a batch in this state has yet to check, or to do."""
        undone = self.filter(done_at__isnull=True)
        return undone.filter(checked_at__isnull=True) if state == State.CHECKING else undone

    def one_by_one(self) -> "Iterator[Chunk]":
        """In the order of their lines, with what reading the lines takes, each when it is wanted.

        A cursor of the server would do it, too, but there is none behind a pooler.
        """
        ordered = self.only("batch_id", "first", "lines", "sent", "finding", "results").order_by(
            "first"
        )
        chunk = ordered.first()
        while chunk:
            yield chunk
            chunk = ordered.filter(first__gt=chunk.first).first()


class Chunk(models.Model):
    """Consecutive lines of a batch, claimed and done by one transaction.

    `sent` is CSV text as it came, `first` the number of its first line (the batch's first is 1).
    `issued` and `refused` count coupons, customers or codes; `created` is how many of the issued
    are new: customers, or coupons that were out and not yet here. `reasons` counts refusals by
    their number, `results` has for each line the ids of what it became (coupons or a customer).
    `finding` is what a dry run expects; which lines it would refuse is kept until they are done.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, db_index=False, related_name="chunks")
    first = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    sent = models.TextField()
    checked_at = models.DateTimeField(null=True)
    finding = models.JSONField(null=True)
    done_at = models.DateTimeField(null=True)
    issued = models.PositiveIntegerField(db_default=0)
    refused = models.PositiveIntegerField(db_default=0)
    created = models.PositiveIntegerField(db_default=0)
    reasons = models.JSONField(null=True)
    results = models.JSONField(null=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "first"], name="chunk_first_line_unique"),
        ]
        indexes = [
            models.Index(
                fields=["batch", "first"], condition=Q(done_at__isnull=True), name="chunk_undone"
            ),
            models.Index(
                fields=["batch", "first"],
                condition=Q(checked_at__isnull=True, done_at__isnull=True),
                name="chunk_unchecked",
            ),
        ]

    def __str__(self) -> str:
        return f"Lines {self.first} to {self.first + self.lines - 1}"


class RefusalQuerySet(models.QuerySet["Refusal"]):
    def of_chunk(self, chunk: Chunk) -> "RefusalQuerySet":
        """Those of a chunk's lines."""
        return self.filter(
            batch_id=chunk.batch_id, number__range=(chunk.first, chunk.first + chunk.lines - 1)
        )


class Refusal(models.Model):
    """What a line did not get: `missing` coupons of a series, or the line as a whole, and why.

    `code` is the documented number; 500 for what went wrong on our side.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, db_index=False, related_name="refusals")
    number = models.PositiveIntegerField()
    series_id = models.BigIntegerField(null=True)
    missing = models.PositiveIntegerField(default=1)
    code = models.PositiveSmallIntegerField()
    message = models.CharField(max_length=250)

    objects = RefusalQuerySet.as_manager()

    class Meta:
        ordering = ["number", "id"]
        indexes = [models.Index(fields=["batch", "number"], name="refusal_by_line")]

    def __str__(self) -> str:
        return f"Line {self.number}: {self.message}"


class Seen(models.Model):
    """How often a dry run met a customer or a code. The table is unlogged: it may be lost."""

    batch = models.ForeignKey(Batch, models.CASCADE, db_constraint=False, db_index=False)
    # The kind of an identifier and the identifier, an e-mail address at the longest; or a code.
    key = models.CharField(max_length=300, db_collation="C")
    times = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "key"], name="seen_once_per_batch"),
        ]

    def __str__(self) -> str:
        return self.key


class WorkerHeartbeat(models.Model):
    """When a worker was last at work or looked for some."""

    name = models.CharField(max_length=200, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Download(models.Model):
    """Who took which list out of the system; complete once `rows` and `sha256` are known."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="downloads")
    content = models.CharField(max_length=7, choices=[("issued", "issued"), ("refused", "refused")])
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True)
    started_at = models.DateTimeField("when")
    rows = models.PositiveIntegerField(null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        # Rows arrive in time's order.
        indexes = [BrinIndex(fields=["started_at"], name="download_age")]

    def __str__(self) -> str:
        return f"{self.content} lines of batch {self.batch_id} as {self.get_format_display()}"
