"""The form with which a marketer begins a batch, and the one that moves the end of its coupons."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from batches import intake
from batches.intake import Order
from batches.models import Batch, Kind
from batches.permissions import PERMISSIONS
from batches.requests import customers_of
from batches.uploads import too_large
from couponadmin.errors import CouponError
from issuance.asks import Purpose
from series.widgets import MomentInput, SeriesSearchWidget

WORDS = {
    Kind.ISSUE: "Issue coupons to customers",
    Kind.CUSTOMERS: "Create or update customers",
    Kind.CODES: "Upload codes of our own",
    Kind.HOLDERS: "Move coupons here",
}
FOR_ONE_SERIES = {
    Kind.CODES: "Pick the one series that the codes are for.",
    Kind.HOLDERS: "Pick the one series that the coupons are of.",
}
IDENTIFIERS = [
    ("", "as the columns are named"),
    ("MOBILE", "mobile number"),
    ("EMAIL", "e-mail address"),
    ("EXTERNAL_ID", "external id"),
    ("USER_ID", "customer id"),
]


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
    return refusal.message.removeprefix("file: ").removeprefix("filter: ")


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
    source_activity = text("Activity", 50, "Whose coupons these are: the name of a campaign.")
    notes = text("Notes", 250)
    reason = text("Reason", 250)

    def purpose(self, user: User) -> Purpose:
        words = {name: self.cleaned_data[name] for name in ("source_activity", "notes", "reason")}
        return Purpose(user_id=user.pk, source_type="admin", **words)


class BatchForm(GiftForm):
    """What is to be done, for which series, with which customers or codes."""

    kind = forms.ChoiceField(label="What to do", widget=UnfoldAdminSelectWidget)
    series = SeriesIdsField(
        label="Series", required=False, help_text="Not needed to create customers."
    )
    file = forms.FileField(
        label="File",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV or XLSX; a large file is read much faster as CSV. Left empty, coupons go to "
        "the customers that you choose below. To move coupons here that customers hold already: "
        "the columns code, mobile (or another that names the customer), issuedOn and validTill.",
    )
    identifier = forms.ChoiceField(
        label="Customers are named by their",
        choices=IDENTIFIERS,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    registeredFrom = moment("Registered from")
    registeredTo = moment("Registered until")
    withMobile = switch("Only customers with a mobile number")
    withEmail = switch("Only customers with an e-mail address")
    dry_run = switch(
        "Check first", "Shows what would happen, and waits for your start.", initial=True
    )
    force = switch("Take a file that was sent before")

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        self.fields["kind"].choices = [
            (kind, WORDS[kind]) for kind in Kind if user.has_perms(PERMISSIONS[kind])
        ]

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file and file.size > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(in_words(too_large()))
        return file

    def clean(self) -> dict[str, Any]:
        data, kind = self.cleaned_data, self.cleaned_data.get("kind")
        if kind != Kind.ISSUE and not data.get("file") and "file" not in self.errors:
            self.add_error("file", "A file is needed.")
        if kind == Kind.ISSUE and not data.get("series"):
            self.add_error("series", "Pick at least one series.")
        if kind in FOR_ONE_SERIES and len(data.get("series", ())) != 1:
            self.add_error("series", FOR_ONE_SERIES[kind])
        return data

    def begin(self, *, now: datetime) -> Batch | None:
        """The batch that is begun; None, with an error in the form, if it is refused."""
        try:
            return self.batch(now)
        except CouponError as refusal:
            self.add_error(None, in_words(refusal))
            return None

    def batch(self, now: datetime) -> Batch:
        data = self.cleaned_data
        if file := data["file"]:
            return intake.from_file(
                self.order(), file, name=file.name, identifier=data["identifier"], now=now
            )
        switches = {name: data[name] or None for name in ("withMobile", "withEmail")}
        return intake.from_customers(self.order(), customers_of(data | switches), now=now)

    def order(self) -> Order:
        data = self.cleaned_data
        is_issue = data["kind"] == Kind.ISSUE
        return Order(
            Kind(data["kind"]),
            self.purpose(self.user),
            series_ids=[] if data["kind"] == Kind.CUSTOMERS else data["series"],
            count=data["count"] if is_issue else 1,
            dry_run=data["dry_run"],
            force=data["force"],
        )


class ExtendForm(forms.Form):
    """Until when the coupons of a batch are valid at least."""

    until = forms.DateTimeField(label="Valid until at least", widget=MomentInput())
