"""The door for services: a customer's coupons with what became of them."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.viewset import ApiViewSet
from customers.identifiers import CustomerReference
from customers.serializers import read_reference
from customers.services import resolve
from issuance import coupon_shapes
from issuance.coupon_openapi import CustomerCouponsSchema
from issuance.coupon_serializers import CustomerCouponsInput
from issuance.coupon_views import repeatable
from issuance.filters import CustomerCoupons
from issuance.lookups import page_of
from issuance.models import Coupon
from issuance.states import STATUSES
from redemption.history import with_redemptions
from redemption.views import CUSTOMER

STATUS = {"type": "string", "enum": list(STATUSES)}
WITH_STATUS = repeatable("status", STATUS, "Any of these; without it all that are not revoked.")
# The answers say who the customer is and what they bought, beside their coupons.
NEEDED = ("issuance.view_coupon", "customers.view_customer", "redemption.view_redemption")


class CustomerCouponsViewSet(ApiViewSet):
    permission_for = {"list": NEEDED, "of_named": NEEDED}

    @extend_schema(
        summary="List a customer's coupons with what became of them",
        parameters=[WITH_STATUS, CustomerCouponsInput],
        responses=CustomerCouponsSchema,
    )
    def list(self, request: Request, customer_id: int) -> Response:
        """In the order of their ids, each with its redemptions and reversals."""
        return self.answer_about(CustomerReference(id=customer_id))

    @extend_schema(
        summary="List the coupons of a customer named by any identifier",
        parameters=[*CUSTOMER, WITH_STATUS, CustomerCouponsInput],
        responses=CustomerCouponsSchema,
    )
    def of_named(self, request: Request) -> Response:
        """As by id; several identifiers must name the same customer."""
        return self.answer_about(None)

    def answer_about(self, named: CustomerReference | None) -> Response:
        """About the customer of that reference, or of the one that the query has."""
        query = self.request.query_params
        said = self.validated(CustomerCouponsInput, query.dict())
        customer = resolve(named or read_reference(query))
        held = Coupon.objects.filter(customer_id=customer.pk)
        wanted = CustomerCoupons(query, held, now=timezone.now()).found()
        page = {"limit": said["limit"], "offset": said["offset"]}
        coupons, total = page_of(wanted, newest_first=said["sort_order"] == "DESC", **page)
        letters = said["coupon_code_case"]
        answer = coupon_shapes.coupons_of_customer(
            customer, coupons, letters=letters, total=total, **page
        )
        with_redemptions(answer["entity"]["customers"][0]["coupons"])
        return Response(answer)
