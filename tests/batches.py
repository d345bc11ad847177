"""What tests of background work share: uploads, and a worker that is called, not waited for."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from batches import engine
from issuance.models import Coupon
from tests.conftest import Caller

BATCHES = "/v2/coupon/batches"


def upload(
    caller: Caller, path: str, content: str | bytes, name: str = "rows.csv", **fields: Any
) -> HttpResponse:
    """Sends a file; headers are fields that begin with `http_`."""
    headers = {key[5:]: fields.pop(key) for key in list(fields) if key.startswith("http_")}
    data = content.encode() if isinstance(content, str) else content
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile(name, data), **fields})
    return caller.post(path, body, content_type=MULTIPART_CONTENT, **headers)


def begin(caller: Caller, content: str | bytes, path: str = BATCHES, **fields: Any) -> int:
    """The id of a batch that was just begun with a file."""
    answer = upload(caller, path, content, **fields)
    assert answer.status_code == 202, answer.content
    return answer.json()["id"]


def work() -> None:
    """Does all that there is to do."""
    while engine.turn(clock=timezone.now, seconds=60):
        pass


def shown(caller: Caller, batch_id: int) -> dict[str, Any]:
    return caller.get(f"{BATCHES}/{batch_id}").json()


def finished(caller: Caller, content: str | bytes, **fields: Any) -> dict[str, Any]:
    """A batch made of a file, after all was done."""
    batch_id = begin(caller, content, **fields)
    work()
    return shown(caller, batch_id)


def lines(caller: Caller, batch_id: int, **query: Any) -> list[dict[str, Any]]:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return caller.get(f"{BATCHES}/{batch_id}/lines?{words}").json()["lines"]


def csv_of(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def counts(batch: dict[str, Any]) -> tuple[int, int, int]:
    """Total, issued, refused."""
    return batch["total"], batch["issued"], batch["refused"]


def holders(series_id: int) -> list[int]:
    """Who holds coupons of a series, once for each coupon."""
    coupons = Coupon.objects.filter(series_id=series_id).order_by("customer_id")
    return list(coupons.values_list("customer_id", flat=True))
