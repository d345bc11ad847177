"""`python -m bench.batches [ROW ...] [--customers N] [--rounds N]`: work in the background.

A batch of a million takes about half a minute, and there are several in a round.
"""

import logging
import sys
from argparse import ArgumentParser

import django
from django.utils.module_loading import import_string

from bench.__main__ import positive
from bench.installation import installation
from couponadmin.embedded import CannotStart
from couponadmin.embedded.supervisor import leave_on_signals


def main() -> None:
    """Measure; end with status 1 and a sentence if something is in the way."""
    parser = ArgumentParser(prog="python -m bench.batches", description="Batches, as ratios.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="batch, workers, calm, intake")
    parser.add_argument("--customers", type=positive, default=100_000, help="lines of a batch")
    parser.add_argument("--rounds", type=positive, default=5, help="how often; 5")
    arguments = parser.parse_args()
    leave_on_signals()
    logging.disable(logging.INFO)
    with installation():
        django.setup()
        # What measures imports models, which need the settings that were made just now.
        run = import_string("bench.batch_rows.run")
        problem = import_string("bench.load.CannotMeasure")
        try:
            run(arguments.rows, customers=arguments.customers, rounds=arguments.rounds)
        except (CannotStart, problem) as reason:
            sys.exit(str(reason))


if __name__ == "__main__":
    main()
