"""What every endpoint of the API shares."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from couponadmin import idempotency
from couponadmin.api import rendered

HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'"}


class ApiViewSet(GenericViewSet):
    """What every endpoint extends. Handlers return `Response(<plain dict>)` or raise.

    `permission_for` names the permissions that each action needs (couponadmin.auth),
    `throttle_scope` what the rate limit counts together (couponadmin.throttle).
    """

    permission_for: dict[str, str | tuple[str, ...]] = {}
    throttle_scope = "other"
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As DRF's, but the answer is rendered here: its bytes belong to the transaction."""
        # JSON and addresses are UTF-8; a Content-Type may name charsets that Python cannot read.
        request._encoding = None
        self.request = self.initialize_request(request, *args, **kwargs)
        # DRF would answer OPTIONS by itself; here a method that no action serves gets 405.
        self.action = self.action_map.get(request.method.lower())
        try:
            self.initial(self.request, *args, **kwargs)
            response = self.answer()
        except Exception as exc:
            response = self.refuse(exc)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    def answer(self) -> HttpResponse:
        if not self.is_repeatable():
            return self.work()
        claim = idempotency.claim_of(self.request, now=timezone.now())
        return idempotency.answer_once(claim, work=self.work, refuse=self.refuse)

    def is_repeatable(self) -> bool:
        """A write that came with a key. A key is a client's own: who need not sign in has none."""
        sent = "HTTP_IDEMPOTENCY_KEY" in self.request.META and self.request.user is not None
        return sent and self.action is not None and self.request.method in ("POST", "PUT")

    def work(self) -> HttpResponse:
        handler = getattr(self, self.action or "http_method_not_allowed")
        return rendered(handler(self.request, *self.args, **self.kwargs))

    def refuse(self, exc: Exception) -> HttpResponse:
        return rendered(self.handle_exception(exc))

    def validated(self, serializer_class: type[Serializer], data: Any) -> dict[str, Any]:
        """What the serializer makes of the data; 756 for each member that it refuses."""
        return reader(serializer_class).run_validation(data)


@cache
def reader(serializer_class: type[Serializer]) -> Serializer:
    """One serializer for all requests: it keeps nothing of them, and making it takes longer."""
    return serializer_class()
