"""How the environment is read: everything that is wrong is told at once, in sentences."""

import re
import sys
import zoneinfo
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from environs import Env, EnvError, EnvValidationError, ValidationError

POSTGRESQL = "django.db.backends.postgresql"
# kombu's own transports for tests lose messages, so only real brokers are taken.
BROKERS = ("redis", "rediss", "amqp", "amqps")
HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
SENTRY = re.compile(r"https?://[^\s:@/]+@[^\s@/]+(/[^\s/]+)+")
# Whoever guesses it signs in as anybody; what is random has more of both.
SHORTEST_SECRET, FEWEST_LETTERS = 50, 10
HINTS = {
    "SECRET_KEY": "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' makes one.",
    "DATABASE_URL": "It looks like postgres://user:password@host:5432/name.",
    "DATABASE_REPLICA_URL": "It looks like postgres://user:password@host:5432/name.",
    "TIME_ZONE": "It looks like Asia/Kolkata.",
    "ALLOWED_HOSTS": "It looks like coupons.example.org,10.0.0.7.",
    "CSRF_TRUSTED_ORIGINS": "It looks like https://coupons.example.org.",
}
LIST = "docs/operators.md lists every setting."


class Environment(Env):
    """environs' reader; a wrong value is kept in mind until `seal`."""

    def __init__(self) -> None:
        super().__init__(eager=False)
        self.add_parser("database", database)

    def seal(self) -> None:
        """End the program if a value was wrong; the values themselves may be secret."""
        try:
            super().seal()
        except EnvValidationError as error:
            sys.exit(told(dict(error.error_messages)))


def told(errors: dict[str, list[str]]) -> str:
    """One line for each variable: what is wrong, and what would be right."""
    lines = [
        " ".join([f"{name}:", *map(str, sentences), HINTS.get(name, "")]).rstrip()
        for name, sentences in errors.items()
    ]
    return "\n".join(["The settings are not right, so nothing was started.", *lines, LIST])


def database(url: str) -> dict[str, Any]:
    """Django's settings of the PostgreSQL database that an URL names."""
    try:
        config = dict(dj_database_url.parse(url))
    except (ValueError, TypeError):
        raise EnvError("This is not the URL of a database.") from None
    if config["ENGINE"] != POSTGRESQL:
        raise EnvError("Only PostgreSQL is supported.")
    if not config["NAME"]:
        raise EnvError("The name of the database is missing.")
    return config


def secret(value: str) -> None:
    if not value.strip():
        raise ValidationError("It is empty.")
    if len(value) < SHORTEST_SECRET:
        raise ValidationError(f"It has fewer than {SHORTEST_SECRET} characters.")
    if len(set(value)) < FEWEST_LETTERS:
        raise ValidationError("It repeats too few different characters.")


def time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("There is no such time zone.")


def broker(value: str) -> None:
    """`redis://…` or `amqp://…`; empty stands for the broker of `make run`."""
    try:
        address = urlsplit(value)
        known = address.scheme in BROKERS and bool(address.hostname)
        number = address.port
    except ValueError:
        known, number = False, None
    if value and (not known or number == 0):
        raise ValidationError("It must look like redis://host:6379/0 or amqp://host:5672//.")


def sentry(value: str) -> None:
    """The address that a project of Sentry has; empty: none."""
    if not value:
        return
    if not SENTRY.fullmatch(value):
        raise ValidationError("It must look like https://key@sentry.example.org/1.")
    if find_spec("sentry_sdk") is None:
        raise ValidationError("It needs a package: pip install sentry-sdk.")


def hosts(values: list[str]) -> None:
    if wrong := [value for value in values if not HOST.fullmatch(value)]:
        raise ValidationError(f"Names of hosts without scheme, port or path, not {wrong[0]!r}.")


def origins(values: list[str]) -> None:
    if wrong := [value for value in values if not re.fullmatch(r"https?://[^/\s]+", value)]:
        raise ValidationError(f"A scheme and a host without a path, not {wrong[0]!r}.")
