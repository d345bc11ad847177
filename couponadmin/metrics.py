"""What is counted for Prometheus: by every process for itself, added up when it asks.

The counts of all processes that share COUPON_VAR lie in files below it, which prometheus_client
maps into memory; settings.py names the directory before this module is loaded.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

HOME = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
HOME.mkdir(parents=True, exist_ok=True)
LIVING = re.compile(r"gauge_live[a-z]*_(\d+)\.db")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

RESPONSES = Counter("coupon_http_responses", "Answers.", ["method", "route", "status"])
LATENCY = Histogram("coupon_http_seconds", "Time to answer.", ["method", "route"], buckets=SECONDS)
IN_FLIGHT = Gauge("coupon_http_in_flight", "Being answered.", multiprocess_mode="livesum")
ISSUED = Counter("coupon_issued", "Coupons issued, by tills, people and batches.")
REDEEMED = Counter("coupon_redeemed", "Redemptions.")
REFUSED = Counter("coupon_refused", "Refusals, by their documented number.", ["code"])
# A process may get the number of one that was killed, and with it that one's file.
IN_FLIGHT.set(0)


def note_refusals(numbers: Iterable[int]) -> None:
    for number in numbers:
        REFUSED.labels(number).inc()


def forget_the_dead() -> None:
    """What a killed process was answering is not being answered any more."""
    for path in HOME.iterdir():
        found = LIVING.fullmatch(path.name)
        if found and not is_alive(int(found[1])):
            path.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        # Signal 0 is not sent; a process of another user refuses it, and lives.
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False


def start_anew() -> None:
    """Forget what processes of earlier runs counted; call it before the first one counts."""
    for path in HOME.glob("*.db"):
        path.unlink(missing_ok=True)
