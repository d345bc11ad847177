"""What `make run` starts when no server is named; only the settings and the run command look in."""


class CannotStart(Exception):
    """What stands in the way, in words for the person who typed `make run`."""
