"""The SQL that a request really sends, as PostgreSQL logs it, made into a script for pgbench."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import RequestFactory

from bench.load import CannotMeasure
from bench.world import MOBILES, World
from couponadmin.idempotency import Claim

# After so many requests, statements are prepared, and client and series are remembered.
WARM_UP = 5
KEY = "watched-{}"
# What pgbench draws for each transaction.
DRAWN = """\
\\set customer random({customers[0]}, {customers[1]})
\\set mobile {mobiles} + :customer
\\set series random({series[0]}, {series[1]})
\\set number random(1, 9000000000000000000)
\\set lock -:number
"""
# What ISSUE_ONE says of what LOOK has found, by its place; `\\gset` keeps that in variables.
FOUND_BY = "AS coupon_id"
STORED_BY = "issuance_issue_one"
SEEN = {
    2: ":seen_version",
    3: ":seen_held",
    4: "nullif(:seen_last_coupon_id, '')",
    5: ":seen_coupon_id",
    8: ":seen_origin_id",
}
# As long as the platform's codes, and as rarely the same.
CODE = "left(encode(int8send(:number), 'base64'), 10)"


class Sent(NamedTuple):
    """A statement with its $1, $2, ..., and the text of their values; None stands for NULL."""

    sql: str
    values: list[str | None]


@cache
def script(world: World) -> tuple[Path, dict[str, str]]:
    """A file for pgbench, and what all of its transactions have in common: value -> variable."""
    customer, series = world.customers[-3], world.series[-3]
    code, statements = watch(world, series, customer)
    drawn = in_place_of(world.client.pk, series, customer, code)
    types = parameter_types()
    constants: dict[str, str] = {}
    sql = [translated(sent, types.get(sent.sql, []), drawn, constants) for sent in statements]
    check_all_drawn(constants, str(customer), code)
    draws = DRAWN.format(
        mobiles=MOBILES,
        customers=(world.customers[0], world.customers[-1]),
        series=(world.series[0], world.series[-1]),
    )
    path = settings.COUPON_VAR / "issue.pgbench"
    path.write_text(draws + "".join(map(ended, sql)))
    return path, constants


def ended(statement: str) -> str:
    return f"{statement} \\gset seen_\n" if FOUND_BY in statement else f"{statement};\n"


def watch(world: World, series: int, customer: int) -> tuple[str, list[Sent]]:
    """The code that is issued to the customer, and the statements of that request."""
    handler = WSGIHandler()
    for other in world.customers[:WARM_UP]:
        request(handler, world, series, other)
    log_statements("all")
    log = world.platform.database_log
    before = log.stat().st_size
    answer = request(handler, world, series, customer)
    written = log.read_bytes()[before:].decode()
    log_statements("none")
    return answer["code"], statements_in(written)


def request(handler: WSGIHandler, world: World, series: int, customer: int) -> dict[str, Any]:
    """The answer to one request, made in this process as a web server makes it."""
    ask = {"seriesId": series, "customer": {"mobile": str(MOBILES + customer)}}
    sent = RequestFactory().generic(
        "POST",
        "/v2/coupon/issue",
        orjson.dumps(ask),
        "application/json",
        headers={
            "Host": "localhost",
            "Authorization": world.basic,
            "Idempotency-Key": KEY.format(customer),
        },
    )
    response = handler(sent.environ, lambda status, headers: None)
    response.close()
    if response.status_code != 200:
        raise CannotMeasure(f"Issuing failed: {response.content.decode()}")
    return orjson.loads(response.content)


def log_statements(which: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET log_statement = '{which}'")


def statements_in(log: str) -> list[Sent]:
    """The statements of a log without prefixes; lines that continue an entry begin with a tab."""
    statements: list[Sent] = []
    for entry in re.split(r"\n(?!\t)", log):
        text = entry.replace("\n\t", "\n")
        if match := re.match(r"LOG:  (?:statement|execute \S+): (.*)", text, re.DOTALL):
            statements.append(Sent(match[1], []))
        elif re.match(r"DETAIL:  parameters: ", text, re.IGNORECASE):
            values = re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", text)
            statements[-1].values.extend(map(unquoted, values))
    return statements


def unquoted(value: str) -> str | None:
    return None if value == "NULL" else value[1:-1].replace("''", "'")


def parameter_types() -> dict[str, list[str]]:
    """The types of $1, $2, ... of the statements that this connection has prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, parameter_types::text[] FROM pg_prepared_statements")
        return dict(cursor.fetchall())


def in_place_of(client_id: int, series: int, customer: int, code: str) -> dict[str, str]:
    """For each text that differs from request to request, what pgbench puts there."""
    key = KEY.format(customer)
    return {
        str(MOBILES + customer): ":mobile",
        str(customer): ":customer",
        f"{{{customer}}}": "'{' || :customer || '}'",
        str(series): ":series",
        f"{{{series}}}": "'{' || :series || '}'",
        key: "'pgbench-' || :number",
        str(Claim(client_id, key, b"", datetime.now(UTC)).lock): ":lock",
        code: CODE,
    }


def translated(
    sent: Sent, types: Sequence[str], drawn: Mapping[str, str], constants: dict[str, str]
) -> str:
    """The statement with pgbench's variables; new ones are added to `constants`."""
    seen = SEEN if STORED_BY in sent.sql else {}

    def variable(parameter: re.Match[str]) -> str:
        place = int(parameter[1]) - 1
        value = sent.values[place]
        if place in seen:
            return f"({seen[place]})::{types[place]}"
        if value is None:
            return f"NULL::{types[place]}"
        if not value:
            return f"''::{types[place]}"
        if value not in drawn:
            return f":{constants.setdefault(value, f'same{len(constants)}')}::{types[place]}"
        return f"({drawn[value]})::{types[place]}"

    return re.sub(r"\$(\d+)", variable, sent.sql)


def check_all_drawn(constants: Mapping[str, str], *probes: str) -> None:
    """If all transactions had one request's values in common, they would wait for each other."""
    for value in constants:
        binary = value.startswith("\\x")
        if not binary and any(probe in value for probe in probes):
            raise CannotMeasure(f"pgbench must draw this value (in_place_of): {value}")
