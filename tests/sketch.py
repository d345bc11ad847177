"""A small API of its own, to test what all endpoints share: `@pytest.mark.urls("tests.sketch")`."""

from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.models import OrgEntity
from couponadmin.urls import handler400, handler404, handler500
from couponadmin.urls import urlpatterns as real
from couponadmin.viewset import ApiViewSet

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


class OpeningSerializer(serializers.Serializer):
    day = serializers.IntegerField()
    note = serializers.CharField(max_length=5, required=False)


class PlaceSerializer(serializers.Serializer):
    code = serializers.CharField(max_length=50)
    size = serializers.IntegerField(required=False)
    opening = OpeningSerializer(required=False)
    seriesIds = serializers.ListField(child=serializers.IntegerField(), required=False)

    def validate_code(self, code: str) -> str:
        if code == "known":
            raise CouponError(ErrorCode.HELD)
        return code

    def validate(self, data: dict) -> dict:
        if data.get("size") == 0:
            raise serializers.ValidationError("A place needs room.")
        return data


class PlaceViewSet(ApiViewSet):
    """Stores a place, so that a test can count how often that was done."""

    permission_for = {
        "create": "issuance.add_coupon",
        "index": "issuance.view_coupon",
        "write": "series.add_series",
        "fail": "issuance.add_coupon",
    }

    def create(self, request: Request) -> Response:
        data = self.validated(PlaceSerializer, request.data)
        place = OrgEntity.objects.create(type="STORE", code=data["code"], name="a place")
        headers = {"Location": f"/v2/places/{place.pk}"}
        return Response({"id": place.pk, "code": place.code}, headers=headers)

    def index(self, request: Request) -> Response:
        return Response(
            {
                "query": request.query_params.get("q"),
                "money": Decimal("500.0"),
                "text": gettext_lazy("Yes"),
            }
        )

    def write(self, request: Request) -> Response:
        return Response({})

    def forgotten(self, request: Request) -> Response:
        return Response({})

    def fail(self, request: Request, why: str) -> Response:
        """Stores a place, then fails in one of the ways that something can fail."""
        OrgEntity.objects.create(type="STORE", code=why, name="must not stay")
        failures = {
            "refused": CouponError(ErrorCode.SERIES),
            "conflict": CouponError(ErrorCode.INPUT, "mobile is taken", status=409),
            "absent": Http404("nothing there"),
            "forbidden": PermissionDenied(),
            "bug": ZeroDivisionError("a bug"),
        }
        if why == "cut":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise failures[why]


urlpatterns = [
    *real,
    path("v2/places", PlaceViewSet.as_view({"post": "create", "put": "create", "get": "index"})),
    path("v2/places/write", PlaceViewSet.as_view({"post": "write"})),
    path("v2/places/forgotten", PlaceViewSet.as_view({"get": "forgotten"})),
    path("v2/places/issue", PlaceViewSet.as_view({"get": "index"}, throttle_scope="issue")),
    path("v2/places/<str:why>", PlaceViewSet.as_view({"post": "fail"})),
]
