"""POST /v2/coupon/redeem and POST /v2/coupon/bulk/redeem"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group

from couponadmin import roles
from couponadmin.models import Guesser, OrgEntity
from customers.models import Customer
from issuance.models import Coupon
from redemption.models import Redemption, Refusal
from series.models import Series
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_redeem_engine import MANY, REPEATED, coupons_of

pytestmark = pytest.mark.django_db

URL = "/v2/coupon/redeem"
BULK = "/v2/coupon/bulk/redeem"
HOLD = "/v2/coupon/hold"
SUCCESS = {"status": True, "code": 700, "message": "Coupon processing successful"}


@pytest.fixture
def customer() -> Customer:
    return make_customer(first_name="Ada", mobile="919876500001")


def request(*codes: str, **members: Any) -> dict[str, Any]:
    return {
        "redemptionRequestList": [{"code": code} for code in codes],
        "billAmount": 2000,
        "transactionNumber": "T1",
        "user": {"mobile": "919876500001"},
    } | members


def refused(response: Any) -> list[tuple[int, str]]:
    assert response.status_code == 400
    return [(error["code"], error["couponCode"]) for error in response.json()["errors"]]


def test_it_answers_as_documented(client_api: Caller, customer: Customer) -> None:
    series = make_series(
        discount_type="PERC", discount_value=10, discount_upto=150, discount_code="XYZ"
    )
    [coupon] = coupons_of(series, customer)

    response = client_api.post(URL, request(coupon.code.lower()))

    assert response.status_code == 200
    [entry] = response.json()["redemption"]
    redemption_id = Redemption.objects.get().pk
    assert entry == {
        "redemptionId": redemption_id,
        "id": redemption_id,
        "code": coupon.code,
        "couponId": coupon.id,
        "seriesId": series.pk,
        "seriesCode": series.series_code,
        "discountCode": "XYZ",
        "isAbsolute": False,
        "couponValue": 10.0,
        "discountType": "PERC",
        "discountValue": 10.0,
        "discountUpto": 150.0,
        "billAmount": 2000.0,
        "discount": 150.0,
        "redeemedAt": entry["redeemedAt"],
        "reversedAt": None,
        "transactionNumber": "T1",
        "redemptionStatus": SUCCESS,
        "reasons": [],
        "warnings": [],
        "appendedErrorMessage": "",
        "currencyInput": False,
        "localToBaseCurrencyExchangeRate": 0,
    }


def test_beside_the_coupons_it_tells_of_all(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)

    answer = client_api.post(URL, request(coupon.code)).json()

    assert answer["redemptionStatus"]["code"] == 700
    assert answer["customer"]["id"] == customer.pk
    assert (answer["totalCount"], answer["failureCount"], answer["warnings"]) == (1, 0, [])
    stored = Redemption.objects.get()
    assert (stored.client, stored.transaction_number) == (client_api.client, "T1")


@pytest.mark.parametrize("url", [URL, BULK])
def test_a_lost_answer_is_given_again(client_api: Caller, customer: Customer, url: str) -> None:
    [coupon] = coupons_of(make_series(), customer)
    first = client_api.post(url, request(coupon.code)).json()

    again = client_api.post(url, request(coupon.code)).json()

    assert again["redemption"][0].pop("warnings") != []
    assert first["redemption"][0].pop("warnings") == []
    assert again == first
    assert Redemption.objects.count() == Coupon.objects.get().redemption_count == 1


@pytest.mark.parametrize("url", [URL, BULK])
def test_an_idempotency_key_gives_the_same_bytes(
    client_api: Caller, customer: Customer, url: str
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    sent = request(coupon.code, transactionNumber="")
    first = client_api.post(url, sent, idempotency_key="a")

    again = client_api.post(url, sent, idempotency_key="a")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert Redemption.objects.count() == 1


def test_a_refusal_with_a_key_is_logged_and_given_again(
    client_api: Caller, customer: Customer
) -> None:
    sent = request("NOBODYS")
    first = client_api.post(URL, sent, idempotency_key="a")

    again = client_api.post(URL, sent, idempotency_key="a")

    assert refused(first) == [(702, "NOBODYS")]
    assert again.content == first.content
    assert Refusal.objects.get().reasons == [702]


def test_the_same_transaction_with_another_bill_is_refused(
    client_api: Caller, customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(), customer)
    client_api.post(URL, request(coupon.code))

    response = client_api.post(URL, request(coupon.code, billAmount=2000.5))

    assert refused(response) == [(756, coupon.code)]
    assert response.json()["errors"][0]["message"].startswith("billAmount: ")
    assert Redemption.objects.get().bill_amount == 2000


def test_all_reasons_are_told_and_the_first_gives_the_number(
    client_api: Caller, customer: Customer
) -> None:
    series = make_series(
        min_bill_amount=5000,
        redemption_org_entity_details=[{"redemptionOrgEntityType": "STORE", "orgEntityId": 1}],
        valid_max_user_transaction_limit=1,
    )
    [coupon] = coupons_of(series, make_customer())

    [error] = client_api.post(URL, request(coupon.code)).json()["errors"]

    assert (error["status"], error["code"], error["couponCode"]) == (False, 703, coupon.code)
    assert [reason["code"] for reason in error["reasons"]] == [703, 733, 735, 710]
    assert error["reasons"][1] == {
        "code": 733,
        "message": "The bill amount is outside the range of the coupon",
        "needed": {"minBillAmount": 5000.0, "maxBillAmount": None},
        "found": 2000.0,
        "nextValidTime": None,
    }
    assert Refusal.objects.get().reasons == [703, 733, 735, 710]


def test_one_that_is_refused_leaves_the_others_redeemed(
    client_api: Caller, customer: Customer
) -> None:
    [coupon] = coupons_of(make_series(), customer)

    response = client_api.post(URL, request("NOBODYS", coupon.code, coupon.code))

    answer = response.json()
    assert response.status_code == 200
    statuses = [entry["redemptionStatus"]["code"] for entry in answer["redemption"]]
    assert statuses == [702, 700, 716]
    assert answer["redemptionStatus"]["status"] is False
    assert (answer["totalCount"], answer["failureCount"]) == (3, 2)
    assert Redemption.objects.count() == 1


def test_in_bulk_one_that_is_refused_refuses_all(client_api: Caller, customer: Customer) -> None:
    first, second = coupons_of(make_series(**MANY), customer, 2)

    response = client_api.post(BULK, request(first.code, "", second.code))

    assert refused(response) == [(749, first.code), (781, ""), (749, second.code)]
    assert not Redemption.objects.exists()
    assert set(Coupon.objects.values_list("redemption_count", flat=True)) == {0}


def test_bulk_may_only_look(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)
    look = f"{BULK}?is_redeemable=true"

    good = client_api.post(look, request(coupon.code)).json()
    bad = client_api.post(look, request(coupon.code, "NOBODYS"))

    assert [entry["isRedeemable"] for entry in good["redemption"]] == [True]
    assert bad.status_code == 200
    codes = [entry["redemptionStatus"]["code"] for entry in bad.json()["redemption"]]
    assert codes == [749, 702]
    assert not Redemption.objects.exists()


def test_bulk_takes_fifty(client_api: Caller, customer: Customer) -> None:
    codes = [coupon.code for coupon in coupons_of(make_series(**MANY), customer, 51)]

    too_many = client_api.post(BULK, request(*codes))
    fifty = client_api.post(BULK, request(*codes[:50]))

    assert too_many.json()["errors"][0]["code"] == 756
    assert fifty.json()["totalCount"] == Redemption.objects.count() == 50


@pytest.mark.parametrize("url", [URL, BULK])
@pytest.mark.parametrize(
    ("change", "number", "member"),
    [
        ({"redemptionRequestList": []}, 756, "redemptionRequestList"),
        ({"redemptionRequestList": None}, 756, "redemptionRequestList"),
        ({"redemptionRequestList": {"code": "A"}}, 756, "redemptionRequestList"),
        ({"redemptionRequestList": ["A"]}, 756, "redemptionRequestList.0"),
        ({"redemptionRequestList": [{"code": {}}]}, 756, "redemptionRequestList.0.code"),
        ({"redemptionRequestList": [{"code": "A" * 101}]}, 756, "redemptionRequestList.0.code"),
        ({"redemptionRequestList": [{"code": "A\0"}]}, 756, "redemptionRequestList.0.code"),
        ({"redemptionRequestList": [{}]}, 781, "The coupon code is missing"),
        ({"redemptionRequestList": [{"code": None}]}, 781, "The coupon code is missing"),
        ({"redemptionRequestList": [{"code": 1e300}]}, 702, "The coupon code could not be found"),
        ({"redemptionRequestList": [{"code": "ß\u2028💥"}]}, 702, "The coupon code"),
        ({"billAmount": None}, 756, "billAmount"),
        ({"billAmount": -1}, 756, "billAmount"),
        ({"billAmount": True}, 756, "billAmount"),
        ({"billAmount": "NaN"}, 756, "billAmount"),
        ({"billAmount": 1e300}, 756, "billAmount"),
        ({"billAmount": []}, 756, "billAmount"),
        ({"billAmount": 999.9999}, 756, "billAmount"),
        ({"billAmount": "999.9999"}, 756, "billAmount"),
        ({"billAmount": 999.99999}, 756, "billAmount"),
        ({"billAmount": 12345678901.1001}, 756, "billAmount"),
        ({"transactionNumber": "T" * 101}, 756, "transactionNumber"),
        ({"transactionNumber": ["T"]}, 756, "transactionNumber"),
        ({"user": "919876500001"}, 756, "user"),
        ({"user": {"mobile": []}}, 756, "user.mobile"),
        ({"user": {"mobile": "1"}}, 701, "The customer could not be found"),
        ({"redemptionTime": "2026-02-30"}, 756, "redemptionTime"),
        ({"redemptionTime": 5}, 756, "redemptionTime"),
        ({"redemptionTime": "9999-12-31T23:59:59Z"}, 756, "redemptionTime"),
        ({"redemptionTime": "0001-01-01T00:00:00Z"}, 756, "redemptionTime"),
    ],
)
def test_bad_input_gets_the_envelope(
    client_api: Caller,
    customer: Customer,
    url: str,
    change: dict[str, Any],
    number: int,
    member: str,
) -> None:
    response = client_api.post(url, request("NOBODYS") | change)

    errors = response.json()["errors"]
    assert response.status_code == 400
    assert [error["code"] for error in errors] == [number]
    assert errors[0]["message"].startswith(member)
    assert not Redemption.objects.exists()


@pytest.mark.parametrize(
    ("bill", "stored"),
    [("3500", "3500"), (0.1 + 0.2, "0.3"), (0, "0"), (12345678901.1 + 0.2, "12345678901.3")],
)
def test_bills_come_as_numbers_or_strings(
    client_api: Caller, customer: Customer, bill: Any, stored: str
) -> None:
    [coupon] = coupons_of(make_series(), customer)

    client_api.post(URL, request(coupon.code, billAmount=bill))

    assert Redemption.objects.get().bill_amount == Decimal(stored)


def test_any_user_may_come_without_a_name(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(any_user=True), customer)

    response = client_api.post(URL, request(coupon.code, user={"mobile": ""}))

    assert response.json()["customer"] is None
    assert Redemption.objects.get().customer is None


def test_who_must_be_known_and_is_not_gets_701(client_api: Caller, customer: Customer) -> None:
    [coupon] = coupons_of(make_series(), customer)

    response = client_api.post(URL, request(coupon.code, user=None))

    assert refused(response) == [(701, coupon.code)]


class TestPlaces:
    """Stores, zones, concepts and tills."""

    @pytest.fixture
    def places(self) -> dict[str, OrgEntity]:
        concept = OrgEntity.objects.create(type="CONCEPT", code="C", name="C")
        zone = OrgEntity.objects.create(
            type="ZONE", code="Z", name="Z", parent=concept, time_zone="Asia/Kolkata"
        )
        store = OrgEntity.objects.create(type="STORE", code="S", name="S", parent=zone)
        till = OrgEntity.objects.create(type="TILL", code="T", name="T", parent=store)
        other = OrgEntity.objects.create(type="TILL", code="O", name="O", parent=concept)
        return {"C": concept, "Z": zone, "S": store, "T": till, "O": other}

    def coupon_for(self, place: OrgEntity, customer: Customer) -> str:
        details = [{"redemptionOrgEntityType": place.type, "orgEntityId": place.pk}]
        return coupons_of(make_series(redemption_org_entity_details=details), customer)[0].code

    @pytest.mark.parametrize("allowed", ["C", "Z", "S", "T"])
    def test_a_place_covers_all_that_lies_in_it(
        self, client_api: Caller, customer: Customer, places: dict[str, OrgEntity], allowed: str
    ) -> None:
        code = self.coupon_for(places[allowed], customer)
        client_api.client.till = places["T"]
        client_api.client.save()

        response = client_api.post(URL, request(code))

        assert response.status_code == 200
        stored = Redemption.objects.get()
        assert (stored.till, stored.store) == (places["T"], places["S"])

    @pytest.mark.parametrize(("allowed", "redeems"), [("C", True), ("Z", False)])
    def test_the_call_may_name_the_place(
        self,
        client_api: Caller,
        customer: Customer,
        places: dict[str, OrgEntity],
        allowed: str,
        redeems: bool,
    ) -> None:
        code = self.coupon_for(places[allowed], customer)

        response = client_api.post(
            URL,
            request(code),
            x_cap_api_attribution_entity_type="till",
            x_cap_api_attribution_entity_code="O",
        )

        assert (response.status_code == 200) is redeems

    def test_without_a_place_a_place_is_missing(
        self, client_api: Caller, customer: Customer, places: dict[str, OrgEntity]
    ) -> None:
        code = self.coupon_for(places["C"], customer)

        assert refused(client_api.post(URL, request(code))) == [(735, code)]

    @pytest.mark.parametrize(("kind", "code"), [("TILL", "X"), ("SHOP", "T"), ("", "T\0")])
    def test_a_place_that_is_none_is_refused(
        self, client_api: Caller, customer: Customer, kind: str, code: str
    ) -> None:
        response = client_api.post(
            URL,
            request("A"),
            x_cap_api_attribution_entity_type=kind,
            x_cap_api_attribution_entity_code=code,
        )

        assert response.json()["errors"][0]["code"] == 756
        assert not Refusal.objects.exists()

    @pytest.mark.parametrize("name", ["type", "code"])
    @pytest.mark.parametrize("text", ["", "  ", "Z\u00fcrich"])
    def test_a_header_that_says_nothing_readable_is_refused_by_its_name(
        self,
        client_api: Caller,
        customer: Customer,
        places: dict[str, OrgEntity],
        name: str,
        text: str,
    ) -> None:
        code = self.coupon_for(places["T"], customer)
        client_api.client.till = places["T"]
        client_api.client.save()
        said = {"type": "TILL", "code": "T"} | {name: text}
        headers = {f"x_cap_api_attribution_entity_{name}": one for name, one in said.items()}

        response = client_api.post(URL, request(code), **headers)

        [error] = response.json()["errors"]
        assert (response.status_code, error["code"]) == (400, 756)
        assert error["message"].startswith(f"X-CAP-API-ATTRIBUTION-ENTITY-{name.upper()}: ")
        assert not Redemption.objects.exists()
        assert not Refusal.objects.exists()

    def test_a_till_may_say_only_which_it_is(
        self, client_api: Caller, customer: Customer, places: dict[str, OrgEntity]
    ) -> None:
        code = self.coupon_for(places["T"], customer)

        response = client_api.post(URL, request(code), x_cap_api_attribution_entity_code=" T ")

        assert response.status_code == 200
        assert Redemption.objects.get().till == places["T"]


class TestGuessing:
    """Failed look-ups are counted, and whoever guesses has to wait."""

    @pytest.fixture
    def outsider(self, new_caller: Callable[..., Caller]) -> Caller:
        """Redeems for others, but may not look into redemptions."""
        caller = new_caller()
        caller.client.groups.set([Group.objects.get(name=roles.WEB_SHOP)])
        return caller

    def test_a_customer_who_names_too_many_has_to_wait(
        self, client_api: Caller, customer: Customer
    ) -> None:
        [coupon] = coupons_of(make_series(), customer)
        for _ in range(20):
            assert client_api.post(URL, request("NOBODYS")).status_code == 400

        response = client_api.post(URL, request(coupon.code))
        other = make_customer()
        [theirs] = coupons_of(make_series(), other)
        elsewhere = client_api.post(URL, request(theirs.code, user={"id": other.pk}))

        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 300
        assert elsewhere.status_code == 200
        assert Guesser.objects.get(kind="CUSTOMER", subject_id=customer.pk).misses == 20
        assert Guesser.objects.get(kind="CLIENT", subject_id=client_api.client.pk).misses == 20

    def test_what_succeeds_counts_nothing(self, client_api: Caller, customer: Customer) -> None:
        [coupon] = coupons_of(make_series(), customer)

        client_api.post(URL, request(coupon.code))

        assert not Guesser.objects.exists()

    def test_an_outsider_learns_nothing_about_others_coupons(
        self, outsider: Caller, customer: Customer
    ) -> None:
        [theirs] = coupons_of(make_series(min_bill_amount=5000), make_customer())

        known, unknown = (
            outsider.post(URL, request(code)).json()["errors"][0]
            for code in (theirs.code, "NOBODYS")
        )

        assert known.pop("couponCode") == theirs.code
        assert unknown.pop("couponCode") == "NOBODYS"
        assert known == unknown
        assert known["code"] == 702

    @pytest.mark.parametrize("url", [URL, BULK, f"{BULK}?is_redeemable=true", HOLD])
    def test_an_outsider_who_names_a_code_twice_learns_nothing_either(
        self, outsider: Caller, customer: Customer, url: str
    ) -> None:
        [theirs] = coupons_of(make_series(), make_customer())

        known, unknown = (
            outsider.post(url, request(code, code)).content.replace(code.encode(), b"")
            for code in (theirs.code, "NOBODYS")
        )

        assert known == unknown
        assert known.count(b"702") >= 2
        assert Guesser.objects.get(kind="CUSTOMER").misses == 2

    def test_an_outsider_is_told_of_an_own_code_that_came_twice(
        self, outsider: Caller, customer: Customer
    ) -> None:
        [own] = coupons_of(make_series(), customer)

        answer = outsider.post(f"{BULK}?is_redeemable=true", request(own.code, own.code)).json()

        assert answer["redemption"][1]["redemptionStatus"]["code"] == 716

    @pytest.mark.parametrize("url", [URL, BULK, f"{BULK}?is_redeemable=true", HOLD])
    def test_an_outsider_learns_no_names_of_a_customer(
        self, outsider: Caller, customer: Customer, url: str
    ) -> None:
        [own] = coupons_of(make_series(), customer)

        answer = outsider.post(url, request(own.code, user={"id": customer.pk})).json()

        assert answer["customer"] == {"id": customer.pk, "profiles": []}

    def test_an_outsider_who_commits_learns_no_names_either(
        self, outsider: Caller, customer: Customer
    ) -> None:
        [own] = coupons_of(make_series(), customer)
        [held] = outsider.post(HOLD, request(own.code)).json()["hold"]

        answer = outsider.post(f"{HOLD}/commit", {"holdIds": [held["holdId"]]}).json()

        assert answer["customer"] == {"id": customer.pk, "profiles": []}

    def test_an_outsider_is_told_why_the_own_coupon_is_refused(
        self, outsider: Caller, customer: Customer
    ) -> None:
        [own] = coupons_of(make_series(min_bill_amount=5000), customer)

        assert refused(outsider.post(URL, request(own.code))) == [(733, own.code)]


def test_a_client_without_the_permission_is_refused(
    new_caller: Callable[..., Caller], customer: Customer
) -> None:
    caller = new_caller()
    caller.client.groups.clear()

    for url in (URL, BULK):
        assert caller.post(url, request("A")).status_code == 403


def test_a_series_counts_what_was_redeemed(client_api: Caller, customer: Customer) -> None:
    series = make_series(**REPEATED, max_redeem=5)
    [coupon] = coupons_of(series, customer)
    for number in range(3):
        client_api.post(URL, request(coupon.code, transactionNumber=f"T{number}"))

    shown = client_api.get(f"/v2/coupon/series/{series.pk}").json()

    assert shown["numRedeemed"] == Series.objects.get().num_redeemed == 3
