"""The form of a series in the admin: other words for the same members, checked like a request."""

import copy
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse_lazy
from django.utils import timezone

from couponadmin.api import sentences
from couponadmin.properties import PropertiesField
from couponadmin.times import local_date
from series.advice import TEMPLATES
from series.checks import EXPIRY_RANGE, FROZEN, Change, refusals
from series.explaining import explain
from series.members import SAMPLE_SHORT_SMS_TEMPLATE
from series.messages import DEFAULT_SMS_TEMPLATE, about_unknown_tags
from series.models import NO_NAME, Series
from series.pickers import (
    MomentField,
    PlacesField,
    ProductsField,
    RangeField,
    SeriesField,
)
from series.serializers import SeriesInput, columns_by_member
from series.widgets import (
    DayInput,
    LastDayInput,
    MomentInput,
    PlaceSearchWidget,
    SeriesSearchWidget,
)
from series.words import WORDS, in_plain_words

COLUMNS = columns_by_member()
FIRST_TEXTS = {
    "sms_template": DEFAULT_SMS_TEMPLATE,
    "short_sms_template": SAMPLE_SHORT_SMS_TEMPLATE,
}
# A number that nobody chose is a number that nobody saw.
FIRST = FIRST_TEXTS | {"expiry_strategy_value": None, "discount_code": ""}
OPTIONAL = {"series_code", "discount_code", "expiry_strategy_value"}
# In place of a value that is still missing, so that the checks can look at the rest.
HARMLESS = Decimal(1)


class SeriesForm(forms.ModelForm):
    """After `is_valid()`, `terms` has the columns for `create_series` or `update_series`."""

    redemption_range = RangeField(required=False)
    redemption_org_entity_details = PlacesField(
        required=False, widget=PlaceSearchWidget(reverse_lazy("admin:series_places"))
    )
    mutual_exclusive_series_ids = SeriesField(
        required=False, widget=SeriesSearchWidget(reverse_lazy("admin:series_others"))
    )
    product_info = ProductsField(required=False)
    custom_property_map = PropertiesField(required=False)
    valid_user_registration_start_time = MomentField(required=False, widget=MomentInput)
    valid_user_registration_end_time = MomentField(required=False, widget=MomentInput)

    class Meta:
        model = Series
        fields = list(COLUMNS.values())
        widgets = {"valid_till_date": LastDayInput, "redemption_valid_from": DayInput}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terms: dict[str, Any] = {}
        self.typed: dict[str, Any] = {}
        for column in OPTIONAL & self.fields.keys():
            self.fields[column].required = False
        for column, field in self.fields.items():
            explain(column, field)
        self.initial |= {c: plain(v) for c, v in self.initial.items() if isinstance(v, Decimal)}
        if self.initial.get("discount_code") == NO_NAME:
            self.initial["discount_code"] = ""
        if "valid_till_date" in self.fields:
            widget = self.fields["valid_till_date"].widget
            widget.from_day(local_date(timezone.now()), self.instance.valid_till_date)
        if self.instance.pk is None:
            self.initial = FIRST | self.initial
        else:
            for column in self.fields.keys() & set(FROZEN.values()):
                self.fields[column].disabled = True

    def clean(self) -> dict[str, Any]:
        self.keep_untouched()
        self.typed = self.as_typed()
        sent = SeriesInput(data=members(self.typed), partial=True)
        if not sent.is_valid():
            self.complain(named(sent.errors))
        elif not self.errors:
            self.terms = sent.validated_data
        self.complain((each.member, each.message) for each in refusals(self.change()))
        self.complain_of_tags()
        return self.cleaned_data | self.terms

    def as_typed(self) -> dict[str, Any]:
        """What stands in the form, with the defaults of what may be left empty."""
        typed = dict(self.cleaned_data)
        if typed.get("discount_code") == "":
            typed["discount_code"] = NO_NAME
        if typed.get("expiry_strategy_value", 0) is None:
            del typed["expiry_strategy_value"]
            if typed.get("expiry_strategy_type") in EXPIRY_RANGE:
                self.add_error("expiry_strategy_value", "Type a number.")
        return typed

    def complain_of_tags(self) -> None:
        """Customers would read the braces. What a client has stored may stay as it is."""
        for column in set(TEMPLATES.values()) & set(self.changed_data):
            sentence = about_unknown_tags(self.typed.get(column, ""))
            if sentence and not self.typed.get("is_sms_disabled"):
                self.add_error(column, sentence)

    def complain(self, found: Iterable[tuple[str, str]]) -> None:
        """At each field what is wrong with it, unless that is said there already."""
        for member, message in found:
            column = COLUMNS.get(member, "")
            text = message.removeprefix(f"{member}: ")
            if column not in self.errors:
                self.add_error(column if column in self.fields else None, in_plain_words(text))

    def _get_validation_exclusions(self) -> set[str]:
        """The model would say the same again, and name its constraints: checks say in words what
        cannot be, and the service as it saves what another series has already.
        """
        return {*super()._get_validation_exclusions(), *self.fields}

    def keep_untouched(self) -> None:
        """What a picker cannot show in full stays as it is unless somebody changed it."""
        for column in self.declared_fields.keys() & self.cleaned_data.keys():
            if column not in self.changed_data:
                self.cleaned_data[column] = self.get_initial_for_field(self.fields[column], column)

    def change(self) -> Change:
        """What would be stored; as long as something is wrong, as far as it can be read."""
        before = self.instance if self.instance.pk else None
        after = self.draft()
        if after.discount_value is None:
            after.discount_value = HARMLESS
        return Change(after, before, local_date(timezone.now()))

    def draft(self) -> Series:
        """The series as the form has it so far; what is wrong is left out. For previews."""
        start = self.instance if self.instance.pk else Series(**FIRST_TEXTS)
        if self.terms:
            return with_terms(start, self.terms)
        sent = members(self.typed)
        found = SeriesInput(data=sent, partial=True)
        if not found.is_valid():
            for member, _ in named(found.errors):
                sent.pop(member.partition(".")[0], None)
            found = SeriesInput(data=sent, partial=True)
            found.is_valid()
        return with_terms(start, getattr(found, "validated_data", {}))


