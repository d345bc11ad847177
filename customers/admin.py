"""Customers in the admin: found by any identifier, changed with the checks of the API."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join

from couponadmin.errors import CouponError
from couponadmin.filters import TimeRangeFilter
from couponadmin.list_export import Column
from couponadmin.long_lists import OpensOneHit
from couponadmin.plain_admin import KeptAdmin
from couponadmin.properties import PropertiesField, property_line
from customers import identifiers, services
from customers.columns import PERMISSION, person
from customers.filters import HasEmail, HasMobile
from customers.models import Customer, CustomerQuerySet
from customers.serializers import valid_mobile

# The column of each identifier that a refusal names.
MEMBERS = {"mobile": "mobile", "email": "email", "externalId": "external_id"}
NAMES = ("mobile", "email", "external_id")
PERSON = ("first_name", "last_name", *NAMES)
# How the parameters of the filter by registration begin.
PERIOD = "registered_at_"
PROPERTIES = "Properties of your own"
PROPERTY = '<p><span class="property-name">{}</span> {}</p>'
RECORD = ["registered_at", "updated_at"]
NO_IDENTIFIER = "A customer needs a mobile number, an e-mail address or an external id."


class CustomerForm(forms.ModelForm):
    """Reads the identifiers as the API does."""

    fields = PropertiesField(
        required=False,
        label=PROPERTIES,
        help_text="What else is known, a line for each. Example: city = Pune",
    )

    class Meta:
        model = Customer
        fields = ["first_name", "last_name", "mobile", "email", "external_id", "fields"]
        labels = {"email": "E-mail"}
        help_texts = {
            "mobile": "With its country code. Example: +91 98765 43210",
            "external_id": "What your other systems call this customer.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Changed is what differs from the page as it was shown: others may change the rest."""
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & PERSON:
            self.fields[name].show_hidden_initial = True

    def clean_mobile(self) -> str | None:
        return self.read("mobile", valid_mobile)

    def clean_email(self) -> str | None:
        return self.read("email", identifiers.valid_email)

    def clean_external_id(self) -> str | None:
        return self.read("external_id", identifiers.read_external_id)

    def clean(self) -> dict[str, Any]:
        if not self.errors and not any(self.cleaned_data.get(name) for name in NAMES):
            raise forms.ValidationError(NO_IDENTIFIER)
        return self.cleaned_data

    def read(self, column: str, reader: Callable[[object], str | None]) -> str | None:
        try:
            return reader(self.cleaned_data[column])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(Customer)
class CustomerAdmin(OpensOneHit, KeptAdmin):
    form = CustomerForm
    list_display = ["__str__", "mobile", "email", "external_id", "registered_at"]
    list_filter = [HasMobile, HasEmail, ("registered_at", TimeRangeFilter)]
    # They would count ten million customers.
    show_facets = admin.ShowFacets.NEVER
    when_empty = (
        "Customers come over the API, one by one with the button above, or many at once from a "
        "file: begin a batch that creates customers."
    )
    export_columns = [
        Column("customerId", lambda customer: customer.pk, PERMISSION),
        *person(lambda customer: customer),
        Column("registeredAt", lambda customer: customer.registered_at, PERMISSION),
    ]
    # The columns that have an index: ten million customers are not sorted by name.
    sortable_by = ["mobile", "email", "external_id"]
    search_fields = ["mobile", "email", "external_id"]
    search_help_text = "A whole mobile number, e-mail address, external id or customer id"
    readonly_fields = RECORD
    fieldsets = [
        (None, {"fields": ["first_name", "last_name"]}),
        (
            "Identifiers",
            {
                "fields": ["mobile", "email", "external_id"],
                "description": "How tills and files name this customer. One is enough.",
            },
        ),
        ("More", {"fields": ["fields", *RECORD]}),
    ]
    add_fieldsets = [*fieldsets[:2], ("More", {"fields": ["fields"]})]

    def get_fieldsets(self, request: HttpRequest, obj: Customer | None = None) -> list[Any]:
        """A customer who is being added has no record yet; who may only read sees no form."""
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return [*self.fieldsets[:2], ("More", {"fields": ["properties", *RECORD]})]

    @admin.display(description=PROPERTIES, empty_value="–")
    def properties(self, customer: Customer) -> str | None:
        """To be read."""
        rows = [line.split(" = ", 1) for line in map(property_line, customer.fields.items())]
        return format_html_join("", PROPERTY, rows) or None

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """The newest first; those of a period as its index has them, who may be far from the end
        of all."""
        chosen = any(text for name, text in request.GET.items() if name.startswith(PERIOD))
        return ["-registered_at", "-pk"] if chosen else ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: CustomerQuerySet, search_term: str
    ) -> tuple[CustomerQuerySet, bool]:
        """Looks for whole identifiers, each with its index, in place of parts of every text."""
        term = search_term.strip()
        if not term:
            return queryset, False
        possible = identifiers.possible(term, region=settings.COUNTRY_CODE_REGION)
        return queryset.identified_by(**possible) if possible else queryset.none(), False

    def complaint(self, refusal: CouponError) -> tuple[str, str]:
        member, _, sentence = refusal.message.partition(": ")
        column = MEMBERS.get(member, "")
        return column, sentence if column else refusal.message

    def save_form(self, request: HttpRequest, form: CustomerForm, change: bool) -> Customer:
        form.save(commit=False)
        now = timezone.now()
        if not change:
            return services.create_customer(form.cleaned_data, now=now)
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        return services.change_customer(form.instance.pk, changed, now=now)

    def save_model(
        self, request: HttpRequest, obj: Customer, form: CustomerForm, change: bool
    ) -> None:
        """Nothing is left to do: `save_form` has stored the customer."""
