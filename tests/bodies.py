"""A body of each call with every member that it knows, each in its documented form."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"


def good_bodies() -> dict[str, dict[str, Any]]:
    """By the address of the call."""
    person = {"id": "", "mobile": "919999999999", "email": "a@example.org", "externalId": "x"}
    metadata = dict.fromkeys(("sourceType", "sourceId", "sourceActivity", "notes", "reason"), "a")
    bill = {"redemptionRequestList": [{"code": "A"}], "billAmount": 5, "transactionNumber": "t"}
    redeem = bill | {"user": person, "redemptionTime": "2026-01-01T00:00:00Z"}
    series = json.loads((SAMPLES / "series_create_request.json").read_text())
    return {
        "v2/customers": person | {"firstName": "M", "lastName": "K", "fields": {"a": 1}},
        "v2/coupon/series": series["CouponSeriesV2"],
        "v2/coupon/series/<int:series_id>": series["CouponSeriesV2"],
        "v2/coupon/issue": {"seriesId": 1, "customer": person},
        "v2/coupon/issue/multiple": {
            "seriesId": 1,
            "seriesIds": [1],
            "count": 2,
            "customer": person,
            "metadata": metadata,
        },
        "v2/coupon/bulk/issue": {"seriesIds": [1], "customer": person, "metadata": metadata},
        "v2/coupon/batches": {
            "seriesIds": [1],
            "customers": [person],
            "count": 1,
            "dryRun": True,
            "metadata": metadata,
        },
        "v2/coupon/batches/<int:batch_id>/coupons/expiry": {"validTill": "2030-01-01T00:00:00Z"},
        "v2/coupon/revoke": {"couponCodes": ["A"], "couponSeriesId": 1, "customer": person},
        "v2/coupon/bulk/expiry": {
            "couponSeriesId": 1,
            "customer": person,
            "couponCodes": [{"couponCode": "A", "expiryDate": "2030-01-01T00:00:00Z"}],
        },
        "v2/coupon/redeem": redeem,
        "v2/coupon/bulk/redeem": redeem,
        "v2/coupon/hold": redeem | {"minutes": 5},
        "v2/coupon/hold/commit": {"holdIds": [1]},
        "v2/coupon/hold/cancel": {"holdIds": [1]},
        "v2/coupon/reactivate": {"redemptionIds": [1], "reason": "a"},
    }
