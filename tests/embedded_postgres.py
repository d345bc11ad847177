"""A pytest plugin: a throw-away PostgreSQL for the whole run, other servers for who asks for them.

Loaded with `-p tests.embedded_postgres`, because Django's settings read its address. A server named
in DATABASE_URL is used instead. With `CI=true` a test that is skipped counts as failed.
"""

import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from couponadmin.embedded import postgres
from couponadmin.embedded.process import Process

# A lost test database is no loss.
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
Report = pytest.TestReport | pytest.CollectReport


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Set what the settings ask for; pytest-xdist's workers inherit it."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Each worker counts for itself what it does.
        os.environ["COUPON_VAR"] += f"/{worker}"
    else:
        # SIGTERM then cleans up as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        environment = pytest.MonkeyPatch()
        early_config.add_cleanup(environment.undo)
        var = make_var()
        early_config.add_cleanup(lambda: remove(var))
        environment.setenv("COUPON_VAR", str(var))
        environment.setenv("SECRET_KEY", secrets.token_urlsafe(50))
        environment.delenv("REDIS_URL", raising=False)
        if not os.environ.get("DATABASE_URL"):
            server = postgres.Server(var, SETTINGS)
            early_config.add_cleanup(server.stop)
            server.start()
            environment.setenv("DATABASE_URL", postgres.database_url(var))
    return (yield)


def make_var() -> Path:
    """Make a place for an installation; `remove` it with all that was written."""
    home = Path(tempfile.mkdtemp(prefix="coupon-tests-"))
    # Started by root, PostgreSQL runs as another account, which must get through.
    home.chmod(0o711)
    return home / "var"


def remove(var: Path) -> None:
    """Delete what `make_var` made and an installation put there or elsewhere."""
    data = postgres.data_directory(var)
    for leftover in (postgres.socket_directory(data), data.parent, var.parent):
        shutil.rmtree(leftover, ignore_errors=True)


@pytest.fixture
def own_var() -> Iterator[Path]:
    """A COUPON_VAR for an installation of the test's own."""
    var = make_var()
    yield var
    remove(var)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, Report, Report]:
    """Let no test be skipped in CI."""
    return no_skip_in_ci((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, Report, Report]:
    """Let no module be skipped in CI."""
    return no_skip_in_ci((yield))


def no_skip_in_ci(report: Report) -> Report:
    """Turn a skip into a failure if this is CI."""
    expected = hasattr(report, "wasxfail")
    if os.environ.get("CI") == "true" and report.skipped and not expected:
        report.outcome = "failed"
        report.longrepr = f"Skipped, and in CI nothing may be skipped: {report.longreprtext}"
    return report


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real, empty Redis."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("redis-server is not installed: apt install redis-server")
    home, port = tmp_path_factory.mktemp("redis"), free_port()
    options = f"--bind 127.0.0.1 --port {port} --save '' --dir {home}"
    server = Process("redis", (program, *options.split()), home / "redis.log")
    server.start()
    try:
        wait_for_redis(url := f"redis://127.0.0.1:{port}/0")
        yield url
    finally:
        server.stop()


def wait_for_redis(url: str, patience: float = 10.0) -> None:
    """Return when the Redis at `url` answers."""
    deadline = time.monotonic() + patience
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser that Playwright can drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("No browser is installed: apt install chromium")
