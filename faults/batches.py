"""A batch that runs while something breaks: it must end complete, and with nothing twice."""

import time
from http import HTTPStatus
from typing import NamedTuple

from faults.installation import Installation
from faults.rude import Trouble
from faults.tills import Caller, new_series

COUPONS_EACH = 10
BEGIN_SECONDS, END_SECONDS = 20, 90
STORED = "SELECT count(*), count(DISTINCT code) FROM issuance_coupon WHERE series_id = %s"


class Running(NamedTuple):
    path: str
    series_id: int
    total: int


def start_batch(at: Installation) -> Running:
    """A batch for all customers, of which a part is done."""
    series_id = new_series(at)
    customers = [{"id": pk} for pk in at.customers]
    body = {"seriesIds": [series_id], "customers": customers, "count": COUPONS_EACH}
    status, answer = Caller(at).call("POST", "/v2/coupon/batches", body)
    if status != HTTPStatus.ACCEPTED:
        raise Trouble(f"The batch was not accepted: {status} {answer}")
    batch = Running(f"/v2/coupon/batches/{answer['id']}", series_id, answer["total"])
    wait(at, batch, "issued", lambda value: value > 0, BEGIN_SECONDS)
    return batch


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
