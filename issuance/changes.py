"""What is done with coupons after they were issued: they are revoked, their end is moved.

Both lock coupons by ascending id and the counters of series after them, as redeeming and moving do,
so nobody waits in a circle; issuing has the counter first, but waits for no coupon. What is read
under the lock decides, and per coupon: one that cannot be changed leaves the others changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import end_of_day
from issuance import pool
from issuance.models import Coupon, CouponQuerySet, RevokeCall
from issuance.states import REDEEMED, REVOKED, is_revoked
from outbox import services as outbox
from outbox.models import Kind
from series.models import ClientHandling, Series

MOST_HELD = 100
TOO_MANY_HELD = (
    f"customer: More than {MOST_HELD} coupons would be revoked; name their codes or a series"
)


class Revocation(NamedTuple):
    """The coupons that were revoked, and the codes that were not, each with its reason."""

    revoked: list[Coupon]
    refused: list[tuple[str, ErrorCode]]


class ExpiryChange(NamedTuple):
    """The coupons that were changed, and the codes that were not, each with its reason."""

    changed: list[Coupon]
    refused: list[tuple[str, ErrorCode]]


def revoke(coupons: CouponQuerySet, *, now: datetime, client_id: int | None = None) -> Revocation:
    """Revoke for good what was never redeemed; codes that wait for a customer are never issued.

    `client_id`: the API client that asked, if one did.
    Reasons: 660 revoked already, 711 redeemed, 695 the code of a GENERIC series itself.
    """
    with transaction.atomic():
        return revoke_locked(locked(coupons), now, client_id)


def revoke_codes(
    codes: Sequence[str],
    *,
    now: datetime,
    customer_id: int | None = None,
    series_id: int | None = None,
    client_id: int | None = None,
) -> Revocation:
    """Revoke by code (normal form, each once): in that series, of that customer, if given.

    Reasons as `revoke` gives them, and 702; raises 707 for an unknown series.
    """
    refuse_unknown(series_id)
    with transaction.atomic():
        found = locked_by_code(codes, customer_id=customer_id, series_id=series_id)
        done = revoke_locked(list(found.values()), now, client_id)
    unknown = [(code, ErrorCode.CODE) for code in codes if code not in found]
    return Revocation(done.revoked, unknown + done.refused)


def revoke_held(
    customer_id: int,
    *,
    now: datetime,
    series_id: int | None = None,
    client_id: int | None = None,
) -> Revocation:
    """Revoke all unredeemed coupons of a customer, or those of one series.

    Raises 756 when they are more than MOST_HELD, and 707 for an unknown series.
    """
    refuse_unknown(series_id)
    held = Coupon.objects.held_by(customer_id).exclude(REDEEMED | REVOKED)
    if series_id is not None:
        held = held.filter(series_id=series_id)
    ids = list(held.order_by().values_list("pk", flat=True)[: MOST_HELD + 1])
    if len(ids) > MOST_HELD:
        raise CouponError(ErrorCode.INPUT, TOO_MANY_HELD)
    return revoke(Coupon.objects.filter(pk__in=ids), now=now, client_id=client_id)


def change_expiry(
    series_id: int,
    expiries: Mapping[str, datetime],
    *,
    now: datetime,
    customer_id: int | None = None,
) -> ExpiryChange:
    """Move the last instant of validity of issued coupons, by code in its normal form.

    Later or earlier, and of coupons that have expired, too. Reasons: 633 no such coupon, 660
    revoked, 690 in the past, 691 after the series' end, 692 before the day to which their batch was
    prolonged. Raises 707 for an unknown series, and 695 for a GENERIC one without a customer.
    """
    with transaction.atomic():
        series = unchanging(series_id)
        if series.client_handling_type == ClientHandling.GENERIC and customer_id is None:
            raise CouponError(ErrorCode.GENERIC_CUSTOMER)
        found = locked_by_code(list(expiries), customer_id=customer_id, series_id=series_id)
        reasons = {
            code: why_not_until(end, found.get(code), series, now) for code, end in expiries.items()
        }
        changed = [found[code] for code, reason in reasons.items() if reason is None]
        for coupon in changed:
            coupon.expires_at = expiries[coupon.code]
        Coupon.objects.bulk_update(changed, ["expires_at"])
    return ExpiryChange(changed, [(code, reason) for code, reason in reasons.items() if reason])


def extend(series_id: int, coupon_ids: Sequence[int], *, now: datetime) -> int:
    """Let coupons of the series be valid to its end; returns how many were changed.

    None ends earlier than before, and revoked ones stay as they are. Raises 707 for an unknown
    series.
    """
    with transaction.atomic():
        series = unchanging(series_id)
        if series.valid_till_date is None:
            return 0
        end = end_of_day(series.valid_till_date)
        late = Coupon.objects.filter(pk__in=coupon_ids, series=series, expires_at__lt=end)
        ids = [it.pk for it in locked(late) if why_not_until(end, it, series, now) is None]
        return Coupon.objects.filter(pk__in=ids).update(expires_at=end)


def unchanging(series_id: int) -> Series:
    """The series, of which no member changes until this transaction ends (`series.services`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s::bigint)", [series_id])
    series = Series.objects.filter(pk=series_id).first()
    if series is None:
        raise CouponError(ErrorCode.SERIES)
    return series


