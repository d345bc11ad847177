"""The backup drill of docs/operators.md, really done: dump, restore, recount, and try to cheat."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from couponadmin.embedded import binaries
from issuance.models import Coupon
from tests.conftest import Caller
from tests.factories import make_customer, make_series

COPY = "restored"
TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace
"""
COUNT = """SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM "{}" AS t"""
CHEATS = {
    "a code twice": (
        "INSERT INTO issuance_coupon (code, series_id, shared, redemption_count) "
        "SELECT code, series_id, false, 0 FROM issuance_coupon LIMIT 1",
        psycopg.errors.UniqueViolation,
    ),
    "a coupon without its customer": (
        "UPDATE issuance_coupon SET customer_id = NULL",
        psycopg.errors.CheckViolation,
    ),
    "more than the series allows": (
        "UPDATE series_series SET num_issued = max_create + 1 WHERE max_create IS NOT NULL",
        psycopg.errors.CheckViolation,
    ),
    "a customer who holds a coupon": (
        "DELETE FROM customers_customer",
        psycopg.errors.Error,
    ),
    "a series that has coupons": ("DELETE FROM series_series", psycopg.errors.Error),
}


def programs() -> Path:
    """PostgreSQL's programs of at least the server's version, with those for backups."""
    wanted = connection.pg_version // 10_000
    for folder in binaries.candidates():
        version = int(binaries.release(folder).partition(".")[0])
        if version >= wanted and (folder / "pg_dump").exists():
            return folder
    pytest.skip(f"pg_dump {wanted} is not installed: apt install postgresql-client")


def target(database: str) -> list[str]:
    """Where the programs find a database of the server that the tests use."""
    found = connection.settings_dict
    host, port, user = found["HOST"], str(found["PORT"] or 5432), found["USER"]
    return ["--host", host, "--port", port, "--username", user, "--dbname", database]


def run(program: str, *arguments: str) -> None:
    subprocess.run([programs() / program, *arguments], check=True, timeout=60)


def connected(database: str) -> psycopg.Connection[Any]:
    found = connection.settings_dict
    return psycopg.connect(
        host=found["HOST"],
        port=found["PORT"] or 5432,
        user=found["USER"],
        password=found["PASSWORD"],
        dbname=database,
        autocommit=True,
    )


@pytest.fixture
def restored(
    transactional_db: None, series_api: Caller, tmp_path: Path
) -> Iterator[psycopg.Connection[Any]]:
    """A second database, made from a dump of one that has been worked with."""
    work(series_api)
    dump, name = tmp_path / "coupons.dump", f"{connection.settings_dict['NAME']}_{COPY}"
    run("pg_dump", *target(connection.settings_dict["NAME"]), "-Fc", "--file", str(dump))
    with connected("postgres") as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            run("pg_restore", *target(name), "--exit-on-error", "--no-owner", str(dump))
            with connected(name) as found:
                yield found
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def work(api: Caller) -> None:
    """Series of every kind, customers, coupons, and answers that can be replayed."""
    free = make_series(is_multiple_vouchers_per_user_allowed=True, discount_value=7)
    capped = make_series(max_create=10)
    shared = make_series(client_handling_type="GENERIC", generic_code="ALLOFUS")
    for _ in range(3):
        customer = {"id": make_customer(first_name='Zoë "; \\').pk}
        ask = {"seriesId": free.pk, "customer": customer, "count": 20}
        assert api.post("/v2/coupon/issue/multiple", ask).status_code == 200
        for series in (capped, shared):
            ask = {"seriesId": series.pk, "customer": customer}
            key = f"{series.pk}-{customer['id']}"
            assert api.post("/v2/coupon/issue", ask, idempotency_key=key).status_code == 200


def counted(database: psycopg.Connection[Any]) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a checksum of them."""
    return {
        table: database.execute(COUNT.format(table)).fetchone()
        for (table,) in database.execute(TABLES).fetchall()
    }


def test_the_copy_has_every_row_and_refuses_what_the_first_refuses(
    restored: psycopg.Connection[Any],
) -> None:
    with connected(connection.settings_dict["NAME"]) as first:
        counts = counted(first)
    assert counted(restored) == counts
    assert Coupon.objects.issued().count() == 66
    # One row more: the reservation of the shared code.
    assert counts["issuance_coupon"][0] == 67

    survived = []
    for cheat, (statement, error) in CHEATS.items():
        try:
            restored.execute(statement)
            survived.append(cheat)
        except error:
            continue
    assert survived == []
    assert counted(restored) == counts


def test_the_copy_goes_on_counting_where_the_first_stopped(
    restored: psycopg.Connection[Any],
) -> None:
    last = Coupon.objects.order_by("-pk").values_list("pk", flat=True)[0]

    found = restored.execute(
        "SELECT nextval(pg_get_serial_sequence('issuance_coupon', 'id'))"
    ).fetchone()

    assert found is not None
    assert found[0] > last
