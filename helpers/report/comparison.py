"""Two groups or two spans of time side by side, as a reader sees it: what differs, what does not, what may not be compared."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from helpers import names
from helpers.draw.text import is_missing, people, say, say_q, span
from helpers.infer.intervals import LEVEL
from helpers.infer.side_by_side import CLAIMED, VERDICTS
from helpers.report.words import listed

SHAPES = {"worse": "▼", "better": "●", "higher": "△", "lower": "▽", "maybe": "◇", "no_difference": "=", "not_compared": "–"}
_COLOURS = {"worse": "red_flag", "better": "on_target"}
_DIFFERS = ("worse", "better", "higher", "lower", "maybe")
_BETTER = {"higher": "higher is better", "lower": "lower is better", "range": "within a range"}
_TOLD = 3


@dataclass(frozen=True)
class Sides:
    """How the two sides are called, and what the reader must know of how they hang together."""

    first: str
    second: str
    overlap: str = ""
    currency: str = ""
    min_cell: int = 0


def headline(table: pd.DataFrame, sides: Sides) -> str:
    """The comparison in a sentence.

    >>> headline(pd.DataFrame({"verdict": ["worse", "better", "better", "no_difference", "not_compared"]}), Sides("2026-Q2", "2026-Q3"))
    'Of 4 KPIs compared, 1 is worse and 2 are better in 2026-Q3; for 1 no difference is shown.'
    """
    counts = table["verdict"].value_counts()
    compared = int(len(table) - counts.get("not_compared", 0))
    if not compared:
        return "Nothing can be compared: no KPI has enough cases on both sides."
    told = [f"{counts[word]} {'is' if counts[word] == 1 else 'are'} {VERDICTS[word].lower()}" for word in ("worse", "better", "higher", "lower") if word in counts]
    begin = f"{listed(told)} in {sides.second}" if told else f"none is surely better or worse in {sides.second}"
    tail = [f"{counts[word]} {end}" for word, end in (("maybe", "may be chance"),) if word in counts]
    tail += [f"for {counts['no_difference']} no difference is shown"] if "no_difference" in counts else []
    return f"Of {people(compared, 'KPIs')} compared, {begin}" + (f"; {listed(tail)}" if tail else "") + "."


def sections(table: pd.DataFrame, sides: Sides) -> list[tuple[str, list[str]]]:
    """The page's sections: heading and parts as HTML; every word from data escaped."""
    differ = table[table["verdict"].isin(_DIFFERS)]
    order = differ["verdict"].map(_DIFFERS.index)
    differ = differ.assign(order=order).sort_values(["order", "p_value", "kpi"], kind="stable")
    same, left = (table[table["verdict"] == word] for word in ("no_difference", "not_compared"))
    shown = [("What did we find?", [_found(differ, sides, headline(table, sides))])]
    caption = f"{sides.second} against {sides.first}: what is worse, then what is better, the surest first"
    none = "<p>No interval of a difference is off zero.</p>"
    shown.append(("Which KPIs differ?", [table_html(differ, sides, caption) if len(differ) else none]))
    if len(same):
        fold = _folded(f"Show {people(len(same), 'KPIs')}", table_html(same, sides, f"{sides.second} against {sides.first}: KPIs without a difference beyond chance"))
        shown.append(("Where is no difference shown?", ["<p>An interval that holds zero is no proof that nothing changed: how wide it is says what could hide in it.</p>", fold]))
    if len(left):
        shown.append(("What could not be compared?", [_folded(f"Show {people(len(left), 'KPIs')} with the reason", _left(left, sides))]))
    shown.append(("How sure are we, and what does this not show?", [f"<p>{escape(one)}</p>" for one in _caveats(table, sides)]))
    return shown


def _found(differ: pd.DataFrame, sides: Sides, words: str) -> str:
    """The answer in a sentence, then the surest differences, the worse ones first."""
    parts = [f"<p><strong>{escape(words)}</strong></p>"]
    items = []
    for word, level in (("worse", "bad"), ("better", "good"), ("higher", "unknown"), ("lower", "unknown")):
        for row in differ[differ["verdict"] == word].head(_TOLD).itertuples():
            line = f"{row.label}: {_value(row, 'second', sides)} in {sides.second}, {_value(row, 'first', sides)} in {sides.first} ({_signed(row.difference, row.unit, sides)}, q {say_q(row.q_value)})"
            items.append(f'<li class="finding {level}"><span class="level">{VERDICTS[word]}</span><p>{escape(line)}</p></li>')
    return "".join(parts) + (f'<ul class="findings">{"".join(items)}</ul>' if items else "")


def table_html(rows: pd.DataFrame, sides: Sides, caption: str) -> str:
    """KPIs a row each: both values with intervals and n, the difference with its interval drawn, p, q, the verdict in words and shape."""
    head = ("KPI", "Verdict", sides.first, sides.second, "Difference", "Interval of the difference", "p", "q")
    numeric = (sides.first, sides.second, "Difference", "p", "q")
    cells = "".join(f'<th scope="col" role="columnheader"{" class=num" if name in numeric else ""}>{escape(name)}</th>' for name in head)
    body = "".join(_row(row, sides) for row in rows.itertuples())
    return _table(cells, body, caption)


