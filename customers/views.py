"""Customers over the API (docs/integrators.md)."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.viewset import ApiViewSet
from customers.serializers import REFERENCE, NewCustomerSerializer, read_reference
from customers.services import create_customer, resolve
from customers.shapes import customer_object


class CustomerViewSet(ApiViewSet):
    """Customers: made, and found by their identifiers."""

    permission_for = {
        "create": "customers.add_customer",
        "list": "customers.view_customer",
        "retrieve": "customers.view_customer",
    }
    serializer_class = NewCustomerSerializer

    @extend_schema(summary="Create a customer", responses={201: OpenApiTypes.OBJECT})
    def create(self, request: Request) -> Response:
        """At least one identifier is needed; one that another customer has gets 409."""
        data = self.validated(NewCustomerSerializer, request.data)
        customer = create_customer(data, now=timezone.now())
        return Response(customer_object(customer), status=201)

    @extend_schema(
        summary="Find a customer",
        parameters=[OpenApiParameter(name, int if name == "id" else str) for name in REFERENCE],
        responses={200: OpenApiTypes.OBJECT},
    )
    def list(self, request: Request) -> Response:
        """The one customer whom all given identifiers name."""
        reference = read_reference(request.query_params)
        return Response(customer_object(resolve(reference)))

    @extend_schema(summary="Read a customer", responses={200: OpenApiTypes.OBJECT})
    def retrieve(self, request: Request, customer_id: int) -> Response:
        """The customer with this id."""
        reference = read_reference({"id": customer_id})
        return Response(customer_object(resolve(reference)))
