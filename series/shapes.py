"""What answers about a series look like: one function per documented shape, each a plain dict."""

from collections.abc import Sequence
from operator import attrgetter as plain

from django.conf import settings

from series import readers
from series.models import Series
from series.readers import Json, amount, day, echoed, length, limit, time_of

# In the order of the sample of "Create coupon series" of the v2 API.
SERIES_MEMBERS: dict[str, readers.Reader] = {
    "customPropertyMap": plain("custom_property_map"),
    "id": plain("pk"),
    "orgId": lambda series: settings.ORG_ID,
    "description": plain("description"),
    "discountCode": plain("discount_code"),
    "validTillDate": day("valid_till_date"),
    "validDaysFromCreation": readers.valid_days_from_creation,
    "expiryStrategyValue": plain("expiry_strategy_value"),
    "maxCreate": limit("max_create"),
    "maxRedeem": limit("max_redeem"),
    "isTransferrable": echoed("isTransferrable"),
    "anyUser": plain("any_user"),
    "sameUserMultipleRedeem": plain("same_user_multiple_redeem"),
    "isReferralExistingUsersAllowed": plain("is_referral_existing_users_allowed"),
    "isMultipleUseAllowed": plain("is_multiple_use_allowed"),
    "isValidationRequired": echoed("isValidationRequired"),
    "isValidWithDiscountedItem": plain("is_valid_with_discounted_item"),
    "createdBy": readers.created_by,
    "numIssued": readers.issued,
    "numRedeemed": readers.redeemed,
    "createdOn": time_of("created_at"),
    "lastUsed": readers.last_used,
    "seriesCode": plain("series_code"),
    "smsTemplate": plain("sms_template"),
    "isSMSDisabled": plain("is_sms_disabled"),
    "info": plain("info"),
    "isMultipleVouchersPerUserAllowed": plain("is_multiple_vouchers_per_user_allowed"),
    "doNotResendExistingVoucher": plain("do_not_resend_existing_voucher"),
    "mutualExclusiveSeriesIds": readers.mutual_exclusive_series_ids,
    "storeIdsJson": echoed("storeIdsJson"),
    "isDvsEnabled": echoed("isDvsEnabled"),
    "dvsExpiryDate": readers.dvs_expiry_date,
    "priority": echoed("priority"),
    "shortSMSTemplate": plain("short_sms_template"),
    "maxVouchersPerUser": limit("max_vouchers_per_user"),
    "minDaysBetweenVouchers": plain("min_days_between_vouchers"),
    "maxReferralsPerReferee": echoed("maxReferralsPerReferee"),
    "discountUpto": amount("discount_upto"),
    "discountValue": amount("discount_value"),
    "dvsItems": echoed("dvsItems"),
    "redemptionRange": readers.redemption_range,
    "minBillAmount": amount("min_bill_amount"),
    "maxBillAmount": readers.max_bill_amount,
    "redeemAtStore": echoed("redeemAtStore"),
    "campaignId": echoed("campaignId"),
    "tag": lambda series: series.tag or series.description,
    "maxRedemptionsInSeriesPerUser": limit("max_redemptions_in_series_per_user"),
    "minDaysBetweenRedemption": plain("min_days_between_redemption"),
    "redemptionValidFrom": day("redemption_valid_from"),
    "sourceOrgId": echoed("sourceOrgId"),
    "issueToLoyalty": echoed("issueToLoyalty"),
    "redeemStoreType": echoed("redeemStoreType"),
    "offlineRedeemType": echoed("offlineRedeemType"),
    "isOldFlowEnabled": echoed("isOldFlowEnabled"),
    "isPreRedeemEventRequired": echoed("isPreRedeemEventRequired"),
    "termsAndConditions": plain("terms_and_conditions"),
    "signalRedemptionEvent": echoed("signalRedemptionEvent"),
    "syncToClient": echoed("syncToClient"),
    "showPinCode": echoed("showPinCode"),
    "targetUserDetails": readers.target_user_details,
    "numUploadedNonIssued": readers.uploaded_not_issued,
    "numUploadedTotal": plain("num_uploaded_total"),
    "redemptionValidAfterDays": plain("redemption_valid_after_days"),
    "ownedBy": echoed("ownedBy"),
    "ownerId": echoed("ownerId"),
    "ownerValidity": echoed("ownerValidity"),
    "alphaNumeric": plain("alpha_numeric"),
    "shortCodeLength": length("short_code_length"),
    "randomCodeLength": length("random_code_length"),
    "fixedExpiryDate": readers.fixed_expiry_date,
    "numTotal": readers.issued,
    "latestIssualTime": lambda series: readers.epoch_ms(series.latest_issued_at),
    "latestRedemptionTime": lambda series: readers.epoch_ms(series.latest_redeemed_at),
    "resendMessageEnabled": plain("resend_message_enabled"),
    "seriesType": echoed("seriesType"),
    "clientHandlingType": plain("client_handling_type"),
    "expiryStrategyType": plain("expiry_strategy_type"),
    "discountOn": plain("discount_on"),
    "discountType": plain("discount_type"),
    "updateProductData": echoed("updateProductData"),
    "externalIssual": echoed("externalIssual"),
    # Members of the request that the sample of the answer does not show.
    "productInfo": plain("product_info"),
    "redemptionOrgEntityDetails": plain("redemption_org_entity_details"),
    "redemptionPerCouponMaxLimit": limit("redemption_per_coupon_max_limit"),
    "couponPrefix": plain("coupon_prefix"),
    "couponSuffix": plain("coupon_suffix"),
    "isPrefixEnabled": plain("is_prefix_enabled"),
    "isSuffixEnabled": plain("is_suffix_enabled"),
}


def series_object(series: Series, *, warnings: Sequence[str] = ()) -> Json:
    """Answer of "Create coupon series" of the v2 API, `genericCode` where there is one.

    Counts are complete where the series was read `with_counts()`.
    """
    answer = {member: read(series) for member, read in SERIES_MEMBERS.items()}
    if series.generic_code is not None:
        answer["genericCode"] = series.generic_code
    return answer | {"warnings": list(warnings)}


def coupon_config(series: Series) -> Json:
    """`couponConfig` of "Issue multiple coupons" of the v2 API, `id` being the series'.

    The counters are 0, as in the samples: the issuing engine keeps terms in memory, not counts.
    """
    return {
        "customPropertyMap": series.custom_property_map,
        "id": series.pk,
        "description": series.description,
        "discountCode": series.discount_code,
        "info": series.info,
        "discountUpto": readers.number(series.discount_upto),
        "discountValue": readers.number(series.discount_value),
        "issueToLoyalty": False,
        "numUploadedNonIssued": 0,
        "numUploadedTotal": 0,
        "redemptionValidAfterDays": series.redemption_valid_after_days,
        "ownerId": 0,
        "ownerValidity": 0,
        "alphaNumeric": series.alpha_numeric,
        "shortCodeLength": series.short_code_length or 0,
        "randomCodeLength": series.random_code_length or 0,
        "fixedExpiryDate": readers.fixed_expiry_date(series),
        "numTotal": 0,
        "latestIssualTime": 0,
        "latestRedemptionTime": 0,
        "discountOn": series.discount_on,
        "discountType": series.discount_type,
        "externalIssual": False,
        "updateProductData": False,
    }
