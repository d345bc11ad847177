"""Customers: who a coupon is issued to."""

from typing import Any

from django.db import models
from django.db.models import F, Q

IDENTIFIERS = ("id", "mobile", "external_id", "email")


class CustomerQuerySet(models.QuerySet["Customer"]):
    def identified_by(self, **identifiers: Any) -> "CustomerQuerySet":
        """Everybody whom at least one of the normalised identifiers names."""
        if not identifiers:
            return self.none()
        return self.filter(Q(*identifiers.items(), _connector=Q.OR))


class Customer(models.Model):
    """A person with at least one identifier, each unique and stored normalised; or a merged one.

    `mobile` in digits, `email` in lower case, `external_id` as given (docs/integrators.md).
    """

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    mobile = models.CharField(max_length=30, null=True, blank=True, db_collation="C")
    email = models.CharField(max_length=254, null=True, blank=True, db_collation="C")
    external_id = models.CharField(max_length=100, null=True, blank=True, db_collation="C")
    fields = models.JSONField(default=dict, blank=True)
    registered_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Two rows that were one person: this one is empty, and its id names the other from then on.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged", db_index=False
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("export_customer", "Can take customers out of the system as a file")]
        constraints = [
            models.UniqueConstraint(fields=["mobile"], name="customer_mobile_unique"),
            models.UniqueConstraint(fields=["email"], name="customer_email_unique"),
            models.UniqueConstraint(fields=["external_id"], name="customer_external_id_unique"),
            models.CheckConstraint(
                condition=Q(mobile__isnull=False)
                | Q(email__isnull=False)
                | Q(external_id__isnull=False)
                | Q(merged_into__isnull=False),
                name="customer_has_an_identifier",
                violation_error_message=(
                    "A customer needs a mobile number, an e-mail address or an external id."
                ),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | Q(mobile__isnull=True, email__isnull=True, external_id__isnull=True)
                & ~Q(merged_into=F("id")),
                name="customer_merged_is_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["registered_at", "id"], name="customer_by_registration"),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="customer_by_survivor",
            ),
        ]

    def __str__(self) -> str:
        if self.merged_into_id:
            return f"merged into customer {self.merged_into_id}"
        return self.full_name or self.mobile or self.email or self.external_id or "new customer"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
