"""The door for tills and services: issued coupons are read, revoked, and their end is moved."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin import guessing
from couponadmin.errors import ErrorCode
from couponadmin.guessing import Seeker
from couponadmin.numbers import BIGGEST_ID
from couponadmin.viewset import ApiViewSet
from customers.services import resolve
from issuance import changes, coupon_openapi, coupon_shapes
from issuance.coupon_serializers import (
    BulkExpiryInput,
    DetailsInput,
    RevokeCaseInput,
    RevokeInput,
)
from issuance.filters import LONGEST_CODE, MOST_VALUES, NamedCoupons
from issuance.lookups import find_coupons

ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": BIGGEST_ID}
CODE = {"type": "string", "maxLength": LONGEST_CODE}
UNKNOWN = {ErrorCode.CODE, ErrorCode.EXPIRY_CODE}
NAMES_OF_CUSTOMERS = "customers.view_customer"


def repeatable(name: str, items: dict[str, Any], description: str) -> OpenApiParameter:
    many = {"type": "array", "items": items, "maxItems": MOST_VALUES}
    return OpenApiParameter(name, many, description=f"{description} Repeated, or a comma list.")


NAMES = [
    repeatable("couponIds", ID, "Coupons by id."),
    repeatable("couponCodes", CODE, "Coupons by code, in any case."),
    repeatable("issuedToIds", ID, "Only coupons of these customers. A GENERIC code needs them."),
]


class CouponViewSet(ApiViewSet):
    permission_for = {
        "list": "issuance.view_coupon",
        "revoke": "issuance.change_coupon",
        "change_expiry": "issuance.change_coupon",
    }

    @extend_schema(
        summary="Get coupon details",
        parameters=[*NAMES, DetailsInput],
        responses=coupon_openapi.FoundSchema,
    )
    def list(self, request: Request) -> Response:
        """By id, code or customer, of which one is needed. `errors` names what is not found."""
        said = self.validated(DetailsInput, request.query_params.dict())
        if said["includeMessages"] and NAMES_OF_CUSTOMERS not in request.user.permissions:
            lacking = f"This API client lacks the permission {NAMES_OF_CUSTOMERS}."
            raise PermissionDenied(f"includeMessages: {lacking}")
        named = NamedCoupons(request.query_params).checked()
        now = timezone.now()
        seeker = self.admitted(None, now=now) if named["couponCodes"] else None
        found = find_coupons(
            ids=named["couponIds"],
            codes=named["couponCodes"],
            customer_ids=named["issuedToIds"],
            with_counts=said["showCouponSeries"],
            with_customers=said["includeMessages"],
        )
        if seeker:
            guessing.note_misses(unknown(error.code for error in found.missing), seeker, now=now)
        return Response(
            coupon_shapes.coupons_found(
                found,
                letters=said["coupon_code_case"],
                with_series=said["showCouponSeries"],
                with_origin=said["includeIssualDetails"],
                with_messages=said["includeMessages"],
            )
        )

    @extend_schema(
        summary="Revoke coupons",
        request=RevokeInput,
        parameters=[RevokeCaseInput],
        responses=coupon_openapi.RevokeSchema,
    )
    def revoke(self, request: Request) -> Response:
        """For good; one that was redeemed is kept, and leaves the others revoked."""
        now = timezone.now()
        letters = self.validated(RevokeCaseInput, request.query_params.dict())["couponCodeCase"]
        data = self.validated(RevokeInput, request.data)
        customer_id = customer_in(data)
        said = {"series_id": data.get("couponSeriesId"), "client_id": request.user.client.pk}
        codes = list(dict.fromkeys(data.get("couponCodes") or []))
        if not codes:
            done = changes.revoke_held(customer_id, now=now, **said)
            return Response(coupon_shapes.revocation(done, letters=letters))
        seeker = self.admitted(customer_id, now=now)
        done = changes.revoke_codes(codes, customer_id=customer_id, now=now, **said)
        guessing.note_misses(unknown(reason for _, reason in done.refused), seeker, now=now)
        return Response(coupon_shapes.revocation(done, letters=letters))

    @extend_schema(
        summary="Change when coupons expire",
        request=BulkExpiryInput,
        responses=coupon_openapi.BulkExpirySchema,
    )
    def change_expiry(self, request: Request) -> Response:
        """Later or earlier, also of expired coupons; one that fails leaves the others changed."""
        data = self.validated(BulkExpiryInput, request.data)
        who = {"series_id": data["couponSeriesId"], "customer_id": customer_in(data)}
        expiries, now = data["couponCodes"], timezone.now()
        seeker = self.admitted(who["customer_id"], now=now)
        done = changes.change_expiry(expiries=expiries, now=now, **who)
        guessing.note_misses(unknown(reason for _, reason in done.refused), seeker, now=now)
        return Response(coupon_shapes.expiry_change(done, expiries, **who))

    def admitted(self, customer_id: int | None, *, now: datetime) -> Seeker:
        """Who names codes; 429 for whoever guesses them."""
        client = self.request.user.client
        seeker = Seeker(client.pk, client.till_id, customer_id)
        guessing.refuse_guesser(seeker, now=now)
        return seeker


def unknown(reasons: Iterable[ErrorCode]) -> int:
    """How many codes were named in vain."""
    return sum(reason in UNKNOWN for reason in reasons)


def customer_in(data: dict[str, Any]) -> int | None:
    """The id of the customer whom the request names, if it names one; 701 for an unknown one."""
    reference = data["customer"]
    return None if reference is None else resolve(reference).pk
