"""The words of issuing: who wants how many of what, what is known, and what came of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from couponadmin.errors import ErrorCode
from series.models import Series


class Ask(NamedTuple):
    """One wish: `wanted` coupons of a series for a customer.

    `may_resend`: where the series allows one coupon per customer and this customer holds it,
    that coupon is the answer (single and bulk issue, docs/integrators.md).
    """

    series_id: int
    customer_id: int
    wanted: int = 1
    may_resend: bool = False


class Limit(NamedTuple):
    """What a rule says: `left` more are allowed, and what to say about the rest.

    `held`: the limit is that the customer holds the one coupon that is allowed.
    """

    left: int
    code: ErrorCode
    sentence: str = ""
    held: bool = False

    @property
    def message(self) -> str:
        return self.sentence or self.code.sentence


class Facts(NamedTuple):
    """All that rules may look at: one ask's series and what its customer holds of it.

    `held` counts unrevoked coupons, `excluded` says that the customer holds a coupon of a series
    that excludes this one, `series_left` is what `max_create` leaves (None: no cap).
    """

    series: Series
    today: date
    held: int
    last_issued_on: date | None
    excluded: bool
    series_left: int | None


class Issued(NamedTuple):
    """A coupon as the ledger stored it or found it."""

    id: int
    code: str
    expires_at: datetime | None
    redemption_count: int = 0


@dataclass(slots=True, eq=False)
class Answer:
    """What came of one ask: the coupons, and the limit that held back the rest, if any.

    `series` is None when it does not exist; `resent`: the customer held the coupon already.
    """

    ask: Ask
    series: Series | None = None
    granted: int = 0
    limit: Limit | None = None
    coupons: list[Issued] = field(default_factory=list)
    resent: bool = False

    @property
    def pair(self) -> tuple[int, int]:
        return self.ask.series_id, self.ask.customer_id

    @property
    def missing(self) -> int:
        return self.granted - len(self.coupons)

    def cut(self, granted: int, code: ErrorCode) -> None:
        """Grant fewer than the rules would."""
        self.granted = granted
        self.limit = Limit(granted, code)


class Purpose(NamedTuple):
    """Who asks and why: becomes the `Origin` of the coupons.

    `batch_key` keeps the origin of a batch apart from all others.
    Source: `metadata` of "Bulk issue" of the v2 API.
    """

    client_id: int | None = None
    user_id: int | None = None
    source: str = ""
    source_type: str = ""
    source_id: str = ""
    source_activity: str = ""
    notes: str = ""
    reason: str = ""
    batch_key: str = ""
