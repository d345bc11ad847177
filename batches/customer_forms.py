"""The form with which a marketer gives coupons to the customers of a list."""

from datetime import datetime

from django import forms
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from batches import intake
from batches.forms import SeriesIdsField, in_words, text
from batches.intake import Order
from batches.models import Batch, Kind
from couponadmin.errors import CouponError
from customers.models import CustomerQuerySet
from issuance.asks import Purpose


class IssueToManyForm(forms.Form):
    """Which coupons, how many for each customer, and why."""

    series = SeriesIdsField(label="Series", help_text="Type a part of its name.")
    count = forms.IntegerField(
        label="Coupons for each customer",
        initial=1,
        min_value=1,
        max_value=500,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    source_activity = text("Activity", 50, "Whose coupons these are: the name of a campaign.")
    notes = text("Notes", 250)
    reason = text("Reason", 250)

    def clean_series(self) -> list[int]:
        series: list[int] = self.cleaned_data["series"]
        if not series:
            raise forms.ValidationError("Pick at least one series.")
        return series

    def begin(self, customers: CustomerQuerySet, user: User, *, now: datetime) -> Batch | None:
        """A batch that is checked first; None, with an error in the form, if it is refused."""
        data = self.cleaned_data
        words = {name: data[name] for name in ("source_activity", "notes", "reason")}
        purpose = Purpose(user_id=user.pk, source_type="admin", **words)
        order = Order(Kind.ISSUE, purpose, data["series"], data["count"], dry_run=True)
        try:
            return intake.from_customers(order, customers, now=now)
        except CouponError as refusal:
            self.add_error(None, in_words(refusal))
            return None
