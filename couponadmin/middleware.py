"""What happens around every request: it gets an id, and its answer a content policy."""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

HEADER = "X-Request-ID"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")
current_request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdMiddleware:
    """Sets `request.id`; an id that could forge a log line is replaced by one of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get(HEADER, "")
        request.id = sent if ACCEPTABLE.fullmatch(sent) else uuid.uuid4().hex
        token = current_request_id.set(request.id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response[HEADER] = request.id
        return response


class ContentSecurityMiddleware(CSPMiddleware):
    """As django-csp's, which would build its two policies for answers that bring their own, too."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "Content-Security-Policy" in response:
            return response
        return super().process_response(request, response)


class RequestIdFilter(logging.Filter):
    """Gives every log record the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs refusals when the middleware is done; such records carry their request.
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "id", None) or current_request_id.get()
        return True
