"""What `make run` is made of: processes, their supervisor, and what is checked before."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from couponadmin.embedded import CannotStart, guards, supervisor
from couponadmin.embedded.process import Process
from couponadmin.embedded.supervisor import Supervisor
from tests.embedded_postgres import free_port


def python(name: str, code: str, home: Path) -> Process:
    return Process(name, (sys.executable, "-c", code), home / f"{name}.log", cwd=Path.cwd())


class TestSupervisor:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.01)

    def test_restarts_a_child_that_died(self, tmp_path: Path) -> None:
        said: list[str] = []
        keeper = Supervisor(said.append)
        child = python("child", "import time; time.sleep(60)", tmp_path)
        keeper.start(child)
        assert child.running
        child.running.kill()
        child.running.wait()
        watch_until(keeper, child.alive)
        assert said[0].startswith("child ended; starting it again")
        keeper.stop()
        assert not child.alive()

    def test_gives_up_on_a_child_that_keeps_ending_and_shows_why(self, tmp_path: Path) -> None:
        keeper = Supervisor(lambda text: None)
        keeper.start(python("child", "raise SystemExit('no such table')", tmp_path))
        with pytest.raises(CannotStart, match=r"child keeps ending(.|\n)*no such table"):
            watch_until(keeper, lambda: False)

    def test_the_last_started_stops_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keeper, order = Supervisor(lambda text: None), []
        for name in ("database", "web"):
            child = python(name, "", tmp_path)
            monkeypatch.setattr(child, "stop", partial(order.append, name))
            keeper.children.append(child)
        keeper.stop()
        assert order == ["web", "database"]


def watch_until(keeper: Supervisor, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        keeper.watch()
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("not done in time")


class TestProcess:
    def test_takes_along_what_it_started(self, tmp_path: Path) -> None:
        code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
        child = python("parent", code, tmp_path)
        assert child.finish() == 0
        assert_ends(int(child.log.read_text()))

    def test_dies_with_us_even_when_we_are_killed(self, tmp_path: Path) -> None:
        code = (
            "import os, pathlib; from couponadmin.embedded.process import Process;"
            f"child = Process('c', ('sleep', '60'), pathlib.Path({str(tmp_path)!r}, 'log'));"
            "child.start(); print(child.running.pid, flush=True); os.kill(os.getpid(), 9)"
        )
        ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert ended.returncode == -signal.SIGKILL
        assert_ends(int(ended.stdout))


def assert_ends(pid: int) -> None:
    """A dead process may stay a zombie where nobody collects it: that is dead enough."""
    deadline = time.monotonic() + 10
    status = Path(f"/proc/{pid}/stat")
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


class TestGuards:
    def test_one_run_at_a_time(self, tmp_path: Path) -> None:
        with (
            guards.alone(tmp_path, "http://first"),
            pytest.raises(CannotStart, match="Already running.*http://first"),
            guards.alone(tmp_path, "http://second"),
        ):
            pass

    def test_a_taken_port_is_named_with_a_way_out(self) -> None:
        port = free_port()
        guards.check_free("127.0.0.1", port)
        with (
            socket.create_server(("127.0.0.1", port)),
            pytest.raises(CannotStart, match=f"Port {port} is taken.*PORT={port + 1} make run"),
        ):
            guards.check_free("127.0.0.1", port)
