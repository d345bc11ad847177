"""One child process: a log of its own, a session of its own, and never a life longer than ours."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from couponadmin.embedded.places import Account, make

LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


class Process:
    """A command that can be started, watched, stopped, and started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        cwd: Path = Path("/"),
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        patience: float = 10.0,
    ) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.cwd = cwd
        self.account = account
        self.stop_signal = stop_signal
        self.patience = patience
        self.running: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def start(self) -> None:
        """Start the command; it gets `stop_signal` should we die without stopping it."""
        make(self.log.parent)
        uid, gid = self.account or (None, None)
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the supervisor alone: it stops its children in order.
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),
                user=uid,
                group=gid,
                extra_groups=None if uid is None else [],
            )

    def alive(self) -> bool:
        """Tell whether it runs; if it does not, nothing that it started is left either."""
        if self.running is None:
            return False
        if self.running.poll() is None:
            return True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running = None
        return False

    def stop(self) -> None:
        """Ask it to stop and wait; what is left after `patience` seconds is killed."""
        if self.running is None or not self.alive():
            return
        # The main process only: Celery's and PostgreSQL's know how to stop their own children.
        self.running.send_signal(self.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(self.patience)
        self.running.kill()
        self.running.wait()
        self.alive()

    def finish(self) -> int:
        """Start it, wait for its end, return its exit code."""
        self.start()
        try:
            return self.running.wait() if self.running else 0
        finally:
            self.stop()

    def last_lines(self, count: int = 15) -> str:
        """Return the end of the log."""
        with suppress(FileNotFoundError):
            text = self.log.read_text(errors="replace")[-20_000:]
            return "\n".join(text.splitlines()[-count:])
        return ""


def die_with_parent(number: int) -> Callable[[], None]:
    """Return what a new child does to get signal `number` when its parent dies (Linux only)."""
    parent = os.getpid()

    def ask_the_kernel() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)

    return ask_the_kernel
