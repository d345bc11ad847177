"""Documented members of a series' answer that say nothing about this system.

They are answered as the sample of "Create coupon series" (v2 API) has them, and taken without a
word when a client sends back what it has read.
"""

from typing import Any

ECHOED: dict[str, Any] = {
    "isTransferrable": False,
    "isValidationRequired": False,
    "storeIdsJson": "[-1]",
    "isDvsEnabled": False,
    "priority": 0,
    "maxReferralsPerReferee": -1,
    "dvsItems": "items",
    "redeemAtStore": "[-1]",
    "campaignId": -1,
    "sourceOrgId": -1,
    "issueToLoyalty": False,
    "redeemStoreType": "redeemable_stores",
    "offlineRedeemType": False,
    "isOldFlowEnabled": False,
    "isPreRedeemEventRequired": False,
    "signalRedemptionEvent": False,
    "syncToClient": False,
    "showPinCode": False,
    "ownedBy": "NONE",
    "ownerId": -1,
    "ownerValidity": 0,
    "seriesType": "UNDEFINED",
    "updateProductData": False,
    "externalIssual": False,
}

# What a series is made with where the request leaves it out, from the same sample.
SAMPLE_SHORT_SMS_TEMPLATE = "Hello {{cust_name}}, your voucher code is {{voucher_code}}"
SAMPLE_TERMS_AND_CONDITIONS = "T&C"
