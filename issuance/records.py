"""What histories and the log know of a coupon's life: who revoked it, and who moved its end."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.formats import date_format

from couponadmin.times import end_of_day, local_date
from issuance.life import Event
from issuance.models import Coupon, RevokeCall
from series.models import Series

DAY = "j M Y"
ICON = "event_repeat"
REVOKED = "Revoked."
# What the pages of series and of batches write into the log.
WITH_COUPONS = ", with the coupons issued already"
BATCH_EXTENDED = "Extend all coupons."
# A series that is changed by a machine every night has thousands.
NEWEST = 200


def revoked_by(coupon: Coupon) -> str:
    """The person or the API client who revoked it; empty if nobody noted it."""
    if coupon.revoked_at is None:
        return ""
    of_coupon = ContentType.objects.get_for_model(Coupon)
    if entry := logged(of_coupon, coupon.pk).filter(change_message=REVOKED).first():
        return str(entry.user)
    calls = RevokeCall.objects.filter(at=coupon.revoked_at, coupon_ids__contains=[coupon.pk])
    call = calls.select_related("client").first()
    return str(call.client) if call else ""


def moved_ends(coupon: Coupon) -> list[Event]:
    """By whom the end was moved after it was issued: with the series, or with the batch."""
    moves = series_moves(coupon)
    extended = list(extensions(coupon, moves))
    told = {event.title for event in extended}
    with_series = [move_event(*move) for move in moves if extended_to(move[1]) not in told]
    return [*with_series, *extended, *batch_extension(coupon)]


def series_moves(coupon: Coupon) -> list[tuple[Any, date | None, date | None, str]]:
    """Since it was issued, the earliest first: when, the new last day, the one before, by whom."""
    rows = coupon.series.history.select_related("history_user")[:NEWEST]
    return [
        (new.history_date, new.valid_till_date, old.valid_till_date, changed_by(new))
        for old, new in pairwise(list(rows)[::-1])
        if new.valid_till_date != old.valid_till_date and new.history_date >= coupon.issued_at
    ]


def changed_by(row: Any) -> str:
    by_client = (row.history_change_reason or "").removeprefix("API client ")
    return str(row.history_user) if row.history_user else by_client


def move_event(at: Any, day: date | None, before: date | None, by: str) -> Event:
    if day is None:
        return Event(at, "Its series has no last day any more", ICON, by=by)
    verb = "shortened" if before is None or day < before else "extended"
    return Event(at, f"Its series was {verb} to {date_format(day, DAY)}", ICON, by=by)


def extended_to(day: date | None) -> str:
    return f"Extended to {date_format(day, DAY)}" if day else ""


def extensions(coupon: Coupon, moves: list[tuple[Any, ...]]) -> Iterator[Event]:
    """Where coupons were extended to the end of their series, and this one has that very end."""
    of_series = ContentType.objects.get_for_model(Series)
    entries = logged(of_series, coupon.series_id).filter(
        change_message__contains=WITH_COUPONS, action_time__gte=coupon.issued_at
    )
    ends = [(at, day) for at, day, _, _ in moves if day and end_of_day(day) == coupon.expires_at]
    for at, day in ends:
        if entry := entries.filter(action_time__gte=at).order_by("action_time").first():
            yield Event(entry.action_time, extended_to(day), ICON, by=str(entry.user))


def batch_extension(coupon: Coupon) -> Iterator[Event]:
    """The day until which the coupons of its batch are valid at least, if that is later."""
    least, own = coupon.origin.expires_at, coupon.expires_at
    if least is None or own is None or least <= own:
        return
    of_batch = ContentType.objects.get_by_natural_key("batches", "batch")
    entries = logged(of_batch, coupon.origin.batch_key).filter(change_message=BATCH_EXTENDED)
    if entry := entries.first():
        title = f"{extended_to(local_date(least))}, with its batch"
        yield Event(entry.action_time, title, ICON, by=str(entry.user))


def logged(about: ContentType, pk: object) -> QuerySet[LogEntry]:
    """The log about one row, the newest first."""
    entries = LogEntry.objects.filter(content_type=about, object_id=str(pk))
    return entries.select_related("user").order_by("-action_time")
