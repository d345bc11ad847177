"""Lines that bring coupons that are out already: a code, who holds it, and its dates."""

from collections.abc import Sequence
from datetime import UTC, datetime

from batches.lines import Line, Outcome, Refused, cell
from batches.models import Batch
from batches.pool import EXISTS, codes_of, exists, flaw, malformed, twice
from batches.references import customer_ids
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.times import end_of_day, local_date, parse_api_datetime
from issuance import moving
from issuance.changes import unchanging
from issuance.moving import Move, Moved
from issuance.pool import Known
from series.expiry import expires_at
from series.models import Series

HELD_BY_ANOTHER = "This code is another customer's"
USED = "redeemedOn: A coupon that was used stays where it was; leave it out"
NOT_A_DATE = "{}: Write it like 2026-05-09, or 2026-05-09T18:30:00"
NOT_YET = "issuedOn: It lies in the future"
LONG_AGO = "issuedOn: It lies before 1970"
BACKWARDS = (
    "validTill: It lies before the day of issue, which is today unless issuedOn says another: "
    "give issuedOn"
)
SERIES_ENDS_BEFORE = "validTill: It lies after the last day of the series"
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

# From when to when (None: no end) a coupon is valid.
Term = tuple[datetime, datetime | None]


def work(batch: Batch, lines: Sequence[Line], now: datetime) -> list[Outcome]:
    """Stores the coupons; one outcome per line, in order."""
    [series_id] = batch.series_ids
    series = unchanging(series_id)
    wishes = moves(batch, lines, series, now)
    good = [wish for wish in wishes if isinstance(wish, Move)]
    stored = iter(moving.move(good, series=series, origin_id=batch.origin_id))
    return [
        outcome(batch, wish, next(stored)) if isinstance(wish, Move) else Outcome([], [wish])
        for wish in wishes
    ]


def outcome(batch: Batch, wish: Move, moved: Moved) -> Outcome:
    if moved.coupon_id:
        return Outcome([moved.coupon_id], [], is_new=True)
    if moved.known:
        refused = why_not(batch, wish, moved.known)
        return Outcome([], [refused]) if refused else Outcome([moved.known.id], [])
    is_repeat = moved.reason == ErrorCode.CODE_TWICE
    return Outcome([], [twice() if is_repeat else refused_for(moved.reason)])


def why_not(batch: Batch, wish: Move, known: Known) -> Refused | None:
    """Why the coupon that has the code is not the one that is meant; None if it is."""
    if known.series_id not in batch.series_ids:
        return exists(known)
    if known.origin_id == batch.origin_id:
        return twice()
    if known.is_revoked:
        return refused_for(ErrorCode.REVOKED)
    if known.customer_id != wish.customer_id:
        return Refused(EXISTS, HELD_BY_ANOTHER)
    return None


def moves(
    batch: Batch, lines: Sequence[Line], series: Series, now: datetime
) -> list[Move | Refused]:
    """What each line wants, or why that cannot be."""
    if series.valid_till_date and series.valid_till_date < local_date(now):
        return [refused_for(ErrorCode.SERIES_OVER)] * len(lines)
    codes = codes_of(batch, lines)
    customers = customer_ids([line.cells for line in lines], batch.mapping)
    dates = [
        (text_of(batch, line, "issued_on"), text_of(batch, line, "valid_till")) for line in lines
    ]
    terms = {texts: term_or_flaw(*texts, series, now) for texts in set(dates)}
    used = [bool(text_of(batch, line, "redeemed_on")) for line in lines]
    return [
        move(code, customer, terms[texts], is_used)
        for code, customer, texts, is_used in zip(codes, customers, dates, used, strict=True)
    ]


def text_of(batch: Batch, line: Line, member: str) -> str:
    """What stands in an optional column."""
    at = batch.mapping.get(member)
    return "" if at is None else cell(line.cells, at)


def move(code: str, customer_id: int | None, term: Term | Refused, is_used: bool) -> Move | Refused:
    if sentence := flaw(code):
        return malformed(f"code: {sentence}")
    if is_used:
        return Refused(ErrorCode.USED.number, USED)
    if isinstance(term, Refused):
        return term
    return Move(code, customer_id, *term) if customer_id else refused_for(ErrorCode.CUSTOMER)


def term_or_flaw(issued_on: str, valid_till: str, series: Series, now: datetime) -> Term | Refused:
    """What the two columns say; without an end of its own the coupon has that of its series."""
    try:
        issued = read_issue(issued_on, now)
        end = read_end(valid_till, issued, series) if valid_till else expires_at(series, issued)
    except CouponError as error:
        return Refused(error.code.number, error.message)
    return issued, end


def read_issue(text: str, now: datetime) -> datetime:
    issued = read_date(text, "issuedOn") if text else now
    if issued > now:
        raise CouponError(ErrorCode.INPUT, NOT_YET)
    if issued < EARLIEST:
        raise CouponError(ErrorCode.INPUT, LONG_AGO)
    return issued


def read_end(text: str, issued: datetime, series: Series) -> datetime:
    """The last second of the day, which may be past: tills say then that the coupon has expired."""
    day, last_day = local_date(read_date(text, "validTill")), series.valid_till_date
    if day < local_date(issued):
        raise CouponError(ErrorCode.INPUT, BACKWARDS)
    if last_day and day > last_day:
        raise CouponError(ErrorCode.EXPIRY_SERIES_OVER, SERIES_ENDS_BEFORE)
    return end_of_day(day).astimezone(UTC)


def read_date(text: str, name: str) -> datetime:
    try:
        return parse_api_datetime(text)
    except ValueError:
        raise CouponError(ErrorCode.INPUT, NOT_A_DATE.format(name)) from None


def refused_for(code: ErrorCode) -> Refused:
    return Refused(code.number, code.sentence)
