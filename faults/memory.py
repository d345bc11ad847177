"""A worker that gets no more memory, until the kernel kills it."""

import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

from faults.installation import Installation

STARVED_SECONDS = 3.0


def starve(at: Installation) -> None:
    """From now on the workers' children get no more than they have."""
    for pid in at.children("celery"):
        size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


def starve_and_kill(at: Installation) -> None:
    """Their parent gives those that come after them as much as they want."""
    starved = at.children("celery")
    starve(at)
    time.sleep(STARVED_SECONDS)
    for pid in starved:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
