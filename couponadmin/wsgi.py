"""The web server's entry point."""

import os
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponadmin.settings")

django_application = get_wsgi_application()
BLOCK = 64 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django's application, which takes a body without Content-Length for an empty one.

    Clients that stream send such bodies in chunks.
    """
    if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" not in environ:
        return django_application(environ, start_response)
    with SpooledTemporaryFile(max_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE) as body:
        length = spool(environ["wsgi.input"], body, most(environ.get("CONTENT_TYPE", "")))
        environ |= {"CONTENT_LENGTH": str(length), "wsgi.input": body}
        return django_application(environ, start_response)


def most(content_type: str) -> int:
    """How many bytes of a body are read: those that are allowed and one more, so that a larger one
    is refused like any other that is too large."""
    is_form = content_type.lower().startswith("multipart/")
    return 1 + (settings.MAX_UPLOAD_BYTES if is_form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def spool(sent: IO[bytes], body: IO[bytes], limit: int) -> int:
    """Copies up to `limit` bytes to the body, which is then at its beginning; how many they are."""
    left = limit
    while block := sent.read(min(left, BLOCK)):
        body.write(block)
        left -= len(block)
    body.seek(0)
    return limit - left
