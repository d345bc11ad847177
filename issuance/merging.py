"""Merging customers who hold coupons: nobody keeps a shared code twice."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from customers import merging
from customers.merging import Merger
from issuance.changes import tell_revoked
from issuance.models import Coupon


class Merged(NamedTuple):
    """The records, how many coupons move to the survivor, and those that end by it."""

    records: Merger
    moved: int
    ended: list[Coupon]


def merge_customers(survivor_id: int, absorbed_id: int, *, now: datetime) -> Merged:
    """Makes two customers one, with all of their coupons; raises 701, 756.

    Of the coupons of a GENERIC code that both hold one stays: one that was redeemed, so that
    nobody may redeem once more than before, else the older one. The others are revoked.
    """
    with transaction.atomic():
        records = merging.lock_both(survivor_id, absorbed_id)
        held = Coupon.objects.filter(customer_id__in=[survivor_id, absorbed_id])
        coupons = list(held.select_for_update(no_key=True).order_by("pk"))
        merged = Merged(records, count_of(coupons, absorbed_id), doubles(coupons))
        ids = [coupon.pk for coupon in merged.ended]
        Coupon.objects.filter(pk__in=ids).update(revoked_at=now)
        tell_revoked(merged.ended, now=now)
        merging.merge(survivor_id, absorbed_id, now=now)
    return merged


def preview(records: Merger) -> Merged:
    """What `merge_customers` would do at this moment."""
    held = Coupon.objects.filter(customer_id__in=[records.survivor.pk, records.absorbed.pk])
    coupons = sorted(held.order_by().select_related("series"), key=lambda coupon: coupon.pk)
    return Merged(records, count_of(coupons, records.absorbed.pk), doubles(coupons))


def count_of(coupons: Iterable[Coupon], customer_id: int) -> int:
    return sum(coupon.customer_id == customer_id for coupon in coupons)


def doubles(coupons: Iterable[Coupon]) -> list[Coupon]:
    """The shared coupons, by ascending id, that one customer could not hold beside another."""
    by_series: dict[int, list[Coupon]] = defaultdict(list)
    for coupon in coupons:
        if coupon.shared and coupon.revoked_at is None:
            by_series[coupon.series_id].append(coupon)
    ended = []
    for same in by_series.values():
        kept = next((coupon for coupon in same if coupon.redemption_count), same[0])
        ended += [coupon for coupon in same if coupon is not kept]
    return ended
