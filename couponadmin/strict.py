"""Requests that are spelt exactly."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

MOST_NAMED = 10
UNKNOWN = "There is no such member."


class StrictSerializer(serializers.Serializer):
    """Refuses members that it does not know: who mistypes one means it, and would not get it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name: [UNKNOWN] for name in unknown[:MOST_NAMED]}
                )
        return super().to_internal_value(data)
