import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.http import HttpResponse
from django.utils import timezone
from pytest_django import Settings

from issuance.models import Coupon
from series.models import Series
from series.openapi import SeriesSchema
from series.shapes import SERIES_MEMBERS
from tests.conftest import Caller

SAMPLES = Path(__file__).parent / "samples"
REQUEST = json.loads((SAMPLES / "series_create_request.json").read_text())
ANSWER = json.loads((SAMPLES / "series_create_answer.json").read_text())
NEXT_YEAR = date.today().year + 1
LEAST = {"description": "Ten off", "discountType": "ABS", "discountValue": 10}
PLAIN = LEAST | {"validTillDate": f"{NEXT_YEAR}-06-30T00:00:00Z"}


def create(api: Caller, members: Any) -> HttpResponse:
    return api.post("/v2/coupon/series", members)


def created(api: Caller, **members: Any) -> dict[str, Any]:
    response = create(api, PLAIN | members)
    assert response.status_code == 200, response.content
    return response.json()


@time_machine.travel("2028-05-13T11:11:42Z", tick=False)
def test_the_documented_sample_works_as_documented(series_api: Caller) -> None:
    response = create(series_api, REQUEST)

    assert response.status_code == 200
    answer = response.json()
    assert list(answer)[: len(ANSWER) - 1] == list(ANSWER)[:-1]
    sent = REQUEST["CouponSeriesV2"]
    made_here = {
        "id": Series.objects.get().pk,
        "orgId": 1,
        "createdBy": series_api.client.pk,
        "createdOn": "2028-05-13T11:11:42Z",
        "lastUsed": "2028-05-13T11:11:42Z",
        "dvsExpiryDate": "2028-05-13T00:00:00Z",
        "seriesCode": answer["seriesCode"],
        # Midnight of 10 May in India is the 9th here.
        "validTillDate": "2029-05-09T00:00:00Z",
        "redemptionValidFrom": "2024-05-17T00:00:00Z",
        "fixedExpiryDate": 1_872_979_200_000,
        "validDaysFromCreation": 361,
        "tag": sent["description"],
    }
    assert answer == ANSWER | sent | made_here | not_in_the_sample(sent)
    assert re.fullmatch("[0-9A-F]{20}", answer["seriesCode"])


def not_in_the_sample(sent: dict[str, Any]) -> dict[str, Any]:
    """Members that the sample of the answer does not show."""
    return {
        "productInfo": sent["productInfo"],
        "redemptionOrgEntityDetails": sent["redemptionOrgEntityDetails"],
        "redemptionPerCouponMaxLimit": -1,
        "couponPrefix": "",
        "couponSuffix": "",
        "isPrefixEnabled": True,
        "isSuffixEnabled": True,
    }


def test_what_the_sample_of_the_answer_says_can_be_sent(series_api: Caller) -> None:
    later = {"validTillDate": f"{NEXT_YEAR}-05-09T00:00:00Z"}

    answer = create(series_api, ANSWER | later).json()

    made_here = {
        "id", "orgId", "createdBy", "createdOn", "lastUsed", "dvsExpiryDate", "fixedExpiryDate",
        "validDaysFromCreation",
    }  # fmt: skip
    expected = ANSWER | later | {"validTillDate": later["validTillDate"], "warnings": []}
    for member in expected.keys() - made_here:
        assert answer[member] == expected[member], member
    for member in made_here:
        assert type(answer[member]) is type(ANSWER[member]), member


def test_members_may_come_without_their_wrapper(series_api: Caller) -> None:
    flat = create(series_api, REQUEST["CouponSeriesV2"]).json()
    wrapped = create(series_api, REQUEST).json()

    own = {"id", "seriesCode", "createdOn", "lastUsed"}
    assert {k: v for k, v in flat.items() if k not in own} == {
        k: v for k, v in wrapped.items() if k not in own
    }


