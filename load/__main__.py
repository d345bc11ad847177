"""`make load`, or `python -m load [--seconds N] [--tills N]`. It stops by itself."""

import sys
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress

from couponadmin.embedded.supervisor import leave_on_signals
from faults.batches import finish_batch, start_batch
from faults.installation import CannotTry, Installation, running
from faults.rude import Trouble
from faults.tills import new_series
from load.shop import Clock, Till

LINE = "{:<10}{:>9}{:>10}{:>10}{:>10}{:>10}"
STORED = """
SELECT (SELECT count(*) FROM issuance_coupon WHERE series_id = %(pk)s AND customer_id IS NOT NULL),
       (SELECT count(*) FROM redemption_redemption WHERE series_id = %(pk)s)
"""


def main() -> None:
    """Let tills work for a while; end with status 1 if a call failed or the counts differ."""
    parser = ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long; 60")
    parser.add_argument("--tills", type=int, default=16, help="how many at once; 16")
    arguments = parser.parse_args()
    leave_on_signals()
    try:
        with running() as at:
            sys.exit(not soak(at, seconds=arguments.seconds, tills=arguments.tills))
    except CannotTry as reason:
        sys.exit(str(reason))


def soak(at: Installation, *, seconds: int, tills: int) -> bool:
    """Prints what was measured; whether all went well."""
    series_id, clock, over = new_series(at), Clock(), threading.Event()
    threads = [Till(number, at, series_id, clock, over) for number in range(tills)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    batches, trouble = run_batches(at, until=start + seconds)
    over.set()
    for thread in threads:
        thread.join(60)
    report(clock, time.monotonic() - start)
    told = (len(clock.seconds["issue"]), len(clock.seconds["redeem"]))
    with at.database() as database:
        stored = database.execute(STORED, {"pk": series_id}).fetchone()
    print(f"Batches done meanwhile: {batches}. {trouble}")
    print(f"Refused: {clock.refused}. Failed: {clock.failed}. Told {told}, stored {stored}.")
    return not (trouble or clock.failed or clock.refused) and stored == told


def run_batches(at: Installation, *, until: float) -> tuple[int, str]:
    """One batch after the other; how many, and what was wrong with the last one."""
    done = 0
    with suppress(KeyboardInterrupt):
        while time.monotonic() < until:
            try:
                finish_batch(at, start_batch(at))
            except Trouble as trouble:
                return done, str(trouble)
            done += 1
            time.sleep(max(min(2.0, until - time.monotonic()), 0))
    return done, ""


def report(clock: Clock, seconds: float) -> None:
    print(LINE.format("call", "answered", "a second", "p50 ms", "p95 ms", "p99 ms"))
    for kind, times in clock.seconds.items():
        ordered = sorted(times)
        parts = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95, 0.99))
        speed = f"{len(times) / seconds:.0f}"
        print(LINE.format(kind, len(times), speed, *(f"{part:.1f}" for part in parts)))


if __name__ == "__main__":
    main()
