"""Customers who become one with another after they were read, before they are locked."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from couponadmin.errors import CouponError, ErrorCode

P = ParamSpec("P")
R = TypeVar("R")


class CustomerMerged(CouponError):
    """A customer whom the transaction has locked is another one by now; 701 if nobody repeats it.

    Whom they are now must not be locked beside them, out of order: what is locked is let go first.
    """

    def __init__(self) -> None:
        super().__init__(ErrorCode.CUSTOMER)


def again_if_merged(work: Callable[P, R]) -> Callable[P, R]:
    """`work`, which opens a transaction, once more if a customer was merged while it waited."""

    @wraps(work)
    def worked(*args: P.args, **options: P.kwargs) -> R:
        try:
            return work(*args, **options)
        except CustomerMerged:
            return work(*args, **options)

    return worked