def plain(amount: Decimal) -> str:
    """Without the zeros that the column adds: 20, not 20.000."""
    whole, _, part = f"{amount:f}".partition(".")
    return f"{whole}.{part}".rstrip("0").rstrip(".") if part.strip("0") else whole


def in_words(sentence: str) -> str:
    """A sentence about documented members, with the names that the form has for them."""
    members, sign, text = sentence.partition(": ")
    columns = [COLUMNS.get(member) for member in members.split(", ")]
    if not sign or None in columns:
        return sentence
    return f"{', '.join(WORDS[column][0] for column in columns)}: {text}"


def with_terms(series: Series, terms: dict[str, Any]) -> Series:
    changed = copy.copy(series)
    for column, value in terms.items():
        setattr(changed, column, value)
    return changed


def members(cleaned: dict[str, Any]) -> dict[str, Any]:
    """What a client would have sent to say the same."""
    sent: dict[str, Any] = {"targetUserDetails": {}}
    for member, column in COLUMNS.items():
        if column in cleaned:
            whole, _, part = member.rpartition(".")
            (sent[whole] if whole else sent)[part] = said(column, cleaned[column])
    return sent


def said(column: str, value: Any) -> Any:
    """How a request says what an empty field of the form means."""
    if value is not None:
        return value
    match Series._meta.get_field(column):
        case models.JSONField() | ArrayField() as field:
            return field.get_default()
        case models.CharField():
            return ""
        case models.DateField():
            return None
    return -1


def named(errors: Any) -> Iterator[tuple[str, str]]:
    """Each error with the member it belongs to, which is a part of the path that it names."""
    for sentence in sentences(errors):
        path, _, text = sentence.partition(": ")
        whole = next((name for name in COLUMNS if f"{path}.".startswith(f"{name}.")), path)
        yield whole, text if path == whole else sentence
