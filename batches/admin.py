"""Batches in the admin: begun with a form, watched while they run, steered with buttons."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.decorators import display
from unfold.views import ChangeList

from batches import page_views
from batches.begin_forms import FILE, BatchForm
from batches.customer_admin import ManyCustomersAdmin
from batches.download_admin import DownloadAdmin
from batches.models import Batch, Chunk, Download
from batches.page_views import COLORS
from batches.permissions import PERMISSIONS
from batches.progress import progress, why_files_wait
from batches.tasks import ring
from couponadmin.filters import TimeRangeFilter
from couponadmin.list_export import Column
from couponadmin.long_lists import PlainChangeList
from couponadmin.plain_admin import KeptAdmin
from customers.models import Customer
from series.models import Series

# Who shall get coupons of a batch is chosen where customers are listed.
admin.site.unregister(Customer)
admin.site.register(Customer, ManyCustomersAdmin)
admin.site.register(Download, DownloadAdmin)

# A batch may have a thousand.
SERIES_SHOWN = 2
LABELS = {state.label: color for state, color in COLORS.items()}


def series_of(batches: Iterable[Batch]) -> dict[int, str]:
    """The names of the series that the list shows."""
    ids = {pk for batch in batches for pk in batch.series_ids[:SERIES_SHOWN]}
    return dict(Series.objects.filter(pk__in=ids).values_list("pk", "description"))


def sum_of(column: str) -> Subquery:
    """The sum over all chunks of a batch."""
    chunks = Chunk.objects.filter(batch=OuterRef("pk")).order_by().values("batch")
    return Subquery(chunks.annotate(sum=Sum(column)).values("sum"))


class BatchChangeList(PlainChangeList):
    """Looks up how far all batches of the page are, and of which series, with a query each."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = progress(self.result_list, now=timezone.now())
        self.result_list = [it.batch for it in shown]
        names = series_of(self.result_list)
        for it in shown:
            it.batch.shown = it
            it.batch.names = [names.get(pk, f"#{pk}") for pk in it.batch.series_ids[:SERIES_SHOWN]]


@admin.register(Batch)
class BatchAdmin(KeptAdmin):
    list_display = [
        *("name", "state_label", "bar", "issued", "refused", "series", "created_at", "who"),
    ]
    list_filter = ["state", "kind", ("created_at", TimeRangeFilter)]
    when_empty = "A batch gives coupons to many customers at once, from a file or by a filter."
    export_columns = [
        Column("batchId", lambda batch: batch.pk),
        Column("kind", lambda batch: batch.kind),
        Column("fileName", lambda batch: batch.file_name),
        Column("seriesIds", lambda batch: " ".join(map(str, batch.series_ids))),
        Column("state", lambda batch: batch.state),
        Column("total", lambda batch: batch.total),
        Column("issued", lambda batch: batch.sum_issued or 0),
        Column("refused", lambda batch: batch.sum_refused or 0),
        Column("createdAt", lambda batch: batch.created_at),
        Column("finishedAt", lambda batch: batch.finished_at),
        Column("by", lambda batch: str(batch.origin.user or batch.origin.client or "")),
    ]
    list_select_related = ["origin__user", "origin__client"]
    search_fields = ["=id", "file_name"]
    search_help_text = "The number of a batch, or a part of the file's name"
    sortable_by: list[str] = []
    # The page is a template of its own: there is nothing to fill in.
    fields = ["kind"]
    readonly_fields = ["kind"]

    class Media:
        css = {"all": ["admin/bar.css", "admin/batch.css"]}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Batch | None = None) -> bool:
        return request.user.has_perm("issuance.view_coupon")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return any(request.user.has_perms(needed) for needed in PERMISSIONS.values())

    def has_change_permission(self, request: HttpRequest, obj: Batch | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[BatchChangeList]:
        return BatchChangeList

    def get_urls(self) -> list[URLPattern]:
        protected = self.admin_site.admin_view
        pages = {
            "progress/": page_views.progress_of,
            "steer/<str:verb>/": page_views.steer,
            "coupons/<str:lever>/": page_views.pull,
            "download/<str:content>/<str:format>/": page_views.download,
        }
        return [
            *(
                path(f"<int:batch_id>/{tail}", protected(view), name=f"batches_{view.__name__}")
                for tail, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def listed(self, request: HttpRequest) -> ChangeList:
        """The list, and how much was issued and refused, which the page asks for by itself."""
        found = super().listed(request)
        sums = {f"sum_{name}": sum_of(name) for name in ("issued", "refused")}
        found.queryset = found.queryset.annotate(**sums)
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if Batch.objects.active().exists() and (trouble := why_files_wait(now=timezone.now())):
            self.message_user(request, trouble, messages.ERROR)
        return super().changelist_view(request, extra_context)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        series = request.GET.getlist("series")
        # The page of a series leads here to send a file.
        wanted = {"kind": request.GET.get("kind"), "series": series, "audience": series and FILE}
        form = BatchForm(
            request.POST or None, request.FILES or None, user=request.user, initial=wanted
        )
        if form.is_valid() and (batch := form.begin(now=timezone.now())):
            self.log_addition(request, batch, "Begun.")
            ring()
            return redirect("admin:batches_batch_change", batch.pk)
        context = self.admin_site.each_context(request) | {
            "title": "Begin a batch",
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/batches/batch/add.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        batch = self.get_object(request, unquote(object_id))
        context = page_views.page(batch, request.user, now=timezone.now()) if batch else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    @display(description="Batch", header=True)
    def name(self, batch: Batch) -> list[str]:
        return [str(batch), batch.get_kind_display()]

    @display(description="State", label=LABELS)
    def state_label(self, batch: Batch) -> str:
        return batch.get_state_display()

    @display(description="Done")
    def bar(self, batch: Batch) -> str:
        told = {"it": batch.shown, "name": str(batch)}
        return render_to_string("admin/batches/batch/bar.html", told)

    @display(description="Issued")
    def issued(self, batch: Batch) -> str:
        return f"{batch.shown.issued:,} of {batch.total:,}"

    @display(description="Refused")
    def refused(self, batch: Batch) -> str:
        return f"{batch.shown.refused:,}"

    @display(description="Series", empty_value="–")
    def series(self, batch: Batch) -> str | None:
        more = len(batch.series_ids) - len(batch.names)
        return (", ".join(batch.names) + (f" and {more:,} more" if more else "")) or None

    @display(description="By", empty_value="the system")
    def who(self, batch: Batch) -> Any:
        return batch.origin.user or batch.origin.client
