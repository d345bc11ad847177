"""The pages of coupons with what only redemption knows: their life at tills, "Would it work?"."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.decorators import action

from couponadmin.models import OrgEntity
from customers.models import Customer
from issuance import life
from issuance.admin import CouponAdmin
from issuance.life import Event
from issuance.models import Coupon
from redemption.asks import Outcome
from redemption.models import Hold, Redemption, Refusal
from redemption.places import place_with_id
from redemption.refusals import reasons_told
from redemption.services import explain
from redemption.verdicts import Stand, headline, verdicts
from redemption.words import line, places_in
from redemption.would_it_work_forms import WouldItWorkForm

PERMISSION = "redemption.view_redemption"
GIVE_BACK = "redemption.change_redemption"
# A code that everybody may use often has thousands.
NEWEST = 50


class WholeLifeAdmin(CouponAdmin):
    actions_list = ["try_one", *CouponAdmin.actions_list]
    actions_detail = [*CouponAdmin.actions_detail, "try_this", "give_back"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.would_it_work)
        return [path("would-it-work/", page, name="would_it_work"), *super().get_urls()]

    def has_explain_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm(PERMISSION))

    @action(description="Would it work?", permissions=["explain"], icon="rule")
    def try_one(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:would_it_work"))

    @action(description="Would it work?", permissions=["explain"], icon="rule")
    def try_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        coupon = self.whole(request, object_id)
        query = {"code": coupon.code, "customer": f"#{coupon.customer_id}"} if coupon else {}
        return HttpResponseRedirect(f"{reverse('admin:would_it_work')}?{urlencode(query)}")

    def has_give_back_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offered where there is something to be given back."""
        if not request.user.has_perm(GIVE_BACK):
            return False
        return not object_id or self.to_give_back(request, object_id) is not None

    @action(description="Give back", permissions=["give_back"], icon="undo")
    def give_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks on the page of the redemption; of several, of the newest."""
        if redemption := self.to_give_back(request, object_id):
            return redirect("admin:redemption_redemption_give_back", redemption.pk)
        raise Http404

    def to_give_back(self, request: HttpRequest, object_id: str) -> Redemption | None:
        coupon = self.get_object(request, unquote(object_id))
        spent = Redemption.objects.filter(coupon=coupon, reversed_at=None)
        return spent.order_by("-redeemed_at").first() if coupon else None

    def page(self, request: HttpRequest, coupon: Coupon, *, now: datetime) -> dict[str, Any]:
        context = super().page(request, coupon, now=now)
        at_tills = [
            event
            for permission, events in AT_TILLS.items()
            if request.user.has_perm(permission)
            for event in events(coupon)
        ]
        told = judged(coupon, now=now) if request.user.has_perm(PERMISSION) else {}
        return context | told | {"events": life.in_order([*context["events"], *at_tills])}

    def would_it_work(self, request: HttpRequest) -> HttpResponse:
        """The answer to a form that only asks: it is in the address, to be sent to a colleague."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        form = WouldItWorkForm(request.GET or None)
        context = self.admin_site.each_context(request) | {
            "title": "Would it work?",
            "opts": self.opts,
            "form": form,
        }
        if form.is_valid():
            context |= answer(form.cleaned_data, now=timezone.now())
        return TemplateResponse(request, "admin/issuance/coupon/would_it_work.html", context)


