"""Whom the lines of a chunk mean: all of them with one statement per identifier."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.conf import settings
from django.db import connection

from batches.lines import cell
from couponadmin.arrays import of_texts
from customers import identifiers

# The id of a customer who was merged into another names that other.
FIND = """
SELECT {column}, COALESCE(merged_into_id, id) FROM customers_customer
WHERE {column} = ANY(%s::{type}[])
"""

EMPTY = "{}"
Ids = Mapping[str, int]


def customer_ids(rows: Sequence[list[str]], mapping: Mapping[str, int]) -> list[int | None]:
    """For each row the customer whom all of its identifiers name; None where there is no such."""
    named = [
        by_text([cell(row, at) for row in rows], member)
        for member, at in mapping.items()
        if member in FINDERS
    ]
    if len(named) == 1:
        return [pk or None for pk in named[0]]
    return [the_one(ids) for ids in zip(*named, strict=True)]


def by_text(texts: list[str], member: str) -> list[int | None]:
    """The customers that texts of one column name; 0 = nobody, None = nothing given."""
    found = FINDERS[member]({text for text in texts if text})
    return [found.get(text, 0) if text else None for text in texts]


def the_one(ids: tuple[int | None, ...]) -> int | None:
    given = {pk for pk in ids if pk is not None}
    return given.pop() or None if len(given) == 1 else None


def by_mobile(texts: Iterable[str]) -> Ids:
    # What is stored is in normal form, so a text that is found as it is needs no normalising,
    # which takes longer than all the rest of a line.
    found = find("mobile", texts)
    missing = {text for text in texts if text not in found}
    return found | by_normal_form("mobile", missing, read_mobile)


def read_mobile(text: str) -> str | None:
    return identifiers.read_mobile(text, region=settings.COUNTRY_CODE_REGION)


def by_email(texts: Iterable[str]) -> Ids:
    return by_normal_form("email", texts, identifiers.read_email)


def by_external_id(texts: Iterable[str]) -> Ids:
    return by_normal_form("external_id", texts, identifiers.read_external_id)


def by_id(texts: Iterable[str]) -> Ids:
    return by_normal_form("id", texts, identifiers.read_id)


def by_normal_form(
    column: str, texts: Iterable[str], read: Callable[[str], int | str | None]
) -> Ids:
    normal = {text: read_or_none(text, read) for text in texts}
    found = find(column, {value for value in normal.values() if value is not None})
    return {text: found[value] for text, value in normal.items() if value in found}


def read_or_none(text: str, read: Callable[[str], int | str | None]) -> int | str | None:
    """A text that cannot be an identifier names nobody."""
    try:
        return read(text)
    except ValueError:
        return None


def find(column: str, values: Iterable[int | str]) -> dict:
    wanted = of_texts(map(str, values))
    if wanted == EMPTY:
        return {}
    kind = "bigint" if column == "id" else "text"
    with connection.cursor() as cursor:
        cursor.execute(FIND.format(column=column, type=kind), [wanted])
        return dict(cursor.fetchall())


FINDERS: dict[str, Callable[[Iterable[str]], Ids]] = {
    "id": by_id,
    "mobile": by_mobile,
    "external_id": by_external_id,
    "email": by_email,
}
