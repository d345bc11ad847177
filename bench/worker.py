"""A worker as the batches' measures want it: up before there is work, gone when its input ends."""

import select
import sys
import time

import django
from django.utils.module_loading import import_string

IDLE_SECONDS = 0.02
TURN_SECONDS = 2


def main() -> None:
    """Take turns; says `ready` once the first is over."""
    django.setup()
    turn = import_string("batches.engine.turn")
    clock = import_string("django.utils.timezone.now")
    turn(clock=clock, seconds=TURN_SECONDS)
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        if not turn(clock=clock, seconds=TURN_SECONDS):
            time.sleep(IDLE_SECONDS)


if __name__ == "__main__":
    main()
