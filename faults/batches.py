"""A batch that runs while something breaks: it must end complete, and with nothing twice."""

import time
from http import HTTPStatus
from typing import NamedTuple

from faults.installation import Installation
from faults.rude import Trouble
from faults.tills import Caller, new_series

PATH = "/v2/coupon/batches"
COUPONS_EACH = 30
BEGIN_SECONDS, END_SECONDS = 20, 90
STORED = "SELECT count(*), count(DISTINCT code) FROM issuance_coupon WHERE series_id = %s"


class Running(NamedTuple):
    path: str
    series_id: int
    total: int


def start_batch(at: Installation) -> Running:
    """A batch for all customers, of which a part is done."""
    batch = new_batch(at)
    wait(at, batch, "issued", lambda value: value > 0, BEGIN_SECONDS)
    return batch


def new_batch(at: Installation) -> Running:
    """A batch for all customers, accepted and no more."""
    series_id = new_series(at)
    customers = [{"id": pk} for pk in at.customers]
    body = {"seriesIds": [series_id], "customers": customers, "count": COUPONS_EACH}
    name, deadline = f"batch-{series_id}", time.monotonic() + BEGIN_SECONDS
    status, answer = 0, None
    while status != HTTPStatus.ACCEPTED and time.monotonic() < deadline:
        # Asked again as tills do: with the same key.
        status, answer = Caller(at).call("POST", PATH, body, idempotency_key=name)
    if status != HTTPStatus.ACCEPTED:
        raise Trouble(f"The batch was not accepted: {status} {answer}")
    return Running(f"{PATH}/{answer['id']}", series_id, answer["total"])


def resume_batch(at: Installation, batch: Running) -> None:
    """One that something stood in the way of; it goes on when that is gone and somebody says so."""
    wait(at, batch, "state", lambda value: value == "failed", BEGIN_SECONDS)
    status, answer = Caller(at).call("POST", f"{batch.path}/resume")
    if status != HTTPStatus.OK:
        raise Trouble(f"The batch cannot be resumed: {status} {answer}")


def finish_batch(at: Installation, batch: Running) -> None:
    """Waits for its end and recounts."""
    wait(at, batch, "state", lambda value: value == "done", END_SECONDS)
    with at.database() as database:
        found = database.execute(STORED, [batch.series_id]).fetchone()
    if found != (batch.total, batch.total):
        raise Trouble(f"The batch of {batch.total} stored {found}")


def wait(at: Installation, batch: Running, member: str, is_right: object, seconds: float) -> None:
    caller, deadline = Caller(at), time.monotonic() + seconds
    answer = None
    while time.monotonic() < deadline:
        status, answer = caller.call("GET", batch.path)
        if status == HTTPStatus.OK and is_right(answer[member]):
            return
        time.sleep(0.05)
    raise Trouble(f"The batch did not go on: {answer}")
