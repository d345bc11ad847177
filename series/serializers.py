"""What a request about a series must look like: the documented members, one field each.

What members must be together, `series.checks` says.
Source: request table of "Create coupon series" of the v2 API, and docs/integrators.md.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from couponadmin.numbers import BIGGEST_COUNT, BIGGEST_ID, AmountField, WholeField
from series.fields import (
    AmountLimitField,
    CodePartField,
    DayField,
    DaysField,
    GenericCodeField,
    LengthField,
    LimitField,
    PropertyMapField,
    RedemptionRangeField,
    SeriesIdsField,
    text,
)
from series.members import SAMPLE_SHORT_SMS_TEMPLATE, SAMPLE_TERMS_AND_CONDITIONS
from series.messages import DEFAULT_SMS_TEMPLATE
from series.models import MONEY, ClientHandling, DiscountType, ExpiryStrategy
from series.shapes import SERIES_MEMBERS

WRAPPER = "CouponSeriesV2"
# Members that null empties; elsewhere null means "not given".
EMPTIED_BY_NULL = {"validTillDate", "redemptionValidFrom"}
MOST_NAMED = 20


class ProductInfo(serializers.Serializer):
    """Products of one kind that a coupon is good for."""

    productType = serializers.ChoiceField(["SKU", "CATEGORY", "BRAND"])
    productIds = serializers.ListField(
        child=WholeField(min_value=0, max_value=BIGGEST_ID), max_length=10_000
    )


class RedemptionOrgEntity(serializers.Serializer):
    """A place where a coupon can be redeemed."""

    redemptionOrgEntityType = serializers.ChoiceField(["CONCEPT", "TILL", "ZONE", "STORE"])
    orgEntityId = WholeField(min_value=0, max_value=BIGGEST_ID)


class TargetUserDetails(serializers.Serializer):
    """What a customer must be to redeem."""

    validMaxUserTransactionLimit = LimitField("valid_max_user_transaction_limit", most=BIGGEST_ID)
    validUserRegistrationStartTime = LimitField(
        "valid_user_registration_start_time", most=BIGGEST_ID
    )
    validUserRegistrationEndTime = LimitField("valid_user_registration_end_time", most=BIGGEST_ID)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return super().to_internal_value(given(data) if isinstance(data, Mapping) else data)


class SeriesInput(serializers.Serializer):
    """The members of a series as clients send them; gives columns of `Series`.

    With `partial=True` what is left out stays as it is.
    """

    # Identity
    description = text("description", required=True, allow_blank=False)
    discountCode = text("discount_code")
    seriesCode = text("series_code")
    info = text("info")
    tag = text("tag")
    termsAndConditions = text("terms_and_conditions", default=SAMPLE_TERMS_AND_CONDITIONS)
    customPropertyMap = PropertyMapField(source="custom_property_map", required=False)

    # Benefit
    discountType = serializers.ChoiceField(DiscountType.choices, source="discount_type")
    discountValue = AmountField(source="discount_value", **MONEY)
    discountUpto = AmountLimitField("discount_upto")
    discountOn = serializers.ChoiceField(["BILL"], source="discount_on", required=False)

    # Validity
    validTillDate = DayField("valid_till_date")
    expiryStrategyType = serializers.ChoiceField(
        ExpiryStrategy.choices, source="expiry_strategy_type", required=False
    )
    expiryStrategyValue = WholeField(
        source="expiry_strategy_value",
        required=False,
        min_value=-BIGGEST_COUNT,
        max_value=BIGGEST_COUNT,
    )

    # Codes
    clientHandlingType = serializers.ChoiceField(
        ClientHandling.choices, source="client_handling_type", required=False
    )
    genericCode = GenericCodeField("generic_code")
    alphaNumeric = serializers.BooleanField(source="alpha_numeric", required=False)
    randomCodeLength = LengthField("random_code_length")
    shortCodeLength = LengthField("short_code_length")
    couponPrefix = CodePartField("coupon_prefix")
    couponSuffix = CodePartField("coupon_suffix")
    isPrefixEnabled = serializers.BooleanField(source="is_prefix_enabled", required=False)
    isSuffixEnabled = serializers.BooleanField(source="is_suffix_enabled", required=False)

    # Issue limits
    maxCreate = LimitField("max_create", most=BIGGEST_ID)
    isMultipleVouchersPerUserAllowed = serializers.BooleanField(
        source="is_multiple_vouchers_per_user_allowed", required=False
    )
    maxVouchersPerUser = LimitField("max_vouchers_per_user")
    doNotResendExistingVoucher = serializers.BooleanField(
        source="do_not_resend_existing_voucher", required=False
    )
    minDaysBetweenVouchers = DaysField("min_days_between_vouchers")
    mutualExclusiveSeriesIds = SeriesIdsField(source="mutual_exclusive_series_ids", required=False)

    # Redemption terms
    anyUser = serializers.BooleanField(source="any_user", required=False)
    isMultipleUseAllowed = serializers.BooleanField(
        source="is_multiple_use_allowed", required=False
    )
    sameUserMultipleRedeem = serializers.BooleanField(
        source="same_user_multiple_redeem", required=False
    )
    redemptionPerCouponMaxLimit = LimitField("redemption_per_coupon_max_limit")
    maxRedeem = LimitField("max_redeem", most=BIGGEST_ID)
    maxRedemptionsInSeriesPerUser = LimitField("max_redemptions_in_series_per_user")
    minDaysBetweenRedemption = DaysField("min_days_between_redemption")
    redemptionValidFrom = DayField("redemption_valid_from")
    redemptionValidAfterDays = DaysField("redemption_valid_after_days")
    redemptionRange = RedemptionRangeField(source="redemption_range", required=False)
    minBillAmount = AmountLimitField("min_bill_amount")
    maxBillAmount = AmountLimitField("max_bill_amount")
    productInfo = ProductInfo(source="product_info", many=True, required=False, max_length=100)
    redemptionOrgEntityDetails = RedemptionOrgEntity(
        source="redemption_org_entity_details", many=True, required=False, max_length=10_000
    )
    targetUserDetails = TargetUserDetails(source="*", required=False)
    isValidWithDiscountedItem = serializers.BooleanField(
        source="is_valid_with_discounted_item", required=False
    )
    isReferralExistingUsersAllowed = serializers.BooleanField(
        source="is_referral_existing_users_allowed", required=False
    )

    # Message
    smsTemplate = text("sms_template", default=DEFAULT_SMS_TEMPLATE)
    shortSMSTemplate = text("short_sms_template", default=SAMPLE_SHORT_SMS_TEMPLATE)
    isSMSDisabled = serializers.BooleanField(source="is_sms_disabled", required=False)
    resendMessageEnabled = serializers.BooleanField(source="resend_message_enabled", required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        members = unwrapped(data)
        if not isinstance(members, Mapping):
            raise serializers.ValidationError({WRAPPER: ["An object is expected."]})
        columns: dict[str, Any] = super().to_internal_value(given(members))
        return {column: value for column, value in columns.items() if not left_out(column, value)}

    def not_understood(self) -> list[str]:
        """A sentence for each member of the request that means nothing here."""
        known = self.fields.keys() | SERIES_MEMBERS.keys() | {"warnings"}
        members = unwrapped(self.initial_data)
        around = self.initial_data.keys() - {WRAPPER} if members is not self.initial_data else ()
        names = [*(name for name in members if name not in known), *sorted(around)]
        sentences = [f"{name[:100]}: This member is not understood." for name in names[:MOST_NAMED]]
        rest = len(names) - MOST_NAMED
        return [*sentences, f"{rest} more members are not understood."] if rest > 0 else sentences


def unwrapped(data: Any) -> Any:
    """The members, which may stand in the documented wrapper or by themselves."""
    return data[WRAPPER] if isinstance(data, Mapping) and WRAPPER in data else data


def given(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without members that are null, except where that has a meaning."""
    return {
        name: value
        for name, value in members.items()
        if value is not None or name in EMPTIED_BY_NULL
    }


def left_out(column: str, value: Any) -> bool:
    """Blank stands for "not given" where a series cannot do without."""
    return value == "" and column in ("series_code", "discount_code")


def columns_by_member() -> dict[str, str]:
    """The column that each member goes into; members of objects by their dotted name."""
    members = {name: field.source for name, field in SeriesInput().fields.items()}
    targets = {
        f"targetUserDetails.{name}": field.source
        for name, field in TargetUserDetails().fields.items()
    }
    return {name: column for name, column in members.items() if column != "*"} | targets
