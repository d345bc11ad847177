"""What is done with coupons. Issuing is one function, for one coupon and for a million."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from django.db import transaction

from couponadmin.errors import ErrorCode
from couponadmin.metrics import ISSUED
from couponadmin.times import local_date
from issuance import codes, ledger
from issuance.asks import Answer, Ask, Facts, Issued, Limit, Purpose
from issuance.ledger import Book, Holding, Lot, Pair
from issuance.rules import grant
from series.expiry import expires_at, within_series
from series.models import ClientHandling, Series

# A code space is refused when it could fill beyond one in twenty, so that one round nearly always
# does; eight leave less than one miss in ten billion even there, and end the search in a full one.
CODE_ROUNDS = 8


def issue(asks: Sequence[Ask], *, now: datetime, purpose: Purpose) -> list[Answer]:
    """Issue what may be issued of each ask, and say why not more; one answer per ask, in order.

    Asks of one call see each other's grants. The number of SQL statements does not depend on the
    number of asks. Refusals are data: nothing is raised, and nothing is stored for them.
    """
    if not asks:
        return []
    with transaction.atomic(savepoint=False):
        customers = ledger.lock(asks)
        book = ledger.read(asks, purpose)
        answers = _decide(asks, book, customers, now)
        _claim(answers)
        _fill(answers, book.origin_id, now)
        _resend(answers, book, now)
    ISSUED.inc(sum(answer.granted for answer in answers))
    return answers


def preview(asks: Sequence[Ask], *, now: datetime, purpose: Purpose) -> list[Answer]:
    """What `issue` would grant at this moment; nothing is locked and no coupon stored."""
    if not asks:
        return []
    return _decide(asks, ledger.read(asks, purpose), {ask.customer_id for ask in asks}, now)


def _decide(asks: Iterable[Ask], book: Book, customers: set[int], now: datetime) -> list[Answer]:
    today = local_date(now)
    received: dict[int, set[int]] = defaultdict(set)
    return [
        _decide_one(ask, book, today, now, received[ask.customer_id])
        if ask.customer_id in customers
        else Answer(ask, limit=Limit(0, ErrorCode.CUSTOMER))
        for ask in asks
    ]


def _decide_one(ask: Ask, book: Book, today: date, now: datetime, received: set[int]) -> Answer:
    series = book.series.get(ask.series_id)
    if series is None:
        return Answer(ask, limit=Limit(0, ErrorCode.SERIES))
    holding = book.holdings[series.pk, ask.customer_id]
    facts = _facts(series, holding, book.left[series.pk], today, received)
    granted, limit = grant(facts, ask.wanted)
    if granted:
        _note(granted, series.pk, holding, book, now)
        received.add(series.pk)
    return Answer(ask, series, granted, limit)


def _facts(
    series: Series, holding: Holding, left: int | None, today: date, received: set[int]
) -> Facts:
    last = holding.last_issued_at
    return Facts(
        series=series,
        today=today,
        held=holding.held,
        last_issued_on=last and local_date(last),
        excluded=holding.excluded or not received.isdisjoint(series.mutual_exclusive_series_ids),
        series_left=left,
    )


def _note(granted: int, series_id: int, holding: Holding, book: Book, now: datetime) -> None:
    """Let the asks that follow in the same call see this grant."""
    holding.held += granted
    holding.last_issued_at = now
    holding.last_coupon_id = None
    left = book.left[series_id]
    if left is not None:
        book.left[series_id] = left - granted


def _claim(answers: Sequence[Answer]) -> None:
    """Take the grants from the capped series' counters; who asked last gets less."""
    capped = [answer for answer in answers if answer.granted and _is_capped(answer.series)]
    wanted: Counter[int] = Counter()
    for answer in capped:
        wanted[answer.ask.series_id] += answer.granted
    excess = wanted - Counter(ledger.claim(wanted))
    for answer in reversed(capped):
        too_many = min(excess[answer.ask.series_id], answer.granted)
        if too_many:
            excess[answer.ask.series_id] -= too_many
            answer.cut(answer.granted - too_many, ErrorCode.MAX_CREATE)


def _fill(answers: Sequence[Answer], origin_id: int, now: datetime) -> None:
    """Store a coupon for each grant; where codes run out, cut the grant."""
    capped = {answer.ask.series_id for answer in answers if _is_capped(answer.series)}
    waiting = [answer for answer in answers if answer.granted]
    for _ in range(CODE_ROUNDS):
        lots = list(_lots(waiting, now))
        stored = ledger.store(lots, origin_id=origin_id, capped=capped, now=now)
        _hand_out(waiting, stored)
        waiting = [answer for answer in waiting if answer.missing and _is_generated(answer)]
        if not waiting:
            break
    _cut([answer for answer in answers if answer.missing], capped)


def _cut(short: Iterable[Answer], capped: set[int]) -> None:
    """Leave ungranted what found no code, and return its claim on a capped series."""
    unused: Counter[int] = Counter()
    for answer in short:
        unused[answer.ask.series_id] += answer.missing
        answer.cut(len(answer.coupons), _out_of_codes(answer))
    ledger.give_back({pk: count for pk, count in unused.items() if pk in capped})


def _lots(answers: Iterable[Answer], now: datetime) -> Iterator[Lot]:
    by_series: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_series[answer.ask.series_id].append(answer)
    for group in by_series.values():
        series = group[0].series
        customers = [answer.ask.customer_id for answer in group for _ in range(answer.missing)]
        yield Lot(
            series_id=series.pk,
            shared=series.client_handling_type == ClientHandling.GENERIC,
            expires_at=expires_at(series, now),
            customers=customers,
            codes=codes.make(series, len(customers)),
        )


def _hand_out(answers: Iterable[Answer], stored: Iterable[tuple[Pair, Issued]]) -> None:
    coupons: dict[Pair, list[Issued]] = defaultdict(list)
    for pair, coupon in stored:
        coupons[pair].append(coupon)
    for answer in answers:
        mine = coupons[answer.pair]
        missing = answer.missing
        answer.coupons += mine[:missing]
        del mine[:missing]


def _resend(answers: Sequence[Answer], book: Book, now: datetime) -> None:
    """Answer with the coupon that the customer holds, where that is what the series wants."""
    asking = [answer for answer in answers if _may_resend(answer)]
    ids = {answer: book.holdings[answer.pair].last_coupon_id for answer in asking}
    held = ledger.unexpired(filter(None, ids.values()), now)
    given = {answer.pair: answer for answer in answers if answer.granted}
    for answer in asking:
        coupon = held.get(ids[answer]) or _first(given.get(answer.pair))
        if coupon and (not coupon.redemption_count or answer.series.is_multiple_use_allowed):
            end = within_series(coupon.expires_at, answer.series)
            answer.coupons, answer.limit = [coupon._replace(expires_at=end)], None
            answer.resent = True


def _may_resend(answer: Answer) -> bool:
    return bool(
        answer.ask.may_resend
        and answer.limit
        and answer.limit.held
        and not answer.series.do_not_resend_existing_voucher
    )


def _first(answer: Answer | None) -> Issued | None:
    return answer.coupons[0] if answer and answer.coupons else None


def _is_capped(series: Series | None) -> bool:
    return series is not None and series.max_create is not None


def _is_generated(answer: Answer) -> bool:
    return answer.series.client_handling_type == ClientHandling.DISC_CODE


def _out_of_codes(answer: Answer) -> ErrorCode:
    uploaded = answer.series.client_handling_type == ClientHandling.DISC_CODE_PIN
    return ErrorCode.POOL_EMPTY if uploaded else ErrorCode.NO_FREE_CODE
