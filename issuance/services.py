"""What is done with coupons. Issuing is one function, for one coupon and for a million."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from couponadmin.errors import ErrorCode
from couponadmin.metrics import ISSUED
from couponadmin.times import local_date
from issuance import codes, ledger
from issuance.asks import Answer, Ask, Facts, Issued, Limit, Purpose
from issuance.ledger import NOTHING, Book, Holding, Lot, Pair, Stored
from issuance.rules import grant
from series.expiry import expires_at, within_series
from series.models import ClientHandling, Series

# A code space is refused when it could fill beyond one in twenty, so that one round nearly always
# does; eight leave less than one miss in ten billion even there, and end the search in a full one.
CODE_ROUNDS = 8

# By series, coupons wanted, what a cap leaves of them, and what the customer holds.
Verdicts = dict[tuple[int, int, int | None, int, datetime | None, bool], tuple[int, Limit | None]]


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
        answers = decide(asks, book, customers, now)
        capped = {pk for pk, left in book.left.items() if left is not None}
        _claim(answers, capped)
        _fill(answers, book, capped, now)
        _resend(answers, book, now)
    ISSUED.inc(sum(answer.granted for answer in answers))
    return answers


def preview(asks: Sequence[Ask], *, now: datetime, purpose: Purpose) -> list[Answer]:
    """What `issue` would grant at this moment; nothing is locked and no coupon stored."""
    if not asks:
        return []
    return decide(asks, ledger.read(asks, purpose), {ask.customer_id for ask in asks}, now)


def decide(asks: Iterable[Ask], book: Book, customers: set[int], now: datetime) -> list[Answer]:
    received: dict[int, set[int]] = defaultdict(set)
    verdicts: Verdicts = {}
    return [
        _decide_one(ask, book, verdicts, received[ask.customer_id], now)
        if ask.customer_id in customers
        else Answer(ask, limit=Limit(0, ErrorCode.CUSTOMER))
        for ask in asks
    ]


def _decide_one(
    ask: Ask, book: Book, verdicts: Verdicts, received: set[int], now: datetime
) -> Answer:
    series, pair, wanted = book.series.get(ask.series_id), ask[:2], ask.wanted
    if series is None:
        return Answer(ask, limit=Limit(0, ErrorCode.SERIES))
    holding, left = book.holdings.get(pair, NOTHING), book.left[ask.series_id]
    excluded = holding.excluded or not received.isdisjoint(series.mutual_exclusive_series_ids)
    # A cap that leaves enough is as good as none.
    enough = None if left is None or left >= wanted else left
    # Equal facts are judged once: those of a batch nearly all are.
    known = (ask.series_id, wanted, enough, holding.held, holding.last_issued_at, excluded)
    if known not in verdicts:
        verdicts[known] = grant(_facts(series, holding, enough, excluded, now), wanted)
    granted, limit = verdicts[known]
    if granted:
        _note(granted, pair, holding, book, now)
        received.add(ask.series_id)
    return Answer(ask, series, granted, limit)


def _facts(
    series: Series, holding: Holding, left: int | None, excluded: bool, now: datetime
) -> Facts:
    last = holding.last_issued_at
    return Facts(
        series=series,
        today=local_date(now),
        held=holding.held,
        last_issued_on=last and local_date(last),
        excluded=excluded,
        series_left=left,
    )


def _note(granted: int, pair: Pair, holding: Holding, book: Book, now: datetime) -> None:
    """Let the asks that follow in the same call see this grant."""
    book.holdings[pair] = Holding(holding.held + granted, now, None, holding.excluded)
    left = book.left[pair[0]]
    if left is not None:
        book.left[pair[0]] = left - granted


def _claim(answers: Sequence[Answer], capped: Collection[int]) -> None:
    """Take the grants from the capped series' counters; who asked last gets less."""
    if not capped:
        return
    granted = [answer for answer in answers if answer.granted and answer.ask.series_id in capped]
    wanted: Counter[int] = Counter()
    for answer in granted:
        wanted[answer.ask.series_id] += answer.granted
    excess = wanted - Counter(ledger.claim(wanted))
    for answer in reversed(granted):
        too_many = min(excess[answer.ask.series_id], answer.granted)
        if too_many:
            excess[answer.ask.series_id] -= too_many
            answer.cut(answer.granted - too_many, ErrorCode.MAX_CREATE)


def _fill(answers: Sequence[Answer], book: Book, capped: Collection[int], now: datetime) -> None:
    """Store a coupon for each grant; where codes run out, cut the grant."""
    # An answer stands in it as often as it waits for a coupon.
    waiting = [answer for answer in answers for _ in range(answer.granted)]
    short: list[Answer] = []
    for _ in range(CODE_ROUNDS):
        takers = _by_series(waiting)
        lots = [_lot(group, now) for group in takers.values()]
        stored = ledger.store(lots, origin_id=book.origin_id, capped=capped, now=now)
        missed = [taker for pk, group in takers.items() for taker in _hand_out(group, stored[pk])]
        short += [answer for answer in missed if not _is_generated(answer)]
        waiting = [answer for answer in missed if _is_generated(answer)]
        if not waiting:
            break
    _cut(dict.fromkeys(short + waiting), capped)


def _by_series(answers: Iterable[Answer]) -> dict[int, list[Answer]]:
    groups: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[answer.ask.series_id].append(answer)
    return groups


def _lot(takers: Sequence[Answer], now: datetime) -> Lot:
    series = takers[0].series
    return Lot(
        series_id=series.pk,
        shared=series.client_handling_type == ClientHandling.GENERIC,
        expires_at=expires_at(series, now),
        customers=[answer.ask.customer_id for answer in takers],
        codes=codes.make(series, len(takers)),
    )


def _hand_out(takers: Sequence[Answer], coupons: Stored) -> list[Answer]:
    """Give each taker its coupon; returns those for whom there was none."""
    for answer, coupon in zip(takers, coupons, strict=True):
        if coupon:
            answer.coupons.append(coupon)
    if None not in coupons:
        return []
    return [answer for answer, coupon in zip(takers, coupons, strict=True) if coupon is None]


def _cut(short: Iterable[Answer], capped: Collection[int]) -> None:
    """Leave ungranted what found no code, and return its claim on a capped series."""
    unused: Counter[int] = Counter()
    for answer in short:
        unused[answer.ask.series_id] += answer.missing
        answer.cut(len(answer.coupons), _out_of_codes(answer))
    ledger.give_back({pk: count for pk, count in unused.items() if pk in capped})


def _resend(answers: Sequence[Answer], book: Book, now: datetime) -> None:
    """Answer with the coupon that the customer holds, where that is what the series wants."""
    asking = [answer for answer in answers if answer.limit and _may_resend(answer)]
    if not asking:
        return
    ids = {answer: book.holdings.get(answer.pair, NOTHING).last_coupon_id for answer in asking}
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


def _is_generated(answer: Answer) -> bool:
    return answer.series.client_handling_type == ClientHandling.DISC_CODE


def _out_of_codes(answer: Answer) -> ErrorCode:
    uploaded = answer.series.client_handling_type == ClientHandling.DISC_CODE_PIN
    return ErrorCode.POOL_EMPTY if uploaded else ErrorCode.NO_FREE_CODE
