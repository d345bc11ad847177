"""The documents are true: what they name exists, and the lines for integrators are run."""

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
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone

from batches import engine
from tests.conftest import Caller

ROOT = settings.BASE_DIR
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TEXT = (ROOT / "docs/integrators.md").read_text()
FILE = re.compile(r"`([a-z.][\w.-]*/[\w./-]*\.[a-z]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# What the lines for the shell call, but for the query.
CALLED = re.compile(r"\$API(/[\w/]+)")
# Of a shell that stops at the first call that is refused.
STRICT = """
set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body --write-out '\\n' "$@"; }
"""


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


@pytest.mark.django_db(transaction=True, reset_sequences=True)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("_worker")
def test_every_line_is_answered_and_every_address_has_one(
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
    called = {path.partition("?")[0] for _, path, _ in answers} | set(CALLED.findall(TEXT))
    assert addresses() - {resolve(path).route for path in called} == set()


def addresses() -> set[str]:
    """Those of the API, as the urls of all apps have them, without what describes it."""
    routes = set(routes_of(get_resolver().url_patterns))
    described = {route for route in routes if route.startswith(("v2/", "v3/", "oauth/"))}
    return described - {"v2/schema", "v2/docs"}


def routes_of(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield str(pattern.pattern)
        elif isinstance(pattern, URLResolver) and not str(pattern.pattern):
            yield from routes_of(pattern.url_patterns)


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    named = FILE.findall(document.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text())

    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    """A file beside the document, and its heading if one is named; addresses are not asked."""
    name, _, heading = link.partition("#")
    target = document.parent / name if name else document
    if link.startswith(("http:", "https:")):
        return True
    return target.exists() and (not heading or heading in headings_of(target))


def headings_of(document: Path) -> set[str]:
    """As they are linked to: small letters, hyphens for blanks, nothing else."""
    found = HEADING.findall(document.read_text())
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in found}


def test_every_document_is_linked_from_the_first_one() -> None:
    first = ROOT / "README.md"
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in LINK.findall(first.read_text())}

    assert set(DOCUMENTS) - linked == {first}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_targets_of_make_that_are_named_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE)

    assert set(named) - targets == set()
