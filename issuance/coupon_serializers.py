"""What requests about issued coupons must look like, by the documented members."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from couponadmin.numbers import whole_number
from couponadmin.times import end_of_day, local_date, parse_api_datetime
from customers.serializers import CustomerReferenceField
from issuance.coupon_shapes import LETTERS
from issuance.filters import LONGEST_CODE
from issuance.models import normal_code
from issuance.serializers import SeriesIdField
from series.filters import PageInput

MOST_CODES = 50
MOST_EXPIRIES = 100
# Seconds since 1970 reach this in the year 5138, milliseconds did in 1973.
FIRST_MILLISECONDS = 10**11


class AnyCaseChoiceField(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data).upper())


class OptionalCustomerField(CustomerReferenceField):
    """None where it is missing; an object without identifiers is still refused with 701."""

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)

    def validate_empty_values(self, data: object) -> tuple[bool, Any]:
        missing = data is None or data is serializers.empty
        return (True, None) if missing else (False, data)


class CodeField(serializers.CharField):
    """A coupon's code in its normal form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_CODE, **options)

    def to_internal_value(self, data: Any) -> str:
        return normal_code(super().to_internal_value(data))


@extend_schema_field(
    {
        "oneOf": [{"type": "string"}, {"type": "integer"}],
        "description": "A time in ISO 8601, without an offset in the server's zone; or seconds or "
        "milliseconds since 1970. The coupon is valid up to that second; up to the end of a date.",
        "example": "2030-10-30T10:00:00Z",
    }
)
class InstantField(serializers.Field):
    default_error_messages = {"invalid": "Not a time like 2030-10-30T10:00:00Z or 1919664000."}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            text = as_text(data)
            moment = parse_api_datetime(text).replace(microsecond=0)
            return end_of_day(local_date(moment)) if is_day(text) else moment
        except (ValueError, OverflowError, OSError):
            self.fail("invalid")


def is_day(text: str) -> bool:
    return len(text.strip()) == len("2030-10-30")


def as_text(data: Any) -> str:
    """An epoch time as ISO 8601, text as it is; ValueError for what is neither."""
    epoch = whole_number(data)
    if epoch is None:
        if not isinstance(data, str):
            raise ValueError("not a time")
        return data
    seconds = epoch // 1000 if abs(epoch) >= FIRST_MILLISECONDS else epoch
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class CaseInput(serializers.Serializer):
    """In which letters codes are written; they are found in any."""

    coupon_code_case = AnyCaseChoiceField(list(LETTERS), default="UPPER")


class DetailsInput(CaseInput):
    """Query parameters of "Get coupon details" beside those that name coupons."""

    showCouponSeries = serializers.BooleanField(default=False)
    includeIssualDetails = serializers.BooleanField(default=False)
    includeMessages = serializers.BooleanField(
        default=False, help_text="Needs the permission to view customers: texts have their names."
    )


class CustomerCouponsInput(CaseInput, PageInput):
    """Query parameters of "Get all customer coupons" beside customer and status."""

    sort_order = AnyCaseChoiceField(["ASC", "DESC"], default="DESC")


class RevokeCaseInput(serializers.Serializer):
    """Query parameter of "Revoke coupon"."""

    couponCodeCase = AnyCaseChoiceField(list(LETTERS), default="UPPER")


class RevokeInput(serializers.Serializer):
    """Request of "Revoke coupon": codes, or a customer whose unredeemed coupons go.

    With both, only that customer's coupons are revoked; a GENERIC code needs its customer.
    """

    couponSeriesId = SeriesIdField(required=False, allow_null=True)
    customer = OptionalCustomerField()
    couponCodes = serializers.ListField(
        child=CodeField(), required=False, allow_null=True, max_length=MOST_CODES
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("couponCodes") and data["customer"] is None:
            raise serializers.ValidationError("couponCodes or customer is mandatory to set")
        return data


class ExpiryInput(serializers.Serializer):
    """One coupon and its new end."""

    couponCode = CodeField()
    expiryDate = InstantField()


class BulkExpiryInput(serializers.Serializer):
    """Request of "Update coupon code expiry date"; a GENERIC code needs its customer."""

    couponSeriesId = SeriesIdField()
    customer = OptionalCustomerField()
    couponCodes = ExpiryInput(many=True, allow_empty=False, max_length=MOST_EXPIRIES)

    def validate_couponCodes(self, pairs: list[dict[str, Any]]) -> dict[str, datetime]:
        expiries = {pair["couponCode"]: pair["expiryDate"] for pair in pairs}
        if len(expiries) < len(pairs):
            raise serializers.ValidationError("Each code may be given once.")
        return expiries
