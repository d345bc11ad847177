"""What answers look like, for the OpenAPI description. The answers themselves are plain dicts
(`redemption.shapes`); the schema tests hold them against this.
"""

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from issuance.openapi import CustomerSchema
from series.models import DiscountType


class StatusSchema(serializers.Serializer):
    status = serializers.BooleanField()
    code = serializers.IntegerField(help_text="700: done.")
    message = serializers.CharField()


class ReasonSchema(serializers.Serializer):
    code = serializers.IntegerField()
    message = serializers.CharField()
    needed = serializers.JSONField(allow_null=True)
    found = serializers.JSONField(allow_null=True)
    nextValidTime = serializers.DateTimeField(allow_null=True)


class BenefitSchema(serializers.Serializer):
    code = serializers.CharField(allow_blank=True)
    couponId = serializers.IntegerField(allow_null=True)
    seriesId = serializers.IntegerField(allow_null=True)
    seriesCode = serializers.CharField(allow_null=True)
    discountCode = serializers.CharField(allow_null=True)
    isAbsolute = serializers.BooleanField(allow_null=True)
    couponValue = serializers.FloatField(allow_null=True)
    discountType = serializers.ChoiceField(DiscountType.choices, allow_null=True)
    discountValue = serializers.FloatField(allow_null=True)
    discountUpto = serializers.FloatField(allow_null=True)
    discount = serializers.FloatField(allow_null=True, help_text="What it takes off this bill.")
    redemptionStatus = StatusSchema()
    reasons = ReasonSchema(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    appendedErrorMessage = serializers.CharField(allow_blank=True)
    currencyInput = serializers.BooleanField()
    localToBaseCurrencyExchangeRate = serializers.FloatField()


class RedemptionSchema(BenefitSchema):
    redemptionId = serializers.IntegerField(allow_null=True)
    id = serializers.IntegerField(allow_null=True, help_text="The redemption's.")
    billAmount = serializers.FloatField(allow_null=True)
    redeemedAt = serializers.DateTimeField(allow_null=True)
    reversedAt = serializers.DateTimeField(
        allow_null=True, help_text="When it was given back; it does not count any more then."
    )
    transactionNumber = serializers.CharField(allow_blank=True)


class HeldSchema(BenefitSchema):
    holdId = serializers.IntegerField(allow_null=True)
    redemptionId = serializers.IntegerField(allow_null=True)
    billAmount = serializers.FloatField()
    expiresAt = serializers.DateTimeField(allow_null=True)
    transactionNumber = serializers.CharField(allow_blank=True)


class RedeemabilitySchema(BenefitSchema):
    isRedeemable = serializers.BooleanField()
    redemptionsLeft = serializers.IntegerField(allow_null=True, help_text="-1: without limit.")
    numberOfRedemptionsByUser = serializers.IntegerField(allow_null=True)
    couponseries = serializers.DictField(required=False)


class OutcomeSchema(serializers.Serializer):
    """What all answers about codes end with."""

    redemptionStatus = StatusSchema()
    customer = CustomerSchema(allow_null=True)
    totalCount = serializers.IntegerField()
    failureCount = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class RedeemSchema(OutcomeSchema):
    redemption = RedemptionSchema(many=True)


class CheckSchema(OutcomeSchema):
    redemption = RedeemabilitySchema(many=True)


# "Bulk redeem" answers as the check does when it is asked to look only.
REDEEM_OR_CHECK = PolymorphicProxySerializer(
    component_name="RedeemOrCheckSchema",
    serializers=[RedeemSchema, CheckSchema],
    resource_type_field_name=None,
)


class HoldSchema(OutcomeSchema):
    hold = HeldSchema(many=True)


class EndedHoldSchema(serializers.Serializer):
    holdId = serializers.IntegerField()
    couponId = serializers.IntegerField()
    code = serializers.CharField()
    state = serializers.ChoiceField(["CANCELLED", "EXPIRED"])
    endedAt = serializers.DateTimeField()


class CancelSchema(serializers.Serializer):
    hold = EndedHoldSchema(many=True)
    redemptionStatus = StatusSchema()
    warnings = serializers.ListField(child=serializers.CharField())


class ReversalSchema(serializers.Serializer):
    redemptionId = serializers.IntegerField()
    couponId = serializers.IntegerField()
    code = serializers.CharField()
    reversedAt = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)
    redemptionStatus = StatusSchema()


class ReactivateSchema(serializers.Serializer):
    redemption = ReversalSchema(many=True)
    redemptionStatus = StatusSchema()
    warnings = serializers.ListField(child=serializers.CharField())
