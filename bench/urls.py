"""The platform's addresses, and three more that do nothing: what they cost is what is compared."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from couponadmin.auth import BasicClientAuthentication, Principal, forget_credentials
from couponadmin.urls import handler400, handler404, handler500
from couponadmin.urls import urlpatterns as real
from couponadmin.viewset import ApiViewSet

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

ANSWER = {"status": "ok"}


class BareView(APIView):
    """As little as Django REST framework can do, behind the same middleware."""

    authentication_classes = permission_classes = throttle_classes = ()

    def get(self, request: Request) -> Response:
        return Response(ANSWER)


class SignedInViewSet(ApiViewSet):
    """The same for whoever signs in and has a permission, as the platform's calls ask for it."""

    permission_for = {"read": "issuance.view_coupon"}

    def read(self, request: Request) -> Response:
        return Response(ANSWER)


class ForgetfulAuthentication(BasicClientAuthentication):
    """HTTP Basic that looks every credential up anew."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        forget_credentials()
        return super().authenticate(request)


class LookedUpViewSet(SignedInViewSet):
    """The same again, without the few seconds for which credentials are remembered."""

    authentication_classes = (ForgetfulAuthentication,)


urlpatterns = [
    *real,
    path("bench/bare", BareView.as_view()),
    path("bench/signed-in", SignedInViewSet.as_view({"get": "read"})),
    path("bench/looked-up", LookedUpViewSet.as_view({"get": "read"})),
]
