"""The field in which a row is searched for and picked."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect


class PickOne(AutocompleteSelect):
    """Django's own fails on what is no id, in place of leaving it to the field to say so."""

    def optgroups(self, name: str, value: list[str], attr: dict[str, Any] | None = None) -> Any:
        texts = [str(one) for one in value]
        ids = [text for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
        return super().optgroups(name, ids, attr)
