"""What answers look like, for the OpenAPI description. The answers themselves are plain dicts
(`redemption.shapes`); the schema tests hold them against this.
"""

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from issuance.answers import CustomerAnswer
from series.models import DiscountType


class StatusAnswer(serializers.Serializer):
    status = serializers.BooleanField()
    code = serializers.IntegerField(help_text="700: done.")
    message = serializers.CharField()


class ReasonAnswer(serializers.Serializer):
    code = serializers.IntegerField()
    message = serializers.CharField()
    needed = serializers.JSONField(allow_null=True)
    found = serializers.JSONField(allow_null=True)
    nextValidTime = serializers.DateTimeField(allow_null=True)


class BenefitAnswer(serializers.Serializer):
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
    redemptionStatus = StatusAnswer()
    reasons = ReasonAnswer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    appendedErrorMessage = serializers.CharField(allow_blank=True)
    currencyInput = serializers.BooleanField()
    localToBaseCurrencyExchangeRate = serializers.FloatField()


class RedemptionAnswer(BenefitAnswer):
    redemptionId = serializers.IntegerField(allow_null=True)
    id = serializers.IntegerField(allow_null=True, help_text="The redemption's.")
    billAmount = serializers.FloatField(allow_null=True)
    redeemedAt = serializers.DateTimeField(allow_null=True)
    reversedAt = serializers.DateTimeField(
        allow_null=True, help_text="When it was given back; it does not count any more then."
    )
    transactionNumber = serializers.CharField(allow_blank=True)


class HeldAnswer(BenefitAnswer):
    holdId = serializers.IntegerField(allow_null=True)
    redemptionId = serializers.IntegerField(allow_null=True)
    billAmount = serializers.FloatField()
    expiresAt = serializers.DateTimeField(allow_null=True)
    transactionNumber = serializers.CharField(allow_blank=True)


class RedeemabilityAnswer(BenefitAnswer):
    isRedeemable = serializers.BooleanField()
    redemptionsLeft = serializers.IntegerField(allow_null=True, help_text="-1: without limit.")
    numberOfRedemptionsByUser = serializers.IntegerField(allow_null=True)
    couponseries = serializers.DictField(required=False)


class OutcomeAnswer(serializers.Serializer):
    """What all answers about codes end with."""

    redemptionStatus = StatusAnswer()
    customer = CustomerAnswer(allow_null=True)
    totalCount = serializers.IntegerField()
    failureCount = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class RedeemAnswer(OutcomeAnswer):
    redemption = RedemptionAnswer(many=True)


class CheckAnswer(OutcomeAnswer):
    redemption = RedeemabilityAnswer(many=True)


# "Bulk redeem" answers as the check does when it is asked to look only.
REDEEM_OR_CHECK = PolymorphicProxySerializer(
    component_name="RedeemOrCheckAnswer",
    serializers=[RedeemAnswer, CheckAnswer],
    resource_type_field_name=None,
)


class HoldAnswer(OutcomeAnswer):
    hold = HeldAnswer(many=True)


class EndedHoldAnswer(serializers.Serializer):
    holdId = serializers.IntegerField()
    couponId = serializers.IntegerField()
    code = serializers.CharField()
    state = serializers.ChoiceField(["CANCELLED", "EXPIRED"])
    endedAt = serializers.DateTimeField()


class CancelAnswer(serializers.Serializer):
    hold = EndedHoldAnswer(many=True)
    redemptionStatus = StatusAnswer()
    warnings = serializers.ListField(child=serializers.CharField())


class ReversalAnswer(serializers.Serializer):
    redemptionId = serializers.IntegerField()
    couponId = serializers.IntegerField()
    code = serializers.CharField()
    reversedAt = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)
    redemptionStatus = StatusAnswer()


class ReactivateAnswer(serializers.Serializer):
    redemption = ReversalAnswer(many=True)
    redemptionStatus = StatusAnswer()
    warnings = serializers.ListField(child=serializers.CharField())
