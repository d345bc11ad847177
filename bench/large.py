"""`python -m bench.large`: what ten million coupons cost, beside ten thousand.

Filling takes about ten minutes and 5 GB; with `--home DIRECTORY` it is done once and kept.
"""

import logging
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.utils.module_loading import import_string

from bench.installation import environment_of, lent_var, settle
from bench.start import positive
from couponadmin.embedded import CannotStart
from couponadmin.embedded.places import make
from couponadmin.embedded.supervisor import leave_on_signals

PARTS = ("tills", "statements", "pages")


def main() -> None:
    """Measure; end with status 1 and a sentence if something is in the way."""
    parser = ArgumentParser(prog="python -m bench.large", description="Small against large.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"all: {', '.join(PARTS)}")
    parser.add_argument("--coupons", type=positive, default=10_000_000)
    parser.add_argument("--customers", type=positive, default=1_000_000)
    parser.add_argument("--rounds", type=positive, default=5, help="how often; 5")
    parser.add_argument("--seconds", type=positive, default=3, help="for each speed; 3")
    parser.add_argument("--home", type=Path, help="where it is kept; else it is removed")
    arguments = parser.parse_args()
    leave_on_signals()
    logging.disable(logging.INFO)
    with kept_or_lent(arguments.home) as home:
        # What this process asks the database itself, it asks the large one.
        settle(DJANGO_SETTINGS_MODULE="couponadmin.settings", **environment_of(home, "large"))
        django.setup()
        # What measures imports models, which need the settings that were made just now.
        run = import_string("bench.growth.run")
        problem = import_string("bench.load.CannotMeasure")
        try:
            run(
                home,
                parts=arguments.parts or PARTS,
                coupons=arguments.coupons,
                customers=arguments.customers,
                rounds=arguments.rounds,
                seconds=arguments.seconds,
            )
        except (CannotStart, problem, subprocess.CalledProcessError) as reason:
            sys.exit(str(reason))


@contextmanager
def kept_or_lent(named: Path | None) -> Iterator[Path]:
    """The directory that was named, or one that is removed afterwards."""
    if named is None:
        with lent_var() as var:
            yield var
    else:
        make(named.resolve())
        yield named.resolve()


if __name__ == "__main__":
    main()
