"""Two records that are one person become one; the other is kept, empty, and its id still works."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from couponadmin.errors import CouponError, ErrorCode
from customers.models import Customer

IDENTIFIERS = ("mobile", "email", "external_id")
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('merging of customers'), 0)"
ROWS_AT_ONCE = 10_000
ITSELF = "A customer cannot be merged into itself"
MERGED = "This customer was merged before"


@dataclass(frozen=True, slots=True)
class Merger:
    """What merging does with what the absorbed record says of the person, by column.

    `taken`: the survivor had nothing there; `lost`: identifiers that name nobody afterwards.
    """

    survivor: Customer
    absorbed: Customer
    taken: dict[str, str]
    lost: dict[str, str]


def merger(survivor: Customer, absorbed: Customer) -> Merger:
    """What merging the two would do. Raises 756 when they cannot be merged."""
    if survivor.pk == absorbed.pk:
        raise CouponError(ErrorCode.INPUT, ITSELF)
    if survivor.merged_into_id or absorbed.merged_into_id:
        raise CouponError(ErrorCode.INPUT, MERGED)
    taken, lost = {}, {}
    for column in ("first_name", "last_name", *IDENTIFIERS):
        theirs, ours = getattr(absorbed, column), getattr(survivor, column)
        if theirs and not ours:
            taken[column] = theirs
        elif theirs and column in IDENTIFIERS:
            lost[column] = theirs
    return Merger(survivor, absorbed, taken, lost)


def lock_both(survivor_id: int, absorbed_id: int) -> Merger:
    """What merging does, with both records locked until the transaction ends; raises 701, 756.

    So are those that were merged into the absorbed one before: they will name the survivor, too.
    """
    # One merge at a time: which records belong to the absorbed one is known before they are locked.
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
    named = Q(pk__in=[survivor_id, absorbed_id]) | Q(merged_into=absorbed_id)
    # Issuing and redeeming lock customers by ascending id, too, so nobody waits in a circle.
    rows = Customer.objects.select_for_update().order_by("pk").filter(named)
    found = {customer.pk: customer for customer in rows}
    if not {survivor_id, absorbed_id} <= found.keys():
        raise CouponError(ErrorCode.CUSTOMER)
    return merger(found[survivor_id], found[absorbed_id])


@transaction.atomic
def merge(survivor_id: int, absorbed_id: int, *, now: datetime) -> Merger:
    """Makes the two one: all rows that name the absorbed customer name the survivor.

    Returns what was done; raises 701, 756.
    """
    done = lock_both(survivor_id, absorbed_id)
    move_rows(done.survivor, done.absorbed)
    survivor, absorbed = done.survivor, done.absorbed
    survivor.fields = absorbed.fields | survivor.fields
    survivor.registered_at = min(survivor.registered_at, absorbed.registered_at)
    empty(absorbed, survivor, now)
    for column, value in done.taken.items():
        setattr(survivor, column, value)
    survivor.updated_at = now
    survivor.save()
    return done


def move_rows(survivor: Customer, absorbed: Customer) -> None:
    """Every foreign key to the absorbed customer, whichever app has it, points to the survivor."""
    for relation in Customer._meta.related_objects:
        column = relation.field.name
        rows = relation.related_model._base_manager.all()
        # An update alone would lock them in any order.
        locked = rows.select_for_update(no_key=True).order_by("pk").filter(**{column: absorbed})
        # Not searched for again: not every table has an index for it.
        ids = list(locked.values_list("pk", flat=True))
        for start in range(0, len(ids), ROWS_AT_ONCE):
            some = ids[start : start + ROWS_AT_ONCE]
            rows.filter(pk__in=some).update(**{column: survivor})


def empty(absorbed: Customer, survivor: Customer, now: datetime) -> None:
    """Leaves the row and its id; its identifiers are free afterwards."""
    absorbed.first_name = absorbed.last_name = ""
    absorbed.mobile = absorbed.email = absorbed.external_id = None
    absorbed.fields = {}
    absorbed.merged_into = survivor
    absorbed.updated_at = now
    absorbed.save()
