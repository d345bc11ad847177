"""Addresses of background work; before those of `issuance`, whose two calls it extends."""

from django.urls import path

from batches.levers import LEVERS
from batches.services import DEEDS
from batches.upload_views import IssueInBackgroundViewSet, UploadViewSet
from batches.views import BatchViewSet

ONE = "v2/coupon/batches/<int:batch_id>"

urlpatterns = [
    path("v2/coupon/issue/multiple", IssueInBackgroundViewSet.as_view({"post": "multiple"})),
    path("v2/coupon/bulk/issue", IssueInBackgroundViewSet.as_view({"post": "bulk"})),
    path("v2/coupon/batches", UploadViewSet.as_view({"post": "create", "get": "list"})),
    path("v2/customers/batches", UploadViewSet.as_view({"post": "customers"})),
    path("v2/coupon/series/<int:series_id>/codes", UploadViewSet.as_view({"post": "codes"})),
    path("v2/coupon/series/<int:series_id>/holders", UploadViewSet.as_view({"post": "holders"})),
    path(ONE, BatchViewSet.as_view({"get": "retrieve"})),
    path(f"{ONE}/lines", BatchViewSet.as_view({"get": "lines"})),
    path(f"{ONE}/coupons/expiry", BatchViewSet.as_view({"put": "extend"})),
    *(
        path(f"{ONE}/{verb}", BatchViewSet.as_view({"post": "steer"}), {"verb": verb})
        for verb in DEEDS
    ),
    *(
        path(f"{ONE}/coupons/{lever}", BatchViewSet.as_view({"post": "pull"}), {"lever": lever})
        for lever in LEVERS
    ),
]
