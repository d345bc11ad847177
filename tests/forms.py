"""Reads a page's form as a browser would send it."""

from html.parser import HTMLParser
from typing import Any


class FormReader(HTMLParser):
    """After `feed`, `sent` has what the form with that id sends if nobody touches it."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.sent: dict[str, list[str]] = {}
        self.inside = False
        self.select: str | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attrs = dict(pairs)
        if tag == "form":
            self.inside = attrs.get("id") == self.form_id
        if not self.inside or "disabled" in attrs:
            return
        if tag == "select":
            self.select = attrs["name"]
        elif tag == "option" and "selected" in attrs and self.select:
            self.note(self.select, attrs.get("value"))
        elif tag == "textarea":
            self.area = attrs["name"]
        elif tag == "input" and "name" in attrs:
            self.input(attrs)

    def input(self, attrs: dict[str, str | None]) -> None:
        box = attrs.get("type") in ("checkbox", "radio")
        if "checked" in attrs if box else attrs.get("type") != "submit":
            self.note(attrs["name"], attrs.get("value", "on" if box else ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.sent.setdefault(self.area, [""])[0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def note(self, name: str | None, value: str | None) -> None:
        self.sent.setdefault(name or "", []).append(value or "")


def form_data(html: str, form_id: str) -> dict[str, Any]:
    """What Django's test client takes as POST data."""
    reader = FormReader(form_id)
    reader.feed(html)
    return {name: values for name, values in reader.sent.items() if name != "csrfmiddlewaretoken"}
