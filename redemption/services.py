"""What is done at the till: check, redeem, hold, reverse (`redemption.holding`: commit, cancel).

Redeeming and holding are one way for one code and for fifty. Refusals are data, all reasons of
them: nothing is raised, so that the log of refusals and the count of failed look-ups stay.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from couponadmin import guessing
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.metrics import REDEEMED
from customers.models import Customer
from issuance.models import normal_code
from redemption import ledger, refusals
from redemption.asks import Held, Outcome, Place, Redeemed, Visit
from redemption.decisions import decide, spoil
from redemption.ledger import Entry, Kept
from redemption.merged import again_if_merged
from redemption.usage_checks import full

MISSES = {ErrorCode.CODE, ErrorCode.NOT_THEIRS}


def check(
    codes: Sequence[str], visit: Visit, *, now: datetime, all_or_nothing: bool = False
) -> list[Outcome]:
    """What `redeem` would say of each code; nothing is locked, nothing but misses is stored."""
    outcomes = look(codes, visit, now=now)
    if all_or_nothing:
        spoil(outcomes)
    guessing.note_misses(count_misses(outcomes), visit.seeker, now=now)
    return outcomes


def explain(
    code: str,
    *,
    customer: Customer | None,
    place: Place | None,
    at: datetime,
    bill_amount: Decimal | None,
    now: datetime,
) -> Outcome:
    """Would this code work for that customer there and then, and if not, why? Stores nothing."""
    visit = Visit(
        at=at,
        customer_id=customer and customer.pk,
        registered_at=customer and customer.registered_at,
        bill_amount=bill_amount,
        place=place,
    )
    [outcome] = look([code], visit, now=now)
    return outcome


def redeem(
    codes: Sequence[str], visit: Visit, *, now: datetime, all_or_nothing: bool
) -> list[Outcome]:
    """Redeem each code that may be; one outcome per code, in order.

    A code sent again by the same client with the same transaction number gets its first answer,
    also when it was given back since: a late repeat out of a till's queue spends nothing.
    The bill amount of the visit must be known. Raises CustomerMerged.
    """
    with transaction.atomic():
        outcomes = look(codes, visit, now=now, locked=True)
        granted = settle(outcomes, now=now, all_or_nothing=all_or_nothing)
        store(granted, visit, now=now)
        note(outcomes, visit, now=now)
    REDEEMED.inc(len(granted))
    return outcomes


def hold(codes: Sequence[str], visit: Visit, *, minutes: int, now: datetime) -> list[Outcome]:
    """Keep the coupons for this transaction, all or none; repeat-safe as `redeem` is.

    Raises CustomerMerged.
    """
    expires_at = now + timedelta(minutes=minutes)
    with transaction.atomic():
        outcomes = look(codes, visit, now=now, locked=True, to_hold=True)
        granted = settle(outcomes, now=now, all_or_nothing=True)
        entries = [entry(outcome, visit) for outcome in granted]
        ids = ledger.store_holds(entries, expires_at=expires_at, now=now) if entries else {}
        for outcome, stored in zip(granted, entries, strict=True):
            outcome.done = Held(ids[stored.coupon_id], *stored.amounts, expires_at, now)
        note(outcomes, visit, now=now)
    return outcomes


def look(
    codes: Sequence[str],
    visit: Visit,
    *,
    now: datetime,
    locked: bool = False,
    to_hold: bool = False,
) -> list[Outcome]:
    wanted = [normal_code(code) for code in codes]
    found = ledger.findings(wanted, visit, now=now, locked=locked)
    return decide(wanted, visit, found, to_hold=to_hold)


def settle(outcomes: Sequence[Outcome], *, now: datetime, all_or_nothing: bool) -> list[Outcome]:
    """Those that are to be stored, after what their series' caps leave was asked for, too."""
    if all_or_nothing:
        spoil(outcomes)
    claim([outcome for outcome in outcomes if outcome.granted and outcome.is_capped], now=now)
    if all_or_nothing:
        spoil(outcomes)
    return [outcome for outcome in outcomes if outcome.granted]


def claim(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Refuse those for which `max_redeem` leaves no room; the lock keeps the room of the rest."""
    own_holds = [outcome.hold.id for outcome in outcomes if outcome.hold]
    room = ledger.room({outcome.series.pk for outcome in outcomes}, now=now, but=own_holds)
    for outcome in outcomes:
        left = room[outcome.series.pk]
        if left > 0:
            room[outcome.series.pk] = left - 1
        else:
            outcome.reasons.append(full(outcome.series))


def store(granted: Sequence[Outcome], visit: Visit, *, now: datetime) -> None:
    entries = [entry(outcome, visit) for outcome in granted]
    capped = [outcome.series.pk for outcome in granted if outcome.is_capped]
    stored = ledger.store(entries, capped=capped, now=now) if entries else []
    ids = {coupon_id: redemption_id for redemption_id, coupon_id, _ in stored}
    for outcome, one in zip(granted, entries, strict=True):
        outcome.done = Redeemed(ids[one.coupon_id], *one.amounts, outcome.at, one.hold_id)


def entry(outcome: Outcome, visit: Visit) -> Entry:
    return Entry(
        outcome.coupon_id,
        outcome.series.pk,
        visit.customer_id,
        visit.client_id,
        visit.transaction_number,
        visit.bill_amount,
        outcome.discount,
        visit.store_id,
        visit.till_id,
        outcome.hold and outcome.hold.id,
        outcome.at,
    )


def note(outcomes: Sequence[Outcome], visit: Visit, *, now: datetime) -> None:
    """Remember what was refused."""
    refusals.log(outcomes, visit, now=now)
    guessing.note_misses(count_misses(outcomes), visit.seeker, now=now)


def count_misses(outcomes: Sequence[Outcome]) -> int:
    """A code that was named twice was guessed once, whether it exists or not."""
    return len({outcome.code for outcome in outcomes if is_miss(outcome)})


def is_miss(outcome: Outcome) -> bool:
    return any(reason.code in MISSES for reason in outcome.reasons)


@again_if_merged
def reverse(
    redemption_ids: Sequence[int],
    *,
    reason: str,
    now: datetime,
    client_id: int | None = None,
    user_id: int | None = None,
) -> list[Kept]:
    """Give coupons back, all or none; what was reversed before stays as it was.

    Raises 510 for an id that is unknown.
    """
    with transaction.atomic():
        kept = ledger.redemptions(redemption_ids)
        if unknown := [str(pk) for pk in redemption_ids if pk not in kept]:
            sentence = f"redemptionIds: {', '.join(unknown)} could not be found"
            raise CouponError(ErrorCode.REDEMPTION_ID, sentence)
        wanted = [one for one in kept.values() if one.reversed_at is None]
        ledger.undo(wanted, client_id=client_id, user_id=user_id, reason=reason, now=now)
    new = {one.id: one._replace(reversed_at=now, reason=reason) for one in wanted}
    return [new.get(pk) or kept[pk] for pk in dict.fromkeys(redemption_ids)]
