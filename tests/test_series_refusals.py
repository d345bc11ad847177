from datetime import date
from typing import Any

import pytest

from series.models import Series
from series.serializers import SeriesInput
from tests.conftest import Caller

PLAIN = {
    "description": "Ten off",
    "discountType": "ABS",
    "discountValue": 10,
    "validTillDate": f"{date.today().year + 1}-06-30T00:00:00Z",
}
BLANK = "This field may not be blank."
STRING = "Not a valid string."
NUMBER = "A valid number is required."
INTEGER = "A valid integer is required."
BOOLEAN = "Must be a valid boolean."
CODE = "Only letters A to Z, digits, - and _ are allowed."
TIME = "Not a time like 2029-05-10T00:00:00+05:30."
IDS = 'Not a list of series ids like "[10, 20]".'
RANGE = 'Not an object like {"dom": [1-31], "dow": [1-7], "hours": [0-23]}.'
DOM = "dom takes a list of numbers from 1 to 31, or -1 for any."
DOW = "dow takes a list of numbers from 1 to 7, or -1 for any."
HOURS = "hours takes a list of numbers from 0 to 23, or -1 for any."
DAYS = "DAYS needs a number from 0 to 36500."
MONTHS = "MONTHS_END needs a number from 0 to 1200."
PERCENTAGE = "A percentage is above 0 and at most 100."


def choice(value: str) -> str:
    return f'"{value}" is not a valid choice.'


def most(value: int) -> str:
    return f"Ensure this value is less than or equal to {value}."


def least(value: int) -> str:
    return f"Ensure this value is greater than or equal to {value}."


def letters(count: int) -> str:
    return f"Ensure this field has no more than {count} characters."


# A member that cannot be like that whatever the others are.
BY_ITSELF: list[tuple[str, Any, str]] = [
    ("description", "", BLANK),
    ("description", " \n", BLANK),
    ("description", "D" * 256, letters(255)),
    ("description", {}, STRING),
    ("description", True, STRING),
    ("discountCode", "x" * 51, letters(50)),
    ("seriesCode", "x" * 51, letters(50)),
    ("info", ["x"], STRING),
    ("customPropertyMap", "x", 'Expected a dictionary of items but got type "str".'),
    ("customPropertyMap", {"x": "y" * 20_000}, "No more than 20000 bytes."),
    ("customPropertyMap", {"x": 2**63}, "A number is out of range."),
    ("discountType", "FREE", choice("FREE")),
    ("discountType", [], choice("[]")),
    ("discountValue", "many", NUMBER),
    ("discountValue", True, NUMBER),
    ("discountValue", "NaN", NUMBER),
    ("discountValue", "Infinity", NUMBER),
    ("discountValue", 0, "A value above 0 is needed."),
    ("discountValue", -5, "A value above 0 is needed."),
    ("discountValue", 1.0001, "Ensure that there are no more than 3 decimal places."),
    ("discountValue", "1e20", "Ensure that there are no more than 18 digits in total."),
    ("discountUpto", -0.5, least(0)),
    ("discountUpto", -2, least(-1)),
    ("discountOn", "ITEM", choice("ITEM")),
    ("validTillDate", "2020-05-10T00:00:00Z", "This day is in the past."),
    ("validTillDate", "2026-02-30", TIME),
    ("validTillDate", 1620518400000, TIME),
    ("validTillDate", "9999-12-31T23:59:59-12:00", TIME),
    ("validTillDate", "soon", TIME),
    ("redemptionValidFrom", {}, TIME),
    ("expiryStrategyType", "YEARS", choice("YEARS")),
    ("expiryStrategyValue", "one", INTEGER),
    ("expiryStrategyValue", 2**31, most(2**31 - 1)),
    ("clientHandlingType", "PIN", choice("PIN")),
    ("genericCode", "TEN", "Only a series with clientHandlingType GENERIC has one."),
    ("genericCode", "X" * 51, letters(50)),
    ("alphaNumeric", "maybe", BOOLEAN),
    ("alphaNumeric", {}, BOOLEAN),
    ("randomCodeLength", 101, most(100)),
    ("randomCodeLength", -2, least(-1)),
    ("couponPrefix", "A B", CODE),
    ("couponSuffix", "X" * 21, letters(20)),
    ("couponSuffix", "ß", CODE),
    ("maxCreate", -2, least(-1)),
    ("maxCreate", 2**63, most(2**63 - 1)),
    ("maxCreate", "9" * 1001, "String value too large."),
    ("maxVouchersPerUser", 2**31, most(2**31 - 1)),
    ("maxVouchersPerUser", 1.5, INTEGER),
    ("maxVouchersPerUser", True, INTEGER),
    ("minDaysBetweenVouchers", 36_501, most(36_500)),
    *(
        ("mutualExclusiveSeriesIds", ids, IDS)
        for ids in ("ten", "[10", "10", "[0]", "[-1, 10]", '["x"]', "[1.5]", "[true]", "[[1]]")
    ),
    *(
        ("mutualExclusiveSeriesIds", ids, IDS)
        for ids in ("{}", "[9223372036854775808]", "[" * 3000, {"a": 1}, 7, True, [None])
    ),
    ("mutualExclusiveSeriesIds", list(range(1, 1002)), IDS),
    *(
        ("redemptionRange", value, RANGE)
        for value in ("often", "[1]", '{"days": [1]}', 7, [], True, "[" * 3000)
    ),
    *(
        ("redemptionRange", {"dom": value}, DOM)
        for value in ([0], [32], [1, "x"], [1.5], [True], "1-5", {"a": 1}, [-1, 1], 7)
    ),
    ("redemptionRange", '{"dow": [8]}', DOW),
    ("redemptionRange", '{"hours": [24]}', HOURS),
    ("minBillAmount", "x", NUMBER),
    ("productInfo", {}, 'Expected a list of items but got type "dict".'),
    ("redemptionOrgEntityDetails", "x", 'Expected a list of items but got type "str".'),
    ("targetUserDetails", 7, "Invalid data. Expected a dictionary, but got int."),
    ("smsTemplate", "x" * 2001, letters(2000)),
    ("isSMSDisabled", 2, BOOLEAN),
]  # fmt: skip

