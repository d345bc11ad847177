"""`python -m bench.batches [ROW ...] [--customers N] [--rounds N]`: work in the background.

A batch of a million takes about half a minute, and there are several in a round.
"""

from argparse import ArgumentParser

from bench.start import measure, positive


def main() -> None:
    """Measure; end with status 1 and a sentence if something is in the way."""
    parser = ArgumentParser(prog="python -m bench.batches", description="Batches, as ratios.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="batch, orm, workers, calm, intake")
    parser.add_argument("--customers", type=positive, default=100_000, help="lines of a batch")
    parser.add_argument("--rounds", type=positive, default=5, help="how often; 5")
    given = parser.parse_args()
    measure("bench.batch_rows.run", given.rows, customers=given.customers, rounds=given.rounds)


if __name__ == "__main__":
    main()
