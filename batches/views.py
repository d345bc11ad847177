"""The door for services: batches are begun, watched, steered and read."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from batches import exports, levers, lists, openapi, serializers, services, shapes
from batches.approvals import Asker, told
from batches.models import Batch, Kind
from batches.permissions import PERMISSIONS, BatchPermission
from batches.progress import progress, reasons, worker_trouble
from batches.tasks import ring
from couponadmin.viewset import ApiViewSet


class BatchViewSet(ApiViewSet):
    """Batches that are there already."""

    permission_classes = [BatchPermission]
    permission_for = {
        "retrieve": "issuance.view_coupon",
        "lines": "issuance.view_coupon",
        "pull": "issuance.change_coupon",
        "extend": "issuance.change_coupon",
    }

    @extend_schema(responses=openapi.BatchSchema)
    def retrieve(self, request: Request, batch_id: int) -> Response:
        """How far a batch is."""
        return Response(answer_of(get_object_or_404(Batch, pk=batch_id)))

    @extend_schema(parameters=[serializers.LinesSerializer], responses=openapi.LINES)
    def lines(self, request: Request, batch_id: int) -> HttpResponse:
        """The lines that were refused, or issued: a page of them, or all as CSV or XLSX."""
        query = self.validated(serializers.LinesSerializer, request.query_params.dict())
        batch = get_object_or_404(Batch, pk=batch_id)
        if query["format"] != "json":
            client = request.user.client
            download = exports.begin(
                batch, query["state"], query["format"], now=timezone.now(), client=client
            )
            return exports.response(download)
        page = lists.PAGES[query["state"]](batch, after=query["after"], limit=query["limit"])
        return Response(shapes.lines_object(batch, page))

    @extend_schema(request=None, responses=openapi.BatchSchema)
    def steer(self, request: Request, batch_id: int, verb: str) -> Response:
        """Start what was checked, pause, resume, cancel, or retry what was refused."""
        batch = get_object_or_404(Batch, pk=batch_id)
        refuse_without(request, Kind(batch.kind))
        services.DEEDS[verb](batch.pk, now=timezone.now(), asker=self.asker())
        ring()
        return Response(answer_of(Batch.objects.get(pk=batch_id)))

    @extend_schema(
        request=None, responses={200: openapi.LeverSchema, 202: openapi.WaitingLeverSchema}
    )
    def pull(self, request: Request, batch_id: int, lever: str) -> Response:
        """Pause, release or revoke all unredeemed coupons of a batch, at once.

        202: a second person has to approve it first.
        """
        batch = get_object_or_404(Batch.objects.select_related("origin"), pk=batch_id)
        waits = levers.LEVERS[lever](batch, now=timezone.now(), asker=self.asker())
        answer = shapes.lever_object(batch)
        return Response(answer | {"warnings": [waits]}, status=202) if waits else Response(answer)

    def asker(self) -> Asker:
        return Asker(client_id=self.request.user.client.pk)

    @extend_schema(request=serializers.ExtendSerializer, responses=openapi.ExtendSchema)
    def extend(self, request: Request, batch_id: int) -> Response:
        """Let all coupons of a batch be valid until that moment, or the end of that day, at least.

        `validTill` at midnight in the server's zone means the day, as answers have it.
        """
        until = self.validated(serializers.ExtendSerializer, request.data)["validTill"]
        batch = get_object_or_404(Batch.objects.select_related("origin"), pk=batch_id)
        in_vain = levers.extend_coupons(batch, until=until, now=timezone.now())
        warnings = [in_vain] if in_vain else []
        return Response(shapes.lever_object(batch) | {"warnings": warnings})


def refuse_without(request: Request, kind: Kind) -> None:
    """403 for a client that lacks one of the permissions for this kind of batch."""
    for needed in PERMISSIONS[kind]:
        if needed not in request.user.permissions:
            raise PermissionDenied(f"This API client lacks the permission {needed}.")


def answer_of(batch: Batch) -> dict[str, Any]:
    now = timezone.now()
    [shown] = progress([batch], now=now)
    answer = shapes.batch_object(shown, reasons(batch), worker_trouble(now=now))
    return answer | {"warnings": answer["warnings"] + told(batch)}
