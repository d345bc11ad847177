"""What may be redeemed. A check gives the reason why not, or nothing; all reasons are kept.

Checks are pure: no database, no clock. Their order in `CHECKS` is the documented one
(docs/integrators.md): the first reason gives the number. To add a check, write a function and put
it into `CHECKS`.
"""

from redemption import usage_checks, visit_checks
from redemption.asks import Check, Facts, Reason

CHECKS: tuple[Check, ...] = (
    usage_checks.revoked,
    usage_checks.customer_is_known,
    usage_checks.issued_to_this_customer,
    usage_checks.coupon_expired,
    usage_checks.series_over,
    usage_checks.already_used,
    usage_checks.same_customer_again,
    usage_checks.customer_cap,
    usage_checks.coupon_cap,
    usage_checks.series_cap,
    usage_checks.paused,
    visit_checks.issued_before,
    visit_checks.not_before,
    visit_checks.days_after_issue,
    visit_checks.days_and_hours,
    visit_checks.bill_amount,
    visit_checks.store,
    visit_checks.gap_between_redemptions,
    visit_checks.registered_in_time,
    visit_checks.enough_transactions,
)


def reasons_why_not(facts: Facts) -> list[Reason]:
    """Every reason, the one that decides first; none: it can be redeemed."""
    return [reason for check in CHECKS if (reason := check(facts)) is not None]
