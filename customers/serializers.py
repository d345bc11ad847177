"""What requests say of customers: who is meant, and who is new."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from couponadmin.storable import flaw
from customers import identifiers
from customers.identifiers import CustomerReference

TEXT_OR_NUMBER: list[dict[str, Any]] = [{"type": "string"}, {"type": "integer"}]


def read_mobile(value: object) -> str | None:
    return identifiers.read_mobile(value, region=settings.COUNTRY_CODE_REGION)


def valid_mobile(value: object) -> str | None:
    return identifiers.valid_mobile(value, region=settings.COUNTRY_CODE_REGION)


# Member of the request -> attribute of the reference, and how its value is read.
REFERENCE: dict[str, tuple[str, Callable[[object], Any]]] = {
    "id": ("id", identifiers.read_id),
    "mobile": ("mobile", read_mobile),
    "externalId": ("external_id", identifiers.read_external_id),
    "email": ("email", identifiers.read_email),
}


def read_reference(members: Mapping[str, Any]) -> CustomerReference:
    """Reads `id`, `mobile`, `externalId` and `email`; other members do not matter.

    Empty texts and nulls are not given; that none is given is found out by `resolve`. Raises
    ValidationError per malformed member.
    """
    found, errors = {}, {}
    for member, (attribute, read) in REFERENCE.items():
        try:
            found[attribute] = read(members.get(member))
        except ValueError as error:
            errors[member] = [str(error)]
    if errors:
        raise serializers.ValidationError(errors)
    return CustomerReference(**found)


@extend_schema_field(
    {
        "type": "object",
        "description": "At least one identifier; several must name the same customer.",
        "properties": {
            "id": {"oneOf": TEXT_OR_NUMBER, "nullable": True},
            "mobile": {"oneOf": TEXT_OR_NUMBER, "nullable": True},
            "externalId": {"oneOf": TEXT_OR_NUMBER, "nullable": True},
            "email": {"type": "string", "nullable": True},
        },
        "example": {"mobile": "11223569865"},
    }
)
class CustomerReferenceField(serializers.Field):
    """The `customer` object of a request, as a CustomerReference; an empty one if it is missing.

    So a request without a customer is refused like one without identifiers: with 701.
    """

    def validate_empty_values(self, data: object) -> tuple[bool, Any]:
        missing = data is None or data is serializers.empty
        return (True, CustomerReference()) if missing else (False, data)

    def to_internal_value(self, data: object) -> CustomerReference:
        if not isinstance(data, dict):
            raise serializers.ValidationError("A JSON object is required.")
        return read_reference(data)


class IdentifierField(serializers.Field):
    """One identifier in its normal form; `read` raises ValueError with a sentence."""

    def __init__(self, read: Callable[[object], str | None], **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)
        self.read = read

    def to_internal_value(self, data: object) -> str | None:
        try:
            return self.read(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


@extend_schema_field({"oneOf": TEXT_OR_NUMBER, "nullable": True})
class TextOrNumberField(IdentifierField):
    """An identifier that may come as a JSON number, too."""


@extend_schema_field({"type": "string", "format": "email", "nullable": True})
class EmailField(IdentifierField):
    """An e-mail address."""


@extend_schema_field({"type": "object", "additionalProperties": True, "nullable": True})
class ObjectField(serializers.Field):
    """A JSON object that can be stored and given back."""

    def to_internal_value(self, data: object) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("A JSON object is required.")
        if sentence := flaw(data):
            raise serializers.ValidationError(sentence)
        return data


class NewCustomerSerializer(serializers.Serializer):
    """The body of `POST /v2/customers`, as columns of Customer."""

    firstName = serializers.CharField(
        source="first_name", max_length=100, required=False, allow_blank=True, allow_null=True
    )
    lastName = serializers.CharField(
        source="last_name", max_length=100, required=False, allow_blank=True, allow_null=True
    )
    mobile = TextOrNumberField(valid_mobile)
    email = EmailField(identifiers.valid_email)
    externalId = TextOrNumberField(identifiers.read_external_id, source="external_id")
    fields = ObjectField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nulls mean "not given"."""
        return {column: value for column, value in attrs.items() if value is not None}
