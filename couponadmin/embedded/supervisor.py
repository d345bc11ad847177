"""Keeps a few processes running, and stops them in order."""

import signal
import time
from collections.abc import Callable
from types import FrameType

from couponadmin.embedded import CannotStart
from couponadmin.embedded.process import Process

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A child that lived this long did start; one that keeps falling sooner never will.
SETTLED_SECONDS = 20.0
MOST_FALLS = 4
FIRST_PAUSE_SECONDS = 1.0


class Supervisor:
    """Starts children one after the other, restarts those that die, stops the last one first."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.children: list[Process] = []
        self.falls: dict[Process, int] = {}
        self.due: dict[Process, float] = {}

    def start(self, child: Process) -> None:
        """Start `child` and look after it from now on."""
        self.children.append(child)
        child.start()

    def watch(self) -> None:
        """Restart what died, later each time; call it often. Raise CannotStart if that is vain."""
        for child in self.children:
            if child.alive():
                continue
            if child not in self.due:
                self._plan(child)
            elif time.monotonic() >= self.due[child]:
                del self.due[child]
                child.start()

    def stop(self) -> None:
        """Stop every child."""
        for child in reversed(self.children):
            child.stop()

    def _plan(self, child: Process) -> None:
        now = time.monotonic()
        early = now - child.started < SETTLED_SECONDS
        self.falls[child] = self.falls.get(child, 0) + 1 if early else 1
        if self.falls[child] >= MOST_FALLS:
            raise CannotStart(
                f"{child.name} keeps ending; {child.log} ends with:\n{child.last_lines()}"
            )
        pause = FIRST_PAUSE_SECONDS * 2 ** (self.falls[child] - 1)
        self.due[child] = now + pause
        self.say(f"{child.name} ended; starting it again in {pause:g} s. See {child.log}")


def leave_on_signals() -> None:
    """Make Ctrl-C, SIGTERM and a closed terminal end the program, once, through its `finally`s."""
    for number in SIGNALS:
        # Under nohup a closed terminal is no reason to end.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, leave)


def leave(number: int, frame: FrameType | None) -> None:
    """Leave the program; from here on signals cannot cut the stopping short."""
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(0)
