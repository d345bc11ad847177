"""Addresses of the calls about redemptions, as the documents have them."""

from django.urls import path

from redemption.history_views import CustomerCouponsViewSet
from redemption.views import RedemptionViewSet

urlpatterns = [
    path("v2/coupon/is_redeemable", RedemptionViewSet.as_view({"get": "check"})),
    path("v2/coupon/redeem", RedemptionViewSet.as_view({"post": "redeem"})),
    path("v2/coupon/bulk/redeem", RedemptionViewSet.as_view({"post": "bulk"})),
    path("v2/coupon/hold", RedemptionViewSet.as_view({"post": "hold"})),
    path("v2/coupon/hold/commit", RedemptionViewSet.as_view({"post": "commit"})),
    path("v2/coupon/hold/cancel", RedemptionViewSet.as_view({"post": "cancel"})),
    path("v2/coupon/reactivate", RedemptionViewSet.as_view({"post": "reactivate"})),
    path("v2/customers/coupons", CustomerCouponsViewSet.as_view({"get": "of_named"})),
    path("v2/customers/<int:customer_id>/coupons", CustomerCouponsViewSet.as_view({"get": "list"})),
]
