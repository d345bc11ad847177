"""What people fill in to ask whether a coupon would work."""

from datetime import UTC, datetime

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from couponadmin.models import OrgEntity
from couponadmin.picking import PickOne
from customers.models import Customer
from issuance.customer_forms import customer_named
from issuance.search import meant
from redemption.models import Redemption

# Beyond these, days after and before do not exist in every time zone.
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(2100, 1, 1, tzinfo=UTC)


class WouldItWorkForm(forms.Form):
    """Only the code is needed; what is left empty is taken from the coupon and the clock."""

    code = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget({"autofocus": ""}))
    customer = forms.CharField(
        max_length=254,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Mobile, e-mail, external id, or # and a customer id. Empty: whose it is.",
    )
    store = forms.ModelChoiceField(
        OrgEntity.objects.all(),
        required=False,
        label="Store or till",
        widget=PickOne(
            Redemption._meta.get_field("store"),
            admin.site,
            attrs={"class": "unfold-filter-autocomplete"},
        ),
    )
    at = forms.DateTimeField(
        required=False,
        label="When",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[MinValueValidator(FIRST), MaxValueValidator(LAST)],
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local"}),
        help_text="Empty: now.",
    )
    bill = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=3,
        label="Bill",
        widget=UnfoldAdminDecimalFieldWidget({"step": "any"}),
        help_text="Before the discount. Example: 1500",
    )

    class Media(AutocompleteDropdownForm.Media):
        """The theme's own search field."""

    def clean_code(self) -> str:
        return meant(self.cleaned_data["code"])

    def clean_customer(self) -> Customer | None:
        text = self.cleaned_data["customer"]
        return customer_named(text) if text else None
