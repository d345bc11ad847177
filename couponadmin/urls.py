"""Every address of the platform."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from batches.facts import batch_facts
from batches.progress import worker_trouble
from couponadmin import docs, health, metrics_views, oauth, replica
from outbox.services import trouble

HINTS = [health.broker_trouble, worker_trouble, trouble, replica.trouble]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("marketing.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz, {"hints": HINTS}),
    path(
        "metrics", metrics_views.MetricsViewSet.as_view({"get": "read"}), {"facts": [batch_facts]}
    ),
    path("oauth/token", oauth.TokenViewSet.as_view({"post": "create"})),
    path("v3/oauth/token/generate", oauth.GenerateViewSet.as_view({"post": "create"})),
    path("v2/schema", docs.SchemaView.as_view(), name="schema"),
    path("v2/docs", docs.DocsView.as_view()),
    path("", include("customers.urls")),
    path("", include("series.urls")),
    # Before those of `issuance`: two calls of it may also be answered in the background.
    path("", include("batches.urls")),
    path("", include("issuance.urls")),
    path("", include("redemption.urls")),
]

handler400 = "couponadmin.api.bad_request"
handler403 = "couponadmin.plain_pages.forbidden"
handler404 = "couponadmin.api.not_found"
handler500 = "couponadmin.api.server_error"
