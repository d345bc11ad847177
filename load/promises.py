"""What must hold over all hosts together, tried on two web hosts and three workers."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from itertools import cycle
from typing import Any

from faults.batches import finish_batch, start_batch
from faults.installation import ROOT, Installation
from faults.rude import Trouble
from faults.tills import Caller, new_series

Hosts = Sequence[Installation]
CAP, EACH, LIMIT = 200, 3, 50
HELD = "SELECT customer_id FROM issuance_coupon WHERE series_id = %s AND customer_id IS NOT NULL"


def over(hosts: Hosts, calls: Sequence[Callable[[Caller], Any]]) -> list[Any]:
    """The calls' results; ten at a time, on one host after the other."""
    callers = [Caller(host) for _, host in zip(range(10), cycle(hosts), strict=False)]
    shares = [calls[n :: len(callers)] for n in range(len(callers))]

    def work(caller: Caller, share: Sequence[Callable[[Caller], Any]]) -> list[Any]:
        return [call(caller) for call in share]

    with ThreadPoolExecutor(len(callers)) as pool:
        return [result for results in pool.map(work, callers, shares) for result in results]


def cap(hosts: Hosts) -> str:
    body = {
        "description": "Capped",
        "discountType": "ABS",
        "discountValue": 5,
        "maxCreate": CAP,
        "isMultipleVouchersPerUserAllowed": True,
        "maxVouchersPerUser": EACH,
    }
    series_id = Caller(hosts[0]).call("POST", "/v2/coupon/series", body)[1]["id"]

    def issue(customer_id: int) -> Callable[[Caller], Any]:
        ask = {"seriesId": series_id, "customer": {"id": customer_id}}
        return lambda caller: caller.call("POST", "/v2/coupon/issue", ask)[0]

    wanted = [issue(customer_id) for customer_id in hosts[0].customers[:80] * 5]
    told = Counter(over(hosts, wanted))
    with hosts[0].database() as database:
        held = Counter(database.execute(HELD, [series_id]).fetchall())
    right = (told[HTTPStatus.OK], held.total()) == (CAP, CAP) and max(held.values()) <= EACH
    return verdict(right, f"{len(wanted)} asked, {held.total()} issued, {max(held.values())} each")


def limit(hosts: Hosts) -> str:
    # All within one of the minutes that are counted.
    if time.time() % 60 > 40:
        time.sleep(60 - time.time() % 60)
    command = ["manage.py", "createapiclient", "slow", "--rate", str(LIMIT), "--json"]
    said = subprocess.check_output(
        (sys.executable, *command), cwd=ROOT, env=hosts[0].environment, text=True
    )
    found = json.loads(said)
    basic = "Basic " + b64encode(f"{found['id']}:{found['secret']}".encode()).decode()
    limited = [host._replace(basic=basic) for host in hosts]
    path = "/v2/coupon/series?limit=1"
    answers = Counter(over(limited, [lambda caller: caller.call("GET", path)[0]] * 120))
    return verdict(answers[HTTPStatus.OK] == LIMIT, f"120 asked, {answers[HTTPStatus.OK]} answered")


def key(hosts: Hosts) -> str:
    """Each key is sent ten times, on both hosts at once; 409 says that the first is under way."""
    series_id = new_series(hosts[0])

    def issue(number: int) -> Callable[[Caller], Any]:
        ask = {"seriesId": series_id, "customer": {"id": hosts[0].customers[number]}}
        name = f"both-{series_id}-{number}"

        def call(caller: Caller) -> Any:
            while True:
                status, answer = caller.call("POST", "/v2/coupon/issue", ask, idempotency_key=name)
                if status != HTTPStatus.CONFLICT:
                    return answer and answer.get("code")

        return call

    codes = over(hosts, [issue(number) for number in range(20) for _ in range(10)])
    return verdict(len(set(codes)) == 20, f"{len(codes)} sent, {len(set(codes))} coupons")


def batch(hosts: Hosts) -> str:
    """Two of three workers are killed in the middle; the third one does the rest."""
    running, start = start_batch(hosts[0]), time.monotonic()
    hosts[0].kill("host-worker")
    try:
        finish_batch(hosts[0], running)
    except Trouble as trouble:
        return verdict(False, str(trouble))
    seconds = time.monotonic() - start
    return verdict(True, f"{running.total} complete, none twice, {seconds:.1f} s")


def verdict(right: bool, figures: str) -> str:
    return f"{'held' if right else 'BROKEN'}: {figures}"
