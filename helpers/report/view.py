"""A result to look at in JupyterLab: its table with a search box, sorting and pages. Nothing is fetched, nothing is stored with the notebook.

The widgets are ipywidgets, which JupyterLab carries itself; the table is made here, in Python, page by page, so a long result stays light. On a
rendered page a view shows nothing.
"""

from __future__ import annotations

from threading import RLock
from typing import Any

import pandas as pd

from helpers.report import display
from helpers.report.turns import in_turn

PAGE = 25
AS_IT_IS = "as it is"
STYLE = (
    "<style>.journey-view {overflow-x: auto; line-height: 1.35} .journey-view caption {text-align: left; font-weight: 600; padding: .3em 0} "
    ".journey-view th, .journey-view td {text-align: left; vertical-align: top; padding: .2em .8em .2em 0} .journey-view .num {text-align: right} "
    ".journey-view .long {min-width: 18em; white-space: normal}</style>"
)


def view(result: Any) -> None:
    """Show the table of a section, scorecard or chart, or a frame, with search and sorting; outside a notebook, print its first rows.

    A result at the end of a cell is shown in the same way.
    """
    from IPython.core.interactiveshell import InteractiveShell

    frame = as_frame(result)
    if not InteractiveShell.initialized():
        print(frame.head(PAGE).to_string())
        return
    from IPython.display import display as show

    show(_widgets(frame, title(result)))


def as_frame(result: Any) -> pd.DataFrame:
    """The rows of a result. Raises TypeError for what has none."""
    if isinstance(result, pd.DataFrame):
        return result
    if hasattr(result, "to_pandas"):
        return result.to_pandas()
    raise TypeError(f"{type(result).__name__} is not a result: give one of `results`, a scorecard or a data frame")


def title(result: Any) -> str:
    """What a result is called above its table."""
    card = getattr(result, "card", None)
    return str(getattr(result, "name", "") or getattr(card, "name", "") or getattr(result, "title", "") or "Table")


def found(frame: pd.DataFrame, text: str) -> pd.DataFrame:
    """The rows that hold every word of `text` in some cell, letters large or small.

    >>> found(pd.DataFrame({"touchpoint": ["Shop", "App"], "n": [12, 3]}), "shop 12")["n"].tolist()
    [12]
    """
    words = text.lower().split()
    if not words or frame.empty:
        return frame
    rows = (" ".join(map(str, row)).lower() for row in frame.itertuples(index=False, name=None))
    return frame[[all(word in row for word in words) for row in rows]]


def ordered(frame: pd.DataFrame, column: str, falling: bool = False) -> pd.DataFrame:
    """The rows by one column, missing ones last; rows alike stay in their order. Any other word than a column changes nothing.

    >>> ordered(pd.DataFrame({"n": [2, None, 10]}), "n", falling=True)["n"].tolist()
    [10.0, 2.0, nan]
    """
    if column not in frame.columns:
        return frame
    try:
        return frame.sort_values(column, ascending=not falling, kind="stable", na_position="last")
    except TypeError:  # words and numbers in one column
        return frame.sort_values(column, ascending=not falling, kind="stable", na_position="last", key=lambda values: values.astype("str"))


def _widgets(frame: pd.DataFrame, caption: str) -> Any:
    """The box with its search, sorting, pages and table."""
    import ipywidgets as widgets

    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    names = list(dict.fromkeys(frame.columns))
    search = widgets.Text(placeholder="words that a row holds", description="Search", continuous_update=True)
    column = widgets.Dropdown(options=[AS_IT_IS, *names], description="Sort by")
    falling = widgets.ToggleButton(description="largest first", icon="sort-amount-desc")
    page = widgets.BoundedIntText(value=1, min=1, max=1, description="Page", layout={"width": "9rem"})
    told, table = widgets.HTML(layout={"margin": "0 0 0 1rem"}), widgets.HTML()

    def drawn(_: Any = None) -> None:
        rows = ordered(found(frame, search.value), column.value, falling.value)
        page.max = max(-(-len(rows) // PAGE), 1)
        page.value = min(page.value, page.max)
        shown = rows.iloc[(page.value - 1) * PAGE : page.value * PAGE]
        told.value = f"{len(rows):,} of {len(frame):,} rows" + (f", page {page.value} of {page.max}" if page.max > 1 else "")
        table.value = f'{STYLE}<div class="journey-view">{display.table_html(shown, caption)}</div>'

    draw = in_turn(drawn, RLock())
    for one in (search, column, falling, page):
        one.observe(draw, names="value")
    draw()
    return widgets.VBox([widgets.HBox([search, column, falling, page], layout={"flex_flow": "row wrap"}), told, table])


def _offer() -> None:
    """In a notebook, let a result at the end of a cell show its view."""
    from IPython.core.interactiveshell import InteractiveShell

    if InteractiveShell.initialized():
        formatter = InteractiveShell.instance().display_formatter.ipython_display_formatter
        for module, name in (("helpers.infer.section", "Result"), ("helpers.score.scored", "ScoredCard"), ("helpers.score.combined", "Combined")):
            formatter.for_type_by_name(module, name, view)


_offer()
