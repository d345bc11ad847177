"""The order of the admin's form of a series, and when each of its fields applies."""

from typing import Any

COLLAPSED = ["collapse"]
SECTIONS: dict[str, list[str]] = {
    "What": ["description", "info"],
    "Benefit": ["discount_type", "discount_value", "discount_upto"],
    "Codes": [
        "client_handling_type",
        "generic_code",
        "alpha_numeric",
        "random_code_length",
        "coupon_prefix",
        "is_prefix_enabled",
        "coupon_suffix",
        "is_suffix_enabled",
    ],
    "Validity": ["valid_till_date", "expiry_strategy_type", "expiry_strategy_value"],
    "Issue limits": [
        "max_create",
        "is_multiple_vouchers_per_user_allowed",
        "max_vouchers_per_user",
        "min_days_between_vouchers",
        "do_not_resend_existing_voucher",
        "mutual_exclusive_series_ids",
    ],
    "Where and when it can be redeemed": [
        "redemption_org_entity_details",
        "redemption_range",
        "redemption_valid_from",
        "redemption_valid_after_days",
        "min_bill_amount",
        "max_bill_amount",
        "product_info",
        "discount_code",
    ],
    "Who can redeem, and how often": [
        "any_user",
        "is_multiple_use_allowed",
        "same_user_multiple_redeem",
        "redemption_per_coupon_max_limit",
        "max_redeem",
        "max_redemptions_in_series_per_user",
        "min_days_between_redemption",
    ],
    "Message": ["is_sms_disabled", "sms_template", "short_sms_template", "resend_message_enabled"],
}
RARELY = "Rarely needed"
RARE_FIELDS = [
    "tag",
    "series_code",
    "terms_and_conditions",
    "custom_property_map",
    "discount_on",
    "short_code_length",
    "valid_max_user_transaction_limit",
    "valid_user_registration_start_time",
    "valid_user_registration_end_time",
    "is_valid_with_discounted_item",
    "is_referral_existing_users_allowed",
]
RECORD = [
    "issued_count",
    "redeemed_count",
    "num_uploaded_total",
    "latest_issued_at",
    "latest_redeemed_at",
    "created_at",
    "changed_at",
    "created_by_client",
    "created_by_user",
]
# What most series do without. One with an error in it is open in any case.
OPTIONAL = ("Issue limits", "Where and when it can be redeemed", "Who can redeem, and how often")
FIELDSETS: list[tuple[str, dict[str, Any]]] = [
    *(
        (name, {"fields": columns, "classes": COLLAPSED if name in OPTIONAL else []})
        for name, columns in SECTIONS.items()
    ),
    (RARELY, {"fields": RARE_FIELDS, "classes": COLLAPSED}),
    ("Record", {"fields": RECORD, "classes": COLLAPSED}),
]

# As a query string: each field named must have one of the values; * is any but none.
SHOWN_WHEN = {
    "discount_upto": "discount_type=PERC",
    "generic_code": "client_handling_type=GENERIC",
    "alpha_numeric": "client_handling_type=DISC_CODE",
    "random_code_length": "client_handling_type=DISC_CODE",
    "short_code_length": "client_handling_type=DISC_CODE&random_code_length=",
    "coupon_prefix": "client_handling_type=DISC_CODE",
    "is_prefix_enabled": "client_handling_type=DISC_CODE&coupon_prefix=*",
    "coupon_suffix": "client_handling_type=DISC_CODE",
    "is_suffix_enabled": "client_handling_type=DISC_CODE&coupon_suffix=*",
    "expiry_strategy_value": "expiry_strategy_type=DAYS|MONTHS_END",
    "max_vouchers_per_user": "is_multiple_vouchers_per_user_allowed=on",
    "min_days_between_vouchers": "is_multiple_vouchers_per_user_allowed=on",
    "do_not_resend_existing_voucher": "is_multiple_vouchers_per_user_allowed=",
    "same_user_multiple_redeem": "is_multiple_use_allowed=on",
    "redemption_per_coupon_max_limit": "is_multiple_use_allowed=on",
    "sms_template": "is_sms_disabled=",
    "short_sms_template": "is_sms_disabled=",
    "resend_message_enabled": "is_sms_disabled=",
}
# What another choice forbids is sent empty once it is no longer shown.
FORGOTTEN_WHEN_HIDDEN = ("generic_code",)
