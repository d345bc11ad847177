"""Errors are told to Sentry, where SENTRY_DSN names one: what broke, where, and nothing of whom.

Needs the package `sentry-sdk` (the extra `sentry`). What it would send by itself holds addresses,
bodies, variables and texts of exceptions, which may quote customers; so each event is made anew of
the few facts that the log has, too.
"""

from typing import Any

import sentry_sdk

from couponadmin.logs import current_batch
from couponadmin.middleware import current_request_id

KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment")
OF_A_FRAME = ("filename", "module", "function", "lineno", "context_line", "in_app")


def start(dsn: str) -> None:
    """From here on this process tells its errors to that address."""
    sentry_sdk.init(
        dsn,
        before_send=harmless,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
    )


def harmless(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """The event without what may be about persons: only what is named here goes out."""
    facts = {name: event[name] for name in KEPT if name in event}
    facts["tags"] = {"request": current_request_id.get(), "batch": current_batch.get() or "-"}
    # The template of the address, as in the log.
    if event.get("transaction_info", {}).get("source") == "route":
        facts["transaction"] = event["transaction"]
    if "exception" in event:
        facts["exception"] = {"values": [error(one) for one in event["exception"]["values"]]}
    if message := event.get("logentry", {}).get("message"):
        facts["logentry"] = {"message": message}
    return facts


def error(one: dict[str, Any]) -> dict[str, Any]:
    """An exception by its type and its places."""
    frames = (one.get("stacktrace") or {}).get("frames", [])
    places = [{name: frame.get(name) for name in OF_A_FRAME} for frame in frames]
    return {"type": one["type"], "module": one.get("module"), "stacktrace": {"frames": places}}
