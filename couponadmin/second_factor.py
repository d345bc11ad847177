"""A second factor for people who sign in: a code from an app (TOTP), or a recovery code.

The rows are those of django-otp, one device of each kind for a person; its own form verifies.
"""

import re
from binascii import unhexlify
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from couponadmin.errors import CouponError, ErrorCode

DIGITS = re.compile(r"[0-9]{6}", re.ASCII)
# Clocks of phones differ: the code before and the one after are good, too.
TOLERANCE = 1
RECOVERY_CODES = 10
ON_ALREADY = "The second factor is on already"
WRONG_CODE = "That is not the current code. Check the clock of your phone, and try the next one."


def address(user: User, key: str) -> str:
    """What the QR code of a new key says (`otpauth://totp/…`). `key`: 20 bytes in hexadecimal."""
    return TOTPDevice(user=user, key=key).config_url


def is_on(user: User) -> bool:
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def turn_on(user: User, *, key: str, code: str, now: datetime) -> list[str]:
    """Asks for a code from now on; returns the recovery codes, which are not shown again.

    Raises 756 if the code is not the key's current one, or another key is in use.
    """
    with transaction.atomic():
        locked(user)
        if is_on(user):
            raise CouponError(ErrorCode.INPUT, ON_ALREADY)
        step = step_of(code, key=key, now=now)
        TOTPDevice.objects.create(user=user, name="App", key=key, last_t=step)
        return renew_recovery_codes(user)


def step_of(code: str, *, key: str, now: datetime) -> int:
    """The time step for which a code is the key's; raises 756 if it is not near."""
    given = tidy(code)
    totp = TOTP(unhexlify(key))
    totp.time = now.timestamp()
    if not DIGITS.fullmatch(given) or not totp.verify(int(given), TOLERANCE):
        raise CouponError(ErrorCode.INPUT, WRONG_CODE)
    return totp.t()


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New recovery codes, each good for one sign-in; those from before are void."""
    locked(user)
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def recovery_codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user_id=user.pk).count()


@transaction.atomic
def turn_off(user: User) -> None:
    """The password is enough again."""
    locked(user)
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def device_for(user: User, code: str) -> TOTPDevice | StaticDevice | None:
    """The device that may know a code, locked, so that no code is good twice."""
    kind = TOTPDevice if DIGITS.fullmatch(tidy(code)) else StaticDevice
    devices: QuerySet = kind.objects.filter(user=user, confirmed=True)
    return devices.select_for_update().order_by("pk").first()


def tidy(code: str) -> str:
    """A code as it is stored, from one as people type it."""
    return re.sub(r"[\s-]", "", code).lower()


def locked(user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)
