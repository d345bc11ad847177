"""A body of each call with every member that it knows, each in its documented form."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"


PERSON = {"id": "", "mobile": "919999999999", "email": "a@example.org", "externalId": "x"}
METADATA = dict.fromkeys(("sourceType", "sourceId", "sourceActivity", "notes", "reason"), "a")
BILL = {"redemptionRequestList": [{"code": "A"}], "billAmount": 5, "transactionNumber": "t"}
REDEEM = BILL | {"user": PERSON, "redemptionTime": "2026-01-01T00:00:00Z"}


def good_bodies() -> dict[str, dict[str, Any]]:
    """By the address of the call."""
    return of_customers_and_series() | of_issuing() | of_coupons() | of_redeeming()


def of_customers_and_series() -> dict[str, dict[str, Any]]:
    series = json.loads((SAMPLES / "series_create_request.json").read_text())
    return {
        "v2/customers": PERSON | {"firstName": "M", "lastName": "K", "fields": {"a": 1}},
        "v2/coupon/series": series["CouponSeriesV2"],
        "v2/coupon/series/<int:series_id>": series["CouponSeriesV2"],
    }


def of_issuing() -> dict[str, dict[str, Any]]:
    return {
        "v2/coupon/issue": {"seriesId": 1, "customer": PERSON},
        "v2/coupon/issue/multiple": {
            "seriesId": 1,
            "seriesIds": [1],
            "count": 2,
            "customer": PERSON,
            "metadata": METADATA,
        },
        "v2/coupon/bulk/issue": {"seriesIds": [1], "customer": PERSON, "metadata": METADATA},
        "v2/coupon/batches": {
            "seriesIds": [1],
            "customers": [PERSON],
            "count": 1,
            "dryRun": True,
            "metadata": METADATA,
        },
    }


def of_coupons() -> dict[str, dict[str, Any]]:
    return {
        "v2/coupon/batches/<int:batch_id>/coupons/expiry": {"validTill": "2030-01-01T00:00:00Z"},
        "v2/coupon/revoke": {"couponCodes": ["A"], "couponSeriesId": 1, "customer": PERSON},
        "v2/coupon/bulk/expiry": {
            "couponSeriesId": 1,
            "customer": PERSON,
            "couponCodes": [{"couponCode": "A", "expiryDate": "2030-01-01T00:00:00Z"}],
        },
    }


def of_redeeming() -> dict[str, dict[str, Any]]:
    return {
        "v2/coupon/redeem": REDEEM,
        "v2/coupon/bulk/redeem": REDEEM,
        "v2/coupon/hold": REDEEM | {"minutes": 5},
        "v2/coupon/hold/commit": {"holdIds": [1]},
        "v2/coupon/hold/cancel": {"holdIds": [1]},
        "v2/coupon/reactivate": {"redemptionIds": [1], "reason": "a"},
    }
