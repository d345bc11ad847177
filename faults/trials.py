"""What goes wrong, one thing at a time, while tills are issuing."""

import os
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from faults import rude
from faults.batches import finish_batch, start_batch
from faults.installation import Installation
from faults.tills import Book, load, new_series

BEFORE_SECONDS, AFTER_SECONDS = 1.5, 4.0
CODES = "SELECT code FROM issuance_coupon WHERE series_id = %s AND customer_id IS NOT NULL"

REDIS = "Redis gone for 2 s"
Fault = Callable[[Installation], None]


class Outcome(NamedTuple):
    """A line of the table."""

    name: str
    answered: int
    per_second: float
    asked_again: int
    pause: float
    lost: int
    doubled: int
    unanswered: int
    remark: str = ""

    @property
    def survived(self) -> bool:
        return not (self.lost or self.doubled or self.unanswered or self.remark)


def stop_postgresql(at: Installation) -> None:
    """As an upgrade or a reboot does: connections are cut, the server comes back."""
    os.kill(at.postmaster(), signal.SIGINT)


def kill_postgresql(at: Installation) -> None:
    """As the kernel does when memory is gone."""
    os.kill(at.postmaster(), signal.SIGKILL)


def kill_web(at: Installation) -> None:
    """All of the web server's processes at once, in the middle of requests."""
    at.kill("granian")


def kill_one_web_worker(at: Installation) -> None:
    os.kill(max(at.pids("granian")), signal.SIGKILL)


def half_bodies(at: Installation) -> None:
    rude.send_half_bodies(at.port, at.basic, clients=100)


def slow_clients(at: Installation) -> None:
    rude.stay_slow(at.port, at.basic, clients=500, seconds=AFTER_SECONDS)


def kill_worker_under_batch(at: Installation) -> None:
    """The worker and its children; beat finds what they left behind."""
    batch = start_batch(at)
    at.kill("celery")
    finish_batch(at, batch)


def lose_redis(at: Installation) -> None:
    """Gone for two seconds while a batch begins."""
    assert at.redis is not None  # nosec B101: the caller saw to that
    batch = start_batch(at)
    at.redis.stop()
    time.sleep(2)
    at.redis.start()
    finish_batch(at, batch)


TRIALS: dict[str, Fault] = {
    "PostgreSQL restarted": stop_postgresql,
    "PostgreSQL killed": kill_postgresql,
    "web server killed": kill_web,
    "one web worker killed": kill_one_web_worker,
    "workers killed in a batch": kill_worker_under_batch,
    REDIS: lose_redis,
    "100 half bodies": half_bodies,
    "500 slow clients": slow_clients,
}


def attempt(name: str, at: Installation) -> Outcome:
    """One fault under load, and what it cost."""
    series_id, remark = new_series(at), ""
    with load(at, series_id) as book:
        time.sleep(BEFORE_SECONDS)
        try:
            TRIALS[name](at)
        except rude.Trouble as trouble:
            remark = str(trouble)
        time.sleep(AFTER_SECONDS)
    return recount(name, at, series_id, book, remark)


def recount(name: str, at: Installation, series_id: int, book: Book, remark: str) -> Outcome:
    """Holds what tills were told against what is stored.

    A till that gave up cannot know, so its coupon may be there or not.
    """
    with at.database() as database:
        stored = {code for (code,) in database.execute(CODES, [series_id]).fetchall()}
    told = list(book.answers.values())
    twice = len(told) - len(set(told))
    return Outcome(
        name,
        answered=len(told),
        per_second=len(told) / book.seconds,
        asked_again=book.asked_again,
        pause=book.longest_pause,
        lost=len(set(told) - stored),
        doubled=twice + max(len(stored) - len(set(told)) - len(book.given_up), 0),
        unanswered=len(book.given_up),
        remark=remark,
    )
