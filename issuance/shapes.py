"""What answers look like: one function per documented shape, each giving a plain dict."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from couponadmin.times import api_date, api_time, local_date
from customers.models import Customer
from customers.shapes import customer_object
from issuance.asks import Answer, Issued, Limit
from series.models import Series
from series.shapes import coupon_config

RESENT = "The customer holds this coupon already; it was not issued again."

Json = dict[str, Any]


def single(answer: Answer, customer: Customer) -> Json:
    """Answer of "Issue single coupon" of the v2 API."""
    [coupon] = answer.coupons
    count_and_id = {"redemptionCount": coupon.redemption_count, "id": coupon.id}
    return (
        benefit(coupon.code, coupon.expires_at, answer.series)
        | {"customer": customer_object(customer)}
        | count_and_id
        | {"validTillDateTime": api_time(coupon.expires_at), "warnings": warnings(answer)}
    )


def multiple(answers: Sequence[Answer], customer: Customer) -> Json:
    """Answer of "Issue multiple coupons" of the v2 API; of several series, each names its own."""
    several = len(answers) > 1
    wanted = sum(answer.ask.wanted for answer in answers)
    names = [(answer, {"seriesId": answer.ask.series_id} if several else {}) for answer in answers]
    coupons = [
        {"code": coupon.code, "couponId": coupon.id} | named
        for answer, named in names
        for coupon in answer.coupons
    ]
    errors = [error(answer.limit, partial=True) | named for answer, named in names if answer.limit]
    known = [answer.series for answer in answers if answer.series]
    configs = {"couponConfigs": [coupon_config(series) for series in known]} if several else {}
    return {
        "coupons": coupons,
        "couponConfig": coupon_config(known[0]),
        **configs,
        "totalCount": wanted,
        "failureCount": wanted - len(coupons),
        "successCount": len(coupons),
        "customer": customer_object(customer),
        "errors": errors,
        "warnings": [],
    }


def bulk(answers: Sequence[Answer]) -> Json:
    """Answer of "Issue bulk coupons" of the v2 API."""
    return {
        "response": [bulk_entity(answer) for answer in answers],
        "totalCount": len(answers),
        "failureCount": sum(1 for answer in answers if not answer.coupons),
    }


def bulk_entity(answer: Answer) -> Json:
    return {
        "entityId": answer.ask.series_id,
        "result": coupon_result(answer.coupons[0], answer.series) if answer.coupons else None,
        "errors": [error(answer.limit)] if answer.limit else [],
        "warnings": warnings(answer),
    }


def coupon_result(coupon: Issued, series: Series) -> Json:
    """`result` of "Issue bulk coupons" of the v2 API."""
    return benefit(coupon.code, coupon.expires_at, series) | {
        "redemptionCount": coupon.redemption_count,
        "id": coupon.id,
        "validTillDateTime": api_time(coupon.expires_at),
    }


def benefit(code: str, expires_at: datetime | None, series: Series) -> Json:
    """What a coupon is worth and until when; amounts as 500.0, as these samples have it."""
    return {
        "code": code,
        "seriesId": series.pk,
        "description": series.description,
        "discountCode": series.discount_code,
        "validTill": expires_at and api_date(local_date(expires_at)),
        "discountType": series.discount_type,
        "discountValue": float(series.discount_value),
        "discountUpto": float(series.discount_upto or 0),
        "discountOn": series.discount_on,
        "detailedInfo": series.info,
    }


def error(limit: Limit, *, partial: bool = False) -> Json:
    """An error object; on partial success with the number's twin (docs/integrators.md)."""
    twin = {"warningCode": limit.code.twin} if partial and limit.code.twin else {}
    return {"status": False, "code": limit.code.number, "message": limit.message} | twin


def warnings(answer: Answer) -> list[str]:
    return [RESENT] if answer.resent else []
