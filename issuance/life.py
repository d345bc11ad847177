"""What happened to one coupon, and what will: the events of its life, in order. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from issuance.models import Coupon, Origin
from issuance.states import is_expired, is_revoked, valid_until
from series.models import ClientHandling

# What the theme calls the colours of its labels.
COLORS = {
    "revoked": "danger",
    "used up": "info",
    "expired": "warning",
    "paused": "warning",
    "usable": "success",
}
METADATA = {
    "source": "Asked by way of",
    "source_type": "Kind of source",
    "source_id": "Id of the source",
    "source_activity": "Activity",
    "notes": "Notes",
    "reason": "Reason",
}
# Nothing, and what every page of the admin says, whose coupons name the person who asked.
UNSAID = ("", "admin")


class Event(NamedTuple):
    """`at` is None for what has no known time; `by`: who did it; `lines`: what else is known."""

    at: datetime | None
    title: str
    icon: str
    by: str = ""
    lines: tuple[str, ...] = ()


def life_of(coupon: Coupon, *, now: datetime, revoked_by: str = "") -> list[Event]:
    """The events that the coupon and its batch know of; without what happened at tills."""
    uploaded = coupon.series.client_handling_type == ClientHandling.DISC_CODE_PIN
    events = [Event(None, "Uploaded", "upload")] if uploaded else []
    if coupon.issued_at is None:
        return events
    events += [issued(coupon), *lever_events(coupon.origin)]
    if coupon.revoked_at:
        events.append(Event(coupon.revoked_at, "Revoked", "block", by=revoked_by))
    if not is_revoked(coupon):
        events.append(end_event(coupon, now))
    return in_order(events)


def in_order(events: Iterable[Event]) -> list[Event]:
    """The earliest first. What has no time is either what came first or what never comes."""
    ordered = list(events)
    dated = sorted((each for each in ordered if each.at), key=lambda each: each.at)
    first = [each for each in ordered if each.at is None and each.icon == "upload"]
    last = [each for each in ordered if each.at is None and each.icon != "upload"]
    return first + dated + last


def issued(coupon: Coupon) -> Event:
    return Event(
        coupon.issued_at,
        f"Issued to {coupon.customer}",
        "confirmation_number",
        by=asked_by(coupon.origin),
        lines=tuple(metadata(coupon.origin)),
    )


def asked_by(origin: Origin) -> str:
    return str(origin.client or origin.user or "the system")


def metadata(origin: Origin) -> Iterable[str]:
    """A line for each thing that the request said about itself."""
    said = {name: getattr(origin, column) for column, name in METADATA.items()}
    return (f"{name}: {text}" for name, text in said.items() if text not in UNSAID)


def lever_events(origin: Origin) -> list[Event]:
    """What was done with the whole batch."""
    return [
        Event(at, title, icon)
        for at, title, icon in (
            (origin.paused_at, "Paused, with its batch", "pause_circle"),
            (origin.revoked_at, "Revoked if unused, with its batch", "block"),
        )
        if at
    ]


def end_event(coupon: Coupon, now: datetime) -> Event:
    end = valid_until(coupon)
    if end is None:
        return Event(None, "Has no end", "all_inclusive")
    over = is_expired(coupon, now=now)
    return Event(end, "Expired" if over else "Expires", "event_busy" if over else "event")
