"""What answers about batches look like, for the OpenAPI description.

The answers themselves are plain dicts (`batches.shapes`).
"""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers as fields

from batches import serializers
from batches.exports import CONTENT_TYPES
from batches.models import Kind, State
from couponadmin.openapi import Refusal

PREFER = OpenApiParameter(
    "Prefer", str, OpenApiParameter.HEADER, description="`respond-async`: do it in the background."
)
FILE_REQUEST = {"multipart/form-data": serializers.FileSerializer}
HOLDERS_REQUEST = {"multipart/form-data": serializers.HoldersFileSerializer}
BATCH_REQUEST = {
    "application/json": serializers.BatchSerializer,
    "multipart/form-data": serializers.IssueFileSerializer,
}


class CountedReasonSchema(fields.Serializer):
    code = fields.IntegerField()
    message = fields.CharField()
    count = fields.IntegerField()


class DryRunSchema(fields.Serializer):
    """What a dry run found; `repeats`: lines whose customer or code an earlier line has, too."""

    rows = fields.IntegerField()
    issued = fields.IntegerField()
    created = fields.IntegerField()
    refused = fields.IntegerField()
    repeats = fields.IntegerField()
    reasons = CountedReasonSchema(many=True)


class BatchSchema(fields.Serializer):
    """`rate` is in lines per second, `eta` in seconds, null when unknown; lists have no `reasons`.

    `created`: how many of the issued are new. The others are `updated` (customers) or `existing`
    (coupons that were out, and are here already).
    """

    id = fields.IntegerField()
    kind = fields.ChoiceField(Kind.choices)
    state = fields.ChoiceField(State.choices)
    seriesIds = fields.ListField(child=fields.IntegerField())
    count = fields.IntegerField()
    fileName = fields.CharField()
    lines = fields.IntegerField()
    total = fields.IntegerField()
    issued = fields.IntegerField()
    refused = fields.IntegerField()
    created = fields.IntegerField(required=False)
    updated = fields.IntegerField(required=False)
    existing = fields.IntegerField(required=False)
    percent = fields.IntegerField()
    rate = fields.FloatField()
    eta = fields.IntegerField(allow_null=True)
    reasons = CountedReasonSchema(many=True, required=False)
    dryRun = DryRunSchema(allow_null=True)
    createdOn = fields.DateTimeField()
    startedOn = fields.DateTimeField(allow_null=True)
    finishedOn = fields.DateTimeField(allow_null=True)
    failure = fields.CharField(allow_null=True)
    warnings = fields.ListField(child=fields.CharField())


class BatchListSchema(fields.Serializer):
    batches = BatchSchema(many=True)
    total = fields.IntegerField()
    warnings = fields.ListField(child=fields.CharField())


class LineErrorSchema(fields.Serializer):
    status = fields.BooleanField()
    code = fields.IntegerField()
    message = fields.CharField()
    seriesId = fields.IntegerField(allow_null=True)
    count = fields.IntegerField()


class LineCouponSchema(fields.Serializer):
    code = fields.CharField()
    couponId = fields.IntegerField()
    seriesId = fields.IntegerField()


class LineSchema(fields.Serializer):
    line = fields.IntegerField()
    sent = fields.DictField(child=fields.CharField(allow_blank=True))
    coupons = LineCouponSchema(many=True, required=False)
    customerId = fields.IntegerField(required=False, allow_null=True)
    couponId = fields.IntegerField(required=False, allow_null=True)
    errors = LineErrorSchema(many=True)


class LinesSchema(fields.Serializer):
    lines = LineSchema(many=True)
    next = fields.IntegerField(allow_null=True)


LINES = {
    200: LinesSchema,
    **{(200, kind): OpenApiTypes.BINARY for kind in CONTENT_TYPES.values()},
    409: OpenApiResponse(Refusal, description="A file is asked for before the batch was started"),
}


class LeverSchema(fields.Serializer):
    """`validTill` is the last day at 00:00:00, `validTillDateTime` its last second of validity."""

    id = fields.IntegerField()
    pausedOn = fields.DateTimeField(allow_null=True)
    revokedOn = fields.DateTimeField(allow_null=True)
    validTill = fields.DateTimeField(allow_null=True)
    validTillDateTime = fields.DateTimeField(allow_null=True)


class WaitingLeverSchema(LeverSchema):
    warnings = fields.ListField(child=fields.CharField())


class ExtendSchema(LeverSchema):
    warnings = fields.ListField(child=fields.CharField())
