"""Files that come with a request: streamed to disk, bounded, and told apart by their content."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from batches.files import digest
from couponadmin.errors import CouponError, ErrorCode

UNREADABLE = "The form cannot be read: {}"
TOO_LARGE = "file: The upload is too large: at most {} bytes"


def too_large() -> CouponError:
    return CouponError(ErrorCode.INPUT, TOO_LARGE.format(settings.MAX_UPLOAD_BYTES))


class UploadParser(MultiPartParser):
    """multipart/form-data; what is too large is refused before it is read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        sent = stream.META.get("CONTENT_LENGTH") or 0
        if int(sent) > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        try:
            return super().parse(stream, media_type, parser_context)
        except RequestDataTooBig:
            raise
        except (ParseError, SuspiciousOperation) as error:
            raise CouponError(ErrorCode.INPUT, UNREADABLE.format(error)) from None


@dataclass
class Fingerprint:
    """A request with an upload as `idempotency.claim_of` looks at it: its content in short.

    The bytes themselves are not at hand any more, and may be too many to hold.
    """

    request: Request

    def __getattr__(self, name: str) -> Any:
        return getattr(self.request, name)

    @property
    def body(self) -> bytes:
        total = hashlib.sha256()
        for name, values in sorted(self.request.data.lists()):
            for value in values:
                content = digest(value) if isinstance(value, UploadedFile) else value.encode()
                total.update(hashlib.sha256(name.encode()).digest())
                total.update(hashlib.sha256(content).digest())
        return total.digest()


def is_upload(request: Request) -> bool:
    return str(request.content_type).startswith("multipart/")
