"""What PostgreSQL can hold and an answer can give back of what a client sent."""

import json
import math
import re
from typing import Any

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNSTORABLE_SENTENCE = "Null characters and lone surrogates are not allowed."
MAX_DEPTH = 10
# jsonb gives 1e300 back as an integer of 301 digits, which no JSON reader of 64 bits takes.
MAX_NUMBER = 2**63


def flaw(value: object, *, depth: int = MAX_DEPTH) -> str:
    """Why a JSON value cannot be stored and rendered again, in a sentence; empty if it can."""
    if isinstance(value, str):
        return UNSTORABLE_SENTENCE if UNSTORABLE.search(value) else ""
    if isinstance(value, int | float):
        fits = math.isfinite(value) and -MAX_NUMBER < value < MAX_NUMBER
        return "" if fits else "A number is out of range."
    if isinstance(value, dict | list):
        return flaw_inside(value, depth=depth - 1)
    return ""


def flaw_inside(values: dict[str, object] | list[object], *, depth: int) -> str:
    if depth < 0:
        return f"No more than {MAX_DEPTH} levels are allowed."
    parts = [*values.keys(), *values.values()] if isinstance(values, dict) else values
    return next(filter(None, (flaw(part, depth=depth) for part in parts)), "")


class StorableDecoder(json.JSONDecoder):
    """Reads JSON that people type: what cannot be stored is as invalid as a missing bracket."""

    def decode(self, s: str, *options: Any) -> Any:
        try:
            value = super().decode(s, *options)
        except (RecursionError, ValueError) as error:
            raise json.JSONDecodeError(str(error), s, 0) from None
        if sentence := flaw(value):
            raise json.JSONDecodeError(sentence, s, 0)
        return value
