"""The page of a customer, with what only coupons know: what they hold, issuing, merging."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from couponadmin.errors import CouponError
from customers import merging
from customers.admin import CustomerAdmin
from customers.models import Customer
from issuance import life
from issuance.asks import Answer, Ask, Purpose
from issuance.customer_filters import NEWEST, HolderFilter
from issuance.customer_forms import IssueForm, OtherRecordForm
from issuance.lookups import page_of
from issuance.merging import Merged, merge_customers, preview
from issuance.models import Coupon
from issuance.services import issue
from issuance.states import State, state_of, valid_until
from series.worth import benefit

SHOWN = 200
# In the order in which whoever answers the phone wants them.
ORDER = (State.USABLE, State.USED_UP, State.EXPIRED, State.PAUSED, State.REVOKED)


class CustomerPageAdmin(CustomerAdmin):
    actions_detail = ["issue_coupons", "merge"]
    filter_note = f"Holders are looked for among the newest {NEWEST:,} coupons of a series."
    change_form_outer_before_template = "admin/customers/customer/coupons.html"

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """What somebody holds is asked by those who may see coupons."""
        held = [("coupons__series", HolderFilter)]
        return [*self.list_filter, *(held if request.user.has_perm("issuance.view_coupon") else [])]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        customer = self.get_object(request, unquote(object_id))
        if customer is not None and customer.merged_into_id:
            sentence = f"Customer {customer.pk} was merged into this one."
            self.message_user(request, sentence, messages.INFO)
            return to_page(customer.merged_into_id)
        told = held(customer, now=timezone.now()) if customer else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | told)

    def has_issue_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("issuance.add_coupon"))

    @action(description="Issue a coupon", permissions=["issue"], icon="add_card")
    def issue_coupons(self, request: HttpRequest, object_id: str) -> HttpResponse:
        customer = self.found(request, object_id)
        form = IssueForm(request.POST or None)
        if not form.is_valid():
            return self.show(request, "issue", customer, title="Issue", form=form)
        wanted = form.cleaned_data
        ask = Ask(wanted["series"].pk, customer.pk, wanted["count"], wanted["count"] == 1)
        purpose = Purpose(user_id=request.user.pk, source="admin", reason=wanted["reason"])
        [answer] = issue([ask], now=timezone.now(), purpose=purpose)
        self.tell(request, answer)
        return to_page(customer.pk)

    def tell(self, request: HttpRequest, answer: Answer) -> None:
        codes = ", ".join(coupon.code for coupon in answer.coupons)
        if answer.resent:
            sentence = f"Nothing new was issued: the customer holds {codes} already."
            self.message_user(request, sentence, messages.WARNING)
        elif codes:
            self.message_user(request, f"Issued: {codes}", messages.SUCCESS)
        if answer.limit is not None and not answer.resent:
            self.message_user(request, f"{answer.limit.message}.", messages.ERROR)

    @action(description="Merge", permissions=["change"], icon="merge")
    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for the other record, shows what will happen, and does it when confirmed."""
        customer = self.found(request, object_id)
        form = OtherRecordForm(request.POST or request.GET or None)
        context: dict[str, Any] = {"title": "Merge", "form": form}
        if form.is_valid():
            other = form.cleaned_data["other"]
            try:
                if request.method == "POST":
                    return self.merged(request, customer, other)
                context["plan"] = preview(merging.merger(customer, other))
            except CouponError as refusal:
                context["error"] = refusal.message
        return self.show(request, "merge", customer, **context)

    def merged(self, request: HttpRequest, customer: Customer, other: Customer) -> HttpResponse:
        done = merge_customers(customer.pk, other.pk, now=timezone.now())
        self.log_change(request, customer, audit_line(done))
        self.log_change(request, other, f"Merged into customer {customer.pk}.")
        self.message_user(request, f"Customer {other.pk} is one with this now.", messages.SUCCESS)
        return to_page(customer.pk)

    def found(self, request: HttpRequest, object_id: str) -> Customer:
        customer = self.get_object(request, unquote(object_id))
        if customer is None or customer.merged_into_id:
            raise Http404
        return customer

    def show(
        self, request: HttpRequest, page: str, customer: Customer, **context: Any
    ) -> HttpResponse:
        context |= self.admin_site.each_context(request)
        context |= {"opts": self.opts, "object": customer, "customer": customer}
        return TemplateResponse(request, f"admin/customers/customer/{page}.html", context)


def held(customer: Customer, *, now: datetime) -> dict[str, Any]:
    """The newest coupons of a customer by their state, and how many there are in all."""
    coupons, total = page_of(
        Coupon.objects.filter(customer=customer), newest_first=True, limit=SHOWN, offset=0
    )
    by_state: dict[State, list[Coupon]] = {state: [] for state in ORDER}
    for coupon in coupons:
        by_state[state_of(coupon, now=now)].append(coupon)
    groups = [
        {
            "state": state.label,
            "color": life.COLORS[state.label],
            "rows": [(coupon, benefit(coupon.series), valid_until(coupon)) for coupon in rows],
        }
        for state, rows in by_state.items()
        if rows
    ]
    return {"customer": customer, "groups": groups, "total": total, "shown": SHOWN}


def audit_line(done: Merged) -> str:
    records = done.records
    kept = ", ".join(f"{column} {value}" for column, value in records.taken.items()) or "nothing"
    lost = ", ".join(f"{column} {value}" for column, value in records.lost.items()) or "nothing"
    return (
        f"Merged customer {records.absorbed.pk} into this one: {done.moved} coupons moved, "
        f"{len(done.ended)} of shared codes revoked; taken over: {kept}; let go: {lost}."
    )


def to_page(customer_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:customers_customer_change", args=[customer_id]))
