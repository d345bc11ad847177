"""What becomes of the codes of one request, before anything is stored. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from couponadmin.errors import ErrorCode
from redemption.asks import Facts, Finding, Held, Outcome, Reason, Redeemed, Visit
from redemption.checks import reasons_why_not
from redemption.discount import discount_on
from redemption.moments import not_before_issue
from redemption.usage_checks import revoked


def decide(
    codes: Sequence[str], visit: Visit, found: Mapping[str, Finding], *, to_hold: bool = False
) -> list[Outcome]:
    """One outcome for each normalised code, in order; codes of one request see each other.

    What the same transaction did before is the answer again. `to_hold`: the codes shall be put on
    hold, otherwise redeemed, which closes the transaction's hold.
    """
    outcomes: list[Outcome] = []
    for code in codes:
        finding = found.get(code)
        if finding is None or any(other.code == code for other in outcomes):
            outcomes.append(without_checks(code, finding))
        elif done := finding.redeemed or (to_hold and finding.held):
            outcomes.append(done_before(code, finding, done, visit))
        elif finding.held:
            outcomes.append(from_hold(code, finding, finding.held, visit))
        else:
            outcomes.append(checked(code, finding, visit, outcomes))
    return outcomes


def without_checks(code: str, finding: Finding | None) -> Outcome:
    """The outcome of a code that is missing, unknown, or in the request for the second time."""
    if finding is not None:
        again = [Reason(ErrorCode.CODE_TWICE)]
        return Outcome(code, finding.card.id, finding.series, reasons=again)
    return Outcome(code, reasons=[Reason(ErrorCode.CODE if code else ErrorCode.NO_CODE)])


def done_before(code: str, finding: Finding, done: Redeemed | Held, visit: Visit) -> Outcome:
    return Outcome(
        code,
        finding.card.id,
        finding.series,
        reasons=differences(done, visit),
        discount=done.discount,
        done=done,
        repeated=True,
    )


def from_hold(code: str, finding: Finding, hold: Held, visit: Visit) -> Outcome:
    """The terms were checked when the hold was made; only a revocation breaks its promise.

    They were not checked for a moment before it: the redemption is of no earlier one.
    """
    reasons = differences(hold, visit)
    if reason := revoked(facts_of(finding, visit, 0)):
        reasons.append(reason)
    return Outcome(
        code,
        finding.card.id,
        finding.series,
        reasons=reasons,
        discount=hold.discount,
        hold=hold,
        at=max(visit.at, hold.created_at),
    )


def checked(code: str, finding: Finding, visit: Visit, earlier: Sequence[Outcome]) -> Outcome:
    granted = [other for other in earlier if other.granted]
    # What is on hold counts in the facts already.
    new = [other for other in granted if not other.hold]
    before = sum(other.series == finding.series for other in new)
    facts = facts_of(finding, visit, before)
    reasons = reasons_why_not(facts)
    outcome = Outcome(code, finding.card.id, finding.series, facts, reasons, at=facts.visit.at)
    if not outcome.reasons and visit.bill_amount is not None:
        taken = sum((other.discount or Decimal(0) for other in granted), Decimal(0))
        left = max(visit.bill_amount - taken, Decimal(0))
        outcome.discount = discount_on(finding.series, visit.bill_amount, left=left)
    return outcome


def facts_of(finding: Finding, visit: Visit, before: int) -> Facts:
    """The facts behind a code, when `before` other coupons of its series come before it."""
    past, room = finding.past, finding.room
    visit = visit._replace(at=not_before_issue(visit.at, finding.card.issued_at))
    if before:
        past = replace(past, in_series=past.in_series + before, last_in_series=visit.at)
        room = room if room is None else room - before
    return Facts(finding.series, finding.card, visit, past, room)


def differences(done: Redeemed | Held, visit: Visit) -> list[Reason]:
    """Why this is not the request that was answered before, though the transaction is."""
    number, before, now = visit.transaction_number, done.bill_amount, visit.bill_amount
    reasons = []
    if now is not None and now != before:
        sentence = f"billAmount: Transaction {number} named {before:.2f} before, not {now:.2f}"
        reasons.append(Reason(ErrorCode.INPUT, sentence, needed=before, found=now))
    if done.customer_id != visit.customer_id:
        sentence = f"user: Transaction {number} was another customer's"
        reasons.append(Reason(ErrorCode.INPUT, sentence))
    return reasons


def spoil(outcomes: Sequence[Outcome]) -> None:
    """All or nothing: one that is refused refuses all."""
    if any(outcome.reasons for outcome in outcomes):
        for outcome in outcomes:
            if not outcome.reasons:
                outcome.reasons.append(Reason(ErrorCode.BATCH_MATE))
