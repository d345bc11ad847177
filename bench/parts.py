"""`python -m bench.parts [--customers N] [--rounds N]`: where the time of a batch goes."""

from argparse import ArgumentParser

from bench.start import measure, positive


def main() -> None:
    """Measure; end with status 1 and a sentence if something is in the way."""
    parser = ArgumentParser(prog="python -m bench.parts", description="The parts of a batch.")
    parser.add_argument("--customers", type=positive, default=100_000, help="lines of a batch")
    parser.add_argument("--rounds", type=positive, default=5, help="how often; 5")
    given = parser.parse_args()
    measure("bench.batch_parts.run", customers=given.customers, rounds=given.rounds)


if __name__ == "__main__":
    main()
