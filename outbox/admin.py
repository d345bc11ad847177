"""Webhooks in the admin: who is told, how it goes, and what to tell again."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from couponadmin.errors import CouponError
from couponadmin.filters import TimeRangeFilter
from couponadmin.list_export import Column
from couponadmin.plain_admin import KeptAdmin, ReadOnlyAdmin
from couponadmin.times import api_time
from outbox import sending, services
from outbox.filters import KindFilter, StateFilter
from outbox.models import Endpoint, Event, EventQuerySet, Kind

OFFERED = [(kind.value, kind.label) for kind in Kind if kind is not Kind.PING]
COLORS = {
    "working": "success",
    "waiting": "info",
    "failing": "warning",
    "paused": "danger",
    "delivered": "success",
    "parked": "danger",
}
NOTED_BY_WORKERS = [
    "lot_size",
    "failures",
    "failing_since",
    "retry_at",
    "last_error",
    "last_delivered_at",
    "paused_at",
]
# Counting goes no further: a long queue is a long queue.
COUNTED = 10_000


class EndpointForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        label="What it is told", choices=OFFERED, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Endpoint
        fields = ["name", "url", "kinds", "is_active"]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if sentence := sending.flaw(url):
            raise forms.ValidationError(sentence)
        return url


@admin.register(Endpoint)
class EndpointAdmin(KeptAdmin):
    """A secret is shown once, in the message after saving."""

    form = EndpointForm
    list_display = ["name", "state", "waiting", "last_delivered_at", "retry_at", "last_error"]
    list_filter = ["is_active"]
    when_empty = "Add the address of a system that should be notified about coupons."
    export_columns = [
        Column("name", lambda endpoint: endpoint.name),
        Column("url", lambda endpoint: endpoint.url),
        Column("kinds", lambda endpoint: " ".join(endpoint.kinds)),
        Column("state", lambda endpoint: state_of(endpoint)),
        Column("lastDeliveredAt", lambda endpoint: endpoint.last_delivered_at),
        Column("lastError", lambda endpoint: endpoint.last_error),
    ]
    search_fields = ["name"]
    search_help_text = "A part of the name"
    readonly_fields = [
        "state",
        "waiting",
        "last_delivered_at",
        "failing_since",
        "retry_at",
        "last_error",
        "created_at",
        "rotated_at",
    ]
    fieldsets = [
        (None, {"fields": ["name", "url", "kinds", "is_active"]}),
        ("How it goes", {"fields": readonly_fields[:6]}),
        ("Record", {"fields": readonly_fields[6:]}),
    ]
    add_fieldsets = fieldsets[:1]
    actions_list = ["all_events", *KeptAdmin.actions_list]
    actions_detail = ["events"]
    actions_submit_line = ["ping", "resume", "new_secret"]

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> list[Any]:
        """One that is being made has no deliveries yet."""
        return self.fieldsets if obj else self.add_fieldsets

    def has_look_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("outbox.view_event"))

    @action(description="Events", permissions=["look"], icon="outbox")
    def all_events(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:outbox_event_changelist")

    @action(description="Events", permissions=["look"], icon="outbox")
    def events(self, request: HttpRequest, object_id: str) -> HttpResponse:
        query = urlencode({"endpoint__id__exact": object_id})
        return redirect(f"{reverse('admin:outbox_event_changelist')}?{query}")

    @display(description="state", label=COLORS)
    def state(self, endpoint: Endpoint) -> str:
        return state_of(endpoint)

    @display(description="waiting")
    def waiting(self, endpoint: Endpoint) -> str:
        rows = Event.objects.waiting().filter(endpoint=endpoint).order_by()
        count = rows[: COUNTED + 1].count()
        return f"{count:,}" if count <= COUNTED else f"more than {COUNTED:,}"

    def save_model(
        self, request: HttpRequest, obj: Endpoint, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            # What a worker noted since the page was asked for must not be written over.
            newest = Endpoint.objects.select_for_update(no_key=True)
            obj.refresh_from_db(fields=NOTED_BY_WORKERS, from_queryset=newest)
            super().save_model(request, obj, form, change)
        else:
            self.new_secret(request, obj)

    @action(description="Save and make a new secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, obj: Endpoint) -> None:
        secret = services.new_secret(obj, now=timezone.now())
        shown = f"The secret of {obj} is {secret}. It is not shown again."
        self.message_user(request, shown, messages.WARNING)

    @action(description="Save and test", permissions=["change"])
    def ping(self, request: HttpRequest, obj: Endpoint) -> None:
        event = services.ping(obj, now=timezone.now())
        self.message_user(request, f"Event {event.pk} is on its way; see its Events.")

    @action(description="Save and retry", permissions=["change"])
    def resume(self, request: HttpRequest, obj: Endpoint) -> None:
        services.resume(obj)
        self.message_user(request, f"What waits for {obj} is sent now.")


def state_of(endpoint: Endpoint) -> str:
    if not endpoint.is_active:
        return "off"
    if endpoint.paused_at:
        return "paused"
    return "failing" if endpoint.failures else "working"


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["id", "at", "kind", "endpoint", "state", "delivered_at", "code"]
    list_filter = [
        ("endpoint", AutocompleteSelectFilter),
        ("kind", KindFilter),
        StateFilter,
        ("at", TimeRangeFilter),
    ]
    list_select_related = ["endpoint"]
    when_empty = "Events come with what happens to coupons, once a webhook is told of it."
    export_columns = [
        Column("id", lambda event: event.pk),
        Column("at", lambda event: event.at),
        Column("kind", lambda event: event.kind),
        Column("endpoint", lambda event: event.endpoint.name),
        Column("deliveredAt", lambda event: event.delivered_at),
        Column("parkedAt", lambda event: event.parked_at),
        Column("couponCode", lambda event: event.payload.get("code")),
    ]
    search_fields = ["id"]
    search_help_text = "The id of an event"
    show_facets = admin.ShowFacets.NEVER
    sortable_by: Iterable[str] = ()
    actions = ["send_again"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        known = term.isascii() and term.isdigit() and len(term) <= 18
        return (queryset.filter(pk=int(term)) if known else queryset.none()), False

    @display(description="state", label=COLORS)
    def state(self, event: Event) -> str:
        if event.parked_at:
            return "parked"
        return "delivered" if event.delivered_at else "waiting"

    @display(description="code")
    def code(self, event: Event) -> str:
        return event.payload.get("code", "")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outbox.change_event")

    @action(description="Send again", permissions=["replay"])
    def send_again(self, request: HttpRequest, events: EventQuerySet) -> None:
        try:
            count = services.replay(events)
        except CouponError as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        else:
            done = f"{api_time(timezone.now())}: {count} events are sent again."
            self.message_user(request, done, messages.SUCCESS)
