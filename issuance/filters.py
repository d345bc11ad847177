"""Query parameters that choose coupons."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from rest_framework import serializers

from couponadmin.numbers import BIGGEST_ID, whole_number
from couponadmin.storable import UNSTORABLE, UNSTORABLE_SENTENCE
from issuance.models import Coupon, CouponQuerySet, normal_code
from issuance.states import REVOKED, STATUSES, with_status

MOST_VALUES = 100
LONGEST_CODE = 100


class ListField(forms.Field):
    """Values in repeated parameters, in comma lists, or both; each once, blanks left out.

    `read` raises ValueError, with a sentence.
    """

    widget = forms.MultipleHiddenInput

    def __init__(self, *, read: Callable[[str], Any], **options: Any) -> None:
        super().__init__(**options)
        self.read = read

    def clean(self, value: list[str]) -> list[Any]:
        parts = [part for part in map(str.strip, ",".join(value).split(",")) if part]
        if len(parts) > MOST_VALUES:
            raise forms.ValidationError(f"No more than {MOST_VALUES} values are allowed.")
        try:
            values = list(dict.fromkeys(map(self.read, parts)))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return values


def read_id(text: str) -> int:
    number = whole_number(text)
    if number is None or not 0 < number <= BIGGEST_ID:
        raise ValueError("Ids like 10,20 are expected.")
    return number


def read_code(text: str) -> str:
    if len(text) > LONGEST_CODE:
        raise ValueError(f"A code has no more than {LONGEST_CODE} characters.")
    if UNSTORABLE.search(text):
        raise ValueError(UNSTORABLE_SENTENCE)
    return normal_code(text)


def read_status(text: str) -> str:
    if text.upper() not in STATUSES:
        raise ValueError(f"One of {', '.join(STATUSES)} is expected.")
    return text.upper()


class ListFilter(django_filters.Filter):
    field_class = ListField


class CheckedFilterSet(django_filters.FilterSet):
    """`checked()` is what the parameters say; it raises 756 naming the one that is wrong."""

    class Meta:
        model = Coupon
        fields: list[str] = []

    def checked(self) -> dict[str, Any]:
        if not self.is_valid():
            raise serializers.ValidationError(
                {name: list(errors) for name, errors in self.errors.items()}
            )
        return self.form.cleaned_data


class NamedCoupons(CheckedFilterSet):
    """Which coupons "Get coupon details" is about."""

    couponIds = ListFilter(read=read_id)
    couponCodes = ListFilter(read=read_code)
    issuedToIds = ListFilter(read=read_id)

    def checked(self) -> dict[str, Any]:
        named = super().checked()
        if not any(named.values()):
            raise serializers.ValidationError(
                "One of couponIds, couponCodes and issuedToIds is mandatory to set"
            )
        return named


class CustomerCoupons(CheckedFilterSet):
    """Coupons with one of the statuses at that time; without any those not revoked."""

    status = ListFilter(read=read_status)

    def __init__(self, data: Any, queryset: CouponQuerySet, *, now: datetime) -> None:
        super().__init__(data, queryset)
        self.now = now

    def found(self) -> CouponQuerySet:
        wanted = [with_status(status, now=self.now) for status in self.checked()["status"]]
        return self.queryset.filter(reduce(or_, wanted, Q()) if wanted else ~REVOKED)
