"""What people say on the page of a series."""

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from couponadmin.numbers import BIGGEST_ID
from customers.models import Customer
from issuance.customer_forms import customer_named
from series.widgets import DayInput


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

    valid_till_date = forms.DateField(label="Last day of the series", widget=DayInput)
    coupons = forms.BooleanField(
        label="Also for coupons issued already that were not redeemed",
        required=False,
        widget=UnfoldBooleanWidget,
    )


class StepForm(forms.Form):
    """Where a long piece of work goes on: after that coupon, with so many done."""

    after = forms.IntegerField(min_value=0, max_value=BIGGEST_ID)
    done = forms.IntegerField(min_value=0, max_value=BIGGEST_ID)
