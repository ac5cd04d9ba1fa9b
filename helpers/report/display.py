"""Showing a result on a page so that a reader sees it and the renderer can take it away: one bundle, one meaning.

Each function displays a MIME bundle: what a reader sees (a picture, HTML, Markdown), its plain words, and under
`MIME` what `journey render` writes beside the page: csv files, KPI rows, findings, statuses. Pages write no files.
Everything that comes from data is escaped here; HTML handed in as `html` is trusted, so escape it where it is made.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from helpers import names
from helpers.draw import Chart
from helpers.report.tabular import plain, to_csv

MIME = "application/vnd.journey.v1+json"
PIXELS_AN_INCH, CSS_PIXELS_AN_INCH = 150, 96
KINDS = ("figure", "table", "kpis", "moments", "findings", "status")

# A status reads by shape as well as by word and colour; the same shapes as in the charts.
SHAPES = {
    "on_target": "●", "below_target": "▼", "red_flag": "✖", "not_yet_known": "◇", "no_information": "–",
    "moment_of_truth": "◆", "watch": "▲", "not_shown": "●", "too_few": "○",
}
_WORDS = {label: word for word, label in {**names.STATUSES, **names.VERDICTS}.items()}
_NUMBER = re.compile(r"[<>≤≥~]?\s*[-+−–]?\s*[€$£]?\d")
_LONG = 28  # letters from which a column needs room for its words
_CARD = 4  # columns that a card holds at most
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]{2} \d{4}")
_FILLERS = {"", "–", "-", "—", "too few", "n/a", "not asked", "none"}
_WORD = re.compile(r"[^\W\d_]{3,}")  # a word of three letters or more: "to", "n" and "h" are none


def show_figure(chart: Chart) -> None:
    """Show a chart as a picture with its alternative text; its numbers travel along as csv."""
    payload = {"kind": "figure", "stem": chart.stem, **told(chart), "csv": to_csv(chart.data)}
    bundle = {"image/png": b64encode(chart.png()).decode("ascii"), "text/plain": f"{chart.title}\n{chart.alt}".strip()}
    _show(bundle, payload, {"image/png": {"alt": chart.alt, "caption": chart.title}})


def told(chart: Chart) -> dict[str, Any]:
    """What a page says with a chart: its words, its alternative text and how to read it (see `figure_html`)."""
    return {"title": chart.title, "who": chart.who, "caption": chart.caption, "alt": chart.alt, "head": chart.head, "how": reading(chart)}


def reading(chart: Chart) -> list[str]:
    """How to read a chart of its kind, in sentences; none for a chart that was not drawn by one of `draw.CHARTS`."""
    from helpers.draw import how_to_read

    lines = how_to_read(chart.kind) if chart.kind else {}
    return [f"{start}{text}" for start, text in zip(("It shows ", "To read it: ", "To act on it: "), lines.values())]


def show_table(
    frame: pd.DataFrame, *, stem: str, caption: str, data: pd.DataFrame | None = None, html: str | None = None
) -> None:
    """Show a table; its numbers travel along as csv.

    frame: cells as they are to be read, usually text. data: the numbers behind it (default: `frame`). html: a table
    made elsewhere, trusted as it is; without it one is made from `frame`, every cell escaped.
    """
    payload = {"kind": "table", "stem": stem, "title": caption, "csv": to_csv(frame if data is None else data)}
    bundle = {"text/html": html or table_html(frame, caption), "text/plain": f"{caption} ({_rows(len(frame))})"}
    _show(bundle, payload)


def show_markdown(text: str) -> None:
    """Show a sentence or more as Markdown. Names from data go through `literal` first."""
    _show({"text/markdown": text, "text/plain": text})


def show_detail(summary: str, text: str) -> None:
    """Show a sentence or more of Markdown that only some readers want: on a rendered page it folds under `summary`."""
    _show({"text/markdown": f"*{summary}:* {text}", "text/plain": f"{summary}: {text}"}, metadata={"text/markdown": {"summary": summary, "text": text}})


def show_lack(why: str, would_show: str) -> None:
    """Say that something is not measured, why, and what it would show; a rendered page gathers these under one heading."""
    text = f"Not measured: {why}. It would show {would_show}."
    _show({"text/markdown": f"> {text}", "text/plain": text}, metadata={"text/markdown": {"why": why, "would_show": would_show}})


def emit(kind: str, payload: Mapping[str, Any], *, html: str | None = None, markdown: str | None = None, text: str = "") -> None:
    """Hand the renderer a result of one `kind`, shown as `html` (trusted), `markdown` or, with neither, `text`.

    kpis and moments: {"rows": a frame or dicts with the columns of names.KPI_COLUMNS or MOMENT_COLUMNS}.
    findings: {"findings": [{headline, observed, sure, how_sure, otherwise, next_step, owner, level}]}.
    status: {"phase", "status", "score", "by_perspective"}. Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is '{kind}'; allowed are {', '.join(KINDS)}")
    bundle = {"text/html": html, "text/markdown": markdown, "text/plain": text}
    _show({mime: value for mime, value in bundle.items() if value is not None}, {"kind": kind, **plain(dict(payload))})


