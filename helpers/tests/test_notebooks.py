"""The stored pages: executed top to bottom, written by STYLE's rules, the same on every machine. Their contents are tested elsewhere."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from helpers import names
from helpers.load import ROOT
from helpers.render import bundles
from helpers.render.notebooks import stored
from helpers.render.request import read_parameters
from helpers.render.tidy import to_text
from helpers.report.display import MIME
from helpers.tests.pages import stored_pages

pytestmark = pytest.mark.usefixtures("kept_results")
NOTEBOOKS = ROOT / "notebooks"
PARAMETERS = {"data": "str", "period": "str", "segment": "str", "as_of": "str", "min_cell": "int", "source": "str"}
QUESTIONS = (
    "What did we find?", "What did we ask, and of whom?", "Can the data answer it?", "What did we measure?", "How far from target?",
    "How sure are we, and what does this not show?", "What should be done next, by whom?",
)
LINES = {"median": 3, "most": 10, "all": 20}
CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d|\"(start_time|end_time|duration|execution|papermill)\"|iopub")
MACHINE = re.compile(r"(?<![\w.:/])/(home|root|work|tmp|usr|opt|var|Users|mnt|builds?)/|\b[A-Z]:\\\\|127\.0\.0\.1|localhost")

pages = pytest.mark.parametrize("page", stored_pages())


@pytest.fixture(scope="module")
def read():
    """A stored page by name."""
    kept: dict[str, dict] = {}

    def one(page: str) -> dict:
        if page not in kept:
            kept[page] = json.loads((NOTEBOOKS / f"{page}.ipynb").read_text(encoding="utf-8"))
        return kept[page]

    return one


def code(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell: dict) -> str:
    return bundles.text(cell["source"])


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_every_page_is_there():
    assert {path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb")} >= set(names.PAGES)


@pages
def test_stored_executed_top_to_bottom(read, page):
    cells = code(read(page))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    errors = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
    warnings = [source(cell) for cell in cells for output in cell["outputs"] if output.get("name") == "stderr"]
    assert not errors and not warnings


@pages
def test_stored_the_same_everywhere(read, page):
    """Tidy as `helpers.render.notebooks` writes it: no time, no machine, no rows, one space of indent."""
    text = (NOTEBOOKS / f"{page}.ipynb").read_text(encoding="utf-8")
    assert text == to_text(stored(read(page))), f"type `python -m helpers.render.notebooks {page}`"
    told = "\n".join(line for line in text.splitlines() if '"image/png"' not in line)
    assert not CLOCK.search(told) and not MACHINE.search(told)
    assert len(text) < 2_000_000


@pages
def test_parameters_cell(read, page):
    """The first code cell, tagged; one annotated assignment a line, the plan's order, each with a comment papermill can read."""
    cell = code(read(page))[0]
    found = read_parameters(source(cell))
    assert tags(cell) == ["parameters"] and dict(list(found.items())[: len(PARAMETERS)]) == PARAMETERS
    lines = [line for line in source(cell).splitlines() if line.strip() and not line.startswith("#")]
    assert all(re.fullmatch(r'\w+: (str|int|float|bool) = [^#]+  # \S.*', re.sub(r" +#", "  #", line, count=1)) for line in lines)
    told = papermill.inspect_notebook(NOTEBOOKS / f"{page}.ipynb")
    assert {name: one["inferred_type_name"] for name, one in told.items()} == found and all(one["help"] for one in told.values())
    assert told["data"]["default"].strip('"') == "data/sample"


@pages
def test_page_holds_no_logic(read, page):
    cells = code(read(page))
    body = [cell for cell in cells if "parameters" not in tags(cell)]
    lengths = [len([line for line in source(cell).splitlines() if line.strip()]) for cell in body]
    assert statistics.median(lengths) <= LINES["median"] and max(lengths) <= LINES["all"]
    assert sum(length <= LINES["most"] for length in lengths) >= 0.9 * len(lengths)
    banned = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.With)
    assert not [source(cell) for cell in cells if any(isinstance(line, banned) for line in ast.parse(source(cell)).body)]


@pages
def test_page_explains_itself(read, page):
    cells = read(page)["cells"]
    words = [cell for cell in cells if cell["cell_type"] == "markdown"]
    assert len(words) >= len(code(read(page)))
    assert cells[0]["cell_type"] == "markdown" and re.match(r"# \S.*\n\n\S.*\?", source(cells[0])), "title, then the page's question in one line"
    headings = [heading for cell in words for level, heading in re.findall(r"^(#{2}) (.+)$", source(cell), re.MULTILINE)]
    assert tuple(headings) == QUESTIONS
    assert not [source(cell) for cell in words if re.search(r"\d[\d,.]*\s*(%|percent|customers|orders|days of)", source(cell))], "no number is typed by hand"


@pages
def test_findings_come_first(read, page):
    shown = [kind for cell in code(read(page)) for output in cell["outputs"] for kind in (one["kind"] for one in bundles.of_output(output))]
    assert "findings" in shown and {"figure", "table"} & set(shown)
    assert shown.index("findings") < min(shown.index(kind) for kind in ("figure", "table") if kind in shown)


@pages
def test_tagged_cells_have_something_to_compare(read, page):
    """nbval passes a cell that has no stored run: a tagged one must show text or Markdown, and nothing that a library words."""
    tagged = [cell for cell in code(read(page)) if any("nbval-check" in tag for tag in tags(cell))]
    assert tagged, "tag at least one cell `nbval-check-output`"
    for cell in tagged:
        assert cell["outputs"], source(cell)
        for output in cell["outputs"]:
            assert MIME not in output.get("data", {}) and "text/html" not in output.get("data", {}), source(cell)


@pages
def test_figures_can_be_read_without_seeing(read, page):
    figures = [one for cell in code(read(page)) for output in cell["outputs"] for one in bundles.of_output(output) if one["kind"] == "figure"]
    assert all(one["alt"].strip() and one["title"].strip() for one in figures)
    stems = [one["stem"] for one in figures]
    assert len(stems) == len(set(stems))


def test_stored_outputs_are_fresh():
    """What the pages show now, in words and tables, is what they show as stored."""
    process = subprocess.run([sys.executable, "-m", "helpers.render.notebooks", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert process.returncode == 0, process.stderr[-2000:]


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_plain_papermill_works_from(folder, tmp_path):
    page, made = "0_data", tmp_path / "made.ipynb"
    path = page + ".ipynb" if folder == "notebooks" else f"notebooks/{page}.ipynb"
    line = [str(Path(sys.executable).with_name("papermill")), path, str(made), "-p", "data", "data/toy", "--no-progress-bar"]
    process = subprocess.run(line, cwd=ROOT / folder, capture_output=True, text=True, timeout=180)
    assert process.returncode == 0, process.stderr[-2000:]
    assert any(tags(cell) == ["injected-parameters"] for cell in nbformat.read(made, 4).cells)
