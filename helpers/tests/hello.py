"""Two small pages for the tests of the renderer, with every kind of result and hostile words. Written when a test asks: nbval collects stored ones."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.draw import Chart
from helpers.render.tidy import KERNEL
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


PARAMETERS = '''\
data: str = "data/toy"  # company folder, from the project's root
period: str = "all"  # which span of time
segment: str = "all"  # which customers
as_of: str = ""  # day the data end; empty: their last time stamp
min_cell: int = 0  # people below which a cell reads "too few"; 0: the company's
source: str = ""  # folder of the tables, where not beside journey.yml
wish: str = "hello"  # a parameter of this page only
weight: float = 1.5  # a number of this page only'''


def write_pages(folder: Path) -> Path:
    """Write two pages into a folder, `1_hello` and `2_broken`, which fails half-way; gives the folder."""
    whole = [
        "# Hello\n\nDoes a small page come out whole?", PARAMETERS, "## What did we find?", "from helpers.report import display\nfrom helpers.tests import hello",
        "hello.findings(segment)", "## What did we ask, and of whom?\n\nA made-up question.", 'display.show_markdown(f"Period {period}, wish {wish}.")', "### A figure",
        "display.show_figure(hello.chart())", "The line goes up.", "## How far from target?", "hello.table()", "hello.kpis(period, segment)",
        "## What should be done next, by whom?\n\nNothing typed by hand.", 'print("printed <b>words</b>")', "hello.frame()",
    ]
    words = re.compile(r"#|[A-Z]")
    for name, sources in {"1_hello": whole, "2_broken": [*whole[:9], "### The part that breaks", "hello.broken()", *whole[9:]]}.items():
        cells = [new_markdown_cell(one) if words.match(one) else new_code_cell(one) for one in sources]
        cells[1].metadata["tags"] = ["parameters"]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number:02d}"
        nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / f"{name}.ipynb")
    return folder
