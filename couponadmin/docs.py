"""The API's description as a file, and as a page to try it on."""

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class FormatOrAccept(DefaultContentNegotiation):
    """`?format=yaml` for people, `Accept` for programs."""

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if wanted := request.query_params.get("format"):
            renderer = self.filter_renderers(renderers, wanted)[0]
            return renderer, renderer.media_type
        return super().select_renderer(request, renderers)


class SchemaView(SpectacularAPIView):
    http_method_names = ["get", "head"]
    content_negotiation_class = FormatOrAccept
    throttle_classes = ()
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiYamlRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
    ]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from the platform's own files; no other host is asked."""

    http_method_names = ["get", "head"]
    throttle_classes = ()
