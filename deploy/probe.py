"""`python deploy/probe.py URL`: ends with 0 if the address answers 200, else with 1 and why."""

import sys
import urllib.error
import urllib.request


def main(url: str) -> str | None:
    """What is wrong, for sys.exit; None if nothing is."""
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:  # nosec B310: an operator's URL
            return None if answer.status == 200 else f"{url} answers {answer.status}"
    except (OSError, urllib.error.URLError) as error:
        return f"{url} does not answer: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
