"""The door for tills: coupons are checked, redeemed, kept on hold and given back."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin import guessing
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.viewset import ApiViewSet
from customers.identifiers import CustomerReference
from customers.models import Customer
from customers.serializers import REFERENCE, read_reference
from customers.services import resolve
from customers.shapes import for_client
from redemption import holding, openapi, places, services, shapes
from redemption.asks import Outcome, Place, Visit
from redemption.merged import again_if_merged
from redemption.moments import moment
from redemption.serializers import (
    CheckOnlySerializer,
    CheckSerializer,
    CommitSerializer,
    HoldIdsSerializer,
    HoldSerializer,
    ReactivateSerializer,
    RedeemSerializer,
)
from series.models import Series

INSIDER = "redemption.view_redemption"

ATTRIBUTION = [
    OpenApiParameter(
        places.TYPE_HEADER,
        str,
        OpenApiParameter.HEADER,
        enum=["CONCEPT", "ZONE", "STORE", "TILL"],
        description="What kind of place the next header names; TILL if unsaid.",
    ),
    OpenApiParameter(
        places.CODE_HEADER,
        str,
        OpenApiParameter.HEADER,
        description="Where it happens; if unsaid, at the API client's own till.",
    ),
]
CUSTOMER = [OpenApiParameter(member, str) for member in REFERENCE]


class RedemptionViewSet(ApiViewSet):
    """Answers tills. Refusals are answers, too: what is remembered of them is not rolled back."""

    permission_for = {
        "check": "redemption.add_redemption",
        "redeem": "redemption.add_redemption",
        "bulk": "redemption.add_redemption",
        "hold": "redemption.add_redemption",
        "commit": "redemption.add_redemption",
        "cancel": "redemption.add_redemption",
        "reactivate": "redemption.change_redemption",
    }

    @extend_schema(
        summary="Is a coupon redeemable",
        parameters=[*CUSTOMER, CheckSerializer, *ATTRIBUTION],
        responses=openapi.CheckSchema,
    )
    def check(self, request: Request) -> Response:
        """Whether each code would be redeemed, and if not, every reason why."""
        now = timezone.now()
        query = request.query_params.dict()
        if "code" in query:
            query["code"] = ",".join(request.query_params.getlist("code"))
        data = self.validated(CheckSerializer, query)
        customer, visit = self.visit(data | {"user": read_reference(query)}, now)
        outcomes = services.check(data["code"], visit, now=now)
        wanted = outcomes if data["details"] != "false" else []
        return self.checked(outcomes, customer, series_of(wanted))

    @extend_schema(
        summary="Redeem coupons",
        request=RedeemSerializer,
        parameters=ATTRIBUTION,
        responses=openapi.RedeemSchema,
    )
    def redeem(self, request: Request) -> Response:
        """Of several codes each by itself: one that is refused leaves the others redeemed."""
        return self.redeemed(all_or_nothing=False)

    @extend_schema(
        summary="Redeem coupons, all or none",
        request=RedeemSerializer,
        parameters=[CheckOnlySerializer, *ATTRIBUTION],
        responses=openapi.REDEEM_OR_CHECK,
    )
    def bulk(self, request: Request) -> Response:
        """With `is_redeemable=true` the coupons are only looked at."""
        query = self.validated(CheckOnlySerializer, request.query_params.dict())
        if not query["is_redeemable"]:
            return self.redeemed(all_or_nothing=True)
        now = timezone.now()
        data = self.validated(RedeemSerializer, request.data)
        customer, visit = self.visit(data, now)
        outcomes = services.check(codes_in(data), visit, now=now, all_or_nothing=True)
        return self.checked(outcomes, customer, {})

    @extend_schema(
        summary="Put coupons on hold",
        request=HoldSerializer,
        parameters=ATTRIBUTION,
        responses=openapi.HoldSchema,
    )
    @again_if_merged
    def hold(self, request: Request) -> Response:
        """All or none, until they are committed or cancelled or the minutes are over."""
        now = timezone.now()
        data = self.validated(HoldSerializer, request.data)
        customer, visit = self.visit(data, now)
        outcomes = services.hold(codes_in(data), visit, minutes=data["minutes"], now=now)
        if any(outcome.reasons for outcome in outcomes):
            return self.refused(outcomes)
        return self.told(shapes.held(outcomes, customer, visit.transaction_number))

    @extend_schema(summary="Commit holds", request=CommitSerializer, responses=openapi.RedeemSchema)
    def commit(self, request: Request) -> Response:
        """Redeems what is on hold, all or none; sent again, it gets the first redemptions."""
        now = timezone.now()
        data = self.validated(CommitSerializer, request.data)
        outcomes = holding.commit(
            data["holdIds"],
            client_id=request.user.client.pk,
            bill_amount=data.get("billAmount"),
            now=now,
        )
        return self.told(shapes.committed(outcomes, customer_of(outcomes)))

    @extend_schema(
        summary="Cancel holds", request=HoldIdsSerializer, responses=openapi.CancelSchema
    )
    def cancel(self, request: Request) -> Response:
        """Frees the coupons at once."""
        ids = self.validated(HoldIdsSerializer, request.data)["holdIds"]
        client_id = request.user.client.pk
        return Response(
            shapes.cancelled(holding.cancel(ids, client_id=client_id, now=timezone.now()))
        )

    @extend_schema(
        summary="Reactivate redeemed coupons",
        request=ReactivateSerializer,
        responses=openapi.ReactivateSchema,
    )
    def reactivate(self, request: Request) -> Response:
        """Gives the coupons back, all or none; what was given back before stays as it was."""
        data = self.validated(ReactivateSerializer, request.data)
        done = services.reverse(
            data["redemptionIds"],
            reason=data["reason"] or "",
            client_id=request.user.client.pk,
            now=timezone.now(),
        )
        return Response(shapes.reactivated(done))

    @again_if_merged
    def redeemed(self, *, all_or_nothing: bool) -> Response:
        now = timezone.now()
        data = self.validated(RedeemSerializer, self.request.data)
        customer, visit = self.visit(data, now)
        outcomes = services.redeem(codes_in(data), visit, now=now, all_or_nothing=all_or_nothing)
        if all(outcome.reasons for outcome in outcomes):
            return self.refused(outcomes)
        shown = self.shown(outcomes)
        return self.told(shapes.redeemed(shown, customer, visit.transaction_number))

    def checked(
        self, outcomes: list[Outcome], customer: Customer | None, series: dict[int, Series]
    ) -> Response:
        return self.told(shapes.checked(self.shown(outcomes), customer, series))

    def told(self, answer: dict[str, Any]) -> Response:
        return Response(for_client(answer, self.request.user.permissions))

    def refused(self, outcomes: list[Outcome]) -> Response:
        """Not raised: the log of refusals belongs to the transaction of the answer."""
        shown = self.shown(outcomes)
        return Response(shapes.refused(shown), status=settings.REFUSAL_HTTP_STATUS)

    def shown(self, outcomes: list[Outcome]) -> list[Outcome]:
        insider = INSIDER in self.request.user.permissions
        return outcomes if insider else shapes.concealed(outcomes)

    def visit(self, data: dict[str, Any], now: datetime) -> tuple[Customer | None, Visit]:
        """Who is at which till; 701 for an unknown customer, 429 for whoever guesses codes."""
        reference = data.get("user") or CustomerReference()
        customer = resolve(reference) if reference != CustomerReference() else None
        visit = Visit(
            at=moment(data.get("redemptionTime"), now),
            client_id=self.request.user.client.pk,
            customer_id=customer and customer.pk,
            registered_at=customer and customer.registered_at,
            transaction_number=data.get("transactionNumber") or "",
            bill_amount=data.get("billAmount"),
            place=self.place(),
        )
        guessing.refuse_guesser(visit.seeker, now=now)
        return customer, visit

    def place(self) -> Place | None:
        code = self.said(places.CODE_HEADER)
        kind = self.said(places.TYPE_HEADER)
        if code is None:
            return places.place_with_id(self.request.user.client.till_id)
        return places.named_place(kind, code)

    def said(self, header: str) -> str | None:
        """What a header says, None without it; 756 for one that says nothing.

        Web servers empty a header, or leave its bytes as they are, that is not plain ASCII.
        """
        text = self.request.headers.get(header)
        if text is None:
            return None
        if not text.strip() or not text.isascii():
            raise CouponError(ErrorCode.INPUT, f"{header}: Letters and digits (ASCII) are needed.")
        return text.strip()


def codes_in(data: dict[str, Any]) -> list[str]:
    return [item["code"] or "" for item in data["redemptionRequestList"]]


def customer_of(outcomes: list[Outcome]) -> Customer | None:
    """Whose they all are; None where they are of several."""
    ids = {outcome.done.customer_id for outcome in outcomes}
    return Customer.objects.filter(pk__in=ids).first() if len(ids) == 1 else None


def series_of(outcomes: list[Outcome]) -> dict[int, Series]:
    """Their series, counts included."""
    ids = {outcome.series.pk for outcome in outcomes if outcome.series}
    return Series.objects.with_counts().in_bulk(ids) if ids else {}
