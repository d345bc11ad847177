"""Addresses of the calls about series, as the documents have them."""

from django.urls import path

from series.views import SeriesViewSet

urlpatterns = [
    path("v2/coupon/series", SeriesViewSet.as_view({"post": "create", "get": "list"})),
    path(
        "v2/coupon/series/<int:series_id>",
        SeriesViewSet.as_view({"get": "retrieve", "put": "update"}),
    ),
]
