"""Where the time of a batch goes, measured in this process, chunk by chunk."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from batches import engine
from bench.batch_rows import copied, make_as_many, taken_in
from bench.rounds import this_machine
from bench.server import platform
from bench.world import World, make_world
from issuance import ledger

TURN_SECONDS = 60
LINE = "{:<36}{:>8}"
# The statements of a chunk, by what only they have in them.
STATEMENTS = {
    "find the customers": "FROM customers_customer\nWHERE",
    "lock them": "pg_advisory_xact_lock_shared",
    "read the facts": "LEFT JOIN LATERAL",
    "take ids for the coupons": "issuance_coupon_id_seq",
    "write down what came of each line": "UPDATE batches_chunk",
}
OTHERS, COPY, PYTHON = "other statements", "COPY the coupons", "Python"


def run(*, customers: int, rounds: int) -> None:
    """Print how many milliseconds each part takes of a chunk, medians of the rounds."""
    with platform() as place:
        world = make_world(place, seconds=1)
        make_as_many(world, customers)
        taken = [parts_of_a_batch(world) for _ in range(rounds)]
        plain = median(1000 * customers / copied(world) for _ in range(rounds))
        about = this_machine()
    chunks = customers / settings.BATCH_CHUNK
    print(f"\n{about}\nMilliseconds for {settings.BATCH_CHUNK:,} of {customers:,} lines\n")
    for part in [COPY, *STATEMENTS, OTHERS, PYTHON]:
        print(LINE.format(part, f"{median(one[part] for one in taken) / chunks:.1f}"))
    print(LINE.format("all of it", f"{median(one.total() for one in taken) / chunks:.1f}"))
    print(LINE.format("as many by one COPY of all", f"{plain / chunks:.1f}"))


def parts_of_a_batch(world: World) -> Counter[str]:
    taken_in(world)
    spent: Counter[str] = Counter()
    with timed_copy(spent), connection.execute_wrapper(timed(spent)):
        started = time.perf_counter()
        while engine.turn(clock=timezone.now, seconds=TURN_SECONDS):
            pass
        spent[PYTHON] = (time.perf_counter() - started) * 1000 - spent.total()
    return spent


def timed(spent: Counter[str]) -> Callable[..., Any]:
    def execute(call: Callable[..., Any], sql: str, *rest: Any) -> Any:
        part = next((name for name, text in STATEMENTS.items() if text in sql), OTHERS)
        with clock(spent, part):
            return call(sql, *rest)

    return execute


@contextmanager
def timed_copy(spent: Counter[str]) -> Iterator[None]:
    """COPY is no statement to Django, so the function that does it is timed."""
    copy_lot = ledger._copy_lot

    def timed_lot(*arguments: Any) -> None:
        with clock(spent, COPY):
            copy_lot(*arguments)

    ledger._copy_lot = timed_lot
    try:
        yield
    finally:
        ledger._copy_lot = copy_lot


@contextmanager
def clock(spent: Counter[str], part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    spent[part] += (time.perf_counter() - started) * 1000
