"""What is measured. To add a row, write its two measures and put it into ROWS.

A measure takes the world and returns how many a second; rows that share one have it taken once.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.utils import timezone

from bench import engine, load, statements
from bench.world import World
from couponadmin import oauth
from series.models import Series

Measure = Callable[[World], float]


class Row(NamedTuple):
    """`ours` divided by `against` is to be `target` at least; None: just to know."""

    name: str
    title: str
    ours: Measure
    against: Measure
    target: float | None = None


def bare(world: World) -> float:
    return load.get(world, "/bench/bare")


def single(world: World) -> float:
    return load.issue(world, world.series, authorization=world.basic)


def single_counted(world: World) -> float:
    return load.issue(world, world.series, authorization=world.basic_counted)


def same_statements(world: World) -> float:
    return load.pgbench(world, *statements.script(world))


def hot(world: World) -> float:
    return load.issue(world, only(world.new_series()), authorization=world.basic)


def capped(world: World) -> float:
    series = world.new_series(max_create=1_000_000_000)
    return load.issue(world, only(series), authorization=world.basic)


def only(series: Series) -> range:
    return range(series.pk, series.pk + 1)


def basic(world: World) -> float:
    return load.get(world, "/bench/signed-in", authorization=world.basic)


def basic_anew(world: World) -> float:
    return load.get(world, "/bench/looked-up", authorization=world.basic)


def bearer(world: World) -> float:
    return load.get(world, "/bench/signed-in", authorization=f"Bearer {new_token(world)}")


def token_header(world: World) -> float:
    return load.get(world, "/bench/signed-in", x_cap_api_oauth_token=new_token(world))


def new_token(world: World) -> str:
    token = oauth.new_token()
    oauth.store_token(token, world.client, now=timezone.now())
    return token


def issue_500(world: World) -> float:
    return engine.issued(world, lambda: engine.for_one(world, 500))


def copy_500(world: World) -> float:
    return engine.copied(world, lambda: engine.for_one(world, 500))


def issue_chunk(world: World) -> float:
    return engine.issued(world, lambda: engine.for_many(world, 2_000))


def copy_chunk(world: World) -> float:
    return engine.copied(world, lambda: engine.for_many(world, 2_000))


ROWS = (
    Row("single", "POST /v2/coupon/issue against a bare DRF view", single, bare, 0.33),
    Row("sql", "the same against pgbench with the same statements", single, same_statements, 0.30),
    Row("counted", "the same with a rate limit against without", single_counted, single),
    Row("hot", "the same on one series without a cap against many series", hot, single, 0.90),
    Row(
        "capped", "the same on one series with maxCreate against many series", capped, single, 0.60
    ),
    Row("basic", "GET with Basic, remembered, against a bare DRF view", basic, bare),
    Row("bearer", "GET with Bearer against a bare DRF view", bearer, bare),
    Row("token", "GET with X-CAP-API-OAUTH-TOKEN against a bare DRF view", token_header, bare),
    Row("lookup", "GET with Basic, looked up every time, against remembered", basic_anew, basic),
    Row("copy", "issue() of 500 for one customer against COPY", issue_500, copy_500, 0.30),
    Row("chunk", "issue() of one for 2,000 customers against COPY", issue_chunk, copy_chunk, 0.50),
)
