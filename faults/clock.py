"""A host whose clock jumps: a second web server and worker, with libfaketime between them and time.

PostgreSQL's clock and the first host's stay right.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from couponadmin.embedded.guards import healthy
from couponadmin.embedded.programs import WEB, WORKER
from faults.installation import HOST, ROOT, CannotTry, Installation, free_port

LIBRARIES = ("/usr/lib", "*/faketime/libfaketimeMT.so.1")
JUMPS = ("+1h", "-1h", "+0")
BETWEEN_SECONDS = 1.5
START_SECONDS = 30
STOP_SECONDS = 40


def library() -> Path | None:
    return next(Path(LIBRARIES[0]).glob(LIBRARIES[1]), None)


def missing(at: Installation) -> str:
    """Why this cannot be tried; empty if it can."""
    return "" if library() else "libfaketime is not installed"


@contextmanager
def second_host(at: Installation) -> Iterator[Installation]:
    """The same platform, reached through a host whose clock `jump` sets."""
    port = free_port()
    set_clock(at, "+0")
    faked = {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock_of(at)),
        "FAKETIME_NO_CACHE": "1",
        # What measures how long something takes goes on as before, as on a real host.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with ExitStack() as stack:
        for command in (f"{WEB} --host {HOST} --port {port}", f"{WORKER} --hostname jumping@%h"):
            stack.enter_context(started(command, at.environment | faked, at.var.parent))
        wait_until_healthy(port)
        yield at._replace(port=port)


@contextmanager
def started(command: str, environment: dict[str, str], home: Path) -> Iterator[None]:
    words = (sys.executable, "-m", *command.split())
    with (home / f"{words[2]}-second.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def wait_until_healthy(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not healthy(HOST, port):
        if time.monotonic() > deadline:
            raise CannotTry("The second web server did not start.")
        time.sleep(0.2)


def clock_of(at: Installation) -> Path:
    return at.var.parent / "clock"


def set_clock(at: Installation, offset: str) -> None:
    draft = clock_of(at).with_name("clock.new")
    draft.write_text(offset)
    os.replace(draft, clock_of(at))


def jump(at: Installation) -> None:
    """An hour ahead, an hour behind, and right again."""
    for offset in JUMPS:
        set_clock(at, offset)
        time.sleep(BETWEEN_SECONDS)