def test_what_is_left_out_has_a_default(series_api: Caller) -> None:
    answer = create(series_api, LEAST).json()

    assert answer["warnings"] == ["validTillDate: The series has no end."]
    assert (answer["validTillDate"], answer["fixedExpiryDate"]) == (None, 0)
    assert created(series_api, validTillDate="")["validTillDate"] is None
    defaults = {
        "customPropertyMap": {}, "discountCode": "NO_VALUE", "validDaysFromCreation": -1,
        "expiryStrategyValue": 1, "maxCreate": -1, "maxRedeem": -1, "anyUser": False,
        "sameUserMultipleRedeem": False, "isMultipleUseAllowed": False,
        "isReferralExistingUsersAllowed": False, "isValidWithDiscountedItem": False,
        "smsTemplate": "Hello {{fullname}}, your voucher code is {{voucher_code}}. "
        "It is valid till {{expiry_date}}.",
        "shortSMSTemplate": ANSWER["shortSMSTemplate"], "isSMSDisabled": False, "info": "",
        "isMultipleVouchersPerUserAllowed": False, "doNotResendExistingVoucher": False,
        "mutualExclusiveSeriesIds": "[]", "maxVouchersPerUser": -1, "minDaysBetweenVouchers": 0,
        "discountUpto": 0, "redemptionRange": '{"dom" : [-1], "dow": [-1], "hours": [-1]}',
        "minBillAmount": 0, "maxBillAmount": -1, "tag": "Ten off",
        "maxRedemptionsInSeriesPerUser": -1, "minDaysBetweenRedemption": 0,
        "redemptionValidFrom": None, "termsAndConditions": "T&C", "redemptionValidAfterDays": 0,
        "alphaNumeric": True, "shortCodeLength": 0, "randomCodeLength": 0,
        "resendMessageEnabled": False, "clientHandlingType": "DISC_CODE",
        "expiryStrategyType": "SERIES_EXPIRY", "discountOn": "BILL", "productInfo": [],
        "redemptionOrgEntityDetails": [], "numIssued": 0, "numTotal": 0,
        "targetUserDetails": {
            "validMaxUserTransactionLimit": -1,
            "validUserRegistrationStartTime": -1,
            "validUserRegistrationEndTime": -1,
        },
    }  # fmt: skip
    assert {member: answer[member] for member in defaults} == defaults
    assert "genericCode" not in answer


def test_dates_are_those_of_the_servers_zone(series_api: Caller, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"

    answer = created(series_api, validTillDate="2029-05-10T00:00:00+05:30")

    assert answer["validTillDate"] == "2029-05-10T00:00:00+05:30"
    assert answer["fixedExpiryDate"] == 1_873_045_800_000
    naive = created(series_api, validTillDate="2029-05-10T00:00:00")
    assert naive["validTillDate"] == "2029-05-10T00:00:00+05:30"


def test_a_code_of_a_series_is_given_once(series_api: Caller) -> None:
    created(series_api, seriesCode="mine")

    response = create(series_api, PLAIN | {"seriesCode": "mine"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "seriesCode: Another series has this code."
    assert Series.objects.count() == 1


def test_a_generic_code_is_given_once(series_api: Caller) -> None:
    generic = {"clientHandlingType": "GENERIC", "genericCode": "ten-off"}
    answer = created(series_api, **generic)

    response = create(series_api, PLAIN | generic | {"genericCode": "TEN-OFF"})

    assert answer["genericCode"] == "TEN-OFF"
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "genericCode: Another series has this code."
    assert Coupon.objects.get().code == "TEN-OFF"


def test_a_generic_code_is_no_coupons_code(series_api: Caller) -> None:
    pins = created(series_api, clientHandlingType="DISC_CODE_PIN")
    Coupon.objects.create(code="TAKEN", series_id=pins["id"])

    response = create(series_api, PLAIN | {"clientHandlingType": "GENERIC", "genericCode": "taken"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "genericCode: A coupon has this code."
    assert Series.objects.count() == 1


def test_a_series_may_end_today(series_api: Caller) -> None:
    today = timezone.now().date()

    assert created(series_api, validTillDate=f"{today}")["validDaysFromCreation"] == 0
    yesterday = PLAIN | {"validTillDate": f"{today - timedelta(days=1)}T23:59:59Z"}
    assert create(series_api, yesterday).status_code == 400


def test_it_needs_write_access(client_api: Caller) -> None:
    response = create(client_api, PLAIN)

    assert response.status_code == 403
    assert response.json()["errors"][0]["code"] == 403
    assert not Series.objects.exists()


def test_its_history_names_the_client(series_api: Caller) -> None:
    answer = created(series_api)

    [entry] = Series.objects.get().history.all()
    assert (entry.history_change_reason, entry.history_user) == ("API client till", None)
    assert entry.history_date.strftime("%Y-%m-%dT%H:%M:%SZ") == answer["createdOn"]


def test_the_same_key_makes_one_series(series_api: Caller) -> None:
    first = series_api.post("/v2/coupon/series", PLAIN, idempotency_key="a")
    second = series_api.post("/v2/coupon/series", PLAIN, idempotency_key="a")

    assert (first.status_code, second.content) == (200, first.content)
    assert Series.objects.count() == 1


def test_the_api_description_has_every_member_of_the_answer() -> None:
    assert SeriesSchema.fields.keys() == SERIES_MEMBERS.keys() | {"genericCode", "warnings"}
