"""API clients: made, and given new secrets. A secret is shown once; only its SHA-256 is kept."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from couponadmin.models import AccessToken, ApiClient, OrgEntity


@transaction.atomic
def create_client(
    name: str,
    *,
    groups: Iterable[Group],
    rate_per_minute: int | None = None,
    till: OrgEntity | None = None,
    now: datetime,
) -> tuple[ApiClient, str]:
    """A new client and its secret. `rate_per_minute`: None = the default, 0 = no limit."""
    client = ApiClient(name=name, rate_per_minute=rate_per_minute, till=till)
    secret = rotate_secret(client, now=now)
    client.groups.set(groups)
    return client, secret


@transaction.atomic
def rotate_secret(client: ApiClient, *, now: datetime) -> str:
    """Saves the client with a new secret, which is returned; the old one's tokens end with it.

    A client that was never saved gets its id here, too.
    """
    secret = secrets.token_urlsafe(32)
    client.client_id = client.client_id or secrets.token_hex(16)
    client.secret_hash = checksum(secret)
    client.rotated_at = now
    client.save()
    AccessToken.objects.filter(client=client).delete()
    return secret


def checksum(secret: str) -> str:
    """What is stored of a secret or token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
