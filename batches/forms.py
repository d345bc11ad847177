"""What forms of batches share, and the one that moves the end of their coupons."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.urls import reverse_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from batches import columns, intake
from couponadmin.errors import CouponError
from issuance.asks import Purpose
from series.widgets import MomentInput, SeriesSearchWidget

# What the API says with its own words, and what to say to people instead.
IN_PLAIN_WORDS = {
    columns.NO_IDENTIFIER: "No column says who the customers are. Name one mobile, email, "
    "externalId or customerId, or choose below how the file names customers.",
    columns.NO_HOLDER: "No column says who holds the coupons. Name one mobile, email, "
    "externalId or customerId; a column named id is taken for the coupon's.",
    intake.NOT_UPLOADED: "This series does not take codes. Pick one whose codes are uploaded.",
    intake.SHARED: "The coupons of this series share one code: issue them to their holders.",
}
# What a refusal is about, and the field where to say it.
FIELDS = {"file": "file", "filter": "audience", "seriesId": "series"}


def text(label: str, longest: int, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget,
    )


def switch(label: str, help_text: str = "", **options: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label,
        required=False,
        help_text=help_text,
        widget=UnfoldBooleanSwitchWidget,
        **options,
    )


def moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, required=False, widget=MomentInput())


def in_words(refusal: CouponError) -> str:
    """The sentence without the member of the API that it names."""
    whole, (member, _, sentence) = refusal.message, refusal.message.partition(": ")
    bare = sentence if member in FIELDS else whole
    return IN_PLAIN_WORDS.get(whole) or IN_PLAIN_WORDS.get(bare, bare)


def complain(form: forms.Form, refusal: CouponError) -> None:
    """Says it at the field that it is about; above all of them if the form has no such field."""
    field = FIELDS.get(refusal.message.partition(": ")[0], "")
    form.add_error(field if field in form.fields else None, in_words(refusal))


class SeriesIdsField(forms.Field):
    """Series that are picked; gives their ids."""

    widget = SeriesSearchWidget(reverse_lazy("admin:series_others"))

    def clean(self, value: list[str] | None) -> list[int]:
        sent = value or []
        if not all(it.isascii() and it.isdigit() and len(it) < 19 for it in sent):
            raise forms.ValidationError("Pick a series from the list.")
        return [int(it) for it in sent]


class GiftForm(forms.Form):
    """How many coupons each customer gets, and why."""

    count = forms.IntegerField(
        label="Coupons for each customer",
        initial=1,
        min_value=1,
        max_value=500,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    source_activity = text(
        "Campaign or reason",
        50,
        "For colleagues who look at these coupons later. Example: Diwali 2026",
    )
    reason = text("Reason, at length", 250)
    notes = text("Notes", 250)

    def purpose(self, user: User) -> Purpose:
        words = {name: self.cleaned_data[name] for name in ("source_activity", "notes", "reason")}
        return Purpose(user_id=user.pk, source_type="admin", **words)


class ExtendForm(forms.Form):
    """Until when the coupons of a batch are valid at least."""

    until = forms.DateTimeField(label="Valid until at least", widget=MomentInput())
