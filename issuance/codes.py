"""Where codes come from: generated here, shared by a GENERIC series, or uploaded beforehand."""

import os
from functools import lru_cache

from series.codespace import affixes, alphabet, code_length
from series.models import ClientHandling, Series


def make(series: Series, count: int) -> list[str] | None:
    """Codes for `count` coupons of the series; None where uploaded ones are to be taken."""
    match series.client_handling_type:
        case ClientHandling.GENERIC:
            return [series.generic_code] * count
        case ClientHandling.DISC_CODE_PIN:
            return None
        case _:
            return generate(series, count)


def generate(series: Series, count: int) -> list[str]:
    """Make `count` codes of the series' form; whether they are free, the ledger finds out."""
    prefix, suffix = affixes(series)
    size = code_length(series)
    letters = random_letters(alphabet(series), size * count)
    return [prefix + letters[at : at + size] + suffix for at in range(0, len(letters), size)]


def random_letters(letters: str, count: int) -> str:
    """`count` of `letters` (ASCII, at most 256), equally likely, from the system's secure source.

    One read of random bytes serves all codes of a call: a hundred times faster than a choice
    per letter, and as hard to guess.
    """
    table, biased = _translation(letters)
    made = b""
    while len(made) < count:
        made += os.urandom((count - len(made)) * 5 // 4 + 8).translate(table, biased)
    return made[:count].decode("ascii")


@lru_cache
def _translation(letters: str) -> tuple[bytes, bytes]:
    """Byte to letter, and the bytes to drop because they would favour the first letters."""
    fair = 256 - 256 % len(letters)
    table = bytes(ord(letters[byte % len(letters)]) for byte in range(256))
    return table, bytes(range(fair, 256))
