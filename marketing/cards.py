"""Figures as cards have them. Pure."""

from typing import NamedTuple

MILLION = 1_000_000


class Card(NamedTuple):
    """Its name, the figure, a note, the exact figure where that is rounded, and where it leads."""

    name: str
    value: str
    note: str = ""
    exact: str = ""
    url: str = ""


def card(name: str, number: float, note: str = "", url: str = "") -> Card:
    """A large number is rounded, so that it can be read at a glance."""
    exact = f"{number:,.0f}"
    if number < MILLION:
        return Card(name, exact, note, "", url)
    return Card(name, f"{number / MILLION:,.1f} million", note, exact, url)


def rate(redeemed: int, issued: int) -> str:
    return f"{100 * redeemed / issued:.1f}%" if issued else "–"
