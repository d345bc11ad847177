"""What all admin pages share, and the pages for access: people, groups, API clients, places."""

from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import BadRequest
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.views import ChangeList

from couponadmin import clients, second_factor, second_factor_views
from couponadmin.errors import CouponError
from couponadmin.long_lists import EstimatedCountPaginator, PlainChangeList
from couponadmin.models import ApiClient, OrgEntity, OrgEntityType
from couponadmin.picking import PickMany, PickOne
from couponadmin.storable import StorableDecoder


class PlainAdmin(ModelAdmin):
    """The base of all pages. A refusal by a service becomes a message, and nothing is stored."""

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
        # The search reads its own term; every other parameter goes to the database as it is.
        filters = [texts for name, texts in request.GET.lists() if name != SEARCH_VAR]
        if any("\0" in text for texts in filters for text in texts):
            raise BadRequest("Null characters are not allowed.")
        return super().changelist_view(request, extra_context)

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if db_field.name in self.get_autocomplete_fields(request):
            options.setdefault("widget", PickOne(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if db_field.name in self.get_autocomplete_fields(request):
            options.setdefault("widget", PickMany(db_field, self.admin_site))
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


# The keys of a second factor are nobody's to look at.
for model in (User, Group, StaticDevice, TOTPDevice):
    admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PlainAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions_submit_line = ["unlock", "remove_second_factor"]

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
            self.make_secret(request, obj)

    @action(description="Save and make a new secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, obj: ApiClient) -> None:
        self.make_secret(request, obj)
        self.log_change(request, obj, "Made a new secret.")

    def make_secret(self, request: HttpRequest, obj: ApiClient) -> None:
        secret = clients.rotate_secret(obj, now=timezone.now())
        shown = f"Client id {obj.client_id}, secret {secret}. The secret is not shown again."
        self.message_user(request, shown, messages.WARNING)
