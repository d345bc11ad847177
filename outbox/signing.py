"""The secret of an endpoint, and the signature that a receiver checks with it."""

import hashlib
import hmac

from django.utils.crypto import salted_hmac

HEADER = "X-Coupon-Signature"
PURPOSE = "outbox.signing"


def secret_of(salt: str) -> str:
    """The secret of the endpoint with that salt.

    A receiver's secret must be readable here, so hashing it would not do. Derived from
    SECRET_KEY it is in no table and no backup; another SECRET_KEY makes other secrets.
    """
    return "whsec_" + salted_hmac(PURPOSE, salt, algorithm="sha256").hexdigest()


def signature(secret: str, body: bytes, *, at: int) -> str:
    """`t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hex>`."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"
