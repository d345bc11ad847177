"""What requests and answers look like, for the OpenAPI description. The answers themselves are
plain dicts (`series.shapes`).

Source: the response table of "Create coupon series" of the v2 API.
"""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from series.serializers import SeriesInput, TargetUserDetails

BOOLEANS = """
    isTransferrable anyUser sameUserMultipleRedeem isReferralExistingUsersAllowed
    isMultipleUseAllowed isValidationRequired isValidWithDiscountedItem isSMSDisabled
    isMultipleVouchersPerUserAllowed doNotResendExistingVoucher isDvsEnabled issueToLoyalty
    offlineRedeemType isOldFlowEnabled isPreRedeemEventRequired signalRedemptionEvent syncToClient
    showPinCode alphaNumeric resendMessageEnabled updateProductData externalIssual
    isPrefixEnabled isSuffixEnabled
"""
INTEGERS = """
    id orgId validDaysFromCreation expiryStrategyValue maxCreate maxRedeem createdBy numIssued
    numRedeemed priority maxVouchersPerUser minDaysBetweenVouchers maxReferralsPerReferee campaignId
    maxRedemptionsInSeriesPerUser minDaysBetweenRedemption sourceOrgId numUploadedNonIssued
    numUploadedTotal redemptionValidAfterDays ownerId ownerValidity shortCodeLength randomCodeLength
    fixedExpiryDate numTotal latestIssualTime latestRedemptionTime redemptionPerCouponMaxLimit
"""
NUMBERS = "discountUpto discountValue minBillAmount maxBillAmount"
STRINGS = """
    description discountCode seriesCode smsTemplate info mutualExclusiveSeriesIds storeIdsJson
    shortSMSTemplate dvsItems redemptionRange redeemAtStore tag redeemStoreType termsAndConditions
    ownedBy seriesType clientHandlingType expiryStrategyType discountOn discountType couponPrefix
    couponSuffix
"""
TIMES = "createdOn lastUsed dvsExpiryDate"
TIMES_OR_NULL = "validTillDate redemptionValidFrom"

SeriesSchema = inline_serializer(
    "SeriesSchema",
    {name: serializers.BooleanField() for name in BOOLEANS.split()}
    | {name: serializers.IntegerField() for name in INTEGERS.split()}
    | {name: serializers.FloatField() for name in NUMBERS.split()}
    | {name: serializers.CharField() for name in STRINGS.split()}
    | {name: serializers.DateTimeField() for name in TIMES.split()}
    | {name: serializers.DateTimeField(allow_null=True) for name in TIMES_OR_NULL.split()}
    | {name: serializers.ListField() for name in ("productInfo", "redemptionOrgEntityDetails")}
    | {
        "customPropertyMap": serializers.DictField(),
        "targetUserDetails": TargetUserDetails(),
        "genericCode": serializers.CharField(required=False),
        "warnings": serializers.ListField(child=serializers.CharField()),
    },
)


class SeriesRequest(serializers.Serializer):
    """The members may also stand by themselves."""

    CouponSeriesV2 = SeriesInput()


class SeriesListSchema(serializers.Serializer):
    entity = serializers.ListField(child=SeriesSchema)
    warnings = serializers.ListField(child=serializers.CharField())
