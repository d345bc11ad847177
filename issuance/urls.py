"""Addresses of the calls about coupons, as the documents have them."""

from django.urls import path

from issuance.coupon_views import CouponViewSet
from issuance.views import IssueViewSet

urlpatterns = [
    path("v2/coupon/issue", IssueViewSet.as_view({"post": "single"})),
    path("v2/coupon/issue/multiple", IssueViewSet.as_view({"post": "multiple"})),
    path("v2/coupon/bulk/issue", IssueViewSet.as_view({"post": "bulk"})),
    path("v2/coupon", CouponViewSet.as_view({"get": "list"})),
    path("v2/coupon/revoke", CouponViewSet.as_view({"post": "revoke"})),
    path("v2/coupon/bulk/expiry", CouponViewSet.as_view({"put": "change_expiry"})),
]
