import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from couponadmin import roles
from couponadmin.clients import create_client


class Command(BaseCommand):
    help = "Makes an API client and prints its id and secret. The secret is shown only here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", type=name, help="who or what will call, for example a till")
        parser.add_argument(
            "--series-write", action="store_true", help="may make and change series, too"
        )
        parser.add_argument(
            "--rate", type=rate, metavar="PER_MINUTE", help="calls a minute; 0: no limit"
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        client, secret = create_client(
            options["name"],
            groups=roles.groups(series_write=options["series_write"]),
            rate_per_minute=options["rate"],
            now=timezone.now(),
        )
        if options["json"]:
            self.stdout.write(json.dumps({"id": client.client_id, "secret": secret}))
        else:
            self.stdout.write(f"id:     {client.client_id}\nsecret: {secret}")


def name(text: str) -> str:
    """1 to 100 characters."""
    if not 1 <= len(text.strip()) <= 100 or not text.isprintable():
        raise ArgumentTypeError("1 to 100 printable characters are needed")
    return text.strip()


def rate(text: str) -> int:
    """0 to 2147483647, which is what the column holds."""
    if not text.isdecimal() or int(text) > 2_147_483_647:
        raise ArgumentTypeError("a whole number from 0 is needed")
    return int(text)
