from datetime import date
from typing import Any

import pytest

from tests.conftest import Caller

NEXT_YEAR = date.today().year + 1
PLAIN = {
    "description": "Ten off",
    "discountType": "ABS",
    "discountValue": 10,
    "validTillDate": f"{NEXT_YEAR}-06-30T00:00:00Z",
}
WINDOW = {
    "validMaxUserTransactionLimit": 1,
    "validUserRegistrationStartTime": 0,
    "validUserRegistrationEndTime": 10000,
}

# What is sent, and what comes back where that is another form of it.
ECHOES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"description": "D" * 255}, {}),
    ({"description": "  Ünï🎉  "}, {"description": "Ünï🎉"}),
    ({"discountCode": "XYZ123"}, {}),
    ({"discountCode": 123}, {"discountCode": "123"}),
    ({"discountCode": ""}, {"discountCode": "NO_VALUE"}),
    ({"seriesCode": "my-own"}, {}),
    ({"info": "Evil coupon"}, {}),
    ({"tag": "DIWALI"}, {}),
    ({"termsAndConditions": "Read\nthis"}, {}),
    ({"termsAndConditions": ""}, {}),
    ({"customPropertyMap": {"milestone": "one", "": "", "standard_terms_and_conditions": "t"}}, {}),
    ({"customPropertyMap": {"n": 1.5, "yes": True, "none": None, "in": {"list": ["a"]}}}, {}),
    ({"discountType": "PERC", "discountValue": 100, "discountUpto": 250}, {}),
    ({"discountType": "PERC", "discountValue": 0.001}, {}),
    ({"discountType": "ABS", "discountValue": "500.50"}, {"discountValue": 500.5}),
    ({"discountUpto": -1}, {"discountUpto": 0}),
    ({"discountUpto": 0}, {}),
    ({"discountOn": "BILL"}, {}),
    ({"validTillDate": f"{NEXT_YEAR}-05-10"}, {"validTillDate": f"{NEXT_YEAR}-05-10T00:00:00Z"}),
    (
        {"validTillDate": f"{NEXT_YEAR}-05-10T23:59:59"},
        {"validTillDate": f"{NEXT_YEAR}-05-10T00:00:00Z"},
    ),
    (
        {"validTillDate": f"{NEXT_YEAR}-05-10T01:00:00+05:30"},
        {"validTillDate": f"{NEXT_YEAR}-05-09T00:00:00Z"},
    ),
    (
        {"validTillDate": f"{NEXT_YEAR}-05-09T23:00:00-05:00"},
        {"validTillDate": f"{NEXT_YEAR}-05-10T00:00:00Z"},
    ),
    ({"expiryStrategyType": "DAYS", "expiryStrategyValue": 0}, {"validDaysFromCreation": 0}),
    ({"expiryStrategyType": "DAYS", "expiryStrategyValue": 5}, {"validDaysFromCreation": 5}),
    ({"expiryStrategyType": "DAYS", "expiryStrategyValue": 36_500}, {}),
    ({"expiryStrategyType": "MONTHS_END", "expiryStrategyValue": 1_200}, {}),
    ({"expiryStrategyType": "SERIES_EXPIRY", "expiryStrategyValue": 1_000_000}, {}),
    ({"clientHandlingType": "DISC_CODE_PIN"}, {}),
    ({"clientHandlingType": "GENERIC", "genericCode": "SAVE-10"}, {}),
    ({"clientHandlingType": "GENERIC", "genericCode": " save10 "}, {"genericCode": "SAVE10"}),
    ({"alphaNumeric": False, "randomCodeLength": 12}, {}),
    ({"alphaNumeric": "true"}, {"alphaNumeric": True}),
    ({"randomCodeLength": 28}, {}),
    ({"randomCodeLength": -1, "shortCodeLength": 8}, {"randomCodeLength": 0}),
    ({"couponPrefix": "ab_", "couponSuffix": "-z"}, {"couponPrefix": "AB_", "couponSuffix": "-Z"}),
    ({"couponPrefix": "A", "isPrefixEnabled": False, "isSuffixEnabled": False}, {}),
    ({"maxCreate": 1}, {}),
    ({"maxCreate": "25"}, {"maxCreate": 25}),
    ({"clientHandlingType": "DISC_CODE_PIN", "maxCreate": 2**63 - 1}, {}),
    ({"isMultipleVouchersPerUserAllowed": True, "maxVouchersPerUser": 11}, {}),
    ({"maxVouchersPerUser": -1}, {}),
    ({"doNotResendExistingVoucher": True}, {}),
    ({"minDaysBetweenVouchers": 23}, {}),
    ({"minDaysBetweenVouchers": -1}, {"minDaysBetweenVouchers": 0}),
    ({"mutualExclusiveSeriesIds": "[10]"}, {}),
    ({"mutualExclusiveSeriesIds": "[10, 20]"}, {}),
    ({"mutualExclusiveSeriesIds": [10, "20", 10]}, {"mutualExclusiveSeriesIds": "[10, 20]"}),
    ({"mutualExclusiveSeriesIds": "[]"}, {}),
    ({"mutualExclusiveSeriesIds": "[-1]"}, {"mutualExclusiveSeriesIds": "[]"}),
    ({"mutualExclusiveSeriesIds": ""}, {"mutualExclusiveSeriesIds": "[]"}),
    ({"anyUser": True}, {}),
    ({"isMultipleUseAllowed": True, "sameUserMultipleRedeem": True}, {}),
    ({"redemptionPerCouponMaxLimit": 3}, {}),
    ({"maxRedeem": 7, "maxRedemptionsInSeriesPerUser": 122}, {}),
    ({"minDaysBetweenRedemption": 962, "redemptionValidAfterDays": 22}, {}),
    (
        {"redemptionValidFrom": "2024-05-18T00:00:00+05:30"},
        {"redemptionValidFrom": "2024-05-17T00:00:00Z"},
    ),
    ({"redemptionRange": '{"dom" : [1], "dow": [1], "hours": [1]}'}, {}),
    (
        {"redemptionRange": {"dom": ["1", 31], "dow": "-1", "hours": [0, 23, 0]}},
        {"redemptionRange": '{"dom" : [1, 31], "dow": [-1], "hours": [0, 23]}'},
    ),
    (
        {"redemptionRange": '{"dow": [1, 7]}'},
        {"redemptionRange": '{"dom" : [-1], "dow": [1, 7], "hours": [-1]}'},
    ),
    (
        {"redemptionRange": '{"dom":[-1],"dow":["-1"],"hours":[]}'},
        {"redemptionRange": '{"dom" : [-1], "dow": [-1], "hours": [-1]}'},
    ),
    ({"minBillAmount": 100, "maxBillAmount": 20000}, {}),
    ({"minBillAmount": 99.5, "maxBillAmount": 99.5}, {}),
    ({"minBillAmount": -1, "maxBillAmount": 0}, {"minBillAmount": 0, "maxBillAmount": -1}),
    ({"productInfo": [{"productType": "SKU", "productIds": [30, 40]}]}, {}),
    (
        {"productInfo": [{"productType": "BRAND", "productIds": ["10"]}]},
        {"productInfo": [{"productType": "BRAND", "productIds": [10]}]},
    ),
    (
        {"redemptionOrgEntityDetails": [{"redemptionOrgEntityType": "TILL", "orgEntityId": "20"}]},
        {"redemptionOrgEntityDetails": [{"redemptionOrgEntityType": "TILL", "orgEntityId": 20}]},
    ),
    ({"targetUserDetails": WINDOW}, {}),
    (
        {"targetUserDetails": {"validMaxUserTransactionLimit": 4, "unknown": None}},
        {
            "targetUserDetails": {
                "validMaxUserTransactionLimit": 4,
                "validUserRegistrationStartTime": -1,
                "validUserRegistrationEndTime": -1,
            }
        },
    ),
    ({"isValidWithDiscountedItem": True, "isReferralExistingUsersAllowed": True}, {}),
    ({"smsTemplate": "Hi {{first_name}}", "shortSMSTemplate": "{{voucher}}"}, {}),
    ({"smsTemplate": "", "shortSMSTemplate": ""}, {}),
    ({"isSMSDisabled": True, "resendMessageEnabled": True}, {}),
    ({"maxCreate": None, "info": None, "genericCode": None}, {"maxCreate": -1, "info": ""}),
    ({"genericCode": ""}, {"genericCode": None}),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "other"), ECHOES)
def test_it_takes_stores_and_echoes(
    series_api: Caller, sent: dict[str, Any], other: dict[str, Any]
) -> None:
    response = series_api.post("/v2/coupon/series", PLAIN | sent)
    answer = response.json()
    read = series_api.get(f"/v2/coupon/series/{answer['id']}").json()

    expected = {member: value for member, value in sent.items() if value is not None} | other
    assert {member: answer.get(member) for member in expected} == expected
    assert response.status_code == 200
    assert answer["warnings"] == []
    assert read == answer
