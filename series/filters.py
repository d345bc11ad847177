"""Query parameters of the list of series."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from rest_framework import serializers

from couponadmin.numbers import BIGGEST_COUNT, BIGGEST_ID, WholeField
from series.fields import whole_numbers
from series.models import Series, SeriesQuerySet

STATUSES = ["ACTIVE", "EXPIRED"]
PAGE = 100
LARGEST_PAGE = 1_000


class IdsField(forms.Field):
    """Ids in repeated parameters, in comma lists, or both."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str]) -> list[int]:
        texts = [text.strip() for text in ",".join(value).split(",")]
        ids = whole_numbers([text for text in texts if text], range(BIGGEST_ID + 1))
        if ids is None:
            raise forms.ValidationError("Ids like 10,20 are expected.")
        return ids


class IdsFilter(django_filters.Filter):
    field_class = IdsField

    def filter(self, series: SeriesQuerySet, ids: list[int]) -> SeriesQuerySet:
        return series.filter(pk__in=ids) if ids else series


class SeriesFilter(django_filters.FilterSet):
    """`today` is the day on which a series is active or expired."""

    ids = IdsFilter()
    status = django_filters.ChoiceFilter(
        choices=[(status, status) for status in STATUSES], method="with_status"
    )
    seriesCode = django_filters.CharFilter(field_name="series_code")

    class Meta:
        model = Series
        fields: list[str] = []

    def __init__(self, data: Any, queryset: SeriesQuerySet, *, today: date) -> None:
        super().__init__(data, queryset)
        self.today = today

    def with_status(self, series: SeriesQuerySet, name: str, status: str) -> SeriesQuerySet:
        if status == "ACTIVE":
            return series.active(today=self.today)
        return series.expired(today=self.today)

    def found(self) -> SeriesQuerySet:
        """The series that all parameters name; raises 756 naming the one that is wrong."""
        if not self.is_valid():
            raise serializers.ValidationError(
                {name: list(errors) for name, errors in self.errors.items()}
            )
        return self.qs


class PageInput(serializers.Serializer):
    """Which part of a list is wanted."""

    limit = WholeField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    offset = WholeField(default=0, min_value=0, max_value=BIGGEST_COUNT)