def answer(asked: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The verdicts of redemption's own checks, and about whom and when they are."""
    coupon = Coupon.objects.with_code(asked["code"]).select_related("customer").first()
    customer: Customer | None = asked["customer"] or (coupon and coupon.customer)
    store, at = asked["store"], asked["at"] or now
    outcome = explain(
        asked["code"],
        customer=customer,
        place=place_with_id(store and store.pk),
        at=at,
        bill_amount=asked["bill"],
        now=now,
    )
    return told_of(outcome) | {
        "outcome": outcome,
        "for_customer": customer,
        "at": at,
        "store": store,
        "bill": asked["bill"],
    }


def told_of(outcome: Outcome) -> dict[str, Any]:
    found = verdicts(outcome, names=names_of_places(outcome))
    off = money(outcome.discount) if outcome.discount is not None else ""
    passed = [each for each in found if each.stand == Stand.FOR]
    return {"headline": headline(found, off=off), "verdicts": found, "passed": passed}


def judged(coupon: Coupon, *, now: datetime) -> dict[str, Any]:
    """What a till would say now to whose it is. Nothing of one that gave way to another: of a
    shared code each customer has one that counts.
    """
    outcome = explain(
        coupon.code, customer=coupon.customer, place=None, at=now, bill_amount=None, now=now
    )
    return told_of(outcome) if outcome.coupon_id == coupon.pk else {}


def names_of_places(outcome: Outcome) -> dict[int, str]:
    """Of those that the series names, and of where the customer is."""
    if outcome.facts is None:
        return {}
    place = outcome.facts.visit.place
    ids = {one["orgEntityId"] for one in outcome.series.redemption_org_entity_details}
    ids |= {pk for _, pk in place.chain} if place else set()
    return names_by_id(ids)


def names_by_id(place_ids: set[int]) -> dict[int, str]:
    return {pk: str(one) for pk, one in OrgEntity.objects.in_bulk(place_ids).items()}


def redeemed(coupon: Coupon) -> Iterator[Event]:
    rows = Redemption.objects.filter(coupon=coupon).order_by("-redeemed_at")
    for one in rows.select_related(
        "till", "store", "client", "customer", "reversed_by_client", "reversed_by_user"
    )[:NEWEST]:
        lines = [f"{money(one.discount)} off a bill of {money(one.bill_amount)}"]
        lines += [f"transaction {one.transaction_number}"] if one.transaction_number else []
        if one.customer_id != coupon.customer_id:
            lines.append(f"by {one.customer or 'somebody unknown'}")
        yield Event(
            one.redeemed_at,
            f"Redeemed{where(one.till or one.store)}",
            "shopping_bag",
            by=who(one.client),
            lines=tuple(lines),
        )
        if one.reversed_at:
            by = who(one.reversed_by_client, one.reversed_by_user)
            lines = [one.reversal_reason] if one.reversal_reason else []
            yield Event(one.reversed_at, "Given back", "undo", by=by, lines=tuple(lines))


def held(coupon: Coupon) -> Iterator[Event]:
    """Holds that were neither committed nor cancelled."""
    rows = Hold.objects.filter(coupon=coupon, committed_at=None, released_at=None)
    for one in rows.select_related("till", "store", "client"):
        end = timezone.localtime(one.expires_at)
        title = f"Put on hold until {end:%H:%M}{where(one.till or one.store)}"
        yield Event(one.created_at, title, "lock_clock", by=str(one.client))


def refused(coupon: Coupon) -> Iterator[Event]:
    newest = Refusal.objects.filter(coupon=coupon).order_by("-at")[:NEWEST]
    rows = [(one, reasons_told(one)) for one in newest.select_related("till", "client")]
    names = names_by_id(places_in(each for _, told in rows for each in told))
    for one, told in rows:
        lines = tuple(line(each, names) for each in told)
        by = who(one.client)
        yield Event(one.at, f"Refused{where(one.till)}", "do_not_disturb_on", by=by, lines=lines)


# What each needs who looks at the page.
AT_TILLS: dict[str, Callable[[Coupon], Iterator[Event]]] = {
    PERMISSION: redeemed,
    "redemption.view_hold": held,
    "redemption.view_refusal": refused,
}


def money(amount: Decimal) -> str:
    return f"{amount.normalize():,f}"


def where(place: OrgEntity | None) -> str:
    return f" at {place}" if place else ""


def who(*candidates: Any) -> str:
    return next((str(one) for one in candidates if one), "")
