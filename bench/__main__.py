"""`make bench`, or for some rows only: `python -m bench [ROW ...] [--rounds N] [--seconds S]`."""

from argparse import ArgumentParser

from bench.start import measure, positive


def main() -> None:
    """Measure; end with status 1 and a sentence if something is in the way."""
    parser = ArgumentParser(prog="python -m bench", description="Speeds, as ratios.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="as docs/performance.md names them")
    parser.add_argument("--rounds", type=positive, default=5, help="how often; 5")
    parser.add_argument(
        "--seconds", type=positive, default=3, help="how long to measure each speed; 3"
    )
    given = parser.parse_args()
    measure("bench.rounds.run", given.rows, rounds=given.rounds, seconds=given.seconds)


if __name__ == "__main__":
    main()
