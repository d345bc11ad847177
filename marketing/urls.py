"""Addresses of the pages of a series, inside the admin."""

from django.contrib import admin
from django.urls import path

from batches import approval_views
from marketing import download_views, overview_views, running_views

PAGES = {
    "overview": overview_views.overview_page,
    "issue": overview_views.issue_one,
    "extend": overview_views.extend,
    "extend_coupons": overview_views.extend_coupons,
    "revoke": overview_views.revoke_rest,
    "download": download_views.download,
}

ONE = "series/series/<int:series_id>"

urlpatterns = [
    path(
        "approvals/<int:approval_id>/<str:verb>/",
        admin.site.admin_view(approval_views.decide),
        name="approval_decide",
    ),
    path("running/", admin.site.admin_view(running_views.batches), name="running_batches"),
    *(
        path(f"{ONE}/{name}/", admin.site.admin_view(view), name=f"series_{name}")
        for name, view in PAGES.items()
    ),
]
