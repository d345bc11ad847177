"""Figures as cards have them. Pure."""

from decimal import Decimal
from typing import NamedTuple

from series.worth import money

MILLION = 1_000_000


class Card(NamedTuple):
    """Its name, the figure, a note, the exact figure where that is rounded, and where it leads."""

    name: str
    value: str
    note: str = ""
    exact: str = ""
    url: str = ""


def card(
    name: str, number: float | Decimal, note: str = "", url: str = "", is_money: bool = False
) -> Card:
    """A large number is rounded, so that it can be read at a glance."""
    shown = money if is_money else str
    exact = f"{number:,.0f}"
    if number < MILLION:
        return Card(name, shown(exact), note, "", url)
    return Card(name, shown(f"{number / MILLION:,.1f} million"), note, shown(exact), url)


def rate(redeemed: int, issued: int) -> str:
    return f"{100 * redeemed / issued:.1f}%" if issued else "–"
