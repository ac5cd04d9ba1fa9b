"""What the fixture notebooks of the renderer show: a small page with every kind of result, and hostile words."""

from __future__ import annotations

import pandas as pd

from helpers.draw import Chart
from helpers.report import display

HOSTILE = "<script>alert('x')</script> *bold* [a](javascript:alert(1)) =1+1"


def chart() -> Chart:
    """A line of three points."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((9, 3), dpi=150)
    FigureCanvasAgg(figure)
    figure.add_axes((0.1, 0.2, 0.8, 0.7)).plot([1, 2, 3], [1, 4, 9])
    data = pd.DataFrame({"month": ["2026-07", "2026-08", "2026-09"], "orders": [1, 4, 9], "label": ["a", HOSTILE, "=2+3"]})
    return Chart(figure, "orders", "Orders grew each month", "12 customers", "Source: toy, as of 2026-09-30", f"Orders: 1, 4, 9 {HOSTILE}", data)


def table() -> None:
    """A table with a status and a hostile name."""
    frame = pd.DataFrame({"KPI": ["NPS", HOSTILE], "Now": ["34", "too few"], "Status": ["On target", "Red flag"]})
    display.show_table(frame, stem="scorecard", caption="Two KPIs against their targets")


def frame() -> pd.DataFrame:
    """A plain frame, as an analyst's own cell would leave it."""
    return pd.DataFrame({"touchpoint": ["shop", HOSTILE], "n": [12, 3]})


def findings(segment: str) -> None:
    """One finding."""
    one = {
        "headline": f"Orders grew in {segment} {HOSTILE}", "observed": "1 to 9 orders", "how_sure": "Three points only",
        "otherwise": "", "next_step": "Ask more people", "owner": "Ann", "level": "good",
    }
    display.emit("findings", {"findings": [one]}, markdown=f"- {display.literal(one['headline'])}", text=one["headline"])
    display.emit("status", {"phase": "intent", "status": "on_target", "score": 7.5, "by_perspective": {"customer": "on_target"}})


def kpis(period: str, segment: str) -> None:
    """Two rows of one KPI, and one touchpoint."""
    fixed = {"phase": "intent", "perspective": "customer", "kpi": "intent_csat", "label": "Satisfaction", "unit": "share", "better": "higher", "segment": segment}
    rows = [
        {**fixed, "period": period, "grain": "period", "value": 0.1 + 0.2, "n": 3, "status": "on_target"},
        {**fixed, "period": "2026-07", "grain": "month", "value": None, "n": 0, "status": "no_information"},
    ]
    display.emit("kpis", {"rows": rows})
    display.emit("moments", {"rows": [{"touchpoint": "=shop", "stage": "purchase", "n": 12, "performance": 4.25, "verdict": "watch"}]})


def broken() -> None:
    """Fails."""
    raise ValueError(f"the orders have no cost {HOSTILE}")
