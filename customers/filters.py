"""Which customers a list shows: those who can be reached one way or the other."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from customers.models import CustomerQuerySet


class HasFilter(DropdownFilter):
    """Whether a customer has that identifier."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "with"), ("no", "without")]

    def queryset(self, request: HttpRequest, customers: CustomerQuerySet) -> CustomerQuerySet:
        if self.value() not in ("yes", "no"):
            return customers
        condition: dict[str, Any] = {f"{self.column}__isnull": self.value() == "no"}
        return customers.filter(**condition)


class HasMobile(HasFilter):
    title = parameter_name = column = "mobile"


class HasEmail(HasFilter):
    title = "e-mail address"
    parameter_name = column = "email"
