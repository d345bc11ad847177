"""The page for those who may not do what they tried: with the menu, for whoever is signed in."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views import defaults

from couponadmin.api import PREFIXES


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    user = getattr(request, "user", None)
    if request.path.startswith(PREFIXES) or not (user and user.is_active and user.is_staff):
        return defaults.permission_denied(request, exception)
    context = admin.site.each_context(request) | {"title": "You may not do this"}
    return TemplateResponse(request, "admin/forbidden.html", context, status=403)
