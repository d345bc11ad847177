"""What goes wrong, one thing at a time, while tills are issuing."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from faults import clock, disk, memory, proxy, rude
from faults.batches import finish_batch, new_batch, resume_batch, start_batch
from faults.installation import Installation
from faults.tills import Book, load, new_series

BEFORE_SECONDS, AFTER_SECONDS = 1.5, 4.0
CODES = "SELECT code FROM issuance_coupon WHERE series_id = %s AND customer_id IS NOT NULL"


class Trial(NamedTuple):
    """A fault; on which stage tills are at work meanwhile; why it cannot be tried here, if so."""

    fault: Callable[[Installation], None]
    stage: Callable[[Installation], AbstractContextManager[Installation]] = nullcontext
    missing: Callable[[Installation], str] = lambda at: ""


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
    os.kill(max(at.children("granian")), signal.SIGKILL)


def kill_web_worker_twice(at: Installation) -> None:
    """So soon after each other that the web server gives up; whoever watches it starts it anew."""
    for _ in range(2):
        kill_one_web_worker(at)
        time.sleep(1)


def half_bodies(at: Installation) -> None:
    rude.send_half_bodies(at.port, at.basic, clients=100)


def slow_clients(at: Installation) -> None:
    rude.stay_slow(at.port, at.basic, clients=500, seconds=AFTER_SECONDS)


def kill_worker_under_batch(at: Installation) -> None:
    """The worker and its children; beat finds what they left behind."""
    batch = start_batch(at)
    at.kill("celery")
    finish_batch(at, batch)


def starve_worker(at: Installation) -> None:
    """No line of the batch is refused for want of memory."""
    batch = new_batch(at)
    memory.starve_and_kill(at)
    finish_batch(at, batch)


def fill_disk(at: Installation) -> None:
    """The batch says what was in its way, and goes on when told to."""
    with disk.full(at):
        batch = new_batch(at)
        time.sleep(AFTER_SECONDS)
    resume_batch(at, batch)
    finish_batch(at, batch)


def jump_clock(at: Installation) -> None:
    batch = start_batch(at)
    clock.jump(at)
    finish_batch(at, batch)


def without_redis(at: Installation) -> str:
    return "" if at.redis else "redis-server is not installed"


def lose_redis(at: Installation) -> None:
    """Gone for two seconds while a batch begins."""
    assert at.redis is not None  # nosec B101: the caller saw to that
    batch = start_batch(at)
    at.redis.stop()
    time.sleep(2)
    at.redis.start()
    finish_batch(at, batch)


TRIALS = {
    "PostgreSQL restarted": Trial(stop_postgresql),
    "PostgreSQL killed": Trial(kill_postgresql),
    "web server killed": Trial(kill_web),
    "one web worker killed": Trial(kill_one_web_worker),
    "one web worker killed twice": Trial(kill_web_worker_twice),
    "workers killed in a batch": Trial(kill_worker_under_batch),
    "worker out of memory": Trial(starve_worker),
    "Redis gone for 2 s": Trial(lose_redis, missing=without_redis),
    "disk full": Trial(fill_disk, disk.small_disk, disk.missing),
    "clock jumps by an hour": Trial(jump_clock, clock.second_host, clock.missing),
    "100 half bodies": Trial(half_bodies),
    "500 slow clients": Trial(slow_clients),
    "500 slow, behind nginx": Trial(slow_clients, proxy.behind_nginx, proxy.missing),
}


def attempt(name: str, installation: Installation) -> Outcome:
    """One fault under load, and what it cost."""
    trial = TRIALS[name]
    with trial.stage(installation) as at:
        series_id, remark = new_series(at), ""
        with load(at, series_id) as book:
            time.sleep(BEFORE_SECONDS)
            try:
                trial.fault(at)
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
