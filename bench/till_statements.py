"""Checks and redemptions over HTTP against pgbench with the statements of one real request."""

import random
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import RequestFactory

from bench import load, statements
from bench.asking import Request, middle
from bench.server import HOST, Platform
from bench.tills import USABLE, is_redeemable_by, redeem_by
from bench.twins import Twin
from bench.world import World
from couponadmin.embedded import postgres
from couponadmin.models import ApiClient

LINES = Path(__file__).with_name("lines.lua")
# More than are asked for in the seconds of a round.
REQUESTS_A_SECOND = 2_000
LINE = "{:<14}{:>6}  {:<13}{:>9}  {:>9}"
HEAD = LINE.format("call", "ratio", "min - max", "ours/s", "pgbench/s")

# What pgbench draws from, by a statement more than ours are.
COUPONS = """
DROP TABLE IF EXISTS bench_coupon;
CREATE UNLOGGED TABLE bench_coupon (place int PRIMARY KEY, code text, mobile text, coupon bigint,
                                    series bigint, customer bigint)
"""
FILL = """
INSERT INTO bench_coupon
SELECT row_number() OVER (), coupon.code, customer.mobile, coupon.id, coupon.series_id, customer.id
FROM unnest(%(codes)s::text[]) AS code
JOIN issuance_coupon AS coupon USING (code)
JOIN customers_customer AS customer ON customer.id = coupon.customer_id
WHERE NOT coupon.shared
"""
DRAW = """\\set place random(1, {count})
\\set number random(1, 9000000000000000000)
SELECT code, mobile, coupon, series, customer FROM bench_coupon WHERE place = :place \\gset
"""


class Drawn(NamedTuple):
    """A coupon and what a request about it sends to the database."""

    code: str
    mobile: str
    coupon: int
    series: int
    customer: int


CALLS = {"is_redeemable": is_redeemable_by, "redeem": redeem_by}


def table(twin: Twin, server: postgres.Server, *, rounds: int, seconds: int) -> Iterator[str]:
    """The lines of the table; each round draws the coupons of its requests anew."""
    world = world_of(twin, server, seconds=seconds)
    scripts = {name: script(world, name) for name in CALLS}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in CALLS}
    for _ in range(rounds):
        for name in CALLS:
            pair = over_http(world, twin, name), load.transactions(world, *scripts[name])[1]
            taken[name].append(pair)
    yield HEAD
    for name, pairs in taken.items():
        ratio, least, most = middle([ours / other for ours, other in pairs])
        speeds = (f"{middle(side)[0]:,.0f}" for side in zip(*pairs, strict=True))
        yield LINE.format(name, f"{ratio:.2f}", f"{least:.2f} - {most:.2f}", *speeds)


def world_of(twin: Twin, server: postgres.Server, *, seconds: int) -> World:
    """What `bench.load` needs to know, of the platform that this process is connected with."""
    name = b64decode(twin.authorization.partition(" ")[2]).decode().partition(":")[0]
    place = Platform(
        f"http://{HOST}:{twin.port}", Path(server.command[0]).parent, server.log, twin.web_log
    )
    return World(
        place,
        seconds,
        ApiClient.objects.get(client_id=name),
        twin.authorization,
        "",
        range(0),
        range(0),
        {},
    )


def over_http(world: World, twin: Twin, name: str) -> float:
    """Answers a second; each request is about another coupon."""
    wanted = world.seconds * REQUESTS_A_SECOND
    requests = [CALLS[name](code, mobile) for code, mobile in twin.rows(USABLE, count=wanted)]
    path = world.platform.web_log.with_name("requests")
    path.write_bytes(b"".join(b"%s\t%s\n" % (one.path.encode(), one.body) for one in requests))
    headers = {"Authorization": world.basic, "Content-Type": "application/json"}
    said = load.wrk(world, "/", headers, ["--script", str(LINES), "--", str(path)])
    return load.found(load.PER_SECOND, said)


def script(world: World, name: str) -> tuple[Path, dict[str, str]]:
    """A file for pgbench, and what all of its transactions have in common: value -> variable."""
    rows = draw_coupons(world)
    handler, one = WSGIHandler(), random.choice(rows)
    # Of one series, which is remembered then, as it mostly is.
    like_it = [other for other in rows if other.series == one.series and other != one]
    for other in like_it[: statements.WARM_UP]:
        ask(handler, world, CALLS[name](other.code, other.mobile))
    before = world.platform.database_log.stat().st_size
    statements.log_statements("all")
    ask(handler, world, CALLS[name](one.code, one.mobile))
    statements.log_statements("none")
    written = world.platform.database_log.read_bytes()[before:].decode()
    types, constants = statements.parameter_types(), dict[str, str]()
    drawn = in_place_of(one, world.client.pk)
    sql = [
        statements.translated(sent, types.get(sent.sql, []), drawn, constants)
        for sent in statements.statements_in(written)
    ]
    statements.check_all_drawn(constants, str(one.customer), str(one.coupon), one.code)
    path = world.platform.web_log.with_name(f"{name}.pgbench")
    path.write_text(DRAW.format(count=len(rows)) + "".join(f"{each};\n" for each in sql))
    return path, constants


def draw_coupons(world: World) -> Sequence[Drawn]:
    wanted = world.seconds * REQUESTS_A_SECOND
    with connection.cursor() as cursor:
        cursor.execute(USABLE, {"count": wanted})
        codes = [code for code, _ in cursor.fetchall()]
        for statement in COUPONS.split(";"):
            cursor.execute(statement)
        cursor.execute(FILL, {"codes": codes})
        cursor.execute("SELECT code, mobile, coupon, series, customer FROM bench_coupon")
        return [Drawn(*row) for row in cursor.fetchall()]


def ask(handler: WSGIHandler, world: World, request: Request) -> None:
    """As a web server does, in this process."""
    sent = RequestFactory().generic(
        "POST" if request.body else "GET",
        request.path,
        request.body,
        "application/json",
        headers={"Host": "localhost", "Authorization": world.basic},
    )
    response = handler(sent.environ, lambda status, headers: None)
    response.close()
    if response.status_code != 200:
        raise load.CannotMeasure(f"{request.path} failed: {response.content.decode()}")


def in_place_of(one: Drawn, client: int) -> dict[str, Any]:
    """For each text that differs from request to request, what pgbench puts there."""
    transaction = "'pgbench-' || :number"
    found = {one.mobile: ":mobile", f"bench-{one.code}": transaction}
    found[f"{{bench-{one.code}}}"] = f"'{{' || {transaction} || '}}'"
    for name in ("code", "coupon", "series", "customer"):
        value = getattr(one, name)
        found |= {str(value): f":{name}", f"{{{value}}}": f"'{{' || :{name} || '}}'"}
    found[f"{{{client},{one.customer}}}"] = f"'{{{client},' || :customer || '}}'"
    return found
