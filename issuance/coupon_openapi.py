"""What answers about issued coupons look like, for the OpenAPI description. The answers themselves
are plain dicts (`issuance.coupon_shapes`).
"""

from rest_framework import serializers

from issuance.openapi import CouponSchema, ErrorSchema
from series.models import DiscountType


class IssualSchema(serializers.Serializer):
    sourceType = serializers.CharField()
    sourceId = serializers.CharField()
    sourceActivity = serializers.CharField()
    notes = serializers.CharField()
    reason = serializers.CharField()
    source = serializers.CharField()
    issuedBy = serializers.CharField(allow_null=True)
    issuedOn = serializers.DateTimeField()


class MessagesSchema(serializers.Serializer):
    sms = serializers.CharField()
    shortSms = serializers.CharField()


class DetailsSchema(CouponSchema):
    redemptionsLeft = serializers.IntegerField(help_text="-1: without limit.")
    issuedToUserId = serializers.IntegerField()
    isRevoked = serializers.BooleanField()
    isPaused = serializers.BooleanField(help_text="Its batch is held back: no till takes it.")
    couponIssualDetails = IssualSchema(required=False)
    messages = MessagesSchema(
        required=False, allow_null=True, help_text="null if the series sends none."
    )
    couponSeries = serializers.DictField(required=False)


class FoundSchema(serializers.Serializer):
    data = DetailsSchema(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    errors = ErrorSchema(many=True, help_text="What was asked for and not found.")


class PlaceSchema(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class PropertySchema(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.JSONField()


class HeldCouponSchema(serializers.Serializer):
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
    issuedAt = PlaceSchema()
    customProperty = PropertySchema(many=True)
    redemptions = serializers.ListField(child=serializers.DictField())
    reversedRedemptions = serializers.ListField(child=serializers.DictField())


class HolderSchema(serializers.Serializer):
    firstname = serializers.CharField()
    lastname = serializers.CharField()
    id = serializers.IntegerField()
    email = serializers.CharField(required=False)
    mobile = serializers.CharField(required=False)
    externalId = serializers.CharField(required=False)
    coupons = HeldCouponSchema(many=True)


class PaginationSchema(serializers.Serializer):
    limit = serializers.CharField()
    offset = serializers.CharField()
    total = serializers.IntegerField()


class HoldersSchema(serializers.Serializer):
    pagination = PaginationSchema()
    customers = HolderSchema(many=True)


class RevokedSchema(serializers.Serializer):
    couponId = serializers.IntegerField()
    couponCode = serializers.CharField()
    issuedToUserId = serializers.IntegerField(allow_null=True)


class NotRevokedSchema(serializers.Serializer):
    errorCode = serializers.IntegerField()
    errorMessage = serializers.CharField()
    couponCodes = serializers.ListField(child=serializers.CharField())


class RevocationSchema(serializers.Serializer):
    totalCount = serializers.IntegerField()
    failedCount = serializers.IntegerField()
    revokedCoupons = RevokedSchema(many=True)
    failedToRevoke = NotRevokedSchema(many=True)


class UnprocessedSchema(serializers.Serializer):
    expiryDate = serializers.DateTimeField()
    couponCode = serializers.CharField()
    errorCode = serializers.IntegerField()
    errorMessage = serializers.CharField()


class ExpiryChangeSchema(serializers.Serializer):
    totalCount = serializers.IntegerField()
    failedCount = serializers.IntegerField()
    successCount = serializers.IntegerField()
    unprocessedCoupons = UnprocessedSchema(many=True)
    userId = serializers.IntegerField(allow_null=True)
    couponSeriesId = serializers.IntegerField()


class SuccessfulSchema(serializers.Serializer):
    warnings = serializers.ListField(child=serializers.CharField())
    errors = ErrorSchema(many=True)
    success = serializers.BooleanField()


class CustomerCouponsSchema(SuccessfulSchema):
    entity = HoldersSchema()


class RevokeSchema(SuccessfulSchema):
    entity = RevocationSchema()


class BulkExpirySchema(SuccessfulSchema):
    entity = ExpiryChangeSchema()
