"""A setting that cannot be right stops the start, in words; the handbook lists every setting."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
NAMED = {
    "DATABASE_URL": "postgres://coupon:pa55@db.example.org:5433/coupon",
    "SECRET_KEY": "a secret kept by whoever operates it, long and varied",
}
PRODUCTION = NAMED | {
    "REDIS_URL": "redis://redis.example.org:6379/0",
    "HTTPS": "true",
    "ALLOWED_HOSTS": "coupons.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://coupons.example.org",
    "TIME_ZONE": "Asia/Kolkata",
    "COUNTRY_CODE_REGION": "IN",
    "LOG_FORMAT": "json",
}

Load = Callable[..., dict[str, Any]]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Reads settings.py with an environment of its own."""

    def load(**environment: str) -> dict[str, Any]:
        for name in (*read_by_settings(), "PROMETHEUS_MULTIPROC_DIR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"COUPON_VAR": str(tmp_path)} | environment).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "couponadmin/settings.py"))

    return load


def read_by_settings() -> set[str]:
    text = (ROOT / "couponadmin/settings.py").read_text()
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', text))


def read_elsewhere() -> set[str]:
    """By the run command and by what it starts."""
    texts = [path.read_text() for path in (ROOT / "couponadmin").rglob("*.py")]
    return set(re.findall(r'os\.environ\.get\("([A-Z0-9_]+)"', "".join(texts)))


def test_nothing_needs_to_be_set(load: Load, tmp_path: Path) -> None:
    found = load()

    assert found["EMBEDDED"]
    assert found["SECRET_KEY"] == (tmp_path / "secret-key").read_text()


def test_a_database_comes_with_its_options(load: Load) -> None:
    url = NAMED["DATABASE_URL"] + "?sslmode=verify-full"

    database = load(**NAMED | {"DATABASE_URL": url})["DATABASES"]["default"]

    assert (database["HOST"], database["PORT"], database["NAME"]) == (
        "db.example.org",
        5433,
        "coupon",
    )
    assert database["PASSWORD"] == "pa55"
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert database["OPTIONS"]["prepare_threshold"] == 3


def test_behind_a_pooler_nothing_is_expected_of_the_next_connection(load: Load) -> None:
    database = load(**NAMED | {"DATABASE_POOLER": "true"})["DATABASES"]["default"]

    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert database["OPTIONS"]["prepare_threshold"] is None
    assert "options" not in database["OPTIONS"]


def test_a_replica_is_reached_as_the_first_server_is_but_not_waited_for(load: Load) -> None:
    url = "postgres://reader:pa55@replica.example.org/coupon"

    databases = load(**NAMED | {"DATABASE_REPLICA_URL": url})["DATABASES"]

    options = databases["default"]["OPTIONS"]
    assert databases["replica"]["OPTIONS"] == options | {"connect_timeout": 3}
    assert databases["replica"]["HOST"] == "replica.example.org"
    assert load(**NAMED | {"DATABASE_REPLICA_URL": ""})["DATABASES"].keys() == {"default"}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "junk", "not the URL of a database"),
        ("DATABASE_URL", "postgres://host:port/name", "not the URL of a database"),
        ("DATABASE_URL", "postgres://[half/name", "not the URL of a database"),
        ("DATABASE_URL", "mysql://root@host/name", "Only PostgreSQL"),
        ("DATABASE_URL", "sqlite:///file", "Only PostgreSQL"),
        ("DATABASE_URL", "sqlite://:memory:", "Only PostgreSQL"),
        ("DATABASE_URL", "postgres://host", "name of the database is missing"),
        ("DATABASE_REPLICA_URL", "sqlite:///file", "Only PostgreSQL"),
        ("SECRET_KEY", "", "empty"),
        ("SECRET_KEY", "  ", "empty"),
        ("SECRET_KEY", "x", "fewer than 50 characters"),
        ("SECRET_KEY", "only-for-this-year-" * 2, "fewer than 50 characters"),
        ("SECRET_KEY", "x" * 60, "too few different characters"),
        ("SECRET_KEY", "password" * 8, "too few different characters"),
        ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("REDIS_URL", "memory://", "redis://host:6379/0"),
        ("REDIS_URL", "redis://host:99999/0", "redis://host:6379/0"),
        ("REDIS_URL", "redis://host:0", "redis://host:6379/0"),
        ("TIME_ZONE", "Mars/Olympus", "no such time zone"),
        ("TIME_ZONE", "", "no such time zone"),
        ("DEBUG", "perhaps", "Not a valid boolean"),
        ("HTTPS", "443", "Not a valid boolean"),
        ("HSTS_SECONDS", "-1", "greater than or equal to 0"),
        ("ALLOWED_HOSTS", "https://coupons.example.org", "without scheme, port or path"),
        ("ALLOWED_HOSTS", "a.example.org,b.example.org:8000", "without scheme, port or path"),
        ("CSRF_TRUSTED_ORIGINS", "coupons.example.org", "A scheme and a host"),
        ("CSRF_TRUSTED_ORIGINS", "https://coupons.example.org/admin", "A scheme and a host"),
        ("MAX_BODY_BYTES", "0", "greater than or equal to 1"),
        ("REFUSAL_HTTP_STATUS", "300", "200, 400"),
        ("REFUSAL_HTTP_STATUS", "OK", "Not a valid integer"),
        ("ORG_ID", "acme", "Not a valid integer"),
        ("COUNTRY_CODE_REGION", "India", "Must be one of"),
        ("RATE_ISSUE_PER_MINUTE", "-5", "greater than or equal to 0"),
        ("RATE_PER_MINUTE", "many", "Not a valid integer"),
        ("IDEMPOTENCY_HOURS", "0", "greater than or equal to 1"),
        ("TOKEN_TTL_SECONDS", "0", "greater than or equal to 1"),
        ("CREDENTIAL_CACHE_SECONDS", "1.5", "Not a valid integer"),
        ("CONN_MAX_AGE", "-1", "greater than or equal to 0"),
        ("DATABASE_POOLER", "pgbouncer", "Not a valid boolean"),
        ("SENTRY_DSN", "sentry.example.org", "https://key@sentry"),
        ("SENTRY_DSN", "https://sentry.example.org/1", "https://key@sentry"),
        ("APPROVAL_SIZE", "-1", "greater than or equal to 0"),
        ("APPROVAL_SIZE", "many", "Not a valid integer"),
        ("APPROVAL_VALUE", "-0.01", "greater than or equal to 0"),
        ("APPROVAL_VALUE", "NaN", "nan"),
        ("APPROVAL_VALUE", "much", "Not a valid"),
        ("CURRENCY", "Indian rupees", "Longer than maximum length 10"),
        ("LOG_FORMAT", "xml", "text, json"),
        ("LOG_LEVEL", "LOUD", "Not a valid log level"),
    ],
)
def test_a_wrong_value_stops_the_start(load: Load, name: str, value: str, sentence: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        load(**NAMED | {name: value})

    told = str(stopped.value).splitlines()
    assert [line for line in told if line.startswith(f"{name}: ") and sentence in line]
    assert len(told) == 3


def test_all_that_is_wrong_is_told_at_once_and_no_password_with_it(load: Load) -> None:
    with pytest.raises(SystemExit) as stopped:
        load(DATABASE_URL="postgres://coupon:pa55@host:port/x", HTTPS="?", TIME_ZONE="Mars")

    told = str(stopped.value)
    assert re.findall(r"^([A-Z_]+): ", told, re.MULTILINE) == [
        "SECRET_KEY",
        "HTTPS",
        "DATABASE_URL",
        "TIME_ZONE",
    ]
    assert "pa55" not in told


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "COUPON_VAR")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_program_ends_with_the_sentences_and_no_traceback() -> None:
    ended = manage("migrate", **NAMED | {"TIME_ZONE": "Mars"})

    assert ended.returncode == 1
    assert "TIME_ZONE: There is no such time zone. It looks like Asia/Kolkata." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_djangos_own_check_of_a_deployment_finds_nothing() -> None:
    ended = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "no issues" in ended.stdout


