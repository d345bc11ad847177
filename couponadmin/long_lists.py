"""Lists of any length: counted a little, estimated beyond, and never walked through."""

from functools import cached_property
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.core.paginator import Paginator
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.views import ChangeList


class EstimatedCountPaginator(Paginator):
    """Never counts a large table: up to COUNTED rows exactly, above by PostgreSQL's estimate.

    A filtered list of more rows is "more than COUNTED". Pages end at MAX_PAGES: whoever looks
    for row 20,000 searches, and skipping ten million rows takes seconds.
    """

    COUNTED = 10_000
    MAX_PAGES = 100
    template_name = "admin/estimated_pagination.html"

    @cached_property
    def counted(self) -> int:
        return self.object_list.order_by()[: self.COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        if self.counted <= self.COUNTED or self.object_list.query.where:
            return self.counted
        return max(self.counted, estimated_rows(self.object_list.model))

    @cached_property
    def count_text(self) -> str:
        """`17`, `about 1,234,567` or `more than 10,000`."""
        if self.counted <= self.COUNTED:
            return f"{self.count:,}"
        about = self.count > self.counted
        return f"about {self.count:,}" if about else f"more than {self.COUNTED:,}"

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, self.MAX_PAGES)


def estimated_rows(model: type[models.Model]) -> int:
    """How many rows the table had when PostgreSQL looked last; -1 if it never did."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


class PlainChangeList(ChangeList):
    """Offers to show all rows only where a filter hides some, and says how many are left only
    where they were counted."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        chosen = self.query or self.has_active_filters
        if not chosen or self.result_count > EstimatedCountPaginator.COUNTED:
            self.full_result_count = self.result_count


class OpensOneHit:
    """Part of an admin whose search is for whole names: what only one row has opens its page."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        # With a filter, or on a second page, somebody is looking at a list.
        only_searched = request.method == "GET" and set(request.GET) == {SEARCH_VAR}
        if not only_searched or not isinstance(response, TemplateResponse):
            return response
        changes = response.context_data["cl"]
        found = list(changes.result_list) if changes.query.strip() else []
        return redirect(changes.url_for_result(found[0])) if len(found) == 1 else response
