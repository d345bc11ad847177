"""The form with which a marketer begins a batch: one for all kinds, of which each needs a part."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from batches import intake
from batches.forms import GiftForm, SeriesIdsField, complain, in_words, moment, switch
from batches.intake import Order, SentBefore
from batches.models import Batch, Kind
from batches.permissions import PERMISSIONS
from batches.requests import audience_of, customers_of
from batches.uploads import too_large
from couponadmin.addresses import page_of
from couponadmin.errors import CouponError

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
FILE, EVERYBODY = "file", "everybody"
AUDIENCES = [
    (FILE, "The customers in a file"),
    (EVERYBODY, "Everybody who fits the filters below"),
]
IDENTIFIERS = [
    ("", "By the names of its columns"),
    ("MOBILE", "By mobile number"),
    ("EMAIL", "By e-mail address"),
    ("EXTERNAL_ID", "By external id"),
    ("USER_ID", "By customer id"),
]
AGAIN = (
    'This file was sent before, as <a class="underline" href="{}">batch {}</a>. If you mean it, '
    "pick it once more and tick “Send it once more”."
)


class BatchForm(GiftForm):
    """What is to be done, for which series, with which customers or codes."""

    kind = forms.ChoiceField(label="What to do", widget=UnfoldAdminSelectWidget)
    series = SeriesIdsField(label="Series", required=False)
    # A file that was forgotten must not mean everybody.
    audience = forms.ChoiceField(
        label="Who gets them",
        choices=AUDIENCES,
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
    )
    file = forms.FileField(
        label="File",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV or XLSX, up to a million rows. A large file is read much faster as CSV.",
    )
    identifier = forms.ChoiceField(
        label="How the file names customers",
        choices=IDENTIFIERS,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Choose one if the file has several columns that name customers, or only one "
        "column, without a name.",
    )
    registeredFrom = moment("Registered from")
    registeredTo = moment("Registered until")
    withMobile = switch("Only customers with a mobile number")
    withEmail = switch("Only customers with an e-mail address")
    dry_run = switch(
        "Check first", "Shows what would happen, and waits for your start.", initial=True
    )
    force = switch("Send it once more")

    was_sent_before = False

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        self.fields["kind"].choices = [
            (kind, WORDS[kind]) for kind in Kind if user.has_perms(PERMISSIONS[kind])
        ]

    @property
    def offers_again(self) -> bool:
        """Whether to ask if a file that is known is meant: only where that came up."""
        return self.was_sent_before or bool(self["force"].value())

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file and file.size > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(in_words(too_large()))
        return file

    def clean(self) -> dict[str, Any]:
        data, kind = self.cleaned_data, self.cleaned_data.get("kind")
        if kind == Kind.ISSUE:
            self.clean_issue(data)
        elif not data.get("file") and "file" not in self.errors:
            self.add_error("file", "A file is needed.")
        if kind in FOR_ONE_SERIES and len(data.get("series", ())) != 1:
            self.add_error("series", FOR_ONE_SERIES[kind])
        return data

    def clean_issue(self, data: dict[str, Any]) -> None:
        audience, has_file = data.get("audience"), bool(data.get("file"))
        if not data.get("series"):
            self.add_error("series", "Pick at least one series.")
        if not audience and "audience" not in self.errors:
            self.add_error("audience", "Say who gets them.")
        if audience == FILE and not has_file and "file" not in self.errors:
            self.add_error("file", "Pick the file of customers.")
        if audience == EVERYBODY and has_file:
            self.add_error("audience", "You have picked a file, too. Say which of both is meant.")

    def begin(self, *, now: datetime) -> Batch | None:
        """The batch that is begun; None, with an error in the form, if it is refused."""
        try:
            return self.batch(now)
        except SentBefore as refusal:
            self.was_sent_before = True
            earlier = refusal.batch_id
            page = page_of("admin:batches_batch_change", earlier)
            self.add_error("file", format_html(AGAIN, page, earlier))
        except CouponError as refusal:
            complain(self, refusal)
        return None

    def batch(self, now: datetime) -> Batch:
        data = self.cleaned_data
        if file := data["file"]:
            return intake.from_file(
                self.order(), file, name=file.name, identifier=data["identifier"], now=now
            )
        switches = {name: data[name] or None for name in ("withMobile", "withEmail")}
        chosen = data | switches
        return intake.from_customers(
            self.order(), customers_of(chosen), audience=audience_of(chosen), now=now
        )

    def order(self) -> Order:
        data = self.cleaned_data
        is_issue = data["kind"] == Kind.ISSUE
        # How many everybody is, nobody knows before it was looked at.
        must_check = is_issue and data["audience"] == EVERYBODY
        return Order(
            Kind(data["kind"]),
            self.purpose(self.user),
            series_ids=[] if data["kind"] == Kind.CUSTOMERS else data["series"],
            count=data["count"] if is_issue else 1,
            dry_run=data["dry_run"] or must_check,
            force=data["force"],
        )
