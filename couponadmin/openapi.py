"""The API's description of itself: what drf-spectacular cannot see in the views."""

import re
from typing import Any

from django.apps import apps
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from couponadmin import idempotency

IDEMPOTENCY_KEY = OpenApiParameter(
    idempotency.HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"},
    OpenApiParameter.HEADER,
    description="Sent again with the same request, it gets the first answer again.",
)
REFUSALS = {
    400: "Refused, with the number of the reason",
    401: "Not signed in",
    403: "Not permitted to this client",
    404: "No such thing",
    429: "Too many calls; `Retry-After` says when to call again",
    503: "The database does not answer",
}
REFUSALS_OF_WRITES = {
    409: "In conflict, or the first request with this key is still running",
    415: "Not JSON",
    422: "The key was sent before with another request",
}


class RefusalError(serializers.Serializer):
    status = serializers.BooleanField()
    code = serializers.IntegerField()
    message = serializers.CharField()


class Refusal(serializers.Serializer):
    errors = RefusalError(many=True)


class EnvelopeSchema(AutoSchema):
    """Adds to every operation what couponadmin.viewset does for every view."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            for status, words in (REFUSALS | self.refusals_of_writes()).items():
                refusal = OpenApiResponse(Refusal, description=words)
                response = self._get_response_for_code(refusal, str(status), ["application/json"])
                operation["responses"].setdefault(str(status), response)
        return operation

    def get_response_serializers(self) -> Any:
        """Unless the view says more: some object."""
        return OpenApiTypes.OBJECT

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A list of rows, too, is answered with an object around it."""
        return super()._is_list_view() if serializer is None else is_list_serializer(serializer)

    def _is_create_operation(self) -> bool:
        """Success is 200 for what was created, too; a view that answers 201 says so."""
        return False

    def refusals_of_writes(self) -> dict[int, str]:
        return REFUSALS_OF_WRITES if self.method in ("POST", "PUT") else {}

    def get_operation_id(self) -> str:
        """From method and path alone, so that it stays the same when other paths are added."""
        words = re.sub(r"[^A-Za-z0-9]+", "_", self.path.replace("{", "by_")).strip("_")
        return f"{self.method.lower()}_{words}"

    def get_summary(self) -> str:
        return self.get_description().partition("\n")[0].rstrip(".")

    def get_tags(self) -> list[str]:
        return [apps.get_containing_app_config(self.view.__module__).verbose_name]

    def get_override_parameters(self) -> list[OpenApiParameter]:
        repeatable = self.method in ("POST", "PUT") and self.view.get_authenticators()
        return [IDEMPOTENCY_KEY] if repeatable else []


class BasicScheme(OpenApiAuthenticationExtension):
    target_class = "couponadmin.auth.BasicClientAuthentication"
    name = "basic"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "basic", "description": "A client's id and secret"}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "couponadmin.auth.TokenClientAuthentication"
    name = ["bearer", "token"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "header", "name": "X-CAP-API-OAUTH-TOKEN"},
        ]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        """One of the two is enough."""
        return [{name: []} for name in self.name]
