"""The two programs that ask as fast as they are answered: wrk over HTTP, pgbench in SQL."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection

from bench.world import MOBILES, World

CONNECTIONS = 16
ISSUE = Path(__file__).with_name("issue.lua")
SPARE_SECONDS = 30
ANSWERS = r"(\d+) requests in"
PER_SECOND = r"Requests/sec: +([\d.]+)"


class CannotMeasure(Exception):
    """What went wrong or is missing, as a sentence."""


class Skipped(Exception):
    """Why something cannot be measured on this machine."""


def get(world: World, path: str, **headers: str) -> float:
    """Answers a second to GET; headers are keywords: `x_request_id="a"`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return found(PER_SECOND, wrk(world, path, sent))


def issue(world: World, series: range, *, authorization: str) -> float:
    """Coupons a second, one to a request, each durable before it is answered."""
    return found(PER_SECOND, issued(world, series, authorization))


def slowest(world: World, series: range, *, authorization: str) -> float:
    """The 99th of a hundred such requests, by how long they take; milliseconds."""
    said = re.search(r" 99% +([\d.]+)(us|ms|s)\n", issued(world, series, authorization))
    if said is None:
        raise CannotMeasure("wrk did not say how long requests take.")
    return float(said[1]) * {"us": 0.001, "ms": 1, "s": 1_000}[said[2]]


def issued(world: World, series: range, authorization: str) -> str:
    """What wrk says of issuing single coupons."""
    newest = newest_coupon()
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    first_and_last = (
        series[0],
        series[-1],
        MOBILES + world.customers[0],
        MOBILES + world.customers[-1],
    )
    script = ("--script", ISSUE, "--", time.time_ns(), *first_and_last)
    said = wrk(world, "/v2/coupon/issue", headers, [str(part) for part in script])
    check_stored(found(ANSWERS, said), since=newest)
    return said


def wrk(world: World, path: str, headers: Mapping[str, str], script: Sequence[str] = ()) -> str:
    """What wrk says; each answer must be a success."""
    program = shutil.which("wrk")
    if program is None:
        raise CannotMeasure("wrk is needed to measure over HTTP: apt install wrk")
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{world.seconds}s", "--timeout", "10s", "--latency"]
    for name, value in headers.items():
        options += ["-H", f"{name}: {value}"]
    said = run(world, [program, *options, world.platform.url + path, *script])
    if "Non-2xx" in said or "Socket errors" in said:
        end = world.platform.web_log.read_text(errors="replace")[-2_000:]
        raise CannotMeasure(f"{path} failed. wrk says:\n{said}\nThe web server says:\n{end}")
    return said


def pgbench(world: World, script: Path, constants: Mapping[str, str]) -> float:
    """Coupons a second that a script of issuing stores, one to a transaction."""
    newest = newest_coupon()
    done, per_second = transactions(world, script, constants)
    check_stored(done, since=newest)
    return per_second


def transactions(world: World, script: Path, constants: Mapping[str, str]) -> tuple[float, float]:
    """How many there were, and how many a second, over connections with the platform's settings."""
    paths = os.environ["PATH"], str(world.platform.programs)
    program = shutil.which("pgbench", path=os.pathsep.join(paths))
    if program is None:
        raise Skipped("pgbench was not found: apt install postgresql")
    options = ["-n", "-M", "prepared", f"-c{CONNECTIONS}", "-j2", f"-T{world.seconds}"]
    for value, name in constants.items():
        options += ["-D", f"{name}={value}"]
    said = run(world, [program, *options, "-f", str(script)])
    return found(r"actually processed: (\d+)", said), found(r"tps = ([\d.]+)", said)


def run(world: World, command: Sequence[str]) -> str:
    """What the command prints; it finds the database as PostgreSQL's own programs do."""
    database = settings.DATABASES["default"]
    environment = {f"PG{name}": str(database[name]) for name in ("HOST", "PORT", "USER")}
    environment |= {"PGDATABASE": database["NAME"], "PGOPTIONS": database["OPTIONS"]["options"]}
    patience = world.seconds + SPARE_SECONDS
    try:
        done = subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, timeout=patience
        )
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"{command[0]} did not end within {patience} s.") from error
    if done.returncode:
        raise CannotMeasure(f"{command[0]} failed:\n{done.stderr[-2_000:]}")
    return done.stdout


def newest_coupon() -> int:
    return number("SELECT coalesce(max(id), 0) FROM issuance_coupon")


def check_stored(wanted: float, *, since: int) -> None:
    """Whoever was answered must have a coupon."""
    stored = number("SELECT count(*) FROM issuance_coupon WHERE id > %s", since)
    if stored < wanted:
        raise CannotMeasure(f"{wanted:g} coupons were issued, but {stored} stored.")


def number(sql: str, *values: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def found(pattern: str, text: str) -> float:
    match = re.search(pattern, text)
    if match is None:
        raise CannotMeasure(f"This was not understood:\n{text}")
    return float(match[1])
