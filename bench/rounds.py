"""Takes every measure once a round, and says how the speeds compare."""

import os
import platform as machine
from collections.abc import Iterator, Sequence
from statistics import median

from django.db import connection

from bench.load import CONNECTIONS, CannotMeasure, Skipped
from bench.rows import ROWS, Measure, Row
from bench.server import platform
from bench.world import World, make_world

WARM_UP_SECONDS = 1
LINE = "{:<9}{:>6}  {:<12}{:>6}  {:<7}{:>9}  {:>9}  {}"
HEAD = LINE.format("row", "ratio", "min - max", "target", "", "ours/s", "other's/s", "what")

Round = dict[Measure, float | Skipped]


def run(names: Sequence[str], *, rounds: int, seconds: int) -> None:
    """Measure the rows with these names, all if none is given, and print a table."""
    rows = chosen(names, ROWS)
    busy = os.getloadavg()[0]
    with platform() as place:
        world = make_world(place, seconds=seconds)
        about = f"{this_machine()}, load {busy:.1f} before the start"
        taken = list(measured(world, rows, rounds))
    print(f"\n{about}\nMedians of {rounds} rounds of {seconds} s, {CONNECTIONS} connections\n")
    print_table(rows, taken)


def chosen(names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The rows with these names, or all."""
    known = {row.name: row for row in rows}
    if unknown := [name for name in names if name not in known]:
        raise CannotMeasure(f"No such row: {', '.join(unknown)}. There are {', '.join(known)}.")
    return [known[name] for name in names] or list(rows)


def print_table(rows: Sequence[Row], taken: Sequence[Round]) -> None:
    print("\n".join([HEAD, *(line(row, taken) for row in rows)]))


def measured(world: World, rows: Sequence[Row], rounds: int) -> Iterator[Round]:
    measures = list(dict.fromkeys(side for row in rows for side in (row.ours, row.against)))
    seconds, world.seconds = world.seconds, WARM_UP_SECONDS
    print("Warming up", flush=True)
    one_round(world, measures)
    world.seconds = seconds
    for number in range(1, rounds + 1):
        print(f"Round {number} of {rounds}", flush=True)
        yield one_round(world, measures)
        # The next one backwards: a machine that gets busier is then unfair to nobody.
        measures.reverse()


def one_round(world: World, measures: Sequence[Measure]) -> Round:
    return {measure: speed(world, measure) for measure in measures}


def speed(world: World, measure: Measure) -> float | Skipped:
    try:
        return measure(world)
    except Skipped as reason:
        return reason


def line(row: Row, taken: Sequence[Round]) -> str:
    """A row's line of the table."""
    sides = [[one[side] for one in taken] for side in (row.ours, row.against)]
    for reason in (speeds[0] for speeds in sides):
        if isinstance(reason, Skipped):
            return f"{row.name:<9}skipped: {reason}"
    ratios = [ours / against for ours, against in zip(*sides, strict=True)]
    ratio = median(ratios)
    target, verdict = "", ""
    if row.target is not None:
        target, verdict = f"{row.target:.2f}", "met" if ratio >= row.target else "MISSED"
    spread = f"{min(ratios):.2f} - {max(ratios):.2f}"
    speeds = (f"{median(speeds):,.0f}" for speeds in sides)
    return LINE.format(row.name, f"{ratio:.2f}", spread, target, verdict, *speeds, row.title)


def this_machine() -> str:
    """What the figures depend on."""
    major, minor = divmod(connection.pg_version, 10_000)
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, Python {machine.python_version()}, PostgreSQL {major}.{minor}"
