"""/metrics, for Prometheus; for nobody else, because it tells how business is."""

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from rest_framework.request import Request

from couponadmin.auth import ClientPermission
from couponadmin.metrics import forget_the_dead
from couponadmin.viewset import ApiViewSet

# A proxy on the same machine asks for others, and says so by one of these.
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_VIA",
)
Facts = Callable[[], Iterable[Metric]]


class Watcher(ClientPermission):
    """An API client that may, or a program on this machine that asks without a proxy."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.user is None:
            return is_local(request.META)
        return super().has_permission(request, view)


def is_local(meta: dict[str, Any]) -> bool:
    try:
        loopback = ip_address(meta.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return loopback and not any(name in meta for name in FORWARDED)


@extend_schema(exclude=True)
class MetricsViewSet(ApiViewSet):
    """The counts in the text format of Prometheus; `facts` are read from the database."""

    permission_classes = (Watcher,)
    throttle_classes = ()
    permission_for = {"read": "couponadmin.view_metrics"}

    def read(self, request: Request, facts: Iterable[Facts] = ()) -> HttpResponse:
        forget_the_dead()
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        for one in facts:
            registry.register(Reader(one))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Reader:
    """What prometheus_client calls a collector; it reads nothing until it is asked."""

    def __init__(self, collect: Facts) -> None:
        self.collect = collect

    def describe(self) -> list[Metric]:
        return []
