"""The lists of the admin as CSV files: the rows that the filters leave, written while read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify
from unfold.decorators import action
from unfold.views import ChangeList

from couponadmin.replica import place_to_read
from couponadmin.tables import BYTE_ORDER_MARK, csv_text

ROWS_AT_ONCE = 2_000
# What a sheet can hold, without the header and the last line.
MOST_ROWS = 1_048_574
CUT = "Only the first {:,} rows are in this file. Narrow the list with its filters."


class Column(NamedTuple):
    """A column of a file: its name, what stands in it, and what somebody needs to get it."""

    name: str
    value: Callable[[Any], object]
    permission: str = ""


class ExportedLists:
    """Part of an admin: a button above its list that leads to the list as a file."""

    export_columns: Sequence[Column] = ()
    actions_list: Sequence[Any] = ["export"]

    def has_export_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(self.columns_for(request)) and self.has_view_permission(request)

    def columns_for(self, request: HttpRequest) -> list[Column]:
        """The columns that this person may take out of the system."""
        return [
            column
            for column in self.export_columns
            if not column.permission or request.user.has_perm(column.permission)
        ]

    @action(description="Export", permissions=["export"], icon="download")
    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """The rows that the list would show on all of its pages; who took them is logged."""
        rows = self.listed(request).queryset
        name = slugify(self.opts.verbose_name_plural)
        self.log_export(request)
        lines = written(rows.order_by(*self.export_order(request)), self.columns_for(request))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    def export_order(self, request: HttpRequest) -> list[str]:
        """By falling ids in any case; what stands before it must be the same in all rows."""
        return ["-pk"]

    def listed(self, request: HttpRequest) -> ChangeList:
        """The list that the page's address asks for; 400 if it asks for nonsense."""
        self.refuse_unstorable(request)
        try:
            return self.get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise BadRequest("There is no such filter.") from error

    def log_export(self, request: HttpRequest) -> None:
        chosen = request.GET.urlencode() or "the whole list"
        LogEntry.objects.create(
            user=request.user,
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=f"List of {self.opts.verbose_name_plural}",
            action_flag=CHANGE,
            change_message=f"Exported: {chosen}",
        )


def written(rows: QuerySet, columns: Sequence[Column]) -> Iterator[str]:
    """The file, lot by lot: neither memory nor a transaction grows with it."""
    yield BYTE_ORDER_MARK + csv_text([[column.name for column in columns]])
    count = 0
    for lot in lots(rows.using(place_to_read())):
        if count + len(lot) > MOST_ROWS:
            yield csv_text([[CUT.format(count)]])
            return
        count += len(lot)
        yield csv_text([column.value(row) for column in columns] for row in lot)


def lots(rows: QuerySet) -> Iterator[list[Model]]:
    """All rows, by falling ids, each lot found by where the one before it ended."""
    lot = list(rows[:ROWS_AT_ONCE])
    while lot:
        yield lot
        lot = list(rows.filter(pk__lt=lot[-1].pk)[:ROWS_AT_ONCE])
