"""Where the embedded PostgreSQL keeps its data and its socket, and as whom it runs; pure look-ups.

PostgreSQL refuses to run as root. Started by root it runs as another account, which must be able
to reach its data: not so below a private home directory, whose permissions are not ours to change.
"""

import hashlib
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

SYSTEM_DATA = Path("/var/lib")
SHORT_HOME = Path("/") / "tmp"
LONGEST_SOCKET_PATH = 107
SOCKET_NAME = ".s.PGSQL.5432"


class Account(NamedTuple):
    """A user of the operating system."""

    uid: int
    gid: int


def data_directory(var: Path) -> Path:
    """Return where the database of the installation at `var` lives; the same for every process."""
    beside = var / "pg"
    account = account_for(beside)
    if account is None or can_enter(var, account):
        return beside
    return SYSTEM_DATA / f"coupon-{digest(var)}" / "pg"


def socket_directory(data: Path) -> Path:
    """Return where the server of `data` listens: there, or in /tmp if libpq cannot take that."""
    address = os.fsencode(data / SOCKET_NAME)
    if len(address) <= LONGEST_SOCKET_PATH and b"," not in address:
        return data
    return SHORT_HOME / f"coupon-{digest(data)}"


def account_for(data: Path) -> Account | None:
    """Return as whom the server of `data` runs; None means as ourselves."""
    if os.geteuid() != 0:
        return None
    with suppress(FileNotFoundError):
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    return named_account("postgres") or named_account("nobody")


def named_account(name: str) -> Account | None:
    """Return the account called `name`, if this machine has one."""
    with suppress(KeyError):
        entry = pwd.getpwnam(name)
        return Account(entry.pw_uid, entry.pw_gid)
    return None


def can_enter(directory: Path, account: Account) -> bool:
    """Tell whether `account` may pass through `directory` and everything above it."""
    return all(passable(step, account) for step in (directory, *directory.parents))


def passable(directory: Path, account: Account) -> bool:
    """Tell whether `account` may pass through this one directory; `make` makes missing ones so."""
    try:
        info = directory.stat()
    except FileNotFoundError:
        return True
    wanted = stat.S_IXUSR if info.st_uid == account.uid else stat.S_IXOTH
    return bool(info.st_mode & wanted)


def make(directory: Path) -> None:
    """Make `directory` and what is missing above it, passable whatever the umask."""
    if not directory.exists():
        make(directory.parent)
        directory.mkdir(exist_ok=True)
        directory.chmod(0o711)


def digest(path: Path) -> str:
    """Return a short name for `path`."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
