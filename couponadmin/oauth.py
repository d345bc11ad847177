"""Access tokens: the standard's address for them (RFC 6749), and the API family's own."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from oauthlib.common import Request as OAuthRequest
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from couponadmin import auth, throttle
from couponadmin.api import rendered
from couponadmin.clients import checksum
from couponadmin.models import AccessToken, ApiClient
from couponadmin.viewset import ApiViewSet


def new_token(request: OAuthRequest | None = None) -> str:
    return secrets.token_urlsafe(32)


def store_token(token: str, client: ApiClient, *, now: datetime) -> None:
    """Keeps what tells the token; raises 429 for a client that asks for too many."""
    throttle.admit(client, scope="token", now=now.timestamp())
    expires_at = now + timedelta(seconds=settings.TOKEN_TTL_SECONDS)
    AccessToken.objects.create(checksum=checksum(token), client=client, expires_at=expires_at)


class ClientCredentials(RequestValidator):
    """What oauthlib, which speaks the protocol, asks us about one request."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now

    def authenticate_client(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        client_id, secret = sent_credentials(request)
        request.client = auth.client_with(client_id, secret)
        # A form may repeat the header's id, but not name another client.
        return request.client is not None and request.client_id in (None, "", client_id)

    def validate_grant_type(self, *args: Any, **kwargs: Any) -> bool:
        return True

    def get_default_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        return []

    def validate_scopes(self, client_id: str, scopes: list[str], *args: Any, **kwargs: Any) -> bool:
        """There are no scopes: what a client may do is what its groups may do."""
        return not any(scopes)

    def save_bearer_token(
        self, token: dict[str, Any], request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> None:
        # The grammar of the standard has no empty scope.
        token.pop("scope", None)
        store_token(token["access_token"], request.client, now=self.now)


def sent_credentials(request: OAuthRequest) -> tuple[str, str]:
    """Id and secret, by HTTP Basic or from the form; empty if there are none."""
    header = request.headers["Authorization"]
    if header[:6].lower() != "basic ":
        return request.client_id or "", request.client_secret or ""
    try:
        return auth.id_and_secret(header[6:])
    except AuthenticationFailed:
        return "", ""


class TokenRequest(serializers.Serializer):
    grant_type = serializers.ChoiceField(["client_credentials"])
    client_id = serializers.CharField(required=False, allow_blank=True)
    client_secret = serializers.CharField(required=False, allow_blank=True)


class TokenSchema(serializers.Serializer):
    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(["Bearer"])
    expires_in = serializers.IntegerField()


class TokenRefusal(serializers.Serializer):
    error = serializers.CharField()
    error_description = serializers.CharField(required=False)


class OpenViewSet(ApiViewSet):
    """Who asks for a token signs in by what the request says, not by its headers."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def get_authenticate_header(self, request: Request) -> str:
        return auth.CHALLENGE


class TokenViewSet(OpenViewSet):
    """Give out a token, as the client credentials grant of OAuth 2 has it."""

    parser_classes = [FormParser]

    @extend_schema(
        request={"application/x-www-form-urlencoded": TokenRequest},
        responses={
            200: TokenSchema,
            400: OpenApiResponse(TokenRefusal, description="Not a request for a token"),
            401: OpenApiResponse(TokenRefusal, description="Wrong id or secret"),
        },
    )
    def create(self, request: Request) -> HttpResponse:
        server = BackendApplicationServer(
            ClientCredentials(timezone.now()),
            token_generator=new_token,
            token_expires_in=settings.TOKEN_TTL_SECONDS,
        )
        sent = {"Authorization": request.META.get("HTTP_AUTHORIZATION", "")}
        form = request.POST.urlencode()
        headers, body, status = server.create_token_response(request.path, "POST", form, sent)
        if status == 401:
            headers["WWW-Authenticate"] = auth.CHALLENGE
        return HttpResponse(body, status=status, headers=headers)


class KeySerializer(serializers.Serializer):
    """Request of the family's own token call."""

    key = serializers.CharField(max_length=255)
    secret = serializers.CharField(max_length=255)


class GeneratedToken(serializers.Serializer):
    accessToken = serializers.CharField()
    ttlSeconds = serializers.IntegerField()


class GeneratedSchema(serializers.Serializer):
    data = GeneratedToken()
    errors = serializers.JSONField(allow_null=True)


class GenerateViewSet(OpenViewSet):
    """Give out a token for a client's id ("key") and secret."""

    @extend_schema(request=KeySerializer, responses={200: GeneratedSchema})
    def create(self, request: Request) -> Response:
        sent = self.validated(KeySerializer, request.data)
        client = auth.client_with(sent["key"], sent["secret"])
        if client is None:
            raise AuthenticationFailed("The key or the secret is wrong.")
        token = new_token()
        store_token(token, client, now=timezone.now())
        answer = {"accessToken": token, "ttlSeconds": settings.TOKEN_TTL_SECONDS}
        return Response({"data": answer, "errors": None})

    def refuse(self, exc: Exception) -> HttpResponse:
        """The envelope, with the `data` that answers of this address have."""
        response = self.handle_exception(exc)
        response.data = {"data": None} | response.data
        return rendered(response)
