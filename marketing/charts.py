"""What unfold's chart component wants to draw. Pure."""

import json
from collections.abc import Sequence

from marketing.figures import Day

TICKS = {"color": "#9ca3af", "display": True, "maxTicksLimit": 10, "precision": 0}
AXIS = {"border": {"width": 0}, "ticks": TICKS, "grid": {"display": True, "tickWidth": 0}}
OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "align": "end",
                "labels": {"boxWidth": 8, "boxHeight": 8, "color": "#9ca3af"},
            }
        },
        "scales": {"x": AXIS | {"grid": {"display": False}}, "y": AXIS | {"beginAtZero": True}},
    }
)


def bars(days: Sequence[Day]) -> str:
    """Issued and redeemed side by side, a pair for each day."""
    issued = dataset("Issued", [day.issued for day in days], "var(--color-primary-500)")
    redeemed = dataset("Redeemed", [day.redeemed for day in days], "#0d9488")
    labels = [f"{day.day:%d} {day.day:%b}" for day in days]
    return json.dumps({"labels": labels, "datasets": [issued, redeemed]})


def dataset(label: str, values: list[int], color: str) -> dict[str, object]:
    return {"label": label, "data": values, "backgroundColor": color, "borderRadius": 2}


def in_words(days: Sequence[Day]) -> str:
    """The chart for who cannot see it."""
    issued, redeemed = sum(day.issued for day in days), sum(day.redeemed for day in days)
    coupons = "1 coupon was" if issued == 1 else f"{issued:,} coupons were"
    return f"In the last {len(days)} days {coupons} issued and {redeemed:,} redeemed."
