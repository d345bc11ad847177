"""The handbook for integrators does what it says: each of its lines is run against the platform."""

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from batches import engine
from tests.conftest import Caller

TEXT = (settings.BASE_DIR / "docs/integrators.md").read_text()
# Of a shell that stops at the first call that is refused.
STRICT = """
set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body --write-out '\\n' "$@"; }
"""

pytestmark = [
    pytest.mark.django_db(transaction=True, reset_sequences=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def caller(new_caller: Callable[..., Caller]) -> Caller:
    return new_caller(series_write=True)


@pytest.fixture
def address(live_server: Any, caller: Caller) -> dict[str, str]:
    """What the handbook's first lines export."""
    return {"API": live_server.url, "CLIENT": f"{caller.client.client_id}:{caller.secret}"}


@pytest.fixture
def _worker() -> Iterator[None]:
    """Works on batches meanwhile."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.1):
            engine.turn(clock=timezone.now, seconds=1)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("_worker")
def test_every_line_is_answered(
    address: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those for the shell first: the lines of Python speak of the same customers and series."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    for name, value in address.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    ended = run_shell("\n".join(blocks("sh")[1:]))
    answers = run_python(*blocks("python"))

    assert ended.returncode == 0, ended.stdout[-500:] + ended.stderr
    assert [each for each in answers if each[0] >= 400] == []
    assert len(answers) > 20


def run_shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", STRICT + script], capture_output=True, text=True, timeout=120
    )


def run_python(first: str, *others: str) -> list[tuple[int, str, Any]]:
    """Status, address and answer of each call."""
    names: dict[str, Any] = {}
    exec(first, names)
    ask, answers = names["call"], []

    def call(method: str, path: str, *rest: Any, **headers: str) -> tuple[int, Any]:
        status, answer = ask(method, path, *rest, **headers)
        answers.append((status, path, answer))
        return status, answer

    names["call"] = call
    for block in others:
        exec(block, names)
    return answers
