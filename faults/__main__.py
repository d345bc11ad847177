"""`make faults`, or some of them: `python -m faults [NAME ...]`. It takes about four minutes."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator

from couponadmin.embedded.supervisor import leave_on_signals
from faults.installation import CannotTry, Installation, running
from faults.trials import TRIALS, Outcome, attempt

HEAD = ("fault", "answered", "a second", "asked again", "pause", "lost", "doubled", "unanswered")
LINE = "{:<27}{:>9}{:>10}{:>13}{:>8}{:>6}{:>9}{:>12}  {}"


def main() -> None:
    """Try everything; end with status 1 if anything was lost, doubled or left unanswered."""
    parser = ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TRIALS))
    names = parser.parse_args().names or list(TRIALS)
    if unknown := set(names) - TRIALS.keys():
        parser.error(f"There is no fault {', '.join(unknown)}")
    leave_on_signals()
    print(LINE.format(*HEAD, ""), flush=True)
    try:
        with running() as installation:
            outcomes = [told(attempt(name, installation)) for name in possible(names, installation)]
    except CannotTry as reason:
        sys.exit(str(reason))
    print(summary(outcomes))
    sys.exit(any(not outcome.survived for outcome in outcomes))


def possible(names: list[str], installation: Installation) -> Iterator[str]:
    """Without what cannot be tried on this machine, which is told."""
    for name in names:
        if reason := TRIALS[name].missing(installation):
            print(f"{name:<27} not tried: {reason}", flush=True)
        else:
            yield name


def told(outcome: Outcome) -> Outcome:
    counts = (outcome.lost, outcome.doubled, outcome.unanswered, outcome.remark)
    speed, pause = f"{outcome.per_second:.0f}", f"{outcome.pause:.1f} s"
    line = (outcome.name, outcome.answered, speed, outcome.asked_again, pause, *counts)
    print(LINE.format(*line), flush=True)
    return outcome


def summary(outcomes: list[Outcome]) -> str:
    """The four figures that count."""
    answered = sum(outcome.answered for outcome in outcomes)
    survived = sum(outcome.survived for outcome in outcomes)
    return (
        f"\nCoupons answered under load: {answered}. Faults survived: {survived} of "
        f"{len(outcomes)}. Lost: {sum(o.lost for o in outcomes)}. "
        f"Doubled: {sum(o.doubled for o in outcomes)}."
    )


if __name__ == "__main__":
    main()
