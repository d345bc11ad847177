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
GUESS = "randomCodeLength: With {} coupons in circulation one guessed code in {} is right."


def created(api: Caller, **members: Any) -> dict[str, Any]:
    response = api.post("/v2/coupon/series", PLAIN | members)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize(
    ("sent", "sentences"),
    [
        ({"colour": "red"}, ["colour: This member is not understood."]),
        ({"isTransferrable": True, "numIssued": 7, "id": "x", "warnings": [1]}, []),
        ({"maxCreate": 0}, ["maxCreate: 0 allows none; -1 stands for no limit."]),
        (
            {"maxVouchersPerUser": 0, "maxRedeem": 0},
            ["maxVouchersPerUser, maxRedeem: 0 allows none; -1 stands for no limit."],
        ),
        (
            {"smsTemplate": "{{voucher}} {{frist_name}} {{x|y}}"},
            ["smsTemplate: Nothing replaces {{frist_name}}, {{x|y}}."],
        ),
        (
            {"validTillDate": "", "smsTemplate": "{{voucher}} till {{ expiry_date }}"},
            [
                "validTillDate: The series has no end.",
                "smsTemplate: Nothing stands for {{expiry_date}}, as coupons have no end.",
            ],
        ),
        (
            {"validTillDate": "", "expiryStrategyType": "DAYS", "expiryStrategyValue": 9},
            ["validTillDate: The series has no end."],
        ),
        (
            {"validTillDate": "", "isSMSDisabled": True},
            ["validTillDate: The series has no end."],
        ),
        (
            {"redemptionValidFrom": f"{NEXT_YEAR}-07-01"},
            ["redemptionValidFrom: This is after the end of the series."],
        ),
        # 10 ** 8 / 100 = 10 ** 6, and a tenth of it.
        ({"alphaNumeric": False, "randomCodeLength": 8}, []),
        (
            {"alphaNumeric": False, "randomCodeLength": 7},
            [GUESS.format(100, 100_000)],
        ),
        ({"alphaNumeric": False, "randomCodeLength": 7, "maxCreate": 10}, []),
        (
            {"alphaNumeric": False, "randomCodeLength": 7, "maxCreate": 1000},
            [GUESS.format(1000, 10_000)],
        ),
        ({"clientHandlingType": "DISC_CODE_PIN", "randomCodeLength": 1}, []),
        ({"clientHandlingType": "GENERIC", "genericCode": "A", "randomCodeLength": 1}, []),
    ],
)
def test_it_warns(series_api: Caller, sent: dict[str, Any], sentences: list[str]) -> None:
    assert created(series_api, **sent)["warnings"] == sentences


def test_it_warns_of_members_beside_the_wrapper(series_api: Caller) -> None:
    answer = series_api.post("/v2/coupon/series", {"CouponSeriesV2": PLAIN, "maxCreate": 5}).json()

    assert answer["maxCreate"] == -1
    assert answer["warnings"] == ["maxCreate: This member is not understood."]


def test_it_names_a_few_of_many_unknown_members(series_api: Caller) -> None:
    answer = created(series_api, **{f"x{n}": n for n in range(1000)})

    assert len(answer["warnings"]) == 21
    assert answer["warnings"][-1] == "980 more members are not understood."
