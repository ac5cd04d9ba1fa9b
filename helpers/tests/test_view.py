"""A result's table with search and sorting: what it finds, how it sorts, and that nothing of it is stored or fetched."""

from __future__ import annotations

import json

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.infer.section import Result
from helpers.render.html import About, to_html
from helpers.render.warm import run_cell
from helpers.render import warm
from helpers.report import view as viewer
from helpers.report.view import _widgets, as_frame, found, ordered, title
from helpers.tests.hello import HOSTILE, chart

FRAME = pd.DataFrame({"touchpoint": ["Shop", HOSTILE, "App", "Chat"], "n": [12, 3, None, 30], "mixed": [1, "b", None, 2]})


def test_search_finds_rows_that_hold_every_word():
    assert found(FRAME, "SHOP 12")["touchpoint"].tolist() == ["Shop"] and len(found(FRAME, "")) == 4 and not len(found(FRAME, "shop 30"))
    assert len(found(FRAME.head(0), "x")) == 0


def test_sorting_keeps_missing_last_and_mixed_words_apart():
    assert ordered(FRAME, "n")["n"].tolist()[:3] == [3, 12, 30] and ordered(FRAME, "n", falling=True)["n"].tolist()[:3] == [30, 12, 3]
    assert ordered(FRAME, "mixed")["mixed"].tolist()[:3] == [1, 2, "b"] and ordered(FRAME, "as it is") is FRAME


def test_every_result_has_its_table():
    result = Result("intent_funnel", table=FRAME)
    assert as_frame(result).equals(FRAME) and as_frame(result) is not FRAME and title(result) == "intent_funnel"
    assert list(as_frame(chart()).columns) == ["month", "orders", "label"] and title(FRAME) == "Table"
    with pytest.raises(TypeError, match="int is not a result"):
        as_frame(3)


def test_the_widgets_search_sort_and_turn_pages():
    long = pd.DataFrame({"row": range(60), "kind": ["odd" if i % 2 else "even" for i in range(60)], "word": [HOSTILE] * 60})
    box = _widgets(long, "Sixty rows")
    (search, column, falling, page), (_, told, table) = box.children[0].children, box.children
    assert told.value == "60 of 60 rows, page 1 of 3" and table.value.count("<tr>") == 26 and "<script" not in table.value
    search.value = "odd"
    assert told.value == "30 of 60 rows, page 1 of 2"
    column.value, falling.value = "row", True
    assert table.value.index(">59<") < table.value.index(">57<")
    page.value = 2
    assert told.value.endswith("page 2 of 2") and ">1<" in table.value
    search.value = "nothing here"
    assert told.value == "0 of 60 rows" and page.value == 1


@pytest.fixture(scope="module")
def seen():
    """A cell that ends in a result and one that asks for a view, run as a page runs its cells."""
    shell = warm._fresh_shell()
    sources = [
        "import pandas as pd\nfrom helpers.infer.section import Result\nfrom helpers.report import view\nfrom helpers.report.view import _offer\n_offer()",
        "Result('intent_funnel', table=pd.DataFrame({'n': range(5000)}))", "view(pd.DataFrame({'n': range(5000)}))",
    ]
    cells = [new_code_cell(source) for source in sources]
    failed = [run_cell(shell, cell) for cell in cells]
    warm.Shell.clear_instance()  # the tests that follow are in no notebook
    assert not any(failed)
    return new_notebook(cells=[new_markdown_cell("# Seen"), *cells])


def test_a_result_at_the_end_of_a_cell_is_viewed_and_little_is_stored(seen):
    for cell in seen.cells[2:]:
        (output,) = cell.outputs
        assert set(output["data"]) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
        assert len(json.dumps(output)) < 700
    assert "http" not in nbformat.writes(seen)


def test_a_rendered_page_shows_nothing_of_a_view(seen):
    html = to_html(seen, About())
    assert "widget" not in html and "VBox" not in html


def test_outside_a_notebook_the_rows_are_printed(capsys, monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setattr(InteractiveShell, "initialized", staticmethod(lambda: False))
    viewer(FRAME)
    assert "Shop" in capsys.readouterr().out
