"""The door for services: a customer's coupons with what became of them."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.viewset import ApiViewSet
from customers.identifiers import CustomerReference
from customers.services import resolve
from issuance import coupon_shapes
from issuance.coupon_answers import CustomerCouponsAnswer
from issuance.coupon_serializers import CustomerCouponsInput
from issuance.filters import CustomerCoupons
from issuance.lookups import page_of
from issuance.models import Coupon
from issuance.states import STATUSES
from redemption.history import with_redemptions

STATUS = OpenApiParameter(
    "status",
    {"type": "array", "items": {"type": "string", "enum": list(STATUSES)}},
    description="Any of these; without it all that are not revoked.",
)


class CustomerCouponsViewSet(ApiViewSet):
    permission_for = {"list": "issuance.view_coupon"}

    @extend_schema(
        summary="List a customer's coupons with what became of them",
        parameters=[STATUS, CustomerCouponsInput],
        responses=CustomerCouponsAnswer,
    )
    def list(self, request: Request, customer_id: int) -> Response:
        """In the order of their ids, each with its redemptions and reversals."""
        said = self.validated(CustomerCouponsInput, request.query_params.dict())
        customer = resolve(CustomerReference(id=customer_id))
        issued = Coupon.objects.filter(customer_id=customer.pk)
        wanted = CustomerCoupons(request.query_params, issued, now=timezone.now()).found()
        page = {"limit": said["limit"], "offset": said["offset"]}
        coupons, total = page_of(wanted, newest_first=said["sort_order"] == "DESC", **page)
        answer = coupon_shapes.coupons_of_customer(
            customer, coupons, letters=said["coupon_code_case"], total=total, **page
        )
        with_redemptions(answer["entity"]["customers"][0]["coupons"])
        return Response(answer)
