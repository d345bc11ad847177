"""What the database forbids, said in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from django.db import IntegrityError, transaction

from couponadmin.errors import CouponError, ErrorCode


@contextmanager
def explained(sentences: Mapping[str, str], *, status: int = 400) -> Iterator[None]:
    """Turns a violated constraint into the refusal that `sentences` has for its name.

    The database decides what is taken already; this only says it in a documented way.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        cause = error.__cause__
        name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
        if name not in sentences:
            raise
        raise CouponError(ErrorCode.INPUT, sentences[name], status=status) from None
