"""What people say on the page of a series."""

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from couponadmin.numbers import BIGGEST_ID
from customers.models import Customer
from issuance.customer_forms import customer_named
from series.values import DAY
from series.widgets import LastDayInput

SAME = "Choose a day after {}, when the series ends now. An earlier one is set with Edit."


class IssueForm(forms.Form):
    """One customer, named by whatever identifier is at hand; `customer` becomes the row."""

    customer = forms.CharField(
        max_length=254,
        widget=UnfoldAdminTextInputWidget(
            {"placeholder": "Mobile number, e-mail address, external id, or # and a customer id"}
        ),
    )

    def clean_customer(self) -> Customer:
        return customer_named(self.cleaned_data["customer"])


class ExtendForm(forms.Form):
    """A later last day, for the series and, if wanted, for coupons that were issued already."""

    valid_till_date = forms.DateField(label="New last day of the series", widget=LastDayInput)
    coupons = forms.BooleanField(
        label="Also for coupons issued already that were not redeemed",
        required=False,
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, *args: Any, now_ends: date, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now_ends = now_ends
        self.fields["valid_till_date"].widget.from_day(now_ends, today)

    def clean_valid_till_date(self) -> date:
        day: date = self.cleaned_data["valid_till_date"]
        if day <= self.now_ends:
            raise forms.ValidationError(SAME.format(date_format(self.now_ends, DAY)))
        return day


class StepForm(forms.Form):
    """Where a long piece of work goes on: after that coupon, with so many done of the whole."""

    after = forms.IntegerField(min_value=0, max_value=BIGGEST_ID)
    done = forms.IntegerField(min_value=0, max_value=BIGGEST_ID)
    whole = forms.IntegerField(min_value=0, max_value=BIGGEST_ID, required=False)
