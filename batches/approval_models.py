"""What waits for a second person, or did, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from couponadmin.models import ApiClient


class Deed(models.TextChoices):
    RUN = "RUN", "issue the coupons"
    REVOKE_BATCH = "REVOKE_BATCH", "revoke the unredeemed coupons of the batch"
    REVOKE_SERIES = "REVOKE_SERIES", "revoke the unredeemed coupons of the series"


class Decision(models.TextChoices):
    WAITING = "waiting", "waiting"
    APPROVED = "approved", "approved"
    DECLINED = "declined", "declined"
    WITHDRAWN = "withdrawn", "withdrawn"


DECIDED = (Decision.APPROVED, Decision.DECLINED)


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def waiting(self) -> "ApprovalQuerySet":
        """Those that nobody decided about."""
        return self.filter(decision=Decision.WAITING, closed_at=None)

    def not_of(self, user_id: int) -> "ApprovalQuerySet":
        """Those that this person may decide about (`Approval.is_of`)."""
        others = self.exclude(asked_by=user_id)
        return others.exclude(deed=Deed.RUN, batch__origin__user=user_id)

    def to_carry_out(self) -> "ApprovalQuerySet":
        """Those that were approved, and are not done yet: who waits longest comes first."""
        return self.filter(decision=Decision.APPROVED, closed_at=None).order_by("id")

    def with_names(self) -> "ApprovalQuerySet":
        """Together with all that a page says of them."""
        return self.select_related(
            "batch__origin", "series", "asked_by", "asked_by_client", "decided_by"
        )


class Approval(models.Model):
    """A deed that a second person has to agree to: with a batch, or with a series.

    `size` counts the coupons when it was asked for, `value` is what one use of each takes off a
    bill at most, None where nobody knows; `because` says in words why it had to wait. `newest` is
    the last coupon of the system then, None where that was not kept. A series is revoked in steps:
    `after` is the last coupon looked at, `done` how many were revoked. Nothing is left to decide
    or to do since `closed_at`.
    """

    deed = models.CharField(max_length=13, choices=Deed)
    batch = models.ForeignKey("batches.Batch", models.PROTECT, null=True, related_name="approvals")
    series = models.ForeignKey("series.Series", models.PROTECT, null=True, related_name="approvals")
    size = models.PositiveBigIntegerField()
    value = models.DecimalField(max_digits=40, decimal_places=3, null=True)
    because = models.CharField(max_length=300)
    newest = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="approvals_asked"
    )
    asked_by_client = models.ForeignKey(ApiClient, models.PROTECT, null=True)
    decision = models.CharField(max_length=9, choices=Decision, default=Decision.WAITING)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="approvals_decided"
    )
    reason = models.CharField(max_length=250, blank=True)
    after = models.BigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        permissions = [("approve", "Can approve what waits for a second person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(deed=Deed.REVOKE_SERIES, series__isnull=False, batch__isnull=True)
                | (~Q(deed=Deed.REVOKE_SERIES) & Q(series__isnull=True, batch__isnull=False)),
                name="approval_has_its_object",
            ),
            models.CheckConstraint(
                condition=Q(decision=Decision.WAITING, decided_at__isnull=True, closed_at=None)
                | (~Q(decision=Decision.WAITING) & Q(decided_at__isnull=False)),
                name="approval_decision_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=DECIDED)
                | Q(decided_by__isnull=False)
                & (Q(asked_by__isnull=True) | ~Q(asked_by=F("decided_by"))),
                name="approval_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["deed", "batch"],
                condition=Q(closed_at__isnull=True),
                name="approval_one_open_per_batch",
            ),
            models.UniqueConstraint(
                fields=["series"],
                condition=Q(closed_at__isnull=True),
                name="approval_one_open_per_series",
            ),
        ]
        indexes = [
            models.Index(
                fields=["decision"], condition=Q(closed_at__isnull=True), name="approval_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_deed_display()} of {self.batch or self.series}"

    def is_of(self, user_id: int) -> bool:
        """Whether this person asked for it, or made the batch that somebody else started."""
        made = self.deed == Deed.RUN and self.batch.origin.user_id == user_id
        return made or self.asked_by_id == user_id
