"""An executed notebook as a page to read: its title, its sections, and in each what was said and shown."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from helpers.render import bundles
from helpers.render.answer import Answer, answer
from helpers.render.lacks import Lack, table
from helpers.render.prose import Headings, data_words, foreign, page_words, shown
from helpers.report import display

ROWS_BEHIND, COLUMNS_BEHIND = 40, 12  # a longer or wider table stays in its csv file
_HEADED = re.compile(r"(?m)^(?=###? )")  # where a heading of the second or third level begins
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")  # a word of a file that stands for several
ROWS_SHOWN, ROWS_BESIDE, LETTERS_SHOWN = 15, 6, 2600  # a longer table folds; beside a figure sooner, for the figure tells it


@dataclass
class Section:
    """One question of the page and the HTML that answers it."""

    title: str
    anchor: str
    parts: list[str] = field(default_factory=list)
    lacks: list[Lack] = field(default_factory=list)


@dataclass
class Asked:
    """A third-level heading that is being read: where its parts begin, what it lacks, whether anything else was shown under it."""

    title: str
    anchor: str
    begins: int
    lacks: list[Lack] = field(default_factory=list)
    answered: bool = False


@dataclass
class Page:
    """What the template shows."""

    title: str = ""
    lead: str = ""
    sections: list[Section] = field(default_factory=list)
    headings: Headings = field(default_factory=Headings)
    statuses: list[dict] = field(default_factory=list)
    answer: Answer = field(default_factory=Answer)
    drawn: bool = False  # whether a figure stands under the heading that is being read
    asked: Asked | None = None

    @property
    def contents(self) -> list[tuple[int, str, str]]:
        """Level, anchor and words of the second and third level headings."""
        return [one for one in self.headings.found if one[0] in (2, 3)]


def read_page(notebook: Any) -> Page:
    """The page that an executed notebook is. Code, prompts, warnings and errors are not part of it."""
    page = Page()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            _say(page, bundles.text(cell["source"]))
        elif cell["cell_type"] == "code":
            for output in cell.get("outputs", ()):
                if part := _output(page, output):
                    _note(page, output)
                    _add(page, _folded(cell, part))
    _gather(page)
    page.statuses = list(bundles.payloads(notebook, "status"))
    page.answer = answer(next(bundles.payloads(notebook, "findings"), None), page.statuses)
    return page


def _say(page: Page, source: str) -> None:
    """Take in the text of a cell, a heading of the second or third level at a time."""
    for part in _HEADED.split(source.strip()):
        _say_part(page, part.strip())


def _say_part(page: Page, source: str) -> None:
    first, _, rest = source.partition("\n")
    page.drawn = page.drawn and not first.startswith("#")
    if first.startswith("# ") and not page.title:
        page.title = first[2:].strip()
        page.lead = page_words(rest.strip(), page.headings)
        return
    if page.title and not page.sections and not first.startswith("#"):
        return  # what stands before the first question is for those who run the notebook
    if first.startswith("## "):
        _gather(page)
        _, anchor = page.headings.add(2, escape(first[3:].strip()))
        page.sections.append(Section(first[3:].strip(), anchor))
        source = rest
    if first.startswith("### ") and page.sections:
        _close(page)
        begins = len(page.sections[-1].parts)
        _add(page, page_words(source.strip(), page.headings))
        _, anchor, title = page.headings.found[-1]
        page.asked = Asked(title, anchor, begins)
    elif html := page_words(source.strip(), page.headings):
        _add(page, html)


def _note(page: Page, output: Any) -> None:
    """Keep in mind what the question that is being read lacks, or that something is shown under it."""
    told = output.get("metadata", {}).get("text/markdown", {})
    if page.asked and "why" in told:
        page.asked.lacks.append(Lack(page.asked.title, page.asked.anchor, told["why"], told["would_show"]))
    elif page.asked:
        page.asked.answered = True


def _close(page: Page) -> None:
    """End the question that is being read; one that only lacks leaves the text, to be told with the others of its kind."""
    asked, page.asked = page.asked, None
    if asked and asked.lacks and not asked.answered:
        section = page.sections[-1]
        del section.parts[asked.begins:]
        page.headings.drop(asked.anchor)
        section.lacks += asked.lacks


def _gather(page: Page) -> None:
    """End the section that is being read with a table of what it could not measure."""
    _close(page)
    if page.sections and page.sections[-1].lacks:
        _add(page, table(page.sections[-1].lacks, page.headings))


def _add(page: Page, html: str) -> None:
    if not page.sections:
        page.sections.append(Section("", "start"))
    page.sections[-1].parts.append(html)


def _folded(cell: Any, html: str) -> str:
    """What a cell tagged `detail` shows folds away under its metadata `summary`."""
    if "detail" not in cell["metadata"].get("tags", []):
        return html
    return folded(cell["metadata"].get("summary", "Details"), html)


def folded(summary: str, html: str) -> str:
    """HTML that opens when its summary is asked for; in print it is open."""
    return f'<details class="detail"><summary>{escape(summary)}</summary>{html}</details>'


def _output(page: Page, output: Any) -> str:
    """One output as HTML; empty where it has nothing to read."""
    if output["output_type"] == "stream":
        return shown(bundles.bare(output["text"])) if output["name"] == "stdout" and bundles.bare(output["text"]).strip() else ""
    if output["output_type"] not in ("display_data", "execute_result"):
        return ""
    data, own = output["data"], bundles.of_output(output)
    if own and own[0].get("kind") == "figure":
        page.drawn = True
        return display.figure_html(own[0], bundles.text(data["image/png"]), below=behind(own[0]))
    if "text/html" in data:
        html = _unbroken(bundles.text(data["text/html"]))
        if own and own[0].get("kind") == "table" and not own[0].get("open") and _long(rows := _rows(html), html, page.drawn):
            title = own[0].get("title") or "Table"
            return folded(f"{title} ({rows:,} rows)", html.replace(f"<caption>{escape(title)}</caption>", f'<caption class="retold">{escape(title)}</caption>'))
        return html if own else f'<div class="scroll" tabindex="0" role="group" aria-label="Table">{foreign(html)}</div>'
    if "text/markdown" in data:
        told = output.get("metadata", {}).get("text/markdown", {})
        if "summary" in told:
            return folded(told["summary"], data_words(told["text"], page.headings))
        return data_words(bundles.text(data["text/markdown"]), page.headings)
    if "image/png" in data:
        told = output.get("metadata", {}).get("image/png", {})
        return display.figure_html({"alt": told.get("alt", ""), "title": told.get("caption", "")}, bundles.text(data["image/png"]))
    if "application/vnd.jupyter.widget-view+json" in data:
        return ""
    words = bundles.bare(data.get("text/plain", "")).strip()
    return shown(words) if words and not (own and own[0]["kind"] in ("kpis", "moments", "status")) else ""


def behind(payload: dict) -> str:
    """The numbers behind a figure as a table that folds; a long one is named by its file."""
    rows = list(csv.reader(io.StringIO(payload.get("csv", ""))))
    if len(rows) < 2:
        return ""
    where = f"figures/{payload['file']}.csv" if payload.get("file") else "a csv file"
    if len(rows) - 1 > ROWS_BEHIND or len(rows[0]) > COLUMNS_BEHIND:
        return f'<p class="behind">The {len(rows) - 1:,} rows behind this figure are in {escape(where)}.</p>'
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in rows[0])
    body = "".join("<tr>" + "".join(_td(cell) for cell in row) + "</tr>" for row in rows[1:])
    name = escape(f"Numbers behind: {payload.get('title', '')}")
    return (
        f'<details class="behind"><summary>The numbers behind this figure</summary><div class="scroll" tabindex="0" role="group" '
        f'aria-label="{name}"><table><caption>As in {escape(where)}, rounded</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>'
    )


def _unbroken(html: str) -> str:
    """Cells of numbers break before a bracket, after a semicolon or not at all: an interval stays together, and so do a number and its unit.

    >>> _unbroken('<td class="num">3 pts (1 to 5; 1,234)</td>').replace("\N{NO-BREAK SPACE}", "_")
    '<td class="num">3_pts (1_to_5; 1,234)</td>'
    """
    return re.sub(r'(?<=<td class="num">)[^<]{1,40}(?=</td>)', lambda cell: re.sub(r"(?<!;) (?=[^(]*\))|(?<=\d) (?=[A-Za-z]+(?: \(|$))", "\N{NO-BREAK SPACE}", cell[0]), html)


def _rows(html: str) -> int:
    """How many rows a table shows below its head."""
    return html.partition("<tbody>")[2].count("<tr")


def _long(rows: int, html: str, drawn: bool) -> bool:
    """Whether a table folds: for its rows, or for its many words; a scorecard is what a reader came for."""
    if 'class="scorecard"' in html:
        return False
    return rows > (ROWS_BESIDE if drawn else ROWS_SHOWN) or len(re.sub(r"<[^>]+>", "", html)) > LETTERS_SHOWN


def _td(cell: str) -> str:
    """A cell of a csv file as it is read.

    >>> _td("-0.123456"), _td("2.192e-22"), _td("2026"), _td("True"), _td("not_shown")
    ('<td class="num">−0.1235</td>', '<td class="num">&lt;0.0001</td>', '<td class="num">2026</td>', '<td>yes</td>', '<td>not shown</td>')
    """
    try:
        number = float(cell)
    except ValueError:
        words = {"True": "yes", "False": "no"}.get(cell) or (cell.replace("_", " ") if _NAME.fullmatch(cell) else cell)
        return f"<td>{escape(words)}</td>"
    if cell.lstrip("-").isdigit() and abs(number) < 10_000:  # 2026 is a year as often as a count
        shown = cell
    elif 0 < abs(number) < 0.0001:
        shown = "<0.0001" if number > 0 else ">-0.0001"
    else:
        shown = f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.4g}"
    return f'<td class="num">{escape(shown.replace("-", "−"))}</td>'
