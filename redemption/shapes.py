"""What answers at the till look like: one function per shape, each giving a plain dict.

Members are those of the API family; `reasons`, `discount` and what concerns holds are our own.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from couponadmin.api import envelope
from couponadmin.errors import ErrorCode
from couponadmin.times import api_time
from customers.models import Customer
from customers.shapes import customer_object
from redemption.asks import Facts, Held, Outcome, Reason, Redeemed
from redemption.ledger import Kept, KeptHold
from series.models import DiscountType, Series
from series.shapes import series_object

Json = dict[str, Any]

SUCCESS = {"status": True, "code": 700, "message": "Coupon processing successful"}
REPEATED = "This transaction was answered before; nothing was done again."
GIVEN_BACK = "It was given back on {}: this redemption does not count any more."
CONCEALED = {ErrorCode.CODE, ErrorCode.NOT_THEIRS, ErrorCode.CUSTOMER}


def redeemed(outcomes: Sequence[Outcome], customer: Customer | None, transaction: str) -> Json:
    """Answer of "Redeem coupon" and "Bulk redeem", when at least one was redeemed."""
    entries = [redemption(outcome) | {"transactionNumber": transaction} for outcome in outcomes]
    return {"redemption": entries} | about(outcomes, customer)


def checked(
    outcomes: Sequence[Outcome], customer: Customer | None, series: Mapping[int, Series]
) -> Json:
    """Answer of "Is coupon redeemable"; `series`: those whose details are wanted."""
    entries = [redeemability(outcome) | details(outcome, series) for outcome in outcomes]
    return {"redemption": entries} | about(outcomes, customer)


def held(outcomes: Sequence[Outcome], customer: Customer | None, transaction: str) -> Json:
    """Answer to a hold."""
    entries = [hold(outcome) | {"transactionNumber": transaction} for outcome in outcomes]
    return {"hold": entries} | about(outcomes, customer)


def committed(outcomes: Sequence[Outcome], customer: Customer | None) -> Json:
    """Answer to committing holds; `customer`: whose they all were."""
    entries = [
        redemption(outcome) | {"transactionNumber": outcome.transaction_number}
        for outcome in outcomes
    ]
    return {"redemption": entries} | about(outcomes, customer)


def cancelled(holds: Iterable[KeptHold]) -> Json:
    """Answer to cancelling holds: when each came to its end."""
    entries = [
        {
            "holdId": one.entry.hold_id,
            "couponId": one.entry.coupon_id,
            "code": one.code,
            "state": "CANCELLED" if one.was_cancelled else "EXPIRED",
            "endedAt": api_time(one.released_at or one.expires_at),
        }
        for one in holds
    ]
    return {"hold": entries, "redemptionStatus": SUCCESS, "warnings": []}


def reactivated(redemptions: Iterable[Kept]) -> Json:
    """Answer of "Reactivate coupon"."""
    entries = [
        {
            "redemptionId": one.id,
            "couponId": one.coupon_id,
            "code": one.code,
            "reversedAt": api_time(one.reversed_at),
            "reason": one.reason,
            "redemptionStatus": SUCCESS,
        }
        for one in redemptions
    ]
    return {"redemption": entries, "redemptionStatus": SUCCESS, "warnings": []}


def refused(outcomes: Sequence[Outcome]) -> Json:
    """The refusal envelope, with all reasons of each code."""
    errors = envelope(*((first.code.number, first.message) for first in map(deciding, outcomes)))
    for error, outcome in zip(errors["errors"], outcomes, strict=True):
        error |= {"couponCode": outcome.code, "reasons": reasons(outcome)}
    return errors


def about(outcomes: Sequence[Outcome], customer: Customer | None) -> Json:
    """What all these answers end with; one code that was refused makes the status a failure."""
    first = next((outcome for outcome in outcomes if outcome.reasons), outcomes[0])
    return {
        "redemptionStatus": status(first),
        "customer": customer_object(customer) if customer else None,
        "totalCount": len(outcomes),
        "failureCount": sum(bool(outcome.reasons) for outcome in outcomes),
        "warnings": [],
    }


def redemption(outcome: Outcome) -> Json:
    done = outcome.done if isinstance(outcome.done, Redeemed) else None
    return {
        "redemptionId": done and done.id,
        "id": done and done.id,
        **benefit(outcome),
        "billAmount": amount(done and done.bill_amount),
        "discount": amount(outcome.discount),
        "redeemedAt": api_time(done and done.at),
        "reversedAt": api_time(done and done.reversed_at),
        **result(outcome),
    }


def hold(outcome: Outcome) -> Json:
    """A hold; `redemptionId` where the transaction has redeemed the coupon already."""
    done = outcome.done
    on_hold = done if isinstance(done, Held) else None
    redemption_id = done.id if isinstance(done, Redeemed) else None
    return {
        "holdId": on_hold.id if on_hold else done.hold_id,
        "redemptionId": redemption_id,
        **benefit(outcome),
        "billAmount": amount(done.bill_amount),
        "discount": amount(outcome.discount),
        "expiresAt": api_time(on_hold and on_hold.expires_at),
        **result(outcome),
    }


def redeemability(outcome: Outcome) -> Json:
    facts = outcome.facts
    return {
        "isRedeemable": not outcome.reasons,
        **benefit(outcome),
        "discount": amount(outcome.discount),
        "redemptionsLeft": redemptions_left(facts) if facts else None,
        "numberOfRedemptionsByUser": facts.past.by_customer if facts else None,
        **result(outcome),
    }


def details(outcome: Outcome, series: Mapping[int, Series]) -> Json:
    """The series, as documented only of what can be redeemed."""
    if outcome.reasons or outcome.series is None or outcome.series.pk not in series:
        return {}
    return {"couponseries": series_object(series[outcome.series.pk])}


def benefit(outcome: Outcome) -> Json:
    """What the coupon is worth; nulls where there is no such coupon."""
    series = outcome.series
    value = amount(series and series.discount_value)
    return {
        "code": outcome.code,
        "couponId": outcome.coupon_id,
        "seriesId": series and series.pk,
        "seriesCode": series and series.series_code,
        "discountCode": series and series.discount_code,
        "isAbsolute": series and series.discount_type == DiscountType.ABS,
        "couponValue": value,
        "discountType": series and series.discount_type,
        "discountValue": value,
        "discountUpto": amount(series and (series.discount_upto or Decimal(0))),
    }


def result(outcome: Outcome) -> Json:
    return {
        "redemptionStatus": status(outcome),
        "reasons": reasons(outcome),
        "warnings": warnings(outcome),
        "appendedErrorMessage": "; ".join(reason.message for reason in outcome.reasons),
        "currencyInput": False,
        "localToBaseCurrencyExchangeRate": 0,
    }


def warnings(outcome: Outcome) -> list[str]:
    if not outcome.repeated or outcome.reasons:
        return []
    reversed_at = outcome.done.reversed_at if isinstance(outcome.done, Redeemed) else None
    given_back = [GIVEN_BACK.format(api_time(reversed_at))] if reversed_at else []
    return [REPEATED, *given_back]


def status(outcome: Outcome) -> Json:
    if not outcome.reasons:
        return SUCCESS
    first = deciding(outcome)
    return {"status": False, "code": first.code.number, "message": first.message}


def deciding(outcome: Outcome) -> Reason:
    return outcome.reasons[0]


def reasons(outcome: Outcome) -> list[Json]:
    return [
        {
            "code": reason.code.number,
            "message": reason.message,
            "needed": reason.needed,
            "found": reason.found,
            "nextValidTime": api_time(reason.next_valid_at),
        }
        for reason in outcome.reasons
    ]


def redemptions_left(facts: Facts) -> int:
    """How often this customer may redeem the coupon yet, as far as counts decide; -1: no limit."""
    terms, used = facts.series, facts.card.redemption_count + facts.past.held
    limits = [facts.room] if facts.room is not None else []
    if not terms.is_multiple_use_allowed:
        limits.append(1 - used)
    if terms.redemption_per_coupon_max_limit is not None:
        limits.append(terms.redemption_per_coupon_max_limit - used)
    if terms.max_redemptions_in_series_per_user is not None:
        limits.append(terms.max_redemptions_in_series_per_user - facts.past.in_series)
    return max(min(limits), 0) if limits else -1


def amount(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def concealed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """For an outsider, who may not learn which codes exist: not theirs is as good as unknown,
    each time that the code was named."""
    hidden = {outcome.code for outcome in outcomes if is_concealed(outcome)}
    return [conceal(outcome) if outcome.code in hidden else outcome for outcome in outcomes]


def is_concealed(outcome: Outcome) -> bool:
    return any(reason.code in CONCEALED for reason in outcome.reasons)


def conceal(outcome: Outcome) -> Outcome:
    return Outcome(outcome.code, reasons=[Reason(ErrorCode.CODE)])
