"""Why lines were refused in plain words, and what to do about it, with the way there."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.http import urlencode

from batches.models import Batch, Kind
from batches.permissions import PERMISSIONS
from batches.pool import EXISTS
from batches.shapes import SENTENCES
from couponadmin.addresses import page_of
from couponadmin.errors import ErrorCode


class Link(NamedTuple):
    """A page that helps: what it is called, its name, what somebody needs for it."""

    label: str
    page: str
    needed: tuple[str, ...]
    of_series: bool = False
    kind: Kind | None = None


class Meaning(NamedTuple):
    """What a number means in a batch of some kind; `mends`: the same rows may work afterwards."""

    sentence: str
    advice: str
    link: Link | None = None
    mends: bool = False


CHANGE = ("series.change_series",)
ADD = "admin:batches_batch_add"
CREATE = Link("Create these customers", ADD, PERMISSIONS[Kind.CUSTOMERS], kind=Kind.CUSTOMERS)
UPLOAD = Link("Upload codes", ADD, PERMISSIONS[Kind.CODES], of_series=True, kind=Kind.CODES)
EXTEND = Link("Extend", "series_extend", CHANGE, of_series=True)
EDIT = Link("Edit the series", "admin:series_series_change", CHANGE, of_series=True)
LOOK_UP = Link("Coupons", "admin:issuance_coupon_changelist", ("issuance.view_coupon",))

NOT_VALID = Meaning(
    "Something in these rows is not valid",
    "The examples say what. Put it right, and send these rows again as a file.",
)
TWICE = Meaning("The code stands in the file more than once", "Nothing: one of these rows got it.")
MEANINGS: dict[int, Meaning] = {
    ErrorCode.INPUT.number: NOT_VALID,
    ErrorCode.CUSTOMER.number: Meaning(
        "Nobody is known by that number, address or id",
        "Put these rows right, or create the customers.",
        CREATE,
        mends=True,
    ),
    ErrorCode.HELD.number: Meaning(
        "They hold a coupon already, had one too recently, or hold one that excludes it",
        "Usually nothing.",
    ),
    ErrorCode.ONLY_ONE.number: Meaning(
        "Of this series each customer gets only one coupon", "Usually nothing."
    ),
    ErrorCode.MAX_PER_USER.number: Meaning(
        "They have as many coupons of this series as one customer may have",
        "Usually nothing; or raise “For one customer at most”.",
        EDIT,
        mends=True,
    ),
    ErrorCode.MAX_CREATE.number: Meaning(
        "As many coupons of the series were issued as there may be",
        "Raise “Coupons in all”.",
        EDIT,
        mends=True,
    ),
    ErrorCode.POOL_EMPTY.number: Meaning(
        "No uploaded code is left", "Upload more.", UPLOAD, mends=True
    ),
    ErrorCode.NO_FREE_CODE.number: Meaning(
        "No free code was found",
        "Almost all codes of this length are taken. Make a new series with longer codes.",
    ),
    ErrorCode.SERIES_OVER.number: Meaning(
        "The last day of the series is over", "Let it last longer.", EXTEND, mends=True
    ),
    ErrorCode.EXPIRY_SERIES_OVER.number: Meaning(
        "They would be valid longer than the series", "Let it last longer.", EXTEND, mends=True
    ),
    ErrorCode.CODE_TWICE.number: TWICE,
    ErrorCode.REVOKED.number: Meaning(
        "The coupon was revoked here", "Nothing: what was revoked stays so."
    ),
    ErrorCode.USED.number: Meaning(
        "The coupon was used", "Leave these rows out: what was used stays where it was."
    ),
    EXISTS: Meaning("The code exists already", "Look it up to see whose it is.", LOOK_UP),
    500: Meaning(
        "These rows could not be worked on",
        "The fault is not yours. Tell whoever operates the platform.",
        mends=True,
    ),
}
BY_KIND: dict[tuple[str, int], Meaning] = {
    (Kind.CUSTOMERS, ErrorCode.CUSTOMER.number): Meaning(
        "What stands in the row belongs to different customers",
        "Put the row right; or, if they are one person, merge them on the page of the one that "
        "stays.",
        mends=True,
    ),
}
BEFORE = "If you do it before the start, they are not refused."
AFTER = "Then press “Retry what was refused”."


def explained(batch: Batch, counts: Mapping[int, int], user: User) -> list[dict[str, Any]]:
    """What to say of each number, most frequent first."""
    return [
        {"code": code, "count": count} | in_words(batch, code, user)
        for code, count in counts.items()
    ]


def in_words(batch: Batch, code: int, user: User) -> dict[str, Any]:
    unknown = Meaning(SENTENCES.get(code, "It was refused"), "")
    meaning = BY_KIND.get((batch.kind, code)) or MEANINGS.get(code, unknown)
    then = (AFTER if batch.started_at else BEFORE) if meaning.mends else ""
    return {
        "message": meaning.sentence,
        "advice": meaning.advice,
        "then": then,
        "label": meaning.link.label if meaning.link else "",
        "url": address(meaning.link, batch, user) if meaning.link else "",
    }


def address(link: Link, batch: Batch, user: User) -> str:
    """Where the link leads; empty where somebody may not go there, or it is not clear where."""
    if not user.has_perms(link.needed) or (link.of_series and len(batch.series_ids) != 1):
        return ""
    if link.kind is None:
        return page_of(link.page, *(batch.series_ids if link.of_series else ()))
    series = {"series": batch.series_ids[0]} if link.of_series else {}
    return f"{page_of(link.page)}?{urlencode({'kind': link.kind, **series})}"
