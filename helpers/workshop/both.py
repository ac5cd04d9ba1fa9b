"""One output that is a control where somebody is at the screen, and its static twin where nobody is: in a report, a printout, a batch."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

import pandas as pd

from helpers.draw import Chart
from helpers.report import display
from helpers.report.tabular import to_csv

WIDGET = "application/vnd.jupyter.widget-view+json"


def show(widget: Any, *, stem: str, title: str, html: str, data: pd.DataFrame | None = None) -> None:
    """Display a widget with its twin. html: trusted, escape it where it is made. data: the numbers behind it, for its csv file."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display as publish

    payload = {"kind": "table", "stem": stem, "title": title, "open": True, "csv": to_csv(data if data is not None else pd.DataFrame())}
    if not InteractiveShell.initialized():
        print(title)
        return
    view = widget._repr_mimebundle_()
    view = view[0] if isinstance(view, tuple) else view
    publish({**{key: value for key, value in view.items() if key == WIDGET}, "text/html": html, "text/plain": title, display.MIME: payload}, raw=True)


def picture(chart: Chart) -> str:
    """A chart as HTML, as a report shows it."""
    return display.figure_html(display.told(chart), b64encode(chart.png()).decode("ascii"))


def table(frame: pd.DataFrame, caption: str) -> str:
    """A table as HTML, every cell escaped; a sentence where it is empty."""
    return display.table_html(frame, caption) if len(frame) else f"<p>{escape(caption)}: nothing yet.</p>"


def fold(summary: str, html: str) -> str:
    """HTML that opens when its summary is asked for."""
    return f'<details class="detail"><summary>{escape(summary)}</summary>{html}</details>'
