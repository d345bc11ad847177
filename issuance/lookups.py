"""Coupons as the calls that read them want them: a constant number of statements each."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, F, Prefetch, Window

from couponadmin.errors import CouponError, ErrorCode
from issuance.models import Coupon, CouponQuerySet
from series.models import Series

MOST_FOUND = 1_000


class Found(NamedTuple):
    """Coupons, those asked for in vain, and whether there are more than MOST_FOUND."""

    coupons: list[Coupon]
    missing: list[CouponError]
    cut: bool = False


def find_coupons(
    *,
    ids: Sequence[int],
    codes: Sequence[str],
    customer_ids: Sequence[int],
    with_counts: bool,
    with_customers: bool,
) -> Found:
    """The issued coupons of that name, by customer, the newest first.

    `with_counts`: their series count what was issued and redeemed until now.
    `with_customers`: their customers are read, too.
    """
    series = Series.objects.with_counts() if with_counts else Series.objects.all()
    named = Coupon.objects.issued().named(ids=ids, codes=codes, customer_ids=customer_ids)
    coupons = list(
        named.order_by("customer_id", "-id").prefetch_related(
            Prefetch("series", series),
            "origin__client",
            "origin__user",
            *(["customer"] if with_customers else []),
        )[: MOST_FOUND + 1]
    )
    if len(coupons) > MOST_FOUND:
        return Found(coupons[:MOST_FOUND], [], cut=True)
    return Found(coupons, missing(coupons, ids=ids, codes=codes))


def missing(
    coupons: Sequence[Coupon], *, ids: Sequence[int], codes: Sequence[str]
) -> list[CouponError]:
    found_ids = {coupon.pk for coupon in coupons}
    found_codes = {coupon.code for coupon in coupons}
    lost_ids = [pk for pk in ids if pk not in found_ids]
    lost_codes = [code for code in codes if code not in found_codes]
    shared = Series.objects.filter(generic_code__in=lost_codes)
    generic = set(shared.values_list("generic_code", flat=True) if lost_codes else [])
    reasons = [(ErrorCode.CODE, f"id {pk}") for pk in lost_ids] + [
        (ErrorCode.GENERIC_CUSTOMER if code in generic else ErrorCode.CODE, code)
        for code in lost_codes
    ]
    return [CouponError(reason, f"{reason.sentence}: {name}") for reason, name in reasons]


def page_of(
    coupons: CouponQuerySet, *, newest_first: bool, limit: int, offset: int
) -> tuple[list[Coupon], int]:
    """A part of one customer's coupons in the order of their ids, and how many there are."""
    # By the bare id, with a LIMIT, a plan may read all coupons of the system in their order.
    placed = coupons.annotate(place=F("pk") + 0, total=Window(Count("pk")))
    ordered = placed.order_by("-place" if newest_first else "place")
    found = ordered.prefetch_related("series", "origin__client__till")[offset : offset + limit]
    page = list(found)
    if page:
        return page, page[0].total
    return [], coupons.count() if offset else 0
