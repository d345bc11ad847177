"""What answers about issued coupons look like, for the OpenAPI description. The answers themselves
are plain dicts (`issuance.coupon_shapes`).
"""

from rest_framework import serializers

from issuance.answers import CouponAnswer, ErrorAnswer
from series.models import DiscountType


class IssualAnswer(serializers.Serializer):
    sourceType = serializers.CharField()
    sourceId = serializers.CharField()
    sourceActivity = serializers.CharField()
    notes = serializers.CharField()
    reason = serializers.CharField()
    source = serializers.CharField()
    issuedBy = serializers.CharField(allow_null=True)
    issuedOn = serializers.DateTimeField()


class MessagesAnswer(serializers.Serializer):
    sms = serializers.CharField()
    shortSms = serializers.CharField()


class DetailsAnswer(CouponAnswer):
    redemptionsLeft = serializers.IntegerField(help_text="-1: without limit.")
    issuedToUserId = serializers.IntegerField()
    isRevoked = serializers.BooleanField()
    isPaused = serializers.BooleanField(help_text="Its batch is held back: no till takes it.")
    couponIssualDetails = IssualAnswer(required=False)
    messages = MessagesAnswer(
        required=False, allow_null=True, help_text="null if the series sends none."
    )
    couponSeries = serializers.DictField(required=False)


class FoundAnswer(serializers.Serializer):
    data = DetailsAnswer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    errors = ErrorAnswer(many=True, help_text="What was asked for and not found.")


class PlaceAnswer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class PropertyAnswer(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.JSONField()


class HeldCouponAnswer(serializers.Serializer):
    code = serializers.CharField()
    seriesId = serializers.IntegerField()
    description = serializers.CharField()
    validTill = serializers.DateTimeField(allow_null=True)
    validTillDateTime = serializers.DateTimeField(allow_null=True)
    discountType = serializers.ChoiceField(DiscountType.choices)
    discountValue = serializers.FloatField()
    discountUpto = serializers.FloatField()
    redemptionCount = serializers.IntegerField()
    redemptionsLeft = serializers.IntegerField(help_text="-1: without limit.")
    isPaused = serializers.BooleanField(help_text="Its batch is held back: no till takes it.")
    id = serializers.IntegerField()
    createdDate = serializers.DateTimeField()
    transactionNumber = serializers.CharField()
    issuedAt = PlaceAnswer()
    customProperty = PropertyAnswer(many=True)
    redemptions = serializers.ListField(child=serializers.DictField())
    reversedRedemptions = serializers.ListField(child=serializers.DictField())


class HolderAnswer(serializers.Serializer):
    firstname = serializers.CharField()
    lastname = serializers.CharField()
    id = serializers.IntegerField()
    email = serializers.CharField(required=False)
    mobile = serializers.CharField(required=False)
    externalId = serializers.CharField(required=False)
    coupons = HeldCouponAnswer(many=True)


class PaginationAnswer(serializers.Serializer):
    limit = serializers.CharField()
    offset = serializers.CharField()
    total = serializers.IntegerField()


class HoldersAnswer(serializers.Serializer):
    pagination = PaginationAnswer()
    customers = HolderAnswer(many=True)


class RevokedAnswer(serializers.Serializer):
    couponId = serializers.IntegerField()
    couponCode = serializers.CharField()
    issuedToUserId = serializers.IntegerField(allow_null=True)


class NotRevokedAnswer(serializers.Serializer):
    errorCode = serializers.IntegerField()
    errorMessage = serializers.CharField()
    couponCodes = serializers.ListField(child=serializers.CharField())


class RevocationAnswer(serializers.Serializer):
    totalCount = serializers.IntegerField()
    failedCount = serializers.IntegerField()
    revokedCoupons = RevokedAnswer(many=True)
    failedToRevoke = NotRevokedAnswer(many=True)


class UnprocessedAnswer(serializers.Serializer):
    expiryDate = serializers.DateTimeField()
    couponCode = serializers.CharField()
    errorCode = serializers.IntegerField()
    errorMessage = serializers.CharField()


class ExpiryChangeAnswer(serializers.Serializer):
    totalCount = serializers.IntegerField()
    failedCount = serializers.IntegerField()
    successCount = serializers.IntegerField()
    unprocessedCoupons = UnprocessedAnswer(many=True)
    userId = serializers.IntegerField(allow_null=True)
    couponSeriesId = serializers.IntegerField()


class SuccessfulAnswer(serializers.Serializer):
    warnings = serializers.ListField(child=serializers.CharField())
    errors = ErrorAnswer(many=True)
    success = serializers.BooleanField()


class CustomerCouponsAnswer(SuccessfulAnswer):
    entity = HoldersAnswer()


class RevokeAnswer(SuccessfulAnswer):
    entity = RevocationAnswer()


class BulkExpiryAnswer(SuccessfulAnswer):
    entity = ExpiryChangeAnswer()