def test_watchers_need_neither_https_nor_a_name(load: Load) -> None:
    found = load(**PRODUCTION)

    assert {"127.0.0.1", "localhost", "coupons.example.org"} <= set(found["ALLOWED_HOSTS"])
    exempt = [re.compile(pattern) for pattern in found["SECURE_REDIRECT_EXEMPT"]]
    assert all(any(one.search(path) for one in exempt) for path in ("healthz", "readyz", "metrics"))


def test_the_handbook_lists_every_setting_and_no_other() -> None:
    text = (ROOT / "docs/operators.md").read_text()
    listed = re.findall(r"^\| `([A-Z0-9_]+)` \|", text, re.MULTILINE)

    assert sorted(listed) == sorted(read_by_settings() | read_elsewhere())


def test_the_handbook_tells_the_defaults_that_are_in_force(load: Load) -> None:
    """Those that are numbers, or true and false; the others are told in words."""
    told = dict(
        re.findall(
            r"^\| `([A-Z0-9_]+)` \| (\d[\d.]*|true|false) \|",
            (ROOT / "docs/operators.md").read_text(),
            re.MULTILINE,
        )
    )
    source = (ROOT / "couponadmin/settings.py").read_text()
    in_force = {
        name: default.replace("_", "").lower()
        for name, default in re.findall(
            r'env\.\w+\(\s*"([A-Z0-9_]+)", ([\d_.]+|True|False)[,)]', source
        )
    }

    assert len(in_force) > 15
    wrong = {
        name
        for name, number in in_force.items()
        if float_or_word(told[name]) != float_or_word(number)
    }
    assert wrong == set()


def float_or_word(text: str) -> float | str:
    return text if text in ("true", "false") else float(text)
