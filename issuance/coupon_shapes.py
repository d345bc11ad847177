"""What answers about issued coupons look like: one function per shape, each giving a plain dict.

Members are those of the API family's public pages; `id`, `redemptionCount`, `redemptionsLeft`,
`issuedToUserId`, `isRevoked`, `isPaused` and, if asked for, `messages` of a coupon that is read are
added, as they cannot be had otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import api_date, api_time, end_of_day, local_date
from customers.models import Customer
from issuance import states
from issuance.changes import ExpiryChange, Revocation
from issuance.lookups import MOST_FOUND, Found
from issuance.messages import messages_of
from issuance.models import Coupon, Origin
from issuance.shapes import benefit
from series.models import Series
from series.shapes import series_object

Json = dict[str, Any]
# Codes are kept in capitals, so "as it is" is what was stored.
LETTERS: dict[str, Callable[[str], str]] = {"UPPER": str, "LOWER": str.lower, "AS_IT_IS": str}
NO_TRANSACTION = "0"
CUT = f"More than {MOST_FOUND} coupons were found; only that many are shown."


def coupons_found(
    found: Found, *, letters: str, with_series: bool, with_origin: bool, with_messages: bool
) -> Json:
    """Answer of "Get coupon details"."""
    return {
        "data": [
            coupon_details(coupon, letters=letters)
            | ({"couponIssualDetails": issual_details(coupon)} if with_origin else {})
            | ({"couponSeries": series_details(coupon.series)} if with_series else {})
            | ({"messages": messages(coupon)} if with_messages else {})
            for coupon in found.coupons
        ],
        "warnings": [CUT] if found.cut else [],
        "errors": [error(each) for each in found.missing],
    }


def coupon_details(coupon: Coupon, *, letters: str) -> Json:
    end = states.valid_until(coupon)
    return benefit(LETTERS[letters](coupon.code), end, coupon.series) | {
        "validTillDateTime": api_time(end),
        "id": coupon.pk,
        "redemptionCount": coupon.redemption_count,
        "redemptionsLeft": redemptions_left(coupon),
        "issuedToUserId": coupon.customer_id,
        "isRevoked": states.is_revoked(coupon),
        "isPaused": states.is_paused(coupon),
    }


def messages(coupon: Coupon) -> Json | None:
    """The texts that the customer is to get, for whoever sends them."""
    texts = messages_of(coupon)
    return texts and {"sms": texts.sms, "shortSms": texts.short_sms}


def redemptions_left(coupon: Coupon) -> int:
    left = states.redemptions_left(coupon)
    return -1 if left is None else left


def issual_details(coupon: Coupon) -> Json:
    """The `metadata` of the request that had the coupon issued, and who sent it when."""
    origin: Origin = coupon.origin
    return {
        "sourceType": origin.source_type,
        "sourceId": origin.source_id,
        "sourceActivity": origin.source_activity,
        "notes": origin.notes,
        "reason": origin.reason,
        "source": origin.source,
        "issuedBy": issued_by(origin),
        "issuedOn": api_time(coupon.issued_at),
    }


def issued_by(origin: Origin) -> str | None:
    """The name of the API client or, for coupons issued in the admin, of the person."""
    who = origin.client or origin.user
    return str(who) if who else None


def series_details(series: Series) -> Json:
    details = series_object(series)
    del details["warnings"]
    end = series.valid_till_date
    return details | {
        "validTillDateTime": api_time(end_of_day(end)) if end else None,
        "validTillISODate": end.isoformat() if end else None,
    }


def coupons_of_customer(
    customer: Customer,
    coupons: Sequence[Coupon],
    *,
    letters: str,
    limit: int,
    offset: int,
    total: int,
) -> Json:
    """Answer of "Get all customer coupons"; limit and offset are texts there."""
    pagination = {"limit": str(limit), "offset": str(offset), "total": total}
    held = [held_coupon(coupon, letters=letters) for coupon in coupons]
    customers = [customer_names(customer) | {"coupons": held}]
    return successful({"pagination": pagination, "customers": customers})


def customer_names(customer: Customer) -> Json:
    """The identifiers that the customer has."""
    identifiers = {
        "email": customer.email,
        "mobile": customer.mobile,
        "externalId": customer.external_id,
    }
    return {
        "firstname": customer.first_name,
        "lastname": customer.last_name,
        "id": customer.pk,
    } | {name: value for name, value in identifiers.items() if value is not None}


def held_coupon(coupon: Coupon, *, letters: str) -> Json:
    """Redemptions are known to the app above this one, which fills their lists."""
    series, end = coupon.series, states.valid_until(coupon)
    return {
        "code": LETTERS[letters](coupon.code),
        "seriesId": series.pk,
        "description": series.description,
        "validTill": end and api_date(local_date(end)),
        "validTillDateTime": api_time(end),
        "discountType": series.discount_type,
        "discountValue": float(series.discount_value),
        "discountUpto": float(series.discount_upto or 0),
        "redemptionCount": coupon.redemption_count,
        "redemptionsLeft": redemptions_left(coupon),
        "isPaused": states.is_paused(coupon),
        "id": coupon.pk,
        "createdDate": api_time(coupon.issued_at),
        "transactionNumber": NO_TRANSACTION,
        "issuedAt": issued_at(coupon.origin),
        "customProperty": [
            {"name": name, "value": value} for name, value in series.custom_property_map.items()
        ],
        "redemptions": [],
        "reversedRedemptions": [],
    }


def issued_at(origin: Origin) -> Json:
    """Where the API client stands that had the coupon issued; blank if it stands nowhere."""
    till = origin.client and origin.client.till
    return {"code": till.code if till else "", "name": till.name if till else ""}


def revocation(done: Revocation, *, letters: str) -> Json:
    """Answer of "Revoke coupon"; codes that failed are put together by their reason."""
    spelled = [(reason, LETTERS[letters](code)) for code, reason in done.refused]
    spelled.sort(key=lambda pair: pair[0].number)
    return successful(
        {
            "totalCount": len(done.revoked) + len(done.refused),
            "failedCount": len(done.refused),
            "revokedCoupons": [
                {
                    "couponId": coupon.pk,
                    "couponCode": LETTERS[letters](coupon.code),
                    "issuedToUserId": coupon.customer_id,
                }
                for coupon in done.revoked
            ],
            "failedToRevoke": [
                numbered(reason) | {"couponCodes": [code for _, code in pairs]}
                for reason, pairs in groupby(spelled, key=itemgetter(0))
            ],
        }
    )


def expiry_change(
    done: ExpiryChange,
    expiries: Mapping[str, datetime],
    *,
    series_id: int,
    customer_id: int | None,
) -> Json:
    """Answer of "Update coupon code expiry date"."""
    return successful(
        {
            "totalCount": len(expiries),
            "failedCount": len(done.refused),
            "successCount": len(done.changed),
            "unprocessedCoupons": [
                {"expiryDate": api_time(expiries[code]), "couponCode": code} | numbered(reason)
                for code, reason in done.refused
            ],
            "userId": customer_id,
            "couponSeriesId": series_id,
        }
    )


def successful(entity: Json) -> Json:
    return {"entity": entity, "warnings": [], "errors": [], "success": True}


def numbered(reason: ErrorCode) -> Json:
    return {"errorCode": reason.number, "errorMessage": reason.sentence}


def error(refusal: CouponError) -> Json:
    return {"status": False, "code": refusal.code.number, "message": refusal.message}
