"""What requests for background work must look like."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from rest_framework import serializers

from batches.columns import IDENTIFIERS
from couponadmin.errors import CouponError, ErrorCode
from couponadmin.numbers import WholeField
from couponadmin.strict import StrictSerializer
from couponadmin.times import end_of_day, here, local_date
from customers.identifiers import CustomerReference
from customers.serializers import CustomerReferenceField
from issuance.coupon_serializers import InstantField
from issuance.serializers import (
    BulkIssueSerializer,
    IssueMultipleSerializer,
    MetadataSerializer,
    SeriesIdField,
    SeriesIdsField,
)

MOST_IN_THE_BACKGROUND = 100_000
MOST_PER_CUSTOMER = 500
MOST_SERIES = 1_000
MOST_LINES_SHOWN = 1_000
TOO_MANY = f"Invalid coupon count. Minimum 1 and Maximum {MOST_IN_THE_BACKGROUND}."
ONE_OF_BOTH = "Give either customer or customers."


class ManySeriesField(serializers.ListField):
    """More series than the documented calls take at once."""

    child = SeriesIdField()

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=1, max_length=MOST_SERIES, **options)


class IssueManySerializer(IssueMultipleSerializer):
    """As "Issue multiple coupons", for more than is documented: `Prefer: respond-async`."""

    def validate_count(self, count: int) -> int:
        if count <= MOST_PER_CUSTOMER:
            return super().validate_count(count)
        if count > MOST_IN_THE_BACKGROUND:
            raise CouponError(ErrorCode.COUNT, TOO_MANY)
        return count


class BulkManySerializer(BulkIssueSerializer):
    """As "Issue bulk coupons", for more customers and series: `Prefer: respond-async`.

    `customers` gives all of them, whichever of both members named them.
    """

    seriesIds = ManySeriesField()
    customers = serializers.ListField(child=CustomerReferenceField(), required=False, min_length=1)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and "customer" in data and "customers" in data:
            raise serializers.ValidationError(ONE_OF_BOTH)
        return super().to_internal_value(data)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        customer = data.pop("customer")
        if "customers" not in data and customer == CustomerReference():
            raise CouponError(ErrorCode.CUSTOMER)
        return {"customers": [customer]} | data


class CountField(WholeField):
    """Coupons of each series for each customer: 1 to 500, else 756 and 677 as documented."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default=1, **options)

    def to_internal_value(self, data: Any) -> int:
        count = super().to_internal_value(data)
        if count <= 0:
            raise CouponError(ErrorCode.INPUT, "count should be greater than 0")
        if count > MOST_PER_CUSTOMER:
            raise CouponError(ErrorCode.COUNT)
        return count


class FilterSerializer(StrictSerializer):
    """Customers by what is known of them; nothing given means all of them."""

    registeredFrom = InstantField(required=False)
    registeredTo = InstantField(required=False)
    withMobile = serializers.BooleanField(required=False)
    withEmail = serializers.BooleanField(required=False)


class BatchSerializer(StrictSerializer):
    """A batch as JSON: coupons of each series for each of the customers."""

    seriesIds = ManySeriesField()
    customers = serializers.ListField(child=CustomerReferenceField(), required=False, min_length=1)
    filter = FilterSerializer(required=False)
    count = CountField()
    dryRun = serializers.BooleanField(default=False)
    force = serializers.BooleanField(default=False, help_text="For files; JSON may come again.")
    metadata = MetadataSerializer(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("customers" in data) == ("filter" in data):
            raise serializers.ValidationError("Give either customers or filter.")
        return data


class FileSerializer(StrictSerializer, MetadataSerializer):
    """A file of rows as multipart/form-data; the members of `metadata` stand beside it."""

    file = serializers.FileField()
    dryRun = serializers.BooleanField(default=False)
    force = serializers.BooleanField(default=False)


class HoldersFileSerializer(FileSerializer):
    """A file of coupons that are out already.

    Columns: `code`, the customer (`customerIdentifier`), and where known `issuedOn`, `validTill`.
    """

    customerIdentifier = serializers.ChoiceField(list(IDENTIFIERS), required=False)


class IssueFileSerializer(FileSerializer):
    """A batch as a file of customers."""

    seriesId = SeriesIdsField(required=False)
    seriesIds = ManySeriesField(required=False)
    customerIdentifier = serializers.ChoiceField(list(IDENTIFIERS), required=False)
    count = CountField()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        ids = data.get("seriesIds") or data.get("seriesId")
        if not ids:
            raise CouponError(ErrorCode.INPUT, "seriesId is mandatory to set")
        return data | {"series_ids": ids}


class SwitchesSerializer(StrictSerializer):
    """What may stand in the query as well as in the body, and `format`, which every call takes."""

    format = serializers.CharField(default="json")

    dryRun = serializers.BooleanField(default=False)
    force = serializers.BooleanField(default=False)


class LinesSerializer(serializers.Serializer):
    """Query of the lines of a batch: those after a line, or all of them as a file."""

    state = serializers.ChoiceField(["refused", "issued"], default="refused")
    format = serializers.ChoiceField(["json", "csv", "xlsx"], default="json")
    after = WholeField(default=0, min_value=0, max_value=2**31 - 1)
    limit = WholeField(default=100, min_value=1, max_value=MOST_LINES_SHOWN)


class PageSerializer(serializers.Serializer):
    """Query of the list of batches, the newest first."""

    limit = WholeField(default=50, min_value=1, max_value=100)
    offset = WholeField(default=0, min_value=0, max_value=2**31 - 1)


class ExtendSerializer(serializers.Serializer):
    """Until when the coupons of a batch are valid at least."""

    validTill = InstantField()

    def validate_validTill(self, until: datetime) -> datetime:
        """Midnight is how answers write a day, so whoever sends one back means all of it."""
        is_day = here(until).time() == time.min
        return end_of_day(local_date(until)) if is_day else until
