"""The bases of the admin's pages: plain, kept, and to be looked at only."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import BadRequest
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from couponadmin.errors import CouponError
from couponadmin.list_export import ExportedLists
from couponadmin.long_lists import EstimatedCountPaginator, PlainChangeList
from couponadmin.picking import PickOne
from couponadmin.storable import StorableDecoder

TICKED = "id__in"
FILTER_ENDS = (
    *("", "__exact", "__id__exact", "__isnull", "__gte", "__lte", "__gt", "__lt"),
    *("_from", "_to", "_from_0", "_from_1", "_to_0", "_to_1"),
)


class PlainAdmin(ExportedLists, ModelAdmin):
    """The base of all pages. A refusal by a service is shown in the form, and nothing is stored.

    `when_empty` tells, on a list without rows, how the first one comes to be; `filter_note`, under
    the filters, at how many rows they look.
    """

    when_empty = ""
    filter_note = ""
    paginator = EstimatedCountPaginator
    show_full_result_count = False
    warn_unsaved_form = True
    list_filter_submit = True
    formfield_overrides = {models.JSONField: {"decoder": StorableDecoder}}

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return PlainChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self.refuse_unstorable(request)
        named = {"title": capfirst(self.opts.verbose_name_plural)}
        response = super().changelist_view(request, named | (extra_context or {}))
        if request.GET and isinstance(response, TemplateResponse):
            # What a button above the list does, it does with the rows that the filters leave.
            for button in response.context_data["actions_list"]:
                button["path"] += f"?{request.GET.urlencode()}"
        return response

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What the filters beside the list ask for. Any other column may be a secret, and any other
        comparison slow, or more than the database can do.
        """
        names = [parameter(entry) for entry in self.get_list_filter(request)]
        dates = {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        asked = set().union(*map(asked_by, names))
        return lookup in {TICKED} | dates | asked

    def refuse_unstorable(self, request: HttpRequest) -> None:
        # Filters would hand it to the database; the search would find everything instead.
        if any("\0" in text for _, texts in request.GET.lists() for text in texts):
            raise BadRequest("Null characters are not allowed.")

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if db_field.name in self.get_autocomplete_fields(request):
            options.setdefault("widget", PickOne(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        options.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget())
        return super().formfield_for_manytomany(db_field, request, **options)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except CouponError as refusal:
            # Nothing is stored. Again, to show what was typed: the form knows what is wrong now.
            request.complaint = self.complaint(refusal)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, **options: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **options)
        complaint = getattr(request, "complaint", None)
        return refused(form, *complaint) if complaint else form

    def complaint(self, refusal: CouponError) -> tuple[str, str]:
        """The field that a refusal is about, or none, and what to say there."""
        return "", refusal.message


def refused(form: type[forms.ModelForm], column: str, sentence: str) -> type[forms.ModelForm]:
    """The form with that sentence at that field; above all of them if it has no such field."""

    class Refused(form):
        def clean(self) -> dict[str, Any]:
            cleaned: dict[str, Any] = super().clean()
            self.add_error(column if column in self.fields else None, sentence)
            return cleaned

    return Refused


def plain_text(field: models.Field) -> Callable[[models.Model], str]:
    """What a field of a read-only page refers to, without a link to it."""

    @admin.display(description=field.verbose_name)
    def told(row: models.Model) -> str:
        return str(getattr(row, field.name) or "–")

    told.__name__ = field.name
    return told


def parameter(entry: Any) -> str:
    """What an entry of `list_filter` is called in addresses."""
    name = entry[0] if isinstance(entry, tuple | list) else entry
    return name if isinstance(name, str) else name.parameter_name


def asked_by(name: str) -> set[str]:
    """The parameters that a filter of this name has."""
    return {name + end for end in FILTER_ENDS}


class KeptAdmin(PlainAdmin):
    """Rows that others refer to: added and changed, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows that the system writes: to be looked at."""

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        return self.linked(request, super().get_fields(request, obj))

    def linked(self, request: HttpRequest, names: Sequence[Any]) -> list[Any]:
        """The fields, of which those are no links that lead to what this person may not see."""
        return [
            name if self.may_follow(request, name) else plain_text(self.opts.get_field(name))
            for name in names
        ]

    def may_follow(self, request: HttpRequest, name: Any) -> bool:
        field = next((each for each in self.opts.fields if each.name == name), None)
        if field is None or not field.many_to_one:
            return True
        other = field.related_model._meta
        codename = get_permission_codename("view", other)
        return bool(request.user.has_perm(f"{other.app_label}.{codename}"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Without the button that leads to a history of forms that were saved: none ever is."""
        context = {"show_history": False} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
