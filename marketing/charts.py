"""What unfold's chart component wants to draw. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from marketing.figures import Day

GREY = "#9ca3af"
ISSUED, REDEEMED = "Issued", "Redeemed"
# The hovered bar has a colour of its own: what the chart makes of a colour of the theme is black.
COLORS = {ISSUED: ("var(--color-primary-500)", "#7e22ce"), REDEEMED: ("#0d9488", "#115e59")}
TICKS = {"color": GREY, "display": True, "precision": 0}
GRID = {"display": True, "tickWidth": 0, "color": "#9ca3af40"}


def panel(name: str) -> dict[str, Any]:
    """An axis with the whole width to itself, above or below the other."""
    return {
        "stack": "days",
        "offset": True,
        "beginAtZero": True,
        "border": {"width": 0},
        "grid": GRID,
        "ticks": TICKS | {"maxTicksLimit": 5},
        "title": {"display": True, "text": name, "color": GREY},
    }


OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "layout": {"padding": {"right": 20}},
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            # Drawn from the right, since the first day is the one that always gets its label.
            "x": {
                "reverse": True,
                "border": {"width": 0},
                "ticks": TICKS | {"maxTicksLimit": 10, "maxRotation": 0},
                "grid": GRID | {"display": False},
            },
            # The first of a stack is the lowest.
            "y": panel(REDEEMED),
            "issued": panel(ISSUED),
        },
    }
)


def bars(days: Sequence[Day]) -> str:
    """Issued above, redeemed below, each with a scale of its own: a day on which many were issued
    leaves what was redeemed to be seen. The newest day comes first.
    """
    newest_first = days[::-1]
    issued = dataset(ISSUED, [day.issued for day in newest_first], "issued")
    redeemed = dataset(REDEEMED, [day.redeemed for day in newest_first], "y")
    labels = [f"{day.day:%d} {day.day:%b}" for day in newest_first]
    return json.dumps({"labels": labels, "datasets": [issued, redeemed]})


def dataset(name: str, values: list[int], axis: str) -> dict[str, object]:
    color, hovered = COLORS[name]
    return {
        "label": name,
        "data": values,
        "yAxisID": axis,
        "backgroundColor": color,
        "hoverBackgroundColor": hovered,
        "borderRadius": 2,
        "grouped": False,
        "maxBarThickness": 24,
    }


def in_words(days: Sequence[Day]) -> str:
    """The chart for who cannot see it."""
    issued, redeemed = sum(day.issued for day in days), sum(day.redeemed for day in days)
    coupons = "1 coupon was" if issued == 1 else f"{issued:,} coupons were"
    when = f"In the last {len(days)} days" if len(days) > 1 else "Today"
    return f"{when} {coupons} issued and {redeemed:,} redeemed."
