"""How much slower a large platform is than a small one, asked in turns."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import pages, till_statements, tills
from bench.twins import Size, twins

SMALL = Size(coupons=10_000, customers=1_000)


def run(
    home: Path, *, parts: Sequence[str], coupons: int, customers: int, rounds: int, seconds: int
) -> None:
    """Print a table for each part."""
    with twins(home, small=SMALL, large=Size(coupons, customers)) as (both, server):
        print(f"{coupons:,} coupons beside {SMALL.coupons:,}, medians of {rounds} rounds")
        tables = {
            "tills": lambda: tills.table(both, rounds),
            "statements": lambda: till_statements.table(
                both[1], server, rounds=rounds, seconds=seconds
            ),
            "pages": lambda: pages.table(both, rounds, server.log),
        }
        for part in parts:
            show(tables[part]())


def show(lines: Iterable[str]) -> None:
    print(f"\nload {os.getloadavg()[0]:.1f} before the start", flush=True)
    for line in lines:
        print(line, flush=True)