# 10 ** 2 codes; 31 ** 2 = 961; 10 ** 4 allow 500, a twentieth.
TWO_DIGITS = "randomCodeLength: 2 out of 10 letters make 100 codes; at least 10000 are needed."
TWO_LETTERS = "randomCodeLength: 2 out of 31 letters make 961 codes; at least 10000 are needed."
TOO_MANY = "randomCodeLength: 4 out of 10 letters make 10000 codes; at least 10020 are needed."
TOO_LONG = "randomCodeLength: With prefix and suffix a code has 101 characters, more than 100."
TOGETHER: list[tuple[dict[str, Any], str]] = [
    ({"description": None}, "description is mandatory to set"),
    ({"discountType": None}, "discountType is mandatory to set"),
    ({"discountValue": None}, "discountValue is mandatory to set"),
    ({"discountType": "PERC", "discountValue": 250}, f"discountValue: {PERCENTAGE}"),
    ({"discountType": "PERC", "discountValue": 0}, f"discountValue: {PERCENTAGE}"),
    ({"expiryStrategyType": "DAYS", "expiryStrategyValue": -1}, f"expiryStrategyValue: {DAYS}"),
    ({"expiryStrategyType": "DAYS", "expiryStrategyValue": 36_501}, f"expiryStrategyValue: {DAYS}"),
    (
        {"expiryStrategyType": "MONTHS_END", "expiryStrategyValue": 1_000_000},
        f"expiryStrategyValue: {MONTHS}",
    ),
    ({"clientHandlingType": "GENERIC"}, "genericCode is mandatory to set"),
    ({"clientHandlingType": "GENERIC", "genericCode": " "}, "genericCode is mandatory to set"),
    ({"clientHandlingType": "GENERIC", "genericCode": "TEN%"}, f"genericCode: {CODE}"),
    ({"clientHandlingType": "GENERIC", "genericCode": "groß"}, f"genericCode: {CODE}"),
    ({"randomCodeLength": 90, "couponPrefix": "X" * 11}, TOO_LONG),
    ({"alphaNumeric": False, "randomCodeLength": 2}, TWO_DIGITS),
    ({"alphaNumeric": False, "randomCodeLength": 2, "maxCreate": 1}, TWO_DIGITS),
    ({"shortCodeLength": 2}, TWO_LETTERS),
    ({"alphaNumeric": False, "randomCodeLength": 4, "maxCreate": 501}, TOO_MANY),
    ({"minBillAmount": 100, "maxBillAmount": 99.9}, "maxBillAmount: It is below minBillAmount."),
    ({"productInfo": [7]}, "productInfo.0: Invalid data. Expected a dictionary, but got int."),
    ({"productInfo": [{"productIds": [1]}]}, "productInfo.0.productType is mandatory to set"),
    (
        {"productInfo": [{"productType": "SHOE", "productIds": [1]}]},
        f"productInfo.0.productType: {choice('SHOE')}",
    ),
    (
        {"productInfo": [{"productType": "SKU", "productIds": ["x"]}]},
        f"productInfo.0.productIds.0: {INTEGER}",
    ),
    (
        {"redemptionOrgEntityDetails": [{"redemptionOrgEntityType": "SHIP", "orgEntityId": 1}]},
        f"redemptionOrgEntityDetails.0.redemptionOrgEntityType: {choice('SHIP')}",
    ),
    (
        {"redemptionOrgEntityDetails": [{"redemptionOrgEntityType": "TILL"}]},
        "redemptionOrgEntityDetails.0.orgEntityId is mandatory to set",
    ),
    (
        {"targetUserDetails": {"validMaxUserTransactionLimit": "x"}},
        f"targetUserDetails.validMaxUserTransactionLimit: {INTEGER}",
    ),
    (
        {
            "targetUserDetails": {
                "validUserRegistrationStartTime": 9,
                "validUserRegistrationEndTime": 8,
            }
        },
        "targetUserDetails.validUserRegistrationEndTime: It is before "
        "validUserRegistrationStartTime.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value", "sentence"), BY_ITSELF)
