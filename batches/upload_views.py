"""The door through which background work begins: files, JSON, and the documented calls."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from batches import openapi, requests, serializers, shapes
from batches.intake import Order, from_file
from batches.models import Batch, Kind
from batches.permissions import PERMISSIONS
from batches.progress import progress, worker_trouble
from batches.tasks import ring
from batches.uploads import Fingerprint, UploadParser, is_upload
from batches.views import answer_of, refuse_without
from couponadmin import idempotency
from couponadmin.api import JSONParser
from couponadmin.viewset import ApiViewSet
from customers.services import resolve
from issuance.openapi import BulkSchema, MultipleSchema
from issuance.serializers import SourceSerializer
from issuance.views import IssueViewSet

LOCATION = "/v2/coupon/batches/{}"


class BackgroundViewSet(ApiViewSet):
    """What all doors to background work share."""

    def accepted(self, batch: Batch) -> Response:
        """202, and where to look how far it is."""
        ring()
        headers = {
            "Location": LOCATION.format(batch.pk),
            "Preference-Applied": "respond-async",
        }
        return Response(answer_of(batch), status=202, headers=headers)

    def order(self, kind: Kind, data: dict[str, Any], series_ids: list[int]) -> Order:
        client = self.request.user.client
        return requests.order_of(kind, data, client_id=client.pk, series_ids=series_ids)


class UploadViewSet(BackgroundViewSet):
    """Batches that begin with a file, or with JSON that names the customers."""

    parser_classes = [JSONParser, UploadParser]
    permission_for = {
        "create": PERMISSIONS[Kind.ISSUE],
        "list": "issuance.view_coupon",
        "customers": PERMISSIONS[Kind.CUSTOMERS],
        "codes": PERMISSIONS[Kind.CODES],
        "holders": PERMISSIONS[Kind.HOLDERS],
    }

    def answer(self) -> HttpResponse:
        """As all views do it; only the key of an upload stands for its content in short."""
        has_key = self.request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in self.request.META
        if not has_key or not is_upload(self.request):
            return super().answer()
        claim = idempotency.claim_of(Fingerprint(self.request), now=timezone.now())
        return idempotency.answer_once(claim, work=self.work, refuse=self.refuse)

    @extend_schema(request=openapi.BATCH_REQUEST, responses={202: openapi.BatchSchema})
    def create(self, request: Request) -> Response:
        """Issue coupons to many customers in the background.

        As JSON, or as multipart/form-data with a CSV or XLSX file of customers.
        """
        if is_upload(request):
            data = self.validated(serializers.IssueFileSerializer, request.data)
            return self.of_file(Kind.ISSUE, data, data["series_ids"])
        data = self.validated(serializers.BatchSerializer, request.data)
        order = self.order(Kind.ISSUE, data | self.switches(data), data["seriesIds"])
        if "filter" in data:
            batch = requests.batch_of_filter(order, data["filter"], now=timezone.now())
        else:
            batch = requests.batch_of_references(order, data["customers"], now=timezone.now())
        return self.accepted(batch)

    @extend_schema(request=openapi.FILE_REQUEST, responses={202: openapi.BatchSchema})
    def customers(self, request: Request) -> Response:
        """Create customers, or update them by identifier, from a CSV or XLSX file."""
        data = self.validated(serializers.FileSerializer, request.data)
        return self.of_file(Kind.CUSTOMERS, data, [])

    @extend_schema(request=openapi.FILE_REQUEST, responses={202: openapi.BatchSchema})
    def codes(self, request: Request, series_id: int) -> Response:
        """Upload codes of one's own for a series with clientHandlingType DISC_CODE_PIN."""
        data = self.validated(serializers.FileSerializer, request.data)
        return self.of_file(Kind.CODES, data, [series_id])

    @extend_schema(request=openapi.HOLDERS_REQUEST, responses={202: openapi.BatchSchema})
    def holders(self, request: Request, series_id: int) -> Response:
        """Move coupons of another system here, each to the customer who holds it.

        As a CSV or XLSX file, for a series that is not GENERIC. No webhook hears of them.
        """
        data = self.validated(serializers.HoldersFileSerializer, request.data)
        return self.of_file(Kind.HOLDERS, data, [series_id])

    def of_file(self, kind: Kind, data: dict[str, Any], series_ids: list[int]) -> Response:
        order = self.order(kind, data | self.switches(data), series_ids)
        file, identifier = data["file"], data.get("customerIdentifier", "")
        batch = from_file(order, file, name=file.name, identifier=identifier, now=timezone.now())
        return self.accepted(batch)

    def switches(self, data: dict[str, Any]) -> dict[str, bool]:
        """What the body or the query switches on."""
        query = self.validated(serializers.SwitchesSerializer, self.request.query_params.dict())
        return {name: data[name] or query[name] for name in ("dryRun", "force")}

    @extend_schema(parameters=[serializers.PageSerializer], responses=openapi.BatchListSchema)
    def list(self, request: Request) -> Response:
        """List batches, the newest first."""
        page = self.validated(serializers.PageSerializer, request.query_params.dict())
        batches = Batch.objects.all()[page["offset"] : page["offset"] + page["limit"]]
        now = timezone.now()
        shown = progress(batches, now=now)
        total, trouble = Batch.objects.count(), worker_trouble(now=now)
        return Response(shapes.list_object(shown, total, trouble))


class IssueInBackgroundViewSet(IssueViewSet, BackgroundViewSet):
    """The documented calls; with `Prefer: respond-async` for more than they take at once."""

    @extend_schema(
        request=serializers.IssueManySerializer,
        parameters=[openapi.PREFER],
        responses={200: MultipleSchema, 202: openapi.BatchSchema},
    )
    def multiple(self, request: Request) -> Response:
        """Issue up to 500 coupons of a series; in the background up to 100,000."""
        if not prefers_background(request):
            return super().multiple(request)
        refuse_without(request, Kind.ISSUE)
        data = self.validated(serializers.IssueManySerializer, request.data)
        customer, count = resolve(data["customer"]), data.pop("count")
        order = self.order(Kind.ISSUE, data, data["series_ids"])
        return self.accepted(requests.batch_for_one(order, customer, count, now=timezone.now()))

    @extend_schema(
        request=serializers.BulkManySerializer,
        parameters=[openapi.PREFER, SourceSerializer],
        responses={200: BulkSchema, 202: openapi.BatchSchema},
    )
    def bulk(self, request: Request) -> Response:
        """Issue one coupon of each series; in the background to many customers."""
        if not prefers_background(request):
            return super().bulk(request)
        refuse_without(request, Kind.ISSUE)
        query = self.validated(SourceSerializer, request.query_params)
        data = self.validated(serializers.BulkManySerializer, request.data)
        order, customers = (
            self.order(Kind.ISSUE, data | query, data["seriesIds"]),
            data["customers"],
        )
        return self.accepted(requests.batch_of_references(order, customers, now=timezone.now()))


def prefers_background(request: Request) -> bool:
    """Whether the client asked not to wait (RFC 7240)."""
    wishes = request.headers.get("Prefer", "").split(",")
    return "respond-async" in (wish.partition(";")[0].strip().lower() for wish in wishes)
