"""The words of redeeming: who is at the till, what is known of a coupon, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from couponadmin.errors import ErrorCode
from couponadmin.guessing import Seeker
from series.models import Series


class Place(NamedTuple):
    """Where it happens: the entity and all that contain it, as (type, id), and its time zone."""

    chain: tuple[tuple[str, int], ...]
    zone: tzinfo

    def of_type(self, wanted: str) -> int | None:
        return next((pk for kind, pk in self.chain if kind == wanted), None)


class Visit(NamedTuple):
    """One customer at one till with one bill.

    `at` is the moment by which the terms are judged, `bill_amount` None where it is not known yet,
    `customer_id` None for a customer who is not known.
    """

    at: datetime
    client_id: int | None = None
    customer_id: int | None = None
    registered_at: datetime | None = None
    transaction_number: str = ""
    bill_amount: Decimal | None = None
    place: Place | None = None

    @property
    def store_id(self) -> int | None:
        return self.place and self.place.of_type("STORE")

    @property
    def till_id(self) -> int | None:
        return self.place and self.place.of_type("TILL")

    @property
    def seeker(self) -> Seeker:
        return Seeker(self.client_id, self.till_id, self.customer_id)


class Card(NamedTuple):
    """A coupon as the ledger found it; its batch may have put off its end, revoked or paused it."""

    id: int
    code: str
    customer_id: int | None
    issued_at: datetime | None
    expires_at: datetime | None
    redemption_count: int
    revoked_at: datetime | None
    paused_at: datetime | None = None


@dataclass(slots=True)
class Past:
    """What was redeemed so far, holds that have not ended included.

    `held`: holds on the coupon, `held_until`: when the first of them ends; `by_customer`: this
    customer's uses of the coupon, `in_series`: of all coupons of the series, `last_in_series` and
    `next_in_series`: the nearest ones before and after the visit (tills may tell of theirs late);
    `transactions`: this customer's redeemed transactions, if the series asks for them.
    """

    held: int = 0
    held_until: datetime | None = None
    by_customer: int = 0
    in_series: int = 0
    last_in_series: datetime | None = None
    next_in_series: datetime | None = None
    transactions: int = 0


class Facts(NamedTuple):
    """All that checks may look at. `room` is what `max_redeem` leaves (None: no cap)."""

    series: Series
    card: Card
    visit: Visit
    past: Past
    room: int | None


class Reason(NamedTuple):
    """Why a coupon cannot be redeemed: what would be needed, what was found, and from when on."""

    code: ErrorCode
    sentence: str = ""
    needed: Any = None
    found: Any = None
    next_valid_at: datetime | None = None

    @property
    def message(self) -> str:
        return self.sentence or self.code.sentence


Check = Callable[[Facts], Reason | None]


class Redeemed(NamedTuple):
    """A redemption as the ledger stored it or found it."""

    id: int
    bill_amount: Decimal
    discount: Decimal
    customer_id: int | None
    at: datetime
    hold_id: int | None = None
    reversed_at: datetime | None = None


class Held(NamedTuple):
    """A hold that is open, as the ledger stored it or found it."""

    id: int
    bill_amount: Decimal
    discount: Decimal
    customer_id: int | None
    expires_at: datetime
    created_at: datetime


class Finding(NamedTuple):
    """What is known of one coupon; `redeemed` and `held`: by the same transaction, before."""

    series: Series
    card: Card
    past: Past
    room: int | None
    redeemed: Redeemed | None = None
    held: Held | None = None


@dataclass(slots=True, eq=False)
class Outcome:
    """What came of one code: reasons why not, or what was done. `repeated`: it was done before.

    `series` is None when there is no such coupon, `facts` also where there was nothing to check;
    `hold` is the hold of the same transaction, which redeeming closes; `at`: when it is redeemed;
    `transaction_number`: of a hold that was committed.
    """

    code: str
    coupon_id: int | None = None
    series: Series | None = None
    facts: Facts | None = None
    reasons: list[Reason] = field(default_factory=list)
    discount: Decimal | None = None
    hold: Held | None = None
    at: datetime | None = None
    done: Redeemed | Held | None = None
    repeated: bool = False
    transaction_number: str = ""

    @property
    def granted(self) -> bool:
        """Nothing speaks against it, and it is still to be done."""
        return not self.reasons and not self.repeated

    @property
    def is_capped(self) -> bool:
        return self.series is not None and self.series.max_redeem is not None