def locked(coupons: CouponQuerySet) -> list[Coupon]:
    rows = coupons.select_for_update(no_key=True).order_by("pk")
    return list(rows.prefetch_related("series", "origin"))


def locked_by_code(
    codes: Sequence[str], *, customer_id: int | None, series_id: int | None
) -> dict[str, Coupon]:
    """The coupon of each code; of several that a customer had of a shared one, the unrevoked."""
    named = Coupon.objects.filter(code__in=codes)
    # A shared code names a coupon only together with a customer; so does each filter its index.
    whose = {"shared": False} if customer_id is None else {"customer_id": customer_id}
    rows = locked(named.filter(**whose))
    rows.sort(key=lambda coupon: coupon.revoked_at is None)
    return {coupon.code: coupon for coupon in rows if series_id in (None, coupon.series_id)}


def revoke_locked(coupons: Sequence[Coupon], now: datetime, client_id: int | None) -> Revocation:
    reasons = [(coupon, why_not_revoke(coupon)) for coupon in coupons]
    revoked = [coupon for coupon, reason in reasons if reason is None]
    ids = [coupon.pk for coupon in revoked]
    Coupon.objects.filter(pk__in=ids).update(revoked_at=now)
    pool.take_out(revoked)
    if ids and client_id:
        RevokeCall.objects.create(at=now, client_id=client_id, coupon_ids=ids)
    tell_revoked(revoked, now=now)
    return Revocation(revoked, [(coupon.code, reason) for coupon, reason in reasons if reason])


def tell_revoked(coupons: Sequence[Coupon], *, now: datetime) -> None:
    payloads = [
        {
            "couponId": coupon.pk,
            "code": coupon.code,
            "seriesId": coupon.series_id,
            "customerId": coupon.customer_id,
        }
        for coupon in coupons
    ]
    outbox.note_all(Kind.REVOKED, payloads, now=now)


def why_not_revoke(coupon: Coupon) -> ErrorCode | None:
    generic = coupon.series.client_handling_type == ClientHandling.GENERIC
    if generic and coupon.customer_id is None:
        return ErrorCode.GENERIC_CUSTOMER
    if is_revoked(coupon):
        return ErrorCode.REVOKED
    return ErrorCode.USED if coupon.redemption_count else None


def why_not_until(
    end: datetime, coupon: Coupon | None, series: Series, now: datetime
) -> ErrorCode | None:
    if coupon is None or coupon.issued_at is None:
        return ErrorCode.EXPIRY_CODE
    if is_revoked(coupon):
        return ErrorCode.REVOKED
    if end < now:
        return ErrorCode.EXPIRY_IN_THE_PAST
    last_day = series.valid_till_date
    if last_day and end > end_of_day(last_day):
        return ErrorCode.EXPIRY_SERIES_OVER
    least = coupon.origin.expires_at if coupon.origin else None
    return ErrorCode.EXPIRY_PROLONGED if least and end < least else None


def refuse_unknown(series_id: int | None) -> None:
    if series_id is not None and not Series.objects.filter(pk=series_id).exists():
        raise CouponError(ErrorCode.SERIES)
