"""Who calls the API: an API client, by its id and secret or by a token that it was given.

A credential is looked up once and then remembered by this process for a few seconds: long enough
that a busy till costs no query, short enough that a disabled client stops at once for people.
"""

import hashlib
import hmac
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from couponadmin.clients import checksum
from couponadmin.models import AccessToken, ApiClient

CHALLENGE = 'Basic realm="Coupon platform", charset="UTF-8"'
REMEMBERED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """`request.user` of the API: a client and what it may do, shared by all of its requests.

    It is no person and has no `is_authenticated`, so the history of a row names nobody for it.
    """

    client: ApiClient
    permissions: frozenset[str]


# A credential's SHA-256 -> who it is, and until when (seconds since 1970) that may be believed.
_remembered: dict[bytes, tuple[Principal, float]] = {}

LookUp = Callable[[str, datetime], tuple[ApiClient, datetime | None]]


def forget_credentials() -> None:
    """Looks every credential up anew, in this process."""
    _remembered.clear()


def sign_in(credential: str, look_up: LookUp) -> Principal:
    """The client of a credential, remembered or from `look_up`, which may raise 401."""
    digest = hashlib.sha256(credential.encode()).digest()
    principal, until = _remembered.get(digest, (None, 0.0))
    if principal is not None and time.time() < until:
        return principal
    now = timezone.now()
    client, expires_at = look_up(credential, now)
    principal = Principal(client, client.permissions())
    note_use(client, now=now)
    remember(digest, principal, expires_at=expires_at, now=now)
    return principal


def remember(
    digest: bytes, principal: Principal, *, expires_at: datetime | None, now: datetime
) -> None:
    until = now + timedelta(seconds=settings.CREDENTIAL_CACHE_SECONDS)
    if len(_remembered) >= REMEMBERED_AT_MOST:
        # Tokens come and go; starting anew is simpler than finding out which are over.
        _remembered.clear()
    _remembered[digest] = (principal, min(until, expires_at or until).timestamp())


def note_use(client: ApiClient, *, now: datetime) -> None:
    """Writes `last_used_at`, but at most once a minute."""
    minute_ago = now - timedelta(minutes=1)
    if client.last_used_at is None or client.last_used_at < minute_ago:
        ApiClient.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lt=minute_ago), pk=client.pk
        ).update(last_used_at=now)


def client_with(client_id: str, secret: str) -> ApiClient | None:
    """The client whose id and secret these are, if it may sign in."""
    if "\0" in client_id:
        return None
    client = ApiClient.objects.usable().filter(client_id=client_id).first()
    if client and hmac.compare_digest(client.secret_hash, checksum(secret)):
        return client
    return None


class BasicClientAuthentication(BaseAuthentication):
    """`Authorization: Basic base64(id:secret)`."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if header[:6].lower() != "basic ":
            return None
        return sign_in(header[6:], client_of_basic), None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def client_of_basic(credential: str, now: datetime) -> tuple[ApiClient, None]:
    client = client_with(*id_and_secret(credential))
    if client is None:
        raise AuthenticationFailed("The client id or the secret is wrong.")
    return client, None


def id_and_secret(credential: str) -> tuple[str, str]:
    """What stands behind `Basic`; 401 if it cannot be read."""
    try:
        client_id, _, secret = b64decode(credential, validate=True).decode().partition(":")
    except ValueError:
        raise AuthenticationFailed("The Authorization header is not valid.") from None
    return client_id, secret


class TokenClientAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` or `X-CAP-API-OAUTH-TOKEN: <token>`."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if header[:7].lower() == "bearer ":
            token = header[7:]
        else:
            token = request.META.get("HTTP_X_CAP_API_OAUTH_TOKEN")
        return (sign_in(token, client_of_token), None) if token else None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def client_of_token(credential: str, now: datetime) -> tuple[ApiClient, datetime]:
    token = (
        AccessToken.objects.filter(
            checksum=checksum(credential), expires_at__gt=now, client__is_active=True
        )
        .select_related("client")
        .first()
    )
    if token is None:
        raise AuthenticationFailed("The access token is unknown or has expired.")
    return token.client, token.expires_at


class ClientPermission(BasePermission):
    """A viewset names what each of its actions needs: `permission_for = {"create": "app.add_x"}`,
    or a tuple of several.

    An action that it forgot is allowed to nobody.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.user is None:
            return False
        if view.action is None:
            return True  # No action serves this method: 405 follows.
        needed = view.permission_for.get(view.action)
        every = needed if isinstance(needed, tuple) else (needed,)
        lacking = [name for name in every if name not in request.user.permissions]
        self.message = f"This API client lacks the permission {', '.join(map(str, lacking))}."
        return not lacking
