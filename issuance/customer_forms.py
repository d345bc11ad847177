"""What people fill in on a customer's page."""

from django import forms
from django.conf import settings
from django.contrib import admin
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from couponadmin.picking import PickOne
from customers import identifiers
from customers.models import Customer
from issuance.models import Coupon
from series.models import Series

MOST = 100


class IssueForm(forms.Form):
    series = forms.ModelChoiceField(
        Series.objects.all(),
        widget=PickOne(
            Coupon._meta.get_field("series"),
            admin.site,
            attrs={"class": "unfold-filter-autocomplete"},
        ),
        help_text="Type a part of its name.",
    )
    count = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=MOST,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        max_length=250,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why, for whoever looks at the coupon later. Example: late delivery",
    )

    class Media(AutocompleteDropdownForm.Media):
        """The theme's own search field."""


class OtherRecordForm(forms.Form):
    """The other record of a person, by any of its identifiers."""

    other = forms.CharField(
        label="The other record",
        max_length=254,
        widget=UnfoldAdminTextInputWidget,
        help_text="A whole mobile number, e-mail address or external id, or # and a customer id.",
    )

    def clean_other(self) -> Customer:
        return customer_named(self.cleaned_data["other"])


def customer_named(text: str) -> Customer:
    """The one customer whom a typed text means; `#` before it: the customer with that id.

    Who was merged into another is that other. Raises ValidationError, never guesses.
    """
    region = settings.COUNTRY_CODE_REGION
    possible = identifiers.possible(text.removeprefix("#"), region=region)
    if text.startswith("#"):
        possible = {"id": possible.get("id", 0)}
    found = Customer.objects.identified_by(**possible).select_related("merged_into")
    candidates = {each.merged_into or each for each in found}
    if not candidates:
        raise forms.ValidationError("No customer has this as an identifier.")
    if len(candidates) > 1:
        raise forms.ValidationError("Several customers have this. Use # and a customer id.")
    return candidates.pop()
