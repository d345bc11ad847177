"""What requests at the till must look like, by their documented names (docs/integrators.md)."""

import math
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from couponadmin.numbers import AmountField, WholeField
from couponadmin.strict import StrictSerializer
from couponadmin.times import parse_api_datetime
from customers.serializers import CustomerReferenceField
from redemption.models import TRANSACTION_NUMBER_LENGTH
from series.models import MONEY

MOST_CODES = 50
LONGEST_CODE = 100
BIGGEST_ID = 2**63 - 1
MINUTES_ON_HOLD = 15
MOST_MINUTES_ON_HOLD = 24 * 60
THOUSANDTH = Decimal("0.001")
# More than what sums of floats are wrong by, less than anybody writes; of big floats, which are
# further from each other, so many times that distance.
NOISE = Decimal("0.000001")
NOISY_STEPS = 4


@extend_schema_field({"type": "number", "minimum": 0})
class BillAmountField(AmountField):
    """An amount, as a number or in a string, of three decimals; the noise of floats is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**MONEY, min_value=Decimal(0), **options)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, float):
            try:
                data = without_noise(data)
            except InvalidOperation:
                self.fail("invalid")
        return super().to_internal_value(data)


def without_noise(number: float) -> Decimal:
    """A float's thousandths, as long as it has no other decimals but those of inexact sums."""
    amount = Decimal(repr(number))
    rounded = amount.quantize(THOUSANDTH)
    noise = max(NOISE, NOISY_STEPS * Decimal(math.ulp(number)))
    return rounded if abs(amount - rounded) < noise else amount


@extend_schema_field(OpenApiTypes.DATETIME)
class TimeField(serializers.Field):
    """An ISO 8601 time; without an offset it is in the server's zone. A date alone stays a date."""

    default_error_messages = {"invalid": "Not a time like 2029-05-10T14:00:00+05:30."}

    def to_internal_value(self, data: Any) -> datetime | date | None:
        if data == "":
            return None
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            moment = parse_api_datetime(data)
        except ValueError:
            self.fail("invalid")
        text = data.strip()
        return date.fromisoformat(text) if len(text) == len("2029-05-10") else moment


@extend_schema_field({"type": "string", "description": "Codes, separated by commas."})
class CodesField(serializers.CharField):
    """Codes with commas between them; none at all is one that is missing (781)."""

    def run_validation(self, data: Any = serializers.empty) -> list[str]:
        text = super().run_validation("" if data is serializers.empty else data)
        codes = [code.strip() for code in text.split(",")]
        wanted = [code for code in codes if code] or [""]
        if len(wanted) > MOST_CODES:
            raise serializers.ValidationError(f"No more than {MOST_CODES} codes are allowed.")
        if any(len(code) > LONGEST_CODE for code in wanted):
            raise serializers.ValidationError(f"A code has at most {LONGEST_CODE} characters.")
        return wanted


class CodeSerializer(serializers.Serializer):
    """One code; one that is missing is refused by its own number (781)."""

    code = serializers.CharField(
        max_length=LONGEST_CODE, default="", allow_blank=True, allow_null=True
    )


class RedeemSerializer(serializers.Serializer):
    """Request of "Redeem coupon" and "Bulk redeem"."""

    redemptionRequestList = CodeSerializer(many=True, min_length=1, max_length=MOST_CODES)
    billAmount = BillAmountField()
    transactionNumber = serializers.CharField(
        max_length=TRANSACTION_NUMBER_LENGTH, default="", allow_blank=True, allow_null=True
    )
    user = CustomerReferenceField(required=False, allow_null=True)
    redemptionTime = TimeField(required=False, allow_null=True)


class HoldSerializer(RedeemSerializer):
    """Request to put coupons on hold: as for redeeming, and for how long."""

    minutes = WholeField(default=MINUTES_ON_HOLD, min_value=1, max_value=MOST_MINUTES_ON_HOLD)


class CheckSerializer(serializers.Serializer):
    """Query of "Is coupon redeemable"; `billAmount` and `redemptionTime` as when redeeming."""

    code = CodesField(allow_blank=True)
    details = serializers.ChoiceField(["true", "false", "extended"], default="false")
    billAmount = BillAmountField(required=False)
    redemptionTime = TimeField(required=False)


class CheckOnlySerializer(serializers.Serializer):
    """Query of "Bulk redeem": whether the coupons are only looked at."""

    is_redeemable = serializers.BooleanField(default=False)


class HoldIdsSerializer(serializers.Serializer):
    """Request to cancel holds."""

    holdIds = serializers.ListField(
        child=WholeField(min_value=1, max_value=BIGGEST_ID),
        min_length=1,
        max_length=MOST_CODES,
    )


class CommitSerializer(StrictSerializer, HoldIdsSerializer):
    """Request to commit holds: what is passed over here would be lost with the sale."""

    billAmount = BillAmountField(
        required=False, allow_null=True, help_text="The bill as it is now, if it has changed."
    )


class ReactivateSerializer(serializers.Serializer):
    """Request of "Reactivate coupon"."""

    redemptionIds = serializers.ListField(
        child=WholeField(min_value=1, max_value=BIGGEST_ID),
        min_length=1,
        max_length=MOST_CODES,
    )
    reason = serializers.CharField(max_length=250, default="", allow_blank=True, allow_null=True)
