"""The admin's pages of people and their roles, in the words that all other pages use."""

from collections.abc import Callable, Sequence
from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from couponadmin import second_factor, second_factor_views
from couponadmin.filters import GivenToFilter
from couponadmin.list_columns import PEOPLE, ROLES, role_names
from couponadmin.plain_admin import KeptAdmin, PlainAdmin
from couponadmin.roles import PURPOSES, may_be_given, meaning, place

SIGN_IN_HELP = "Switch it off when somebody leaves: their name stays in the log."
ALL_HELP = "Overrides roles. For administrators only."
OWN_HELP = "Granted outside this page. If you untick one, you cannot grant it again here."
ROLES_HELP = "What this person may do. Several roles add up."


class PersonForm(UserChangeForm):
    """Whoever has an account here uses the admin: the two switches of Django are one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "is_active" in self.fields:
            self.initial["is_active"] = self.instance.is_active and self.instance.is_staff
            explain(self.fields["is_active"], "May sign in", SIGN_IN_HELP)
            offer_roles(self.fields["groups"])
        if "is_superuser" in self.fields:
            explain(self.fields["is_superuser"], "May do everything", ALL_HELP)
        if "user_permissions" in self.fields:
            offer_own(self.fields["user_permissions"], self.instance)


class NewPersonForm(UserCreationForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_roles(self.fields["groups"])


class RoleForm(forms.ModelForm):
    """Offers what pages and calls ask for, and what the role has from elsewhere."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "permissions" in self.fields:
            field = self.fields["permissions"]
            field.queryset = given = may_be_given(role_id=self.instance.pk)
            field.choices = [(it.pk, meaning(it)) for it in sorted(given, key=place)]
            explain(field, "What it may do", "")


def offer_roles(field: Any) -> None:
    explain(field, "Roles", ROLES_HELP)
    field.label_from_instance = in_full


def offer_own(field: Any, person: User) -> None:
    field.queryset = own = person.user_permissions.select_related("content_type")
    field.choices = [(it.pk, meaning(it)) for it in sorted(own, key=place)]
    explain(field, "May do as well", OWN_HELP)


def in_full(role: Group) -> str:
    """With what a ready-made role is for."""
    purpose = PURPOSES.get(role.name)
    return f"{role.name} – {purpose}" if purpose else role.name


def explain(field: forms.Field, label: str, help_text: str) -> None:
    field.label, field.help_text = label, help_text


class UserAdmin(DjangoUserAdmin, KeptAdmin):
    """Never deleted, as the log would forget what they did."""

    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "roles", "last_login"]
    list_filter = ["is_active", "groups"]
    search_help_text = "A part of a name or e-mail address"
    when_empty = "Add a person for everybody who shall sign in here, and give them a role."
    export_columns = PEOPLE
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "email"]}),
        ("What they may do", {"fields": ["is_active", "groups", "is_superuser"]}),
        ("Record", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "email"]}),
        ("Password", {"fields": ["password1", "password2"]}),
        ("What they may do", {"fields": ["groups"]}),
    ]
    filter_horizontal: Sequence[str] = ()
    actions_detail = ["new_password"]
    actions_submit_line = ["unlock", "remove_second_factor"]

    def has_new_password_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        person = self.get_object(request, unquote(object_id)) if object_id else None
        return self.has_change_permission(request, person)

    @action(description="Change password", permissions=["new_password"], icon="password")
    def new_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:auth_user_password_change", object_id)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Who may not do everything lets nobody do everything; nobody locks themselves out."""
        fixed = [] if request.user.is_superuser else ["is_superuser"]
        if obj == request.user:
            fixed = ["is_active", "is_superuser"]
        return [*self.readonly_fields, *fixed]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What somebody may do beside their roles is only shown to be taken away."""
        sections = super().get_fieldsets(request, obj)
        if obj is None or not obj.user_permissions.exists():
            return sections
        return [*sections, ("Beside the roles", {"fields": ["user_permissions"]})]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever could set the password of somebody who may do everything could do everything."""
        beyond = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not beyond and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = obj.is_active
        super().save_model(request, obj, form, change)

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


class GroupAdmin(DjangoGroupAdmin, PlainAdmin):
    form = RoleForm
    list_display = ["name", "people", "api_clients"]
    list_filter = [GivenToFilter]
    when_empty = "A role says what its people and API clients may do. Add one, or run migrate."
    export_columns = ROLES

    filter_horizontal: Sequence[str] = ()
    fields = ["name", "permissions"]
    search_help_text = "A part of the name"

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """Says whom it is taken from, in place of Django's rows."""
        _, _, lacking, kept = super().get_deleted_objects(objs, request)
        roles = self.get_queryset(request).filter(pk__in=[role.pk for role in objs])
        told = [f"{it}: of people {it.people}, of API clients {it.api_clients}" for it in roles]
        return told, {"roles": len(told)}, lacking, kept

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
