"""What is logged: one line per request, one per event, and nothing about persons.

A line never quotes a request: no path (its template stands for it), no query, no body. Neither does
it quote exceptions, whose texts may hold what a client sent: their types and places tell enough.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

ROOT = f"{Path(__file__).parent.parent}/"
PLAIN = re.compile(r"[\w.,:;/<>@+*()-]+", re.ASCII)
# Celery's records quote what a task was given, what it returned and how it failed.
QUOTED = ("args", "kwargs", "exc", "return_value", "traceback")
current_batch: ContextVar[int | None] = ContextVar("batch", default=None)


@contextmanager
def about_batch(batch_id: int) -> Iterator[None]:
    """Lines that are logged meanwhile carry the batch's id."""
    token = current_batch.set(batch_id)
    try:
        yield
    finally:
        current_batch.reset(token)


def route_of(request: HttpRequest) -> str:
    """The template of the address, such as `/v2/customers/<int:customer_id>`; - if it has none."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "-"


class Line(logging.Formatter):
    """A record as one line: `key=value` pairs, or one JSON object."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.write = json.dumps if form == "json" else pairs

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
        }
        if batch_id := current_batch.get():
            facts["batch"] = batch_id
        return self.write(facts | getattr(record, "facts", {}) | words(record))


def pairs(facts: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={quoted(str(value))}" for name, value in facts.items())


def quoted(text: str) -> str:
    """As it is if that can be told from what stands around it."""
    return text if PLAIN.fullmatch(text) else json.dumps(text)


def words(record: logging.LogRecord) -> dict[str, str]:
    """The message and, of an exception, what it is and where it came from."""
    error = record.exc_info[1] if record.exc_info else None
    facts = {"message": message(record, error)}
    if error is not None:
        facts |= {"error": " from ".join(map(told, chain(error))), "at": places(error)}
    return facts


def message(record: logging.LogRecord, error: BaseException | None) -> str:
    """What the program says, without what it quotes."""
    if isinstance(record.msg, BaseException):
        return told(record.msg)
    if error is not None and str(error) == record.msg:
        return told(error)
    if isinstance(record.args, Mapping):
        return str(record.msg) % (record.args | dict.fromkeys(QUOTED, "-"))
    if not record.args:
        return str(record.msg)
    return str(record.msg) % tuple(harmless(value, record) for value in record.args)


def harmless(value: Any, record: logging.LogRecord) -> Any:
    """Exceptions by their type, the path of a request by its template."""
    if isinstance(value, BaseException):
        return told(value)
    request = getattr(record, "request", None)
    if request is not None and value == request.path:
        return route_of(request)
    return value


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def told(error: BaseException) -> str:
    """The type, and of what the database said its number (SQLSTATE).

    What no server said has none: it is why there was no connection, and quotes nothing but that.
    """
    name = type(error).__name__
    if number := isinstance(error, DatabaseError) and getattr(error.__cause__, "sqlstate", None):
        return f"{name} {number}"
    if isinstance(error, OperationalError | InterfaceError):
        return f"{name}: {str(error).partition(chr(10))[0]}"
    return name


def places(error: BaseException) -> str:
    """Where it was raised, the innermost place last."""
    frames = extract_tb(error.__traceback__)
    return " > ".join(f"{f.filename.removeprefix(ROOT)}:{f.lineno} {f.name}" for f in frames)
