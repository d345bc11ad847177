"""The form of a series in the admin: other words for the same members, checked like a request."""

import copy
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from couponadmin.api import sentences
from couponadmin.times import local_date
from series.checks import FROZEN, Change, refusals
from series.members import SAMPLE_SHORT_SMS_TEMPLATE
from series.messages import DEFAULT_SMS_TEMPLATE, TAGS
from series.models import Series
from series.serializers import SeriesInput, columns_by_member

COLUMNS = columns_by_member()
NO_LIMIT = "Empty: no limit."
ANY = "Empty: any."
FIRST_TEXTS = {
    "sms_template": DEFAULT_SMS_TEMPLATE,
    "short_sms_template": SAMPLE_SHORT_SMS_TEMPLATE,
}


class SeriesForm(forms.ModelForm):
    """After `is_valid()`, `terms` has the columns for `create_series` or `update_series`."""

    class Meta:
        model = Series
        fields = list(COLUMNS.values())
        labels = {
            "info": "Details",
            "discount_value": "Value",
            "discount_upto": "Value at most",
            "valid_till_date": "Last day of the series",
            "client_handling_type": "Kind of codes",
            "alpha_numeric": "Letters and digits",
            "expiry_strategy_type": "A coupon ends",
            "expiry_strategy_value": "Days or months after the issue",
            "max_create": "Coupons at most",
            "is_multiple_vouchers_per_user_allowed": "Several per customer",
            "max_vouchers_per_user": "Coupons per customer at most",
            "min_days_between_vouchers": "Days between two coupons of a customer",
            "do_not_resend_existing_voucher": "Refuse who holds one already",
            "mutual_exclusive_series_ids": "Not for holders of these series",
            "is_sms_disabled": "No message",
        }
        help_texts = {
            "discount_code": "What the till calls the discount.",
            "series_code": "Empty: it is made.",
            "tag": "Empty: the description.",
            "custom_property_map": 'Properties of your own: {"milestone": "one"}',
            "discount_upto": NO_LIMIT,
            "valid_till_date": "Empty: the series has no end.",
            "generic_code": "The one code that all customers share.",
            "alpha_numeric": "Off: digits only.",
            "random_code_length": "Empty: 10.",
            "short_code_length": "Used where the random code length is empty.",
            "max_create": NO_LIMIT,
            "max_vouchers_per_user": NO_LIMIT,
            "do_not_resend_existing_voucher": "Off: the coupon that is held is the answer again.",
            "mutual_exclusive_series_ids": "Ids with commas between them.",
            "redemption_per_coupon_max_limit": NO_LIMIT,
            "max_redeem": NO_LIMIT,
            "max_redemptions_in_series_per_user": NO_LIMIT,
            "redemption_valid_from": "Empty: from the issue.",
            "redemption_range": 'Empty: always. {"dom": [1, 31], "dow": [6, 7], "hours": [9, 10]}: '
            "days of the month, days of the week (1 = Monday), hours.",
            "min_bill_amount": NO_LIMIT,
            "max_bill_amount": NO_LIMIT,
            "product_info": ANY + ' [{"productType": "BRAND", "productIds": [10]}]',
            "redemption_org_entity_details": ANY
            + ' [{"redemptionOrgEntityType": "STORE", "orgEntityId": 40}]',
            "sms_template": "Tags: " + " ".join(f"{{{{{tag}}}}}" for tag in TAGS),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.terms: dict[str, Any] = {}
        if "series_code" in self.fields:
            self.fields["series_code"].required = False
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3
        if self.instance.pk is None:
            self.initial |= FIRST_TEXTS
        else:
            for column in self.fields.keys() & set(FROZEN.values()):
                self.fields[column].disabled = True

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        sent = SeriesInput(data=members(self.cleaned_data), partial=True)
        if sent.is_valid():
            self.terms = sent.validated_data
            found = [(each.member, each.message) for each in refusals(self.change())]
        else:
            found = list(named(sent.errors))
        for member, message in found:
            column = COLUMNS.get(member, "")
            text = message.removeprefix(f"{member}: ")
            self.add_error(column if column in self.fields else None, text)
        return self.cleaned_data | self.terms

    def change(self) -> Change:
        after = copy.copy(self.instance)
        for column, value in self.terms.items():
            setattr(after, column, value)
        before = self.instance if self.instance.pk else None
        return Change(after, before, local_date(timezone.now()))


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
