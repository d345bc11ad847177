"""`Idempotency-Key`: a request that is sent again gets its first answer (docs/integrators.md).

The answer is stored by the transaction that does the work, so a crash leaves both or neither.
Requests with the same key meet like this:

- An advisory lock, held until the transaction ends, lets one of them run; the others get 409.
- The statement that takes the lock also looks for a stored answer. It sees the database as it was
  when the statement began, so the one before may have stored its answer and let go of the lock in
  between. Then the work is done a second time, but it fails, or the unique key refuses to store its
  answer: everything is rolled back, and the second look finds the first answer.
- A refusal rolls the work back, so it is stored by a statement of its own. Should another request
  have succeeded meanwhile, the same unique key decides that its answer is the one that counts.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.models import IdempotencyKey

logger = logging.getLogger(__name__)
HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
# What an answer says outside its body.
KEPT = ("Location", "Preference-Applied")

LOCK_AND_LOOK = """
SELECT lock.taken, stored.request_hash, stored.status, stored.body, stored.headers
FROM pg_try_advisory_xact_lock(%s) AS lock (taken)
LEFT JOIN couponadmin_idempotencykey AS stored
    ON stored.client_id = %s AND stored.key = %s AND stored.created_at > %s
"""

# An answer that is too old counts as absent and makes room.
STORE = """
INSERT INTO couponadmin_idempotencykey AS stored
    (client_id, key, request_hash, status, body, headers, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (client_id, key) DO UPDATE SET
    request_hash = EXCLUDED.request_hash,
    status = EXCLUDED.status,
    body = EXCLUDED.body,
    headers = EXCLUDED.headers,
    created_at = EXCLUDED.created_at
WHERE stored.created_at <= %s
"""


class StillRunning(APIException):
    status_code = 409
    default_detail = f"The first request with this {HEADER} is still running."
    wait = 1


class OtherRequest(APIException):
    status_code = 422
    default_detail = f"This {HEADER} was sent before with another request."


class Overtaken(Exception):
    """Another request with the same key has stored its answer meanwhile."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One request's claim to be the one that its key stands for."""

    client_id: int
    key: str
    request_hash: bytes
    now: datetime

    @property
    def lock(self) -> int:
        """Negative, to stay apart from the locks of series, which are their ids."""
        name = f"{self.client_id}:{self.key}".encode()
        return -1 - (int.from_bytes(hashlib.sha256(name).digest()[:8]) >> 1)

    @property
    def forgotten(self) -> datetime:
        """Answers stored up to then are no longer known."""
        return self.now - timedelta(hours=settings.IDEMPOTENCY_HOURS)

    def is_answered(self) -> bool:
        return IdempotencyKey.objects.filter(
            client_id=self.client_id, key=self.key, created_at__gt=self.forgotten
        ).exists()


def claim_of(request: Request, *, now: datetime) -> Claim:
    """The claim that a request makes; 756 for a key that is none."""
    key = request.META["HTTP_IDEMPOTENCY_KEY"]
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise CouponError(ErrorCode.INPUT, f"{HEADER}: 1 to 255 printable characters are needed")
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return Claim(request.user.client.pk, key, hashlib.sha256(head + request.body).digest(), now)


def answer_once(
    claim: Claim,
    *,
    work: Callable[[], HttpResponse],
    refuse: Callable[[Exception], HttpResponse],
) -> HttpResponse:
    """The answer of `work`, done now or before; `refuse` words what it raises (or raises again)."""
    for _ in range(2):
        try:
            return answer(claim, work, refuse)
        except Overtaken:
            continue
    raise StillRunning


def answer(
    claim: Claim, work: Callable[[], HttpResponse], refuse: Callable[[Exception], HttpResponse]
) -> HttpResponse:
    try:
        with transaction.atomic():
            if (first := stored_answer(claim)) is None:
                first = work()
                store(claim, first)
            return first
    except (Overtaken, StillRunning, OtherRequest):
        raise
    except Exception as error:
        # The work may have failed on what another request with this key had just done.
        if claim.is_answered():
            logger.warning("The stored answer counts, not this failure", exc_info=error)
            raise Overtaken from error
        return refused(claim, refuse(error))


def refused(claim: Claim, response: HttpResponse) -> HttpResponse:
    """Keeps what the request itself is to blame for; the rest may go well the next time."""
    if response.status_code in (400, settings.REFUSAL_HTTP_STATUS):
        store(claim, response)
    return response


def stored_answer(claim: Claim) -> HttpResponse | None:
    """The answer that the key has, None if the work is ours to do; 409 and 422 if it is not."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_AND_LOOK, [claim.lock, claim.client_id, claim.key, claim.forgotten])
        taken, request_hash, status, body, headers = cursor.fetchone()
    if request_hash is None and taken:
        return None
    if request_hash is None:
        raise StillRunning
    if bytes(request_hash) != claim.request_hash:
        raise OtherRequest
    return HttpResponse(
        bytes(body),
        status=status,
        content_type="application/json",
        headers=orjson.loads(headers) | {REPLAYED: "true"},
    )


def store(claim: Claim, response: HttpResponse) -> None:
    headers = orjson.dumps({name: response[name] for name in KEPT if name in response}).decode()
    answer = [claim.request_hash, response.status_code, response.content, headers, claim.now]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [claim.client_id, claim.key, *answer, claim.forgotten])
        if cursor.rowcount == 0:
            raise Overtaken
