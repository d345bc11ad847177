"""What all admin pages share, and the pages for access: people, groups, API clients, places."""

from functools import cached_property
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.paginator import Paginator
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.views import ChangeList

from couponadmin import clients
from couponadmin.errors import CouponError
from couponadmin.models import ApiClient, OrgEntity, OrgEntityType
from couponadmin.storable import StorableDecoder


class EstimatedCountPaginator(Paginator):
    """Never counts a large table: up to COUNTED rows exactly, above by PostgreSQL's estimate.

    A filtered list of more rows is "more than COUNTED". Pages end at MAX_PAGES: whoever looks
    for row 20,000 searches, and skipping ten million rows takes seconds.
    """

    COUNTED = 10_000
    MAX_PAGES = 100
    template_name = "admin/estimated_pagination.html"

    @cached_property
    def counted(self) -> int:
        return self.object_list.order_by()[: self.COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        if self.counted <= self.COUNTED or self.object_list.query.where:
            return self.counted
        return max(self.counted, estimated_rows(self.object_list.model))

    @cached_property
    def count_text(self) -> str:
        """`17`, `about 1,234,567` or `more than 10,000`."""
        if self.counted <= self.COUNTED:
            return f"{self.count:,}"
        about = self.count > self.counted
        return f"about {self.count:,}" if about else f"more than {self.COUNTED:,}"

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, self.MAX_PAGES)


def estimated_rows(model: type[models.Model]) -> int:
    """How many rows the table had when PostgreSQL looked last; -1 if it never did."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


class PlainChangeList(ChangeList):
    """Offers to show all rows only where a filter hides some."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.queryset.query.where:
            self.full_result_count = self.result_count


class PlainAdmin(ModelAdmin):
    """The base of all pages. A refusal by a service becomes a message, and nothing is stored."""

    paginator = EstimatedCountPaginator
    show_full_result_count = False
    warn_unsaved_form = True
    list_filter_submit = True
    formfield_overrides = {models.JSONField: {"decoder": StorableDecoder}}

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return PlainChangeList

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
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class KeptAdmin(PlainAdmin):
    """Rows that others refer to: added and changed, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows that the system writes: to be looked at."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PlainAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PlainAdmin):
    pass


class OrgEntityForm(forms.ModelForm):
    """Keeps the tree a tree: a place lies in a larger one."""

    class Meta:
        model = OrgEntity
        fields = ["type", "code", "name", "parent", "time_zone"]

    def clean_time_zone(self) -> str:
        name = self.cleaned_data["time_zone"]
        if name and name not in available_timezones():
            raise forms.ValidationError("No such time zone; for example Asia/Kolkata.")
        return name

    def clean(self) -> dict[str, Any]:
        sizes = OrgEntityType.values
        size = sizes.index(self.cleaned_data.get("type", sizes[0]))
        parent = self.cleaned_data.get("parent")
        if parent and sizes.index(parent.type) >= size:
            self.add_error("parent", "A place lies in a larger one: concept, zone, store, till.")
        if any(sizes.index(child.type) <= size for child in self.children()):
            self.add_error("type", "A place that lies in this one is not smaller.")
        return self.cleaned_data

    def children(self) -> list[OrgEntity]:
        return list(self.instance.children.all()) if self.instance.pk else []


@admin.register(OrgEntity)
class OrgEntityAdmin(PlainAdmin):
    form = OrgEntityForm
    list_display = ["code", "name", "type", "parent", "time_zone"]
    list_filter = ["type"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]


@admin.register(ApiClient)
class ApiClientAdmin(KeptAdmin):
    """Makes clients and their secrets. A secret is shown once, in the message after saving."""

    list_display = ["name", "client_id", "is_active", "till", "rate_per_minute", "last_used_at"]
    list_filter = ["is_active", "groups"]
    list_select_related = ["till"]
    search_fields = ["name", "client_id"]
    autocomplete_fields = ["till", "groups"]
    readonly_fields = ["client_id", "created_at", "rotated_at", "last_used_at"]
    actions_submit_line = ["new_secret"]
    fieldsets = [
        (None, {"fields": ["name", "client_id", "is_active"]}),
        ("What it may do", {"fields": ["groups", "rate_per_minute", "till"]}),
        ("Record", {"fields": ["created_at", "rotated_at", "last_used_at"]}),
    ]

    def save_model(
        self, request: HttpRequest, obj: ApiClient, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            self.new_secret(request, obj)

    @action(description="Save and make a new secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, obj: ApiClient) -> None:
        secret = clients.rotate_secret(obj, now=timezone.now())
        shown = f"Client id {obj.client_id}, secret {secret}. The secret is not shown again."
        self.message_user(request, shown, messages.WARNING)
