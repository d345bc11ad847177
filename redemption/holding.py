"""What becomes of holds: committed or cancelled (`redemption.services` makes them)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import api_time
from redemption import ledger
from redemption.asks import Outcome, Redeemed
from redemption.discount import discount_on
from redemption.ledger import KeptHold
from redemption.merged import again_if_merged
from redemption.visit_checks import outside_window


@again_if_merged
def commit(
    hold_ids: Sequence[int], *, client_id: int, now: datetime, bill_amount: Decimal | None = None
) -> list[Outcome]:
    """Redeem what is on hold, all or nothing; the terms were checked when the holds were made.

    `bill_amount`: of all the holds together, if it may have changed since: the discounts are of it.
    Committing again gives the first redemptions. Raises 756 for a hold that is unknown or over, or
    was committed with another bill; 660 and 728 where the coupon was revoked or the series' cap
    lowered meanwhile; 733 for a bill that the series does not take.
    """
    with transaction.atomic():
        kept = own_holds(hold_ids, client_id=client_id)
        for one in kept:
            if one.redeemed is None:
                refuse_if_over(one, now)
        if bill_amount is not None:
            kept = on_bill(kept, bill_amount)
        ready = [one for one in kept if one.redeemed is None]
        refuse_if_full(ready, now)
        capped = [one.series.pk for one in ready if one.series.max_redeem is not None]
        entries = [one.entry._replace(redeemed_at=now) for one in ready]
        stored = ledger.store(entries, capped=capped, now=now) if entries else []
    made = {hold_id: redemption_id for redemption_id, _, hold_id in stored}
    return [committed(one, made.get(one.entry.hold_id), now) for one in kept]


def committed(one: KeptHold, redemption_id: int | None, now: datetime) -> Outcome:
    done = one.redeemed or Redeemed(redemption_id, *one.entry.amounts, now, one.entry.hold_id)
    return Outcome(
        one.code,
        one.entry.coupon_id,
        one.series,
        discount=done.discount,
        done=done,
        repeated=one.redeemed is not None,
        transaction_number=one.entry.transaction_number,
    )


def on_bill(kept: Sequence[KeptHold], bill: Decimal) -> list[KeptHold]:
    """The holds with what they take off this bill; as they are if it is what they were made for."""
    for one in kept:
        refuse_bill(one, bill)
    if all(one.entry.bill_amount == bill for one in kept if one.redeemed is None):
        return list(kept)
    taken = sum((one.redeemed.discount for one in kept if one.redeemed), Decimal(0))
    changed = []
    for one in kept:
        if one.redeemed is None:
            discount = discount_on(one.series, bill, left=max(bill - taken, Decimal(0)))
            taken += discount
            one = one._replace(entry=one.entry._replace(bill_amount=bill, discount=discount))
        changed.append(one)
    return changed


def refuse_bill(one: KeptHold, bill: Decimal) -> None:
    name = f"holdIds: {one.entry.hold_id}"
    if one.redeemed and one.redeemed.bill_amount != bill:
        before = one.redeemed.bill_amount
        sentence = f"{name} was committed with a bill of {before:.2f}, not {bill:.2f}"
        raise CouponError(ErrorCode.INPUT, sentence)
    if one.entry.bill_amount != bill and not one.redeemed and outside_window(one.series, bill):
        raise CouponError(ErrorCode.BILL_AMOUNT, f"{name}: {ErrorCode.BILL_AMOUNT.sentence}")


def own_holds(hold_ids: Sequence[int], *, client_id: int) -> list[KeptHold]:
    kept = ledger.holds(hold_ids, client_id=client_id)
    if unknown := [pk for pk in hold_ids if pk not in kept]:
        raise CouponError(ErrorCode.INPUT, f"holdIds: {unknown[0]} is not on hold for this client")
    return [kept[pk] for pk in dict.fromkeys(hold_ids)]


def refuse_if_over(one: KeptHold, now: datetime) -> None:
    name = f"holdIds: {one.entry.hold_id}"
    if one.revoked_at is not None:
        raise CouponError(ErrorCode.REVOKED)
    if one.was_cancelled:
        raise CouponError(ErrorCode.INPUT, f"{name} was cancelled at {api_time(one.released_at)}")
    if one.expires_at <= now:
        raise CouponError(ErrorCode.INPUT, f"{name} ended by itself at {api_time(one.expires_at)}")


def refuse_if_full(ready: Sequence[KeptHold], now: datetime) -> None:
    wanted = Counter(one.series.pk for one in ready if one.series.max_redeem is not None)
    room = ledger.room(wanted, now=now, but=[one.entry.hold_id for one in ready])
    if any(room[series_id] < count for series_id, count in wanted.items()):
        raise CouponError(ErrorCode.REDEMPTION_CAP)


@again_if_merged
def cancel(hold_ids: Sequence[int], *, client_id: int, now: datetime) -> list[KeptHold]:
    """Give back what is on hold; nothing happens to what is over. 756 for a committed hold."""
    with transaction.atomic():
        kept = own_holds(hold_ids, client_id=client_id)
        for one in kept:
            if one.redeemed is not None:
                sentence = f"holdIds: {one.entry.hold_id} is redemption {one.redeemed.id} already"
                raise CouponError(ErrorCode.INPUT, sentence)
        running = [one for one in kept if one.released_at is None and one.expires_at > now]
        ledger.release([one.entry.hold_id for one in running], now=now)
    return [one._replace(released_at=now) if one in running else one for one in kept]
