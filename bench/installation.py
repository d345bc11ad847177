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
    home = Path(tempfile.mkdtemp(prefix="coupon-bench-"))
    # Started by root, PostgreSQL runs as another account, which must get through.
    home.chmod(0o711)
    var = home / "var"
    for name in ("DATABASE_URL", "REDIS_URL", "DEBUG"):
        os.environ.pop(name, None)
    os.environ |= {"COUPON_VAR": str(var), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    try:
        yield var
    finally:
        data = postgres.data_directory(var)
        for leftover in (postgres.socket_directory(data), data.parent, home):
            shutil.rmtree(leftover, ignore_errors=True)
