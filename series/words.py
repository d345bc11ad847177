"""What the form of a series calls its fields, and what it says beside each: plain, with an example.

The documented name of each stands there in small print (`series.forms`).
"""

# What clients are told about documented members, and what people are told instead.
PLAIN = {
    "genericCode is mandatory to set": "Type the code that everybody shares.",
    "It is below minBillAmount.": "It is below “Bill of at least”.",
    "It is before validUserRegistrationStartTime.": "It is before “Registered from”.",
}
# A field that means something else with each choice made elsewhere: the choice, and what it says.
HELP_WHEN = {
    "expiry_strategy_value": {
        "expiry_strategy_type=DAYS": "Days after the day of its issue. Example: 30",
        "expiry_strategy_type=MONTHS_END": "Months after that of its issue; 1 is the end of the "
        "next month. Example: 1",
    }
}
EXAMPLES = {"expiry_strategy_value": "30"}
# What can be put into a message, by the word in braces that stands for it.
TAG_WORDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "fullname": "Full name",
    "voucher_code": "Code",
    "expiry_date": "Last day",
    "valid_days_from_create": "Days it is valid",
    "offer_name": "Name of the series",
}
UNITS = {"DAYS needs": "Days need", "MONTHS_END needs": "Months need"}


def in_plain_words(sentence: str) -> str:
    """What a check says, without the names that only the API has."""
    for name, word in UNITS.items():
        sentence = sentence.replace(name, word)
    return PLAIN.get(sentence, sentence)


# Column -> label, help.
WORDS: dict[str, tuple[str, str]] = {
    # What
    "description": ("Name", "What everybody will call this series. Example: Diwali, 20% off"),
    "info": ("Notes", "What colleagues should know about it."),
    "tag": ("Tag", "A word to find it by. Empty: the name. Example: festival"),
    "discount_code": (
        "Discount at the till",
        "What the till calls this discount, if it has a name there. Example: DIWALI20",
    ),
    "series_code": ("Code of the series", "For other systems. Empty: one is made."),
    "terms_and_conditions": ("Terms and conditions", "What customers may read about it."),
    "custom_property_map": (
        "Properties of your own",
        "One per line, kept and answered as they are. Example: milestone = one",
    ),
    # Benefit
    "discount_type": ("Customers get", "Off the bill: a fixed amount, or a part of it."),
    "discount_value": ("How much", "Example: 500 for an amount, 20 for 20%"),
    "discount_upto": ("But at most", "In money, whatever the bill. Empty: no limit. Example: 300"),
    "discount_on": ("Counted on", "The whole bill."),
    # Codes
    "client_handling_type": (
        "Codes are",
        "Made here, one for each coupon; one word that everybody shares; or your own, uploaded.",
    ),
    "generic_code": ("The shared code", "What customers say at the till. Example: WELCOME10"),
    "alpha_numeric": (
        "Letters and digits",
        "Without look-alikes such as 0 and O. Off: digits only, for keypads.",
    ),
    "random_code_length": (
        "Characters in a code",
        "The part that is drawn by lot. Empty: 10. Longer is harder to guess. Example: 8",
    ),
    "short_code_length": ("Length of short codes", "Used where the length above is empty."),
    "coupon_prefix": ("Before each code", "Letters A to Z, digits, - and _. Example: GOLD-"),
    "is_prefix_enabled": ("Put it before codes", "Off: it is kept but not used."),
    "coupon_suffix": ("After each code", "Letters A to Z, digits, - and _. Example: -IN"),
    "is_suffix_enabled": ("Put it after codes", "Off: it is kept but not used."),
    # Validity
    "valid_till_date": (
        "Last day of the series",
        "Nothing is issued or redeemed after it. Empty: the series has no end.",
    ),
    "expiry_strategy_type": (
        "A coupon is valid",
        "Until the series ends, or for a time of its own from its issue; never longer than the "
        "series.",
    ),
    "expiry_strategy_value": (
        "How many",
        "",
    ),
    # Issue limits
    "max_create": ("Coupons in all", "No more than this are ever issued. Empty: no limit."),
    "is_multiple_vouchers_per_user_allowed": (
        "Several for one customer",
        "Off: each customer gets one.",
    ),
    "max_vouchers_per_user": ("For one customer at most", "Empty: no limit. Example: 3"),
    "min_days_between_vouchers": (
        "Days between two",
        "A customer waits this long for the next one. 0: no wait. Example: 7",
    ),
    "do_not_resend_existing_voucher": (
        "Refuse who holds one already",
        "Off: a customer who asks again gets the same coupon again.",
    ),
    "mutual_exclusive_series_ids": (
        "Not for holders of",
        "Who holds a coupon of one of these series gets none of this one. Type to search.",
    ),
    # Redemption
    "any_user": ("Anybody may redeem", "Off: only the customer it was issued to."),
    "is_multiple_use_allowed": ("Works more than once", "Off: a coupon is used up by one bill."),
    "same_user_multiple_redeem": (
        "Also by the same customer",
        "Off: each customer redeems a coupon once.",
    ),
    "redemption_per_coupon_max_limit": (
        "Times for one coupon",
        "How often one coupon works. Empty: no limit. Example: 5",
    ),
    "max_redeem": (
        "Redemptions in all",
        "No more than this, all coupons of the series together. Empty: no limit.",
    ),
    "max_redemptions_in_series_per_user": (
        "Redemptions of one customer",
        "All coupons of the series together. Empty: no limit. Example: 2",
    ),
    "min_days_between_redemption": (
        "Days between two redemptions",
        "A customer waits this long to redeem again. 0: no wait.",
    ),
    "redemption_valid_from": ("First day to redeem", "Empty: at once."),
    "redemption_valid_after_days": (
        "Days from issue to first use",
        "Example: 1, so that a coupon works from the day after its issue. 0: at once.",
    ),
    "redemption_range": ("Only at these times", "Nothing chosen in a group: any. In store time."),
    "min_bill_amount": ("Bill of at least", "Empty: any bill. Example: 1000"),
    "max_bill_amount": ("Bill of at most", "Empty: any bill."),
    "product_info": (
        "Only for these products",
        "Ids with commas between them. Empty: all products.",
    ),
    "redemption_org_entity_details": (
        "Only at these places",
        "Stores, tills, or whole zones and concepts. Empty: everywhere. Type to search.",
    ),
    "is_valid_with_discounted_item": ("Also on reduced items", "Shown to tills as it is set here."),
    "is_referral_existing_users_allowed": (
        "Referral of known customers",
        "Shown to tills as it is set here.",
    ),
    "valid_max_user_transaction_limit": (
        "Customers with at least this many bills",
        "Who redeemed in fewer bills cannot redeem. Empty: all customers.",
    ),
    "valid_user_registration_start_time": ("Registered from", "Only customers since then."),
    "valid_user_registration_end_time": ("Registered until", "Only customers until then."),
    # Message
    "is_sms_disabled": ("Send no message", "Customers learn of their coupon in another way."),
    "sms_template": ("Message", "The words in braces are replaced for each customer."),
    "short_sms_template": ("Short message", "Used where there is little room."),
    "resend_message_enabled": ("May be sent again", "On a customer's wish."),
}
