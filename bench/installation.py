"""Where everything that is measured lives: a COUPON_VAR of its own, removed afterwards.

Nothing here needs Django, whose settings are to find what is made here.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from couponadmin.embedded import postgres


@contextmanager
def installation() -> Iterator[Path]:
    """Lend a COUPON_VAR that the settings will find; remove it with all that was put there."""
    with lent_var() as var:
        settle(COUPON_VAR=str(var), DJANGO_SETTINGS_MODULE="bench.settings")
        yield var


@contextmanager
def lent_var() -> Iterator[Path]:
    """Lend a directory below which PostgreSQL can run; remove it with all that was put there."""
    home = Path(tempfile.mkdtemp(prefix="coupon-bench-"))
    # Started by root, PostgreSQL runs as another account, which must get through.
    home.chmod(0o711)
    var = home / "var"
    try:
        yield var
    finally:
        data = postgres.data_directory(var)
        for leftover in (postgres.socket_directory(data), data.parent, home):
            shutil.rmtree(leftover, ignore_errors=True)


def settle(**environment: str) -> None:
    """Put this, and nothing that was there by chance, into the environment of the settings."""
    for name in ("DATABASE_URL", "REDIS_URL", "DEBUG"):
        os.environ.pop(name, None)
    os.environ |= environment


def environment_of(var: Path, name: str) -> dict[str, str]:
    """What tells a program of the platform that it belongs to that database of the server."""
    server = postgres.database_url(var).rpartition("/")[0]
    return {
        "COUPON_VAR": str(var / name),
        "DATABASE_URL": f"{server}/{name}",
        "SECRET_KEY": "only for measuring, on this machine, and for nothing else",
    }
