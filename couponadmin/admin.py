"""The admin's pages for access: people, roles, API clients, places, and who did what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action

from couponadmin import clients, roles
from couponadmin.filters import TimeRangeFilter
from couponadmin.list_columns import API_CLIENTS, LOG, PLACES
from couponadmin.models import ApiClient, OrgEntity, OrgEntityType
from couponadmin.people_admin import GroupAdmin, UserAdmin, in_full
from couponadmin.plain_admin import KeptAdmin, PlainAdmin, ReadOnlyAdmin

KEPT_BY_THE_SYSTEM = ["secret_hash", "rotated_at", "last_used_at"]
# The keys of a second factor are nobody's to look at.
for model in (User, Group, StaticDevice, TOTPDevice):
    admin.site.unregister(model)
admin.site.register(User, UserAdmin)
admin.site.register(Group, GroupAdmin)


class OrgEntityForm(forms.ModelForm):
    """Keeps the tree a tree: a place lies in a larger one."""

    class Meta:
        model = OrgEntity
        fields = ["type", "code", "name", "parent", "time_zone"]
        labels = {"parent": "Lies in"}
        help_texts = {
            "parent": "The larger place that it is a part of, if there is one.",
            "time_zone": "For example Asia/Kolkata. Empty: that of the place it lies in.",
        }

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
            self.add_error("parent", "A place belongs to a larger one: concept, zone, store, till.")
        if any(sizes.index(child.type) <= size for child in self.children()):
            self.add_error("type", "A place inside this one is not smaller.")
        return self.cleaned_data

    def children(self) -> list[OrgEntity]:
        return list(self.instance.children.all()) if self.instance.pk else []


@admin.register(OrgEntity)
class OrgEntityAdmin(PlainAdmin):
    form = OrgEntityForm
    list_display = ["code", "name", "type", "lies_in", "time_zone"]
    when_empty = "Add your stores, and their tills, so that coupons can be bound to them."
    export_columns = PLACES
    list_filter = ["type"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    search_help_text = "A part of the code or name"
    autocomplete_fields = ["parent"]

    @admin.display(description="lies in", ordering="parent", empty_value="–")
    def lies_in(self, place: OrgEntity) -> OrgEntity | None:
        return place.parent


@admin.register(ApiClient)
class ApiClientAdmin(KeptAdmin):
    """Makes clients and their secrets. A secret is shown once, in the message after saving."""

    list_display = ["name", "client_id", "is_active", "till", "rate_per_minute", "last_used_at"]
    when_empty = "Add a client for each till, shop or service that calls the API."
    export_columns = API_CLIENTS
    list_filter = ["is_active", "groups"]
    list_select_related = ["till"]
    search_fields = ["name", "client_id"]
    search_help_text = "A part of the name or of the client id"
    autocomplete_fields = ["till"]
    readonly_fields = ["client_id", "created_at", "rotated_at", "last_used_at"]
    actions_submit_line = ["new_secret"]
    fieldsets = [
        (None, {"fields": ["name", "client_id", "is_active"]}),
        ("What it may do", {"fields": ["groups", "rate_per_minute", "till"]}),
        ("Record", {"fields": ["created_at", "rotated_at", "last_used_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["name"]}), fieldsets[1]]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        field: Any = super().formfield_for_manytomany(db_field, request, **options)
        field.label_from_instance = in_full
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Without a role it could do nothing."""
        return {"groups": list(roles.groups(series_write=False))}

    def get_fieldsets(self, request: HttpRequest, obj: ApiClient | None = None) -> list[Any]:
        """A client that is being made has no id and no record yet."""
        return self.fieldsets if obj else self.add_fieldsets

    def save_model(
        self, request: HttpRequest, obj: ApiClient, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            # A secret that somebody made since the page was asked for must not be written over.
            newest = ApiClient.objects.select_for_update(no_key=True)
            obj.refresh_from_db(fields=KEPT_BY_THE_SYSTEM, from_queryset=newest)
            super().save_model(request, obj, form, change)
        else:
            self.make_secret(request, obj)

    @action(description="Save and make a new secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, obj: ApiClient) -> None:
        self.make_secret(request, obj)
        self.log_change(request, obj, "Made a new secret.")

    def make_secret(self, request: HttpRequest, obj: ApiClient) -> None:
        secret = clients.rotate_secret(obj, now=timezone.now())
        shown = f"Client id {obj.client_id}, secret {secret}. The secret is not shown again."
        self.message_user(request, shown, messages.WARNING)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What people did in the admin, and which lists they took out of the system."""

    list_display = ["at", "who", "what", "how"]
    fields = ["action_time", "who", "what", "how"]
    ordering = ["-pk"]
    list_filter = [("action_time", TimeRangeFilter), ("user", AutocompleteSelectFilter)]
    list_select_related = ["user", "content_type"]
    search_fields = ["=object_id"]
    search_help_text = "The id of the series, customer, batch or other thing"
    sortable_by: Sequence[str] = ()
    show_facets = admin.ShowFacets.NEVER
    when_empty = "Whatever people do in the admin is listed here."
    export_columns = LOG

    @admin.display(description="when")
    def at(self, entry: LogEntry) -> datetime:
        return entry.action_time

    @admin.display(description="who")
    def who(self, entry: LogEntry) -> str:
        return entry.user.get_username()

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        """With its kind, where its name does not begin with that."""
        kind = entry.content_type.name if entry.content_type else ""
        told = entry.object_repr.lower().startswith(kind.lower())
        return capfirst(entry.object_repr if told else f"{kind} {entry.object_repr}")

    @admin.display(description="how")
    def how(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()
