"""The form with which a marketer gives coupons to the customers of a list."""

from datetime import datetime

from django import forms
from django.contrib.auth.models import User

from batches import intake
from batches.forms import GiftForm, SeriesIdsField, complain
from batches.intake import Order
from batches.models import Batch, Kind
from couponadmin.errors import CouponError
from customers.models import CustomerQuerySet


class IssueToManyForm(GiftForm):
    """Which coupons, how many for each customer, and why."""

    series = SeriesIdsField(label="Series", help_text="Type a part of its name.")

    def clean_series(self) -> list[int]:
        series: list[int] = self.cleaned_data["series"]
        if not series:
            raise forms.ValidationError("Pick at least one series.")
        return series

    def begin(
        self, customers: CustomerQuerySet, user: User, *, audience: str, now: datetime
    ) -> Batch | None:
        """A batch that is checked first; None, with an error in the form, if it is refused."""
        data = self.cleaned_data
        purpose = self.purpose(user)
        order = Order(Kind.ISSUE, purpose, data["series"], data["count"], dry_run=True)
        try:
            return intake.from_customers(order, customers, audience=audience, now=now)
        except CouponError as refusal:
            complain(self, refusal)
            return None
