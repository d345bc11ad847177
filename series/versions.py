"""What was changed from one version of a series to the next, in the words of its form."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from series.serializers import columns_by_member
from series.values import Names, in_words, names_of
from series.words import WORDS

COLUMNS = columns_by_member().values()


class Changed(NamedTuple):
    """What the form calls it, and what stood there before and after."""

    name: str
    before: str
    after: str


def tell_changes(versions: Sequence[Any]) -> None:
    """Puts `told` on each version, newest first: what it changed; the first of all changed nothing.

    A page that is not the last ends with a version whose predecessor is on the next.
    """
    known = list(versions)
    if known and (earlier := known[-1].prev_record):
        known.append(earlier)
    names = names_of(known)
    for after, before in pairwise(known):
        after.told = changes(before, after, names)


def changes(before: Any, after: Any, names: Names) -> list[Changed]:
    return [
        Changed(
            WORDS[column][0],
            in_words(before, column, names),
            in_words(after, column, names),
        )
        for column in COLUMNS
        if getattr(before, column) != getattr(after, column)
    ]
