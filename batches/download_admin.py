"""Lists of batches that left the system, to be looked at: who took which, and its checksum."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from batches.models import Download
from couponadmin.filters import TimeRangeFilter
from couponadmin.list_export import Column
from couponadmin.plain_admin import ReadOnlyAdmin


class DownloadAdmin(ReadOnlyAdmin):
    """For whoever may read the log: API clients take lists, too, and are not in it."""

    list_display = ["started_at", "who", "batch", "content", "format", "rows", "checksum"]
    fields = ["started_at", "who", "batch", "content", "format", "rows", "sha256"]
    list_filter = [
        ("started_at", TimeRangeFilter),
        ("user", AutocompleteSelectFilter),
        ("client", AutocompleteSelectFilter),
    ]
    list_select_related = ["batch", "user", "client"]
    search_fields = ["=batch__id"]
    search_help_text = "The number of a batch"
    sortable_by: Iterable[str] = ()
    show_facets = admin.ShowFacets.NEVER
    when_empty = "Whoever takes the issued or refused lines of a batch as a file is listed here."
    export_columns = [
        Column("startedAt", lambda download: download.started_at),
        Column("user", lambda download: download.user),
        Column("client", lambda download: download.client),
        Column("batchId", lambda download: download.batch_id),
        Column("content", lambda download: download.content),
        Column("format", lambda download: download.format),
        Column("rows", lambda download: download.rows),
        Column("sha256", lambda download: download.sha256),
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Download | None = None) -> bool:
        return request.user.has_perm("admin.view_logentry")

    @display(description="who")
    def who(self, download: Download) -> Any:
        return download.user or download.client

    @display(description="SHA-256")
    def checksum(self, download: Download) -> str:
        return f"{download.sha256[:12]}…" if download.sha256 else "not complete"
