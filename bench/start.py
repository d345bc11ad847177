"""How every measurement begins: an installation of its own, and a sentence where it cannot."""

import logging
import sys
from argparse import ArgumentTypeError
from typing import Any

import django
from django.utils.module_loading import import_string

from bench.installation import installation
from couponadmin.embedded import CannotStart
from couponadmin.embedded.supervisor import leave_on_signals


def measure(run: str, *arguments: Any, **options: Any) -> None:
    """Call the function with that dotted name, which may import what needs the settings."""
    leave_on_signals()
    # The web server's log is as ever; this process has nothing to say about the requests it makes.
    logging.disable(logging.INFO)
    with installation():
        django.setup()
        problem = import_string("bench.load.CannotMeasure")
        try:
            import_string(run)(*arguments, **options)
        except (CannotStart, problem) as reason:
            sys.exit(str(reason))


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError("a whole number from 1 is needed")
    return int(text)
