"""The API's description as a file, and as a page to try it on."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

MAX_AGE = 300


class FormatOrAccept(DefaultContentNegotiation):
    """`?format=yaml` for people, `Accept` for programs."""

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if wanted := request.query_params.get("format"):
            renderer = self.filter_renderers(renderers, wanted)[0]
            return renderer, renderer.media_type
        return super().select_renderer(request, renderers)


@method_decorator(conditional_page, name="dispatch")
class SchemaView(SpectacularAPIView):
    """For everybody, as often as they like: it is made once in the life of a process."""

    http_method_names = ["get", "head"]
    content_negotiation_class = FormatOrAccept
    throttle_classes = ()
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiYamlRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
    ]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer = request.accepted_renderer
        named = f'inline; filename="coupon-platform.{renderer.format}"'
        headers = {"Content-Disposition": named, "Cache-Control": f"public, max-age={MAX_AGE}"}
        kind = f"{renderer.media_type}; charset=utf-8"
        return HttpResponse(written(type(renderer)), content_type=kind, headers=headers)


@cache
def written(renderer: type[BaseRenderer]) -> bytes:
    """The whole description, which nothing but another version of the program changes."""
    described = SchemaView.generator_class().get_schema(public=True)
    return renderer().render(described, renderer_context={})


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from the platform's own files; no other host is asked."""

    http_method_names = ["get", "head"]
    throttle_classes = ()
