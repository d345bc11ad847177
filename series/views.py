"""The door for services: series made, changed and read."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import local_date
from couponadmin.viewset import ApiViewSet
from series.advice import warnings
from series.filters import STATUSES, PageInput, SeriesFilter
from series.models import Series
from series.openapi import SeriesListSchema, SeriesRequest, SeriesSchema
from series.serializers import SeriesInput
from series.services import create_series, update_series
from series.shapes import series_object

FILTERS = [
    OpenApiParameter("ids", str, many=True, description="Repeated, or as a comma list."),
    OpenApiParameter("status", str, enum=STATUSES),
    OpenApiParameter("seriesCode", str),
    PageInput,
]


class SeriesViewSet(ApiViewSet):
    permission_for = {
        "create": "series.add_series",
        "list": "series.view_series",
        "retrieve": "series.view_series",
        "update": "series.change_series",
    }

    @extend_schema(request=SeriesRequest, responses=SeriesSchema)
    def create(self, request: Request) -> Response:
        """Create a coupon series."""
        sent = SeriesInput(data=request.data)
        sent.is_valid(raise_exception=True)
        series = create_series(sent.validated_data, now=timezone.now(), client=request.user.client)
        return Response(series_object(series, warnings=sent.not_understood() + warnings(series)))

    @extend_schema(parameters=FILTERS, responses=SeriesListSchema)
    def list(self, request: Request) -> Response:
        """List coupon series, the newest first."""
        page = self.validated(PageInput, request.query_params.dict())
        today = local_date(timezone.now())
        series = Series.objects.with_counts()
        found = SeriesFilter(request.query_params, series, today=today).found()
        shown = found[page["offset"] : page["offset"] + page["limit"]]
        return Response({"entity": [series_object(series) for series in shown], "warnings": []})

    @extend_schema(responses=SeriesSchema)
    def retrieve(self, request: Request, series_id: int) -> Response:
        """Read a coupon series."""
        series = Series.objects.with_counts().filter(pk=series_id).first()
        if series is None:
            raise CouponError(ErrorCode.SERIES)
        return Response(series_object(series))

    @extend_schema(request=SeriesInput(partial=True), responses=SeriesSchema)
    def update(self, request: Request, series_id: int) -> Response:
        """Change a coupon series.

        What is left out stays as it is. The expiry strategy and how codes are made stay always.
        """
        sent = SeriesInput(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        series = update_series(
            series_id, sent.validated_data, now=timezone.now(), client=request.user.client
        )
        return Response(series_object(series, warnings=sent.not_understood() + warnings(series)))