def _row(row, sides: Sides) -> str:
    about = f"{names.PHASES.get(row.phase, row.phase)}, {_BETTER.get(row.better, '')}"
    values = "".join(
        f'<td role="cell" class="num" data-label="{escape(getattr(sides, side))}">{escape(_value(row, side, sides))}<small>{escape(_around(row, side))}</small></td>' for side in ("first", "second")
    )
    apart = f'{escape(_signed(row.difference, row.unit, sides))}<small>{escape(_span(row.difference_low, row.difference_high, row.unit))}</small>'
    return (
        f'<tr role="row"><th scope="row" role="rowheader"><span title="{escape(row.definition)}">{escape(row.label)}</span><small>{escape(about)}</small></th><td role="cell">{verdict(row.verdict)}</td>{values}'
        f'<td role="cell" class="num" data-label="Difference">{apart}</td><td role="cell" class="drawn">{drawn(row.difference, row.difference_low, row.difference_high, row.verdict)}</td>'
        f'<td role="cell" class="num p" data-label="p">{say_q(row.p_value)}</td><td role="cell" class="num p" data-label="q">{say_q(row.q_value)}</td></tr>'
    )


def verdict(word: str) -> str:
    """A verdict in words, with its shape and colour.

    >>> verdict("worse")
    '<span class="status red_flag"><span aria-hidden="true">▼</span> Worse</span>'
    """
    return f'<span class="status {_COLOURS.get(word, "not_yet_known")}"><span aria-hidden="true">{SHAPES[word]}</span> {VERDICTS[word]}</span>'


def drawn(value: float, low: float, high: float, word: str) -> str:
    """The difference and its interval as a small drawing (SVG, 120 x 20), zero in the middle; each row has its own scale.

    >>> drawn(1.0, 0.5, 2.0, "better").count("<circle")
    1
    """
    if is_missing(value) or (is_missing(low) and is_missing(high)):
        return ""
    scale = 54 / (max(abs(one) for one in (low, value, high) if not is_missing(one)) or 1)
    x = [f"{end if is_missing(one) else 60 + scale * one:.1f}" for one, end in ((low, 0), (value, 60), (high, 120))]  # an open end runs off the drawing
    colour = {"worse": "var(--bad)", "better": "var(--good)"}.get(word, "var(--open)")
    return (
        f'<svg viewBox="0 0 120 20" width="120" height="20" aria-hidden="true"><line x1="60" y1="0" x2="60" y2="20" stroke="var(--rule)" stroke-width="1.5"/>'
        f'<line x1="{x[0]}" y1="10" x2="{x[2]}" y2="10" stroke="{colour}" stroke-width="3"/><circle cx="{x[1]}" cy="10" r="4.5" fill="{colour}"/></svg>'
    )


def _left(rows: pd.DataFrame, sides: Sides) -> str:
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in ("KPI", sides.first, sides.second, "Why"))
    body = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{escape(row.label)}<small>{escape(names.PHASES.get(row.phase, row.phase))}</small></th>'
        + "".join(f'<td role="cell" data-label="{escape(getattr(sides, side))}">{escape(_value(row, side, sides))}</td>' for side in ("first", "second"))
        + f'<td role="cell">{escape(row.why[:1].upper() + row.why[1:])}</td></tr>' for row in rows.itertuples()
    )
    return _table(head, body, "KPIs that were not compared")


def _table(head: str, body: str, caption: str) -> str:
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(caption)}"><table class="stack beside" role="table"><caption>{escape(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _folded(summary: str, html: str) -> str:
    return f'<details class="detail"><summary>{escape(summary)}</summary>{html}</details>'


def _value(row, side: str, sides: Sides) -> str:
    value = getattr(row, f"{side}_value")
    return "–" if is_missing(value) else say(value, row.unit, currency=sides.currency)


def _around(row, side: str) -> str:
    words = _open(getattr(row, f"{side}_low"), getattr(row, f"{side}_high"), row.unit)
    count = getattr(row, f"{side}_n")
    return ", ".join(filter(None, [words, "" if is_missing(count) else f"n {people(count)}"]))


def _signed(value: float, unit: str, sides: Sides) -> str:
    if is_missing(value):
        return "–"
    if unit == "share":
        return say(value, "change")
    return ("+" if value > 0 else "") + say(value, unit, currency=sides.currency)


def _span(low: float, high: float, unit: str) -> str:
    return _open(low, high, "change" if unit == "share" else unit).replace("–", " to ")


def _open(low: float, high: float, unit: str) -> str:
    """An interval, also one that is open at one end: a median time that half of the cases have not reached has no upper bound.

    >>> _open(37.0, float("nan"), "days"), _open(float("nan"), float("nan"), "days")
    ('at least 37 days', '')
    """
    if is_missing(high):
        return "" if is_missing(low) else f"at least {say(low, unit)}"
    return f"at most {say(high, unit)}" if is_missing(low) else span(low, high, unit)


def _caveats(table: pd.DataFrame, sides: Sides) -> list[str]:
    """What the numbers rest on, and what they do not show."""
    compared = int(table["p_value"].notna().sum())
    told = [
        f"Each difference is {sides.second} less {sides.first}, from the two reports' own figures, with a {LEVEL:.0%} interval put together from the two intervals "
        "(Newcombe 1998; Zou and Donner 2008). Each row is drawn on its own scale; the line is zero.",
        f"With {people(compared, 'KPIs')} side by side some differ by chance alone. q allows for that (Benjamini and Hochberg 1995): of all that is called better, worse, higher or lower, at most about "
        f"{CLAIMED:.0%} should be false. “May be chance” is an interval off zero that does not pass.",
        sides.overlap,
        f"Where one side has too few cases (fewer than {sides.min_cell:,} people, or too few to judge), neither side is shown, so that this page says no more than the two reports.",
        "What differs goes with the group or the time; this does not show what brought it about. Groups differ in much else, and a season returns.",
    ]
    return [one for one in told if one]
