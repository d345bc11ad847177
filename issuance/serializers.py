"""What requests must look like: the members of the documented tables, by their documented names."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from couponadmin.errors import CouponError, ErrorCode
from couponadmin.numbers import BIGGEST_ID, WholeField
from customers.serializers import CustomerReferenceField
from issuance.asks import Purpose

MOST_COUPONS = 500
MOST_SERIES = 50


class SeriesIdField(WholeField):
    """A series id; whether there is such a series, the engine finds out (707)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=-BIGGEST_ID, max_value=BIGGEST_ID, **options)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "format": "int64"},
            {
                "type": "array",
                "items": {"type": "integer", "format": "int64"},
                "minItems": 1,
                "maxItems": MOST_SERIES,
            },
        ]
    }
)
class SeriesIdsField(serializers.Field):
    """One series id or a list of them; gives a list."""

    def to_internal_value(self, data: Any) -> list[int]:
        ids = data if isinstance(data, list) else [data]
        if not 1 <= len(ids) <= MOST_SERIES:
            raise serializers.ValidationError(f"Give 1 to {MOST_SERIES} series.")
        field = SeriesIdField()
        return [field.run_validation(one) for one in ids]


class MetadataSerializer(serializers.Serializer):
    """Who asked and why. Source: `metadata` of "Issue bulk coupons" of the v2 API."""

    sourceType = serializers.CharField(max_length=50, required=False, allow_blank=True)
    sourceId = serializers.CharField(max_length=50, required=False, allow_blank=True)
    sourceActivity = serializers.CharField(max_length=50, required=False, allow_blank=True)
    notes = serializers.CharField(max_length=250, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=250, required=False, allow_blank=True)


class IssueSerializer(serializers.Serializer):
    """Request of "Issue single coupon" of the v2 API."""

    seriesId = SeriesIdField()
    customer = CustomerReferenceField()


class IssueMultipleSerializer(serializers.Serializer):
    """Request of "Issue multiple coupons" of the v2 API: both `seriesId` members mean the same."""

    seriesId = SeriesIdsField(required=False)
    seriesIds = SeriesIdsField(required=False)
    count = WholeField(default=1)
    customer = CustomerReferenceField()
    metadata = MetadataSerializer(required=False, allow_null=True)

    def validate_count(self, count: int) -> int:
        if count <= 0:
            raise CouponError(ErrorCode.INPUT, "count should be greater than 0")
        if count > MOST_COUPONS:
            raise CouponError(ErrorCode.COUNT)
        return count

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        ids = data.pop("seriesId", None), data.pop("seriesIds", None)
        if ids == (None, None):
            raise CouponError(ErrorCode.INPUT, "seriesId is mandatory to set")
        if None not in ids and ids[0] != ids[1]:
            raise serializers.ValidationError({"seriesIds": "Differs from seriesId."})
        return data | {"series_ids": ids[0] or ids[1]}


class BulkIssueSerializer(serializers.Serializer):
    """Request of "Issue bulk coupons" of the v2 API."""

    seriesIds = SeriesIdsField()
    customer = CustomerReferenceField()
    metadata = MetadataSerializer(required=False, allow_null=True)


class SourceSerializer(serializers.Serializer):
    """Query parameter of "Issue bulk coupons"."""

    source = serializers.CharField(max_length=50, required=False, allow_blank=True)


def purpose(*, client_id: int, metadata: dict[str, str] | None, source: str = "") -> Purpose:
    """The purpose of a request, from its documented `metadata`; None: it had none."""
    metadata = metadata or {}
    return Purpose(
        client_id=client_id,
        source=source,
        source_type=metadata.get("sourceType", ""),
        source_id=metadata.get("sourceId", ""),
        source_activity=metadata.get("sourceActivity", ""),
        notes=metadata.get("notes", ""),
        reason=metadata.get("reason", ""),
    )
