"""Celery's messages as files, where there is no Redis: one machine, a few hundred tasks a second.

kombu's own filesystem transport writes messages and routing tables in place: a reader may take half
of a message (https://github.com/celery/kombu/issues/1551), and a process killed meanwhile leaves a
broken table. Here every file appears whole, and a message is taken by one atomic rename.
"""

import fcntl
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

URL = "filesystem://localhost"
TRANSPORT = "couponadmin.embedded.broker:Transport"
LOOK_UP_SECONDS = 0.2
BINDING = threading.Lock()


def transport_options(var: Path) -> dict[str, Any]:
    """Return Celery's `broker_transport_options` for messages kept below `var`."""
    home = var / "broker"
    return {
        "data_folder_in": str(home / "queue"),
        "data_folder_out": str(home / "queue"),
        "processed_folder": str(home / "taken"),
        "control_folder": str(home / "control"),
        "polling_interval": 0.05,
    }


class Channel(filesystem.Channel):
    """kombu's channel over directories, with atomic files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.processed_folder, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        write_whole(Path(self.data_folder_out, name), dumps(payload))

    def _get(self, queue: str) -> dict[str, Any]:
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = Path(self.processed_folder, name)
            with suppress(FileNotFoundError):
                os.rename(Path(self.data_folder_in, name), taken)
                text = taken.read_text()
                taken.unlink()
                return loads(text)
        raise Empty

    def queue_bind(self, *args: Any, **kwargs: Any) -> None:
        """Bind; no other thread takes the binding for granted before it is on disk."""
        with BINDING:
            super().queue_bind(*args, **kwargs)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table(exchange) as table:
            if binding not in table:
                table.insert(0, binding)

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any
    ) -> None:
        self._purge(queue)
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table(exchange) as table:
            table[:] = [other for other in table if other != binding]

    @contextmanager
    def _table(self, exchange: str) -> Iterator[list[filesystem.exchange_queue_t]]:
        """Lend the routing table of `exchange`, alone; keep what the caller makes of it."""
        with (self.control_folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.get_table(exchange)
            table = list(before)
            yield table
            if table != before:
                write_whole(self._exchange_file(exchange), dumps(table))


class Transport(filesystem.Transport):
    """What TRANSPORT names."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """As kombu's, which would not look up before its time when the worker is told to stop."""
        super().drain_events(connection, min(timeout or LOOK_UP_SECONDS, LOOK_UP_SECONDS))


def write_whole(path: Path, text: str) -> None:
    """Let `path` appear at once and complete."""
    draft = path.with_name(f".{uuid.uuid4()}")
    draft.write_text(text)
    draft.replace(path)
