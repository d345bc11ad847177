"""`make bench`, or for some rows only: `python -m bench [ROW ...] [--rounds N] [--seconds S]`."""

import logging
import sys
from argparse import ArgumentParser, ArgumentTypeError

import django
from django.utils.module_loading import import_string

from bench.installation import installation
from couponadmin.embedded import CannotStart
from couponadmin.embedded.supervisor import leave_on_signals


def main() -> None:
    """Measure; end with status 1 and a sentence if something is in the way."""
    parser = ArgumentParser(prog="python -m bench", description="Speeds, as ratios.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="as docs/performance.md names them")
    parser.add_argument("--rounds", type=positive, default=5, help="how often; 5")
    parser.add_argument(
        "--seconds", type=positive, default=3, help="how long to measure each speed; 3"
    )
    arguments = parser.parse_args()
    leave_on_signals()
    # The web server's log is as ever; this process has nothing to say about the requests it makes.
    logging.disable(logging.INFO)
    with installation():
        django.setup()
        # What measures imports models, which need the settings that were made just now.
        run = import_string("bench.rounds.run")
        problem = import_string("bench.load.CannotMeasure")
        try:
            run(arguments.rows, rounds=arguments.rounds, seconds=arguments.seconds)
        except (CannotStart, problem) as reason:
            sys.exit(str(reason))


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError("a whole number from 1 is needed")
    return int(text)


if __name__ == "__main__":
    main()
