"""The files for servers say what `make run` does: the same programs, options and versions."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from couponadmin.management.commands.run import WEB

ROOT = settings.BASE_DIR
PLACES = ("--host", "--port")


def pins(path: str) -> set[str]:
    text = (ROOT / path).read_text()
    return set(re.findall(r"^([a-z0-9.\[\]-]+==[^ \\]+)", text, re.MULTILINE | re.IGNORECASE))


def options(text: str) -> list[str]:
    """The web server's options with their values, but for where it listens."""
    words = re.sub(r'[\\",\[\]]', " ", text).split()
    start = words.index("granian") if "granian" in words else 0
    found, wanted = [], words[start + 1 :]
    for number, word in enumerate(wanted):
        if word.startswith("--") and word not in PLACES:
            value = wanted[number + 1] if number + 1 < len(wanted) else ""
            found.append(f"{word} {value}" if re.fullmatch(r"[\w.]+", value) else word)
    return found


def command_in(path: str) -> str:
    """The part of a file that starts the web server."""
    text = (ROOT / path).read_text()
    start = text.index("granian")
    return text[start : text.index("kill-timeout", start) + len("kill-timeout 5") + 3]


def test_servers_get_the_versions_that_were_tested_and_no_tools() -> None:
    runtime, all_of_them = pins("deploy/requirements.lock"), pins("requirements.lock")

    assert runtime < all_of_them
    assert not {pin for pin in runtime if pin.startswith(("pytest", "ruff", "mypy", "pixeltable"))}
    assert {pin.partition("==")[0] for pin in runtime} > {"django", "granian", "celery"}


@pytest.mark.parametrize("path", ["Dockerfile", "deploy/systemd/coupon-web.service"])
def test_the_web_server_is_started_as_make_run_does(path: str) -> None:
    words = [word.split()[0] for word in options(command_in(path))]

    assert options(command_in(path)) == options(WEB)
    assert "--blocking-threads" in words


def test_the_web_server_is_reached_from_its_own_host_unless_told_otherwise() -> None:
    unit = (ROOT / "deploy/systemd/coupon-web.service").read_text()
    compose = (ROOT / "compose.yaml").read_text()

    assert "Environment=WEB_ADDRESS=127.0.0.1\n" in unit
    assert "--host ${WEB_ADDRESS} --port 8000" in unit
    assert '"${WEB_ADDRESS:-127.0.0.1}:8000:8000"' in compose


def test_every_queue_has_a_worker_and_beat_is_one() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    units = "".join(path.read_text() for path in Path(ROOT, "deploy/systemd").glob("*.service"))

    for text in (compose, units):
        assert set(re.findall(r"--queues (\w+)", text)) == {"quick", "bulk"}
        assert len(re.findall(r"couponadmin beat", text)) == 1


def test_no_secret_is_in_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {"*.env", "var", ".git"} <= set(ignored)
