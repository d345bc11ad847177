"""The signing key of an embedded installation, made once and kept beside its data."""

import os
import secrets
from pathlib import Path


def kept_below(var: Path) -> str:
    """Return the key in `var`/secret-key; the first caller makes it, readable by its owner only."""
    path = var / "secret-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret-key.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        # Two processes may start at once: the first link wins, both read what it holds.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
