"""What became of a customer's coupons: their redemptions and reversals, beside each coupon."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from couponadmin.models import OrgEntity
from couponadmin.times import api_time
from redemption.models import Redemption

Json = dict[str, Any]


def with_redemptions(coupons: list[Json]) -> None:
    """Fill `redemptions` and `reversedRedemptions` of coupons as `issuance` shapes them."""
    by_coupon = redemptions_of([coupon["id"] for coupon in coupons])
    for coupon in coupons:
        for one in by_coupon[coupon["id"]]:
            if one.reversed_at is None:
                coupon["redemptions"].append(redemption(one))
            else:
                coupon["reversedRedemptions"].append(redemption(one) | reversal(one))


def redemptions_of(coupon_ids: Iterable[int]) -> dict[int, list[Redemption]]:
    rows = Redemption.objects.filter(coupon_id__in=coupon_ids)
    found: dict[int, list[Redemption]] = defaultdict(list)
    for one in rows.select_related(
        "till", "store", "client", "reversed_by_client", "reversed_by_user"
    ).order_by("id"):
        found[one.coupon_id].append(one)
    return found


def redemption(one: Redemption) -> Json:
    return {
        "id": one.pk,
        "date": api_time(one.redeemed_at),
        "transactionNumber": one.transaction_number,
        "billAmount": float(one.bill_amount),
        "discount": float(one.discount),
        "userId": one.customer_id,
        "redeemedAt": place(one.till or one.store),
    }


def reversal(one: Redemption) -> Json:
    who = one.reversed_by_client or one.reversed_by_user
    return {
        "reversedDate": api_time(one.reversed_at),
        "reversedBy": str(who) if who else None,
        "reason": one.reversal_reason,
    }


def place(where: OrgEntity | None) -> Json:
    return {"code": where.code if where else "", "name": where.name if where else ""}
