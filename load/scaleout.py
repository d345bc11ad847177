"""`make scaleout`: two web hosts, three workers, a replica and a pooler, all on this machine.

It shows that they are right together, and what each costs. It cannot show that two hosts are faster
than one: all of them share this machine's cores, and with what measures them, too.
"""

import os
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection

from couponadmin.embedded.supervisor import leave_on_signals
from faults.batches import Running, finish_batch, start_batch
from faults.installation import HOST, CannotTry, Installation, running
from faults.tills import new_series
from load import hosts, promises
from load.shop import Clock, Till

HEAD = ("tills at", "calls a second", "p50 ms", "p95 ms", "p99 ms", "failed", "lists")
LINE = "{:<44}{:>15}{:>9}{:>9}{:>9}{:>8}{:>8}"
TILLS = 8
Promise = Callable[[promises.Hosts], str]
OF_WEB: dict[str, Promise] = {
    "maxCreate 200, three for each customer": promises.cap,
    "50 calls a minute": promises.limit,
    "one key on both hosts at once": promises.key,
}
ALL = OF_WEB | {"a batch, two of three workers killed": promises.batch}
PLANNER = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off", "jit = off")


def main() -> None:
    """Print what held and how fast it was; end with status 1 if something did not hold."""
    parser = ArgumentParser(prog="python -m load.scaleout", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="for each line; 8")
    seconds = parser.parse_args().seconds
    leave_on_signals()
    os.environ["BATCH_WORKERS"] = "3"
    try:
        with running() as at, ExitStack() as stack:
            if at.redis is None:
                raise CannotTry("redis-server is not installed; workers of several hosts need it")
            sys.exit(not all_held(at, stack, seconds))
    except CannotTry as reason:
        sys.exit(str(reason))


def all_held(at: Installation, stack: ExitStack, seconds: int) -> bool:
    for name in ("host-worker-1", "host-worker-2"):
        stack.enter_context(hosts.worker(at, name))
    direct = stack.enter_context(hosts.two_web_hosts(at, "direct"))
    done = start_batch(at)
    finish_batch(at, done)
    held = keep_promises("two web hosts, three workers", direct, ALL)
    print(LINE.format(*HEAD))
    measure("one web host", direct[:1], seconds)
    measure("two web hosts", direct, seconds)
    measure("two web hosts, lists from the first server", direct, seconds, done)
    held &= with_replica(at, done, seconds)
    return with_pooler(at, seconds) and held


def with_replica(at: Installation, done: Running, seconds: int) -> bool:
    try:
        with (
            hosts.replica(at) as address,
            hosts.two_web_hosts(at, "read", DATABASE_REPLICA_URL=address) as two,
        ):
            measure("two web hosts, lists from the replica", two, seconds, done)
            return lists_are_complete(two)
    except CannotTry as reason:
        print(f"replica: not tried: {reason}")
        return True


def with_pooler(at: Installation, seconds: int) -> bool:
    try:
        with hosts.pooler(at) as address:
            with at.database() as database:
                for setting in PLANNER:
                    database.execute(f"ALTER ROLE coupon SET {setting}")
            settings = {"DATABASE_URL": address, "DATABASE_POOLER": "true"}
            with hosts.two_web_hosts(at, "pooled", **settings) as two:
                measure("two web hosts through pgbouncer", two, seconds)
                return keep_promises(f"through {hosts.version_of('pgbouncer')}", two, OF_WEB)
    except CannotTry as reason:
        print(f"pooler: not tried: {reason}")
        return True


def keep_promises(title: str, two: promises.Hosts, wanted: Mapping[str, Promise]) -> bool:
    print(f"\n{title}")
    held = True
    for name, promise in wanted.items():
        result = promise(two)
        held &= result.startswith("held")
        print(f"  {name:<40}{result}", flush=True)
    print()
    return held


def measure(
    title: str, at: Sequence[Installation], seconds: int, listed: Running | None = None
) -> None:
    """Tills work for so long, and meanwhile lists are read, if one is named."""
    series_id, clock, over = new_series(at[0]), Clock(), threading.Event()
    work: list[threading.Thread] = [
        Till(number, at[number % len(at)], series_id, clock, over) for number in range(TILLS)
    ]
    reader = Reader(at[0], listed, over)
    if listed:
        work.append(reader)
    for thread in work:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in work:
        thread.join(60)
    times = sorted(each for kind in clock.seconds.values() for each in kind)
    shares = [f"{times[int(len(times) * share)] * 1000:.1f}" for share in (0.5, 0.95, 0.99)]
    speed = f"{len(times) / seconds:.0f}"
    counts = (clock.failed + clock.refused, reader.lists)
    print(LINE.format(title, speed, *shares, *counts), flush=True)


class Reader(threading.Thread):
    """Takes the list of a batch's coupons, again and again."""

    def __init__(self, at: Installation, batch: Running | None, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.at, self.batch, self.over = at, batch, over
        self.lists = 0

    def run(self) -> None:
        while not self.over.is_set() and self.batch:
            self.lists += lines_in(self.at, self.batch) == self.batch.total


def lines_in(at: Installation, batch: Running) -> int:
    """How many coupons the list of a batch has."""
    connection = HTTPConnection(HOST, at.port, timeout=60)
    path = f"{batch.path}/lines?state=issued&format=csv"
    connection.request("GET", path, headers={"Authorization": at.basic})
    # The header is no coupon.
    return connection.getresponse().read().count(b"\n") - 1


def lists_are_complete(two: Sequence[Installation]) -> bool:
    """Asked for at the moment when its batch is done, a list has every coupon."""
    for number in range(5):
        batch = start_batch(two[number % 2])
        finish_batch(two[number % 2], batch)
        if (found := lines_in(two[(number + 1) % 2], batch)) != batch.total:
            print(f"\nBROKEN: a list from the replica has {found} of {batch.total} coupons")
            return False
    print("\nheld: five lists, asked for when their batch was done, had all coupons\n")
    return True


if __name__ == "__main__":
    main()
