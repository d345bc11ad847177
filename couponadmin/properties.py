"""Names with values that people give freely, a line for each, in place of a JSON object."""

import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from couponadmin.storable import flaw


class PropertiesField(forms.CharField):
    """A line for each property: `city = Pune`. What is no text stands there as JSON."""

    widget = UnfoldAdminExpandableTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(property_line, value.items())) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, Any]:
        lines = filter(None, map(str.strip, (super().clean(value) or "").splitlines()))
        return dict(map(read_property, lines))

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = (self.prepare_value(initial) or "").splitlines()
        return before != (data or "").strip().splitlines()


def property_line(item: tuple[str, Any]) -> str:
    name, value = item
    plain = isinstance(value, str) and value == value.strip() and read_value(value) == value
    one_line = plain and len(value.splitlines()) < 2
    return f"{name} = {value if one_line else json.dumps(value, ensure_ascii=False)}"


def read_property(line: str) -> tuple[str, Any]:
    name, sign, value = map(str.strip, line.partition("="))
    if not sign or not name:
        raise forms.ValidationError("Each line needs a name, = and a value: milestone = one")
    return name, read_value(value)


def read_value(text: str) -> Any:
    """A number, a list, an object or a text in quotes as JSON has it; anything else is a text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if flaw(value) else value