def literal(text: object) -> str:
    """Text from data for use inside Markdown: shown as it is, no markup of its own.

    >>> print(literal("call_centre <b>*now*</b>"))
    call\\_centre \\<b\\>\\*now\\*\\</b\\>
    """
    return re.sub(r"([\\`*_{}\[\]()#|~$!<>&])", r"\\\1", " ".join(str(text).split()))


def figure_html(payload: Mapping[str, Any], png: str, *, below: str = "") -> str:
    """A picture as HTML with its finding in words, its alternative text and, one click away, how to read a chart of its kind.

    payload: what `show_figure` hands on (title, who, caption, alt, head, how; all optional). png: base64. below: trusted HTML that ends the figure.
    """
    png = "".join(png.split())
    width, height = (round(side * CSS_PIXELS_AN_INCH / PIXELS_AN_INCH) for side in _size(png))
    words = [payload.get("title", ""), payload.get("who", ""), payload.get("caption", "")]
    head = f' style="--head: {float(payload["head"]):g}"' if payload.get("head") else ""
    caption = " ".join(f"<span>{escape(one)}</span>" for one in words if one)
    how = "".join(f"<p>{escape(one)}</p>" for one in payload.get("how", ()))
    return (
        "<figure>"
        + (f"<figcaption>{caption}</figcaption>" if caption else "")
        + f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(words[0] or "Figure")}">'
        f'<img src="data:image/png;base64,{png}" alt="{escape(payload.get("alt", ""))}" width="{width}" height="{height}"{head}></div>'
        + (f'<details class="behind"><summary>How to read this chart</summary>{how}</details>' if how else "")
        + f"{below}</figure>"
    )


def table_html(frame: pd.DataFrame, caption: str) -> str:
    """A table that reads well aloud and in print: caption, column and row headers, numbers to the right.

    A cell that is a status or verdict in words gets its shape and colour; a day stays on one line. A table of a few columns
    that are mostly sentences is `told`: each cell knows its column, so that a phone can show a row as a card.

    >>> table_html(pd.DataFrame({"KPI": ["NPS"], "Due": ["2026-10-31"]}), "Days").count('<td class="num"><span class="short">2026-10-31</span>')
    1
    >>> table_html(pd.DataFrame({"KPI": ["NPS"], "Now": ["<34>"]}), "Scores").count("&lt;34&gt;")
    1
    >>> '<td class="num">34 (31.25 to 36.75; 12,345)' in table_html(pd.DataFrame({"KPI": ["NPS"], "Now": ["34 (31.25 to 36.75; 12,345)"]}), "Scores")
    True
    """
    columns = [str(name) for name in frame.columns]
    rows = [[_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    right = [i > 0 and _numeric([row[i] for row in rows]) for i in range(len(columns))]
    long = [any(len(row[i]) > _LONG for row in rows) for i in range(len(columns))]
    kind = [' class="num"' if number else ' class="long"' if words else "" for number, words in zip(right, long)]
    told = len(columns) <= _CARD and sum(long) > 1
    of = [f' data-of="{escape(name)}"' if told and (i or name == "#") else "" for i, name in enumerate(columns)]
    card = ' class="told"' if told else ""
    head = "".join(f'<th scope="col"{kind[i]}>{escape(name)}</th>' for i, name in enumerate(columns))
    body = "".join(f"<tr>{_row(row, [a + b for a, b in zip(kind, of)])}</tr>" for row in rows)
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(caption)}"><table{card}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def status_html(word: str, label: str | None = None) -> str:
    """A status or verdict with its shape, colour and words.

    >>> status_html("red_flag")
    '<span class="status red_flag"><span aria-hidden="true">✖</span> Red flag</span>'
    """
    words = label or names.STATUSES.get(word) or names.VERDICTS.get(word) or word
    shape = SHAPES.get(word, "")
    return f'<span class="status {escape(word)}"><span aria-hidden="true">{shape}</span> {escape(words)}</span>'


def _row(row: list[str], kind: list[str]) -> str:
    first = f'<th scope="row"{kind[0]}>{_cell_html(row[0])}</th>' if row else ""
    return first + "".join(f"<td{kind[i]}>{_cell_html(text)}</td>" for i, text in enumerate(row) if i)


def _cell_html(text: str) -> str:
    if _DAY.fullmatch(text):
        return f'<span class="short">{text}</span>'  # a narrow column of a printout would break it after its month
    return status_html(_WORDS[text]) if text in _WORDS else escape(text)


def _text(value: Any) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)


def _numeric(cells: list[str]) -> bool:
    told = [cell for cell in cells if cell.strip().lower() not in _FILLERS]
    return bool(told) and all(_NUMBER.match(cell.strip()) and (len(cell) <= _LONG or len(_WORD.findall(cell)) <= 2) for cell in told)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _show(bundle: dict[str, Any], payload: dict | None = None, metadata: dict | None = None) -> None:
    """Publish a bundle; outside a notebook, print its words."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    if not InteractiveShell.initialized():
        print(bundle.get("text/plain", ""))
        return
    if payload is not None:
        bundle = {**bundle, MIME: payload}
    display(bundle, raw=True, metadata=metadata or {})


def _size(png: str) -> tuple[int, int]:
    """Width and height in pixels, from a PNG's header."""
    return struct.unpack(">II", b64decode(png[:44])[16:24])
