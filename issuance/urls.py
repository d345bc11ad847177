"""Addresses of the calls about coupons, as the documents have them."""

from django.urls import path

from issuance.views import IssueViewSet

urlpatterns = [
    path("v2/coupon/issue", IssueViewSet.as_view({"post": "single"})),
    path("v2/coupon/issue/multiple", IssueViewSet.as_view({"post": "multiple"})),
    path("v2/coupon/bulk/issue", IssueViewSet.as_view({"post": "bulk"})),
]
