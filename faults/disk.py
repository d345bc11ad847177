"""A disk that is full: for one trial coupons lie on a small one of their own."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.installation import Installation

SIZE = 64 * 1024 * 1024
BLOCK = b"\0" * 65536
FULL_SECONDS = 2.0
MOVE = """
SELECT format('ALTER %%s %%s SET TABLESPACE %s', kind, name)
FROM (SELECT 'TABLE' AS kind, 'issuance_coupon' AS name
      UNION ALL SELECT 'INDEX', quote_ident(indexname) FROM pg_indexes
      WHERE tablename = 'issuance_coupon') AS all_of_it
"""


def missing(at: Installation) -> str:
    """Why this cannot be tried; empty if it can."""
    if os.geteuid() != 0:
        return "only root may mount a small disk"
    probe = mount(at, "probe")
    if not os.path.ismount(probe):
        return "no disk may be mounted here"
    unmount(probe)
    return ""


def mount(at: Installation, name: str) -> Path:
    place = at.var.parent / name
    place.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place))
    subprocess.run(command, check=False, capture_output=True)
    return place


def unmount(place: Path) -> None:
    subprocess.run(("umount", str(place)), check=True)
    place.rmdir()


@contextmanager
def small_disk(at: Installation) -> Iterator[Installation]:
    """Coupons and their indexes lie there meanwhile."""
    place, owner = mount(at, "disk"), Path(f"/proc/{at.postmaster()}").stat()
    os.chown(place, owner.st_uid, owner.st_gid)
    with at.database() as database:
        database.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
    try:
        move(at, "small")
        yield at
    finally:
        move(at, "pg_default")
        with at.database() as database:
            database.execute("DROP TABLESPACE small")
        unmount(place)


def move(at: Installation, space: str) -> None:
    with at.database() as database:
        for (statement,) in database.execute(MOVE % space).fetchall():
            database.execute(statement)


@contextmanager
def full(at: Installation) -> Iterator[None]:
    """Not a byte is left on the small disk, and for a while nobody notices."""
    filler = at.var.parent / "disk" / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            while left := shutil.disk_usage(filler.parent).free:
                file.write(BLOCK[:left])
        time.sleep(FULL_SECONDS)
        yield
    finally:
        filler.unlink()
