"""What all apps share: who calls (API clients), where (org entities), what was answered."""

from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Value


class OrgEntityType(models.TextChoices):
    CONCEPT = "CONCEPT"
    ZONE = "ZONE"
    STORE = "STORE"
    TILL = "TILL"


class OrgEntity(models.Model):
    """A place of the organisation; an entity covers all that lies below it."""

    type = models.CharField(max_length=7, choices=OrgEntityType)
    code = models.CharField(max_length=50, help_text="What tills and files call it.")
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    time_zone = models.CharField(
        max_length=40, blank=True, help_text="For example Asia/Kolkata. Empty: the parent's."
    )

    class Meta:
        verbose_name = "place"
        verbose_name_plural = "places"
        ordering = ["type", "code"]
        constraints = [
            models.UniqueConstraint(fields=["type", "code"], name="org_entity_code_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_type_display().lower()} {self.code})"


class ApiClientQuerySet(models.QuerySet):
    def usable(self) -> "ApiClientQuerySet":
        return self.filter(is_active=True)


class ApiClient(models.Model):
    """A till, shop or service that calls the API. Its one secret is good for all sign-ins.

    Only the SHA-256 of the secret is kept: it is random, so a slow password hash adds nothing.
    """

    client_id = models.CharField(max_length=64, unique=True, db_collation="C", editable=False)
    name = models.CharField(max_length=100)
    secret_hash = models.CharField(max_length=64, editable=False)
    is_active = models.BooleanField("may sign in", default=True)
    groups = models.ManyToManyField(
        Group,
        verbose_name="roles",
        blank=True,
        help_text="What it may do: the same permissions as for people.",
    )
    rate_per_minute = models.PositiveIntegerField(
        "calls per minute", null=True, blank=True, help_text="Empty: the default. 0: no limit."
    )
    till = models.ForeignKey(
        OrgEntity, models.PROTECT, null=True, blank=True, help_text="Where it stands, if it does."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField("secret made", null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = "API client"
        permissions = [("view_metrics", "Can read /metrics")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def permissions(self) -> frozenset[str]:
        """The permissions of its groups, as `app.codename`."""
        rows = Permission.objects.filter(group__apiclient=self).values_list(
            "content_type__app_label", "codename"
        )
        return frozenset(f"{app}.{codename}" for app, codename in rows)


class AccessToken(models.Model):
    """A bearer token of an API client; only its SHA-256 is kept."""

    checksum = models.CharField(max_length=64, unique=True, db_collation="C")
    client = models.ForeignKey(ApiClient, models.CASCADE)
    expires_at = models.DateTimeField(db_index=True)


class IdempotencyKey(models.Model):
    """The answer that a client got for one `Idempotency-Key` (docs/integrators.md).

    Stored by the transaction that does the work, so a crash leaves both or neither.
    """

    # The client signed in a moment ago; checking that again would take a fifth of the insert.
    client = models.ForeignKey(ApiClient, models.CASCADE, db_constraint=False, db_index=False)
    key = models.CharField(max_length=255, db_collation="C")
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    # Those of the answer that say more than its body, such as Location.
    headers = models.JSONField(db_default=Value({}, models.JSONField()))
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_unique"),
        ]
        # Only the sweep reads by time, and rows arrive in time's order.
        indexes = [BrinIndex(fields=["created_at"], name="idempotency_key_age")]


class RateWindow(models.Model):
    """How often a client called in the current minute. The table is unlogged: it may be lost."""

    client = models.ForeignKey(ApiClient, models.CASCADE, db_constraint=False, db_index=False)
    scope = models.CharField(max_length=20, db_collation="C")
    window = models.BigIntegerField()
    hits = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "scope"], name="rate_window_unique"),
        ]


class Guesser(models.Model):
    """How many codes somebody named in vain in the current window. The table is unlogged.

    `through`: of a till, the API client that named it, since any may name any till; 0 of others.
    Source: issue "A coupon can be spent"; limits are in `couponadmin.guessing`.
    """

    class Kind(models.TextChoices):
        CLIENT = "CLIENT"
        TILL = "TILL"
        CUSTOMER = "CUSTOMER"

    kind = models.CharField(max_length=8, choices=Kind, db_collation="C")
    subject_id = models.BigIntegerField()
    through = models.BigIntegerField(default=0, db_default=0)
    window = models.BigIntegerField()
    misses = models.PositiveIntegerField()
    last_miss_at = models.DateTimeField()

    class Meta:
        verbose_name = "guesser"
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id", "through"], name="guesser_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject_id}"
