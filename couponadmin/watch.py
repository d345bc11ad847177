"""What is noted about each request: a line in the log, and the counts for Prometheus."""

import logging
import time
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from couponadmin.auth import Principal
from couponadmin.logs import route_of
from couponadmin.metrics import IN_FLIGHT, LATENCY, RESPONSES

logger = logging.getLogger("couponadmin.request")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class WatchMiddleware:
    """Times, counts and logs a request once it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        IN_FLIGHT.inc()
        try:
            response = self.get_response(request)
        finally:
            IN_FLIGHT.dec()
        note(request, response, time.perf_counter() - start)
        return response


def note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    method, route = method_of(request), route_of(request)
    latency, responses = counts_of(method, route, response.status_code)
    latency.observe(seconds)
    responses.inc()
    if logger.isEnabledFor(logging.INFO):
        facts = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "client": client_of(request),
        }
        logger.info("request", extra={"facts": facts})


@lru_cache(maxsize=10_000)
def counts_of(method: str, route: str, status: int) -> tuple[Histogram, Counter]:
    """Looking them up takes as long as counting."""
    return LATENCY.labels(method, route), RESPONSES.labels(method, route, status)


def method_of(request: HttpRequest) -> str:
    """HTTP's methods are few; what else a client calls one is its own."""
    return request.method if request.method in METHODS else "OTHER"


def client_of(request: HttpRequest) -> str:
    """The API client's id; - for people, whom the history of the rows names."""
    user = getattr(request, "user", None)
    # Not isinstance: that would make Django read the session.
    return user.client.client_id if type(user) is Principal else "-"
