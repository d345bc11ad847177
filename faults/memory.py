"""A worker that gets no more memory, until the kernel kills it."""

import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

from faults.installation import Installation

# What their commands have, and the clock's has not.
WORKERS = "--queues"
STARVED_SECONDS = 3.0


def starve(at: Installation) -> None:
    """From now on the workers get no more than they have."""
    for pid in at.pids(WORKERS):
        size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


def starve_and_kill(at: Installation) -> None:
    """Those that are started in their place get as much as they want."""
    starved = at.pids(WORKERS)
    starve(at)
    time.sleep(STARVED_SECONDS)
    for pid in starved:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
