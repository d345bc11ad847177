"""The addresses of customers."""

from django.urls import path

from customers.views import CustomerViewSet

urlpatterns = [
    path("v2/customers", CustomerViewSet.as_view({"get": "list", "post": "create"})),
    path("v2/customers/<int:customer_id>", CustomerViewSet.as_view({"get": "retrieve"})),
]
