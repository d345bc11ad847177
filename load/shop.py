"""What a till does all day: issue a coupon, look whether one would work, redeem it."""

import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from faults.installation import Installation
from faults.tills import Caller

HTTP_FAILURE = 500


@dataclass
class Clock:
    """How long each kind of call took, in seconds, and what did not go well."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    failed: int = 0

    def note(self, kind: str, seconds: float, status: int) -> None:
        self.seconds[kind].append(seconds)
        if status == 0 or status >= HTTP_FAILURE:
            self.failed += 1
        elif status != HTTPStatus.OK:
            self.refused += 1


class Till(threading.Thread):
    """Sale after sale, each with a coupon for the next one."""

    def __init__(
        self, number: int, at: Installation, series_id: int, clock: Clock, over: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.number, self.series_id = number, series_id
        self.caller, self.customers = Caller(at), at.customers
        self.clock, self.over = clock, over

    def run(self) -> None:
        sale = 0
        while not self.over.is_set():
            sale += 1
            self.sell(
                f"{self.series_id}-{self.number}-{sale}",
                self.customers[sale * 7 % len(self.customers)],
            )
        self.caller.close()

    def sell(self, sale: str, customer_id: int) -> None:
        customer = {"id": customer_id}
        ask = {"seriesId": self.series_id, "customer": customer}
        coupon = self.timed("issue", "POST", "/v2/coupon/issue", ask, f"issue-{sale}")
        with suppress(KeyError, TypeError):
            code = coupon["code"]
            query = f"code={code}&id={customer_id}&billAmount=100"
            self.timed("check", "GET", f"/v2/coupon/is_redeemable?{query}")
            bill = {
                "redemptionRequestList": [{"code": code}],
                "billAmount": 100,
                "transactionNumber": sale,
                "user": customer,
            }
            self.timed("redeem", "POST", "/v2/coupon/redeem", bill, f"redeem-{sale}")

    def timed(self, kind: str, method: str, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"idempotency_key": key} if key else {}
        start = time.perf_counter()
        status, answer = self.caller.call(method, path, body, **headers)
        self.clock.note(kind, time.perf_counter() - start, status)
        return answer