def test_it_refuses_a_member(series_api: Caller, member: str, value: Any, sentence: str) -> None:
    assert refusal(series_api, {member: value}) == f"{member}: {sentence}"


@pytest.mark.parametrize(("members", "message"), TOGETHER)
def test_it_refuses_members_together(
    series_api: Caller, members: dict[str, Any], message: str
) -> None:
    assert refusal(series_api, members) == message


def refusal(api: Caller, members: dict[str, Any]) -> str:
    """The sentence that refuses these members; nothing is stored."""
    response = api.post("/v2/coupon/series", PLAIN | members)
    assert response.status_code == 400, response.content
    assert not Series.objects.exists()
    [error] = response.json()["errors"]
    assert (error["status"], error["code"]) == (False, 756)
    return error["message"]


def test_every_mandatory_member_is_named(series_api: Caller) -> None:
    response = series_api.post("/v2/coupon/series", {"CouponSeriesV2": {}})

    assert response.status_code == 400
    assert response.json() == {
        "errors": [
            {"status": False, "code": 756, "message": f"{member} is mandatory to set"}
            for member in ("description", "discountType", "discountValue")
        ]
    }


@pytest.mark.parametrize("members", [[], None, 7, "x", [PLAIN]])
def test_it_refuses_what_is_no_object(series_api: Caller, members: Any) -> None:
    response = series_api.post("/v2/coupon/series", {"CouponSeriesV2": members})

    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["message"] == "CouponSeriesV2: An object is expected."
    assert not Series.objects.exists()


JUNK = [
    0, -1, 2**64 - 1, -(2**63), 1e308, 0.1, True, "", " ", "\u0000", "🎉" * 3000, "NaN", "1e400",
    "-0", "0x10", "١٢٣", "1_0", "+5", "5.0", "[" * 3000, [], {}, [[]], [{}], [None], [1e308],
    {"a": {"b": [1]}}, {"": None}, [0] * 2000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
]  # fmt: skip
MEMBERS = list(SeriesInput().fields)


@pytest.mark.parametrize("member", MEMBERS)
def test_no_junk_breaks_it(series_api: Caller, member: str) -> None:
    for junk in JUNK:
        response = series_api.post("/v2/coupon/series", PLAIN | {member: junk})

        assert response.status_code in (200, 400), (member, junk)
        if response.status_code == 400:
            assert {error["code"] for error in response.json()["errors"]} == {756}
            assert all(member in error["message"] for error in response.json()["errors"])
