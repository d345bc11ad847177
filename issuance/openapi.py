"""What answers look like, for the OpenAPI description. The answers themselves are plain dicts
(`issuance.shapes`); the schema tests hold them against this.

Source: the response tables of the three issuing calls of the v2 API.
"""

from rest_framework import serializers

from series.models import DiscountType


class CustomerSchema(serializers.Serializer):
    id = serializers.IntegerField()
    profiles = serializers.ListField(child=serializers.DictField())


class ErrorSchema(serializers.Serializer):
    status = serializers.BooleanField()
    code = serializers.IntegerField()
    message = serializers.CharField()
    warningCode = serializers.IntegerField(required=False)


class SeriesErrorSchema(ErrorSchema):
    seriesId = serializers.IntegerField(required=False, help_text="Where several were asked for.")


class CouponSchema(serializers.Serializer):
    code = serializers.CharField()
    seriesId = serializers.IntegerField()
    description = serializers.CharField()
    discountCode = serializers.CharField()
    validTill = serializers.DateTimeField(allow_null=True)
    discountType = serializers.ChoiceField(DiscountType.choices)
    discountValue = serializers.FloatField()
    discountUpto = serializers.FloatField()
    discountOn = serializers.CharField()
    detailedInfo = serializers.CharField()
    redemptionCount = serializers.IntegerField()
    id = serializers.IntegerField()
    validTillDateTime = serializers.DateTimeField(allow_null=True)


class SingleSchema(CouponSchema):
    customer = CustomerSchema()
    warnings = serializers.ListField(child=serializers.CharField())


class CodeSchema(serializers.Serializer):
    code = serializers.CharField()
    couponId = serializers.IntegerField()
    seriesId = serializers.IntegerField(required=False)


class MultipleSchema(serializers.Serializer):
    coupons = CodeSchema(many=True)
    couponConfig = serializers.DictField()
    couponConfigs = serializers.ListField(child=serializers.DictField(), required=False)
    totalCount = serializers.IntegerField()
    failureCount = serializers.IntegerField()
    successCount = serializers.IntegerField()
    customer = CustomerSchema()
    errors = SeriesErrorSchema(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class EntitySchema(serializers.Serializer):
    entityId = serializers.IntegerField()
    result = CouponSchema(allow_null=True)
    errors = ErrorSchema(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class BulkSchema(serializers.Serializer):
    response = EntitySchema(many=True)
    totalCount = serializers.IntegerField()
    failureCount = serializers.IntegerField()
