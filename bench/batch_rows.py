"""What is measured of batches; each measure does the whole work once, however long it takes."""

import io
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import ascii_uppercase, digits

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from batches import intake
from batches.models import Batch, Kind
from batches.progress import progress
from bench import engine, load
from bench.load import CannotMeasure
from bench.rounds import chosen, one_round, print_table, this_machine
from bench.rows import Row
from bench.server import platform
from bench.world import MOBILES, World, copy_in, make_world, store_customers
from issuance import ledger
from issuance.asks import Ask, Purpose
from issuance.models import Coupon

CALM_SECONDS = 4
POLL_SECONDS = 0.02
ONE_BY_ONE = 1_000
PURPOSE = Purpose(source_type="BENCH")
FILE_TABLE = "CREATE TABLE IF NOT EXISTS bench_line (mobile text)"

Worker = subprocess.Popen[str]


def run(names: Sequence[str], *, customers: int, rounds: int) -> None:
    """Print a table of the rows with these names, all if none is given."""
    rows = chosen(names, ROWS)
    measures = list(dict.fromkeys(side for row in rows for side in (row.ours, row.against)))
    with platform() as place:
        world = make_world(place, seconds=CALM_SECONDS)
        make_as_many(world, customers)
        about = this_machine()
        taken = []
        for number in range(rounds):
            print(f"Round {number + 1} of {rounds}", flush=True)
            taken.append(one_round(world, measures))
            measures.reverse()
    print(f"\n{about}\nMedians of {rounds} rounds, {customers:,} customers\n")
    print_table(rows, taken)


def make_as_many(world: World, customers: int) -> None:
    store_customers(range(world.customers[-1] + 1, customers + 1))
    world.customers = range(1, customers + 1)
    with connection.cursor() as cursor:
        cursor.execute(FILE_TABLE)
        cursor.execute("VACUUM ANALYZE")


def one_worker(world: World) -> float:
    with workers(1) as started:
        speed = lines_per_second(world)
        print(f"  {speed:,.0f} lines a second, worker of {peak(started[0])} MB", flush=True)
    return speed


def two_workers(world: World) -> float:
    with workers(2):
        return lines_per_second(world)


def lines_per_second(world: World) -> float:
    """A batch of all customers, from its first chunk to its end."""
    batch = finished(taken_in(world))
    return batch.lines / (batch.finished_at - batch.started_at).total_seconds()


def copied(world: World) -> float:
    """The same coupons by one COPY; making them is not counted."""
    series = world.new_series().pk
    asks = [Ask(series, customer) for customer in world.customers]
    data = engine.coupon_lines(asks, ledger.store_origin(PURPOSE))
    return per_second(world, lambda: copy_in(engine.COUPONS, data))


def one_by_one(world: World) -> float:
    """Codes a second as shops often make them: look for each, then insert it, by the ORM."""
    series, origin = world.new_series(), ledger.store_origin(PURPOSE)
    now = timezone.now()
    started = time.perf_counter()
    with transaction.atomic():
        for customer in random.sample(world.customers, ONE_BY_ONE):
            code = get_random_string(10, ascii_uppercase + digits)
            while Coupon.objects.with_code(code).exists():
                code = get_random_string(10, ascii_uppercase + digits)
            Coupon.objects.create(
                code=code, series=series, customer_id=customer, origin_id=origin, issued_at=now
            )
    return ONE_BY_ONE / (time.perf_counter() - started)


def intake_speed(world: World) -> float:
    """Lines of a CSV file a second, until they are stored as a batch; it is given up at once."""
    made: list[Batch] = []
    speed = per_second(world, lambda: made.append(taken_in(world)))
    for batch in made:
        batch.delete()
    return speed


def file_copied(world: World) -> float:
    """The same file by COPY into a table of one column, without an index."""
    data = sheet(world).getvalue()
    return per_second(world, lambda: copy_in("bench_line", data))


def calm(world: World) -> float:
    """Milliseconds that 99 of 100 calls take at most."""
    return load.slowest(world, world.series, authorization=world.basic)


def calm_beside_a_batch(world: World) -> float:
    with workers(1):
        batch = taken_in(world)
        slowest = calm(world)
        batch.refresh_from_db()
        if batch.finished_at:
            raise CannotMeasure("The batch was over too soon: --customers 1000000 takes longer.")
        finished(batch)
    return slowest


def per_second(world: World, act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return len(world.customers) / (time.perf_counter() - started)


def taken_in(world: World) -> Batch:
    order = intake.Order(Kind.ISSUE, PURPOSE, [world.new_series().pk])
    now = timezone.now()
    return intake.from_file(order, sheet(world), name="all.csv", identifier="MOBILE", now=now)


def sheet(world: World) -> io.BytesIO:
    """A CSV file of everybody's mobile number."""
    numbers = "\n".join(str(MOBILES + pk) for pk in world.customers)
    return io.BytesIO(f"mobile\n{numbers}\n".encode())


def finished(batch: Batch) -> Batch:
    while not batch.finished_at:
        time.sleep(POLL_SECONDS)
        batch.refresh_from_db()
    [reached] = progress([batch], now=timezone.now())
    if reached.issued != batch.lines:
        raise CannotMeasure(f"{reached.issued:,} of {batch.lines:,} were issued: {batch.failure}")
    return batch


@contextmanager
def workers(count: int) -> Iterator[list[Worker]]:
    """So many worker processes, all of them ready."""
    with ExitStack() as all_of_them:
        started = [all_of_them.enter_context(worker()) for _ in range(count)]
        for process in started:
            if process.stdout.readline() != "ready\n":
                raise CannotMeasure("A worker did not start.")
        yield started


@contextmanager
def worker() -> Iterator[Worker]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.worker"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.stdin.close()
            process.wait()


def peak(process: Worker) -> int:
    """The most memory that the process ever had, in megabytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return round(load.found(r"VmHWM:\s+(\d+) kB", status) / 1024)


ROWS = (
    Row("batch", "a batch, one worker, against COPY", one_worker, copied, 0.50),
    Row("orm", "the same against an ORM insert for each code", one_worker, one_by_one),
    Row("workers", "the same with two workers against one", two_workers, one_worker, 1.50),
    # Times, not speeds: how much of the calls' pace is left.
    Row(
        "calm",
        "calls' p99 (ms) without a batch against beside one",
        calm,
        calm_beside_a_batch,
        1 / 3,
    ),
    Row("intake", "intake of a CSV file against COPY of it", intake_speed, file_copied, 0.50),
)
