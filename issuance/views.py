"""The door for tills and services: the documented calls that issue."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.api import JSONParser, JSONRenderer, as_json, json_object
from couponadmin.errors import CouponError
from couponadmin.idempotency import claim_of
from couponadmin.viewset import ApiViewSet
from customers.services import resolve
from customers.shapes import for_client
from issuance import express, shapes
from issuance.asks import Answer, Ask, Purpose
from issuance.openapi import BulkSchema, MultipleSchema, SingleSchema
from issuance.serializers import (
    BulkIssueSerializer,
    IssueMultipleSerializer,
    IssueSerializer,
    SourceSerializer,
    purpose,
)
from issuance.services import issue


class IssueViewSet(ApiViewSet):
    """Issues coupons to one customer."""

    permission_for = {
        "single": "issuance.add_coupon",
        "multiple": "issuance.add_coupon",
        "bulk": "issuance.add_coupon",
    }

    @property
    def throttle_scope(self) -> str:
        return "issue" if self.action == "single" else "other"

    def answer(self) -> HttpResponse:
        """Single coupons take the express lane, where it will do."""
        return (self.action == "single" and self.express()) or super().answer()

    def express(self) -> HttpResponse | None:
        """None, too, for what is malformed: `single` refuses it."""
        now = timezone.now()
        kind = self.request.content_type.partition(";")[0].strip().lower()
        if kind != JSONParser.media_type:
            return None
        try:
            claim = claim_of(self.request, now=now) if self.is_repeatable() else None
            data = self.validated(IssueSerializer, json_object(self.request.body))
        except (CouponError, ValidationError, ValueError):
            return None
        body = express.issue_one(
            data["seriesId"],
            data["customer"],
            claim=claim,
            purpose=self.purpose(None),
            now=now,
            words=lambda answer, customer: as_json(self.told(shapes.single(answer, customer))),
        )
        return body and HttpResponse(body, content_type=JSONRenderer.media_type)

    @extend_schema(request=IssueSerializer, responses=SingleSchema)
    def single(self, request: Request) -> Response:
        """Issue one coupon of a series."""
        data = self.validated(IssueSerializer, request.data)
        customer = resolve(data["customer"])
        ask = Ask(data["seriesId"], customer.pk, may_resend=True)
        [answer] = issue([ask], now=timezone.now(), purpose=self.purpose(None))
        refuse_if_nothing([answer])
        return Response(self.told(shapes.single(answer, customer)))

    @extend_schema(request=IssueMultipleSerializer, responses=MultipleSchema)
    def multiple(self, request: Request) -> Response:
        """Issue up to 500 coupons of a series, or of each of several series."""
        data = self.validated(IssueMultipleSerializer, request.data)
        customer = resolve(data["customer"])
        asks = [Ask(series_id, customer.pk, data["count"]) for series_id in data["series_ids"]]
        answers = issue(asks, now=timezone.now(), purpose=self.purpose(data.get("metadata")))
        refuse_if_nothing(answers)
        return Response(self.told(shapes.multiple(answers, customer)))

    @extend_schema(request=BulkIssueSerializer, parameters=[SourceSerializer], responses=BulkSchema)
    def bulk(self, request: Request) -> Response:
        """Issue one coupon of each of several series; one that fails leaves the others issued."""
        query = self.validated(SourceSerializer, request.query_params)
        data = self.validated(BulkIssueSerializer, request.data)
        customer = resolve(data["customer"])
        asks = [Ask(pk, customer.pk, may_resend=True) for pk in data["seriesIds"]]
        aim = self.purpose(data.get("metadata"), query.get("source", ""))
        return Response(shapes.bulk(issue(asks, now=timezone.now(), purpose=aim)))

    def told(self, answer: dict[str, Any]) -> dict[str, Any]:
        return for_client(answer, self.request.user.permissions)

    def purpose(self, metadata: dict[str, str] | None, source: str = "") -> Purpose:
        client = self.request.user.client
        return purpose(client_id=client.pk, metadata=metadata, source=source)


def refuse_if_nothing(answers: list[Answer]) -> None:
    """A request of which nothing was issued is refused whole, with the first series' reason."""
    if not any(answer.coupons for answer in answers):
        limit = answers[0].limit
        raise CouponError(limit.code, limit.message)
