"""The admin's pages for access: people, roles, API clients, places, and who did what."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import available_timezones

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from couponadmin import clients, second_factor, second_factor_views
from couponadmin.filters import GivenToFilter, TimeRangeFilter
from couponadmin.list_columns import API_CLIENTS, LOG, PEOPLE, PLACES, ROLES, role_names
from couponadmin.models import ApiClient, OrgEntity, OrgEntityType
from couponadmin.plain_admin import KeptAdmin, PlainAdmin, ReadOnlyAdmin

# The keys of a second factor are nobody's to look at.
for model in (User, Group, StaticDevice, TOTPDevice):
    admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PlainAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "roles", "last_login"]
    when_empty = "Add a person for everybody who shall sign in here, and give them a role."
    export_columns = PEOPLE
    actions_submit_line = ["unlock", "remove_second_factor"]

    @admin.display(description="roles", empty_value="–")
    def roles(self, user: User) -> str | None:
        return role_names(user) or None

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self) -> list[URLPattern]:
        own_page = self.admin_site.admin_view(second_factor_views.page)
        return [path("second-factor/", own_page, name="second_factor"), *super().get_urls()]

    def has_unlock_permission(self, request: HttpRequest, object_id: Any) -> bool:
        return self.may_lift(request, object_id, lambda user: locks(user).exists())

    @action(description="Save and lift the lock", permissions=["unlock"])
    def unlock(self, request: HttpRequest, obj: User) -> None:
        locks(obj).delete()
        self.log_change(request, obj, "Lifted the lock after failed sign-ins.")
        self.message_user(request, f"{obj.username} may try to sign in again.")

    def has_remove_second_factor_permission(self, request: HttpRequest, object_id: Any) -> bool:
        return self.may_lift(request, object_id, second_factor.is_on)

    @action(description="Save and remove the second factor", permissions=["remove_second_factor"])
    def remove_second_factor(self, request: HttpRequest, obj: User) -> None:
        second_factor.turn_off(obj)
        self.log_change(request, obj, "Removed the second factor.")
        self.message_user(request, f"{obj.username} signs in with the password only.")

    def may_lift(
        self, request: HttpRequest, object_id: Any, is_there: Callable[[User], bool]
    ) -> bool:
        """Offered on pages of people for whom it is there; asked again, without id, on saving."""
        user = self.get_object(request, unquote(str(object_id))) if object_id else None
        return self.has_change_permission(request) and (user is None or is_there(user))


def locks(user: User) -> models.QuerySet[AccessAttempt]:
    """The failed sign-ins with somebody's name, from wherever."""
    return AccessAttempt.objects.filter(username=user.username)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PlainAdmin):
    list_display = ["name", "people", "api_clients"]
    list_filter = [GivenToFilter]
    when_empty = "A role says what its people and API clients may do. Add one, or run migrate."
    export_columns = ROLES

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Group]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                people=models.Count("user", distinct=True),
                api_clients=models.Count("apiclient", distinct=True),
            )
        )

    @admin.display(description="people", ordering="people")
    def people(self, group: Group) -> int:
        return group.people

    @admin.display(description="API clients", ordering="api_clients")
    def api_clients(self, group: Group) -> int:
        return group.api_clients


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
    when_empty = "Add your stores, and their tills, so that coupons can be bound to them."
    export_columns = PLACES
    list_filter = ["type"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]


@admin.register(ApiClient)
class ApiClientAdmin(KeptAdmin):
    """Makes clients and their secrets. A secret is shown once, in the message after saving."""

    list_display = ["name", "client_id", "is_active", "till", "rate_per_minute", "last_used_at"]
    when_empty = "Add a client for each till, shop or service that shall call the API."
    export_columns = API_CLIENTS
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

    list_display = ["action_time", "user", "what", "how"]
    ordering = ["-pk"]
    list_filter = [("action_time", TimeRangeFilter), ("user", AutocompleteSelectFilter)]
    list_select_related = ["user", "content_type"]
    search_fields = ["=object_id"]
    search_help_text = "The id of the series, customer, batch or other thing"
    sortable_by: Sequence[str] = ()
    show_facets = admin.ShowFacets.NEVER
    when_empty = "Whatever people do in the admin is listed here."
    export_columns = LOG

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        return entry.object_repr

    @admin.display(description="how")
    def how(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()
