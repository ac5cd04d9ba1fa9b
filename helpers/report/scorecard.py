"""The scorecard on a page: where each KPI stands against target and red flag, its trend, owner and initiatives."""

from __future__ import annotations

import math
from html import escape

import pandas as pd

from helpers import names
from helpers.draw.text import people, say, span
from helpers.report import display
from helpers.report.display import SHAPES, status_html
from helpers.report.show import needs_in_words
from helpers.score import ScoredCard

ORDER = ("red_flag", "below_target", "not_yet_known", "on_target", "no_information")
REASONS = {"no target": "no target set", "too few": "too few cases", "no rows": "nothing in this period"}


def scorecard(card: ScoredCard) -> None:
    """Show a scorecard: the verdict by perspective, every KPI, the initiatives; its rows travel along for kpis.csv."""
    display.show_markdown(verdict(card))
    display.emit("kpis", {"rows": card.kpi_rows()}, html=_html(card), text=f"{card.card.name}: {len(card.table)} KPIs")
    started = card.initiatives
    if len(started):
        display.show_table(_initiatives(started), stem=f"{card.card.phase}_initiatives", caption="Initiatives and the KPI each should move", data=started.astype("str"))


def verdict(card: ScoredCard) -> str:
    """The scorecard in a sentence or two: how many KPIs stand where, and each perspective's score."""
    counts = status_counts(card)
    told = [f"{count} {names.STATUSES[word].lower()}" for word, count in counts.items() if count and word != "no_information"]
    silent = counts["no_information"]
    whole = f"Of {people(len(card.table), 'KPIs')}, " + (", ".join(told) if told else "none can be judged")
    whole += f"; {silent} {'has' if silent == 1 else 'have'} no information." if silent else "."
    parts = [
        f"{names.PERSPECTIVES[word]} {SHAPES[one['status']]} {names.STATUSES[one['status']].lower()}"
        + ("" if one["score"] is None else f" ({one['score']:.1f} of 10)")
        for word, one in card.by_perspective.items()
    ]
    return f"{whole} By perspective: {'; '.join(parts)}."


def status_counts(card: ScoredCard) -> dict[str, int]:
    """How many KPIs have each status in the period, worst first."""
    counts = card.table["status"].value_counts()
    return {word: int(counts.get(word, 0)) for word in ORDER}


def status_payload(card: ScoredCard) -> dict:
    """What the index shows of a scorecard."""
    score = None if math.isnan(card.score) else card.score
    return {"phase": card.card.phase, "status": card.status, "score": score, "by_perspective": card.by_perspective}


def amount(value: float, unit: str, currency: str = "") -> str:
    """A KPI's number for a table; an en dash where there is none."""
    return "–" if value is None or pd.isna(value) else say(value, unit, currency=currency)


def _html(card: ScoredCard) -> str:
    head = ("KPI", "Value", "95 % interval", "n", "Target", "Red flag", "Trend", "Status", "Score", "Owner")
    numeric = {"Value", "95 % interval", "n", "Target", "Red flag", "Score"}
    cells = "".join(f'<th scope="col"{" class=num" if name in numeric else ""}>{name}</th>' for name in head)
    body, previous = [], card.previous.set_index("kpi") if len(card.previous) else pd.DataFrame()
    reasons = dict(zip(card.reasons["kpi"], card.reasons["reason"], strict=True))
    for perspective, label in names.PERSPECTIVES.items():
        part = card.table[card.table["perspective"] == perspective]
        if not len(part):
            continue
        body.append(f'<tr class="group"><th scope="rowgroup" colspan="{len(head)}">{label}</th></tr>')
        part = part.assign(order=part["status"].map(ORDER.index)).sort_values("order", kind="stable")
        for row in part.itertuples():
            body.append(_row(row, card, previous, reasons.get(row.kpi, "")))
    caption = escape(f"{card.card.name}: each KPI against its target")
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{caption}"><table class="scorecard"><caption>{caption}</caption>'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _row(row, card: ScoredCard, previous: pd.DataFrame, reason: str) -> str:
    currency = card.currency
    word = names.STATUSES[row.status]
    if row.status == "no_information" and reason:
        word = f"{word}: {_why(reason)}"
    better = {"higher": "higher is better", "lower": "lower is better", "range": "within a range"}[row.better]
    name = f'<span title="{escape(row.definition)}">{escape(row.label)}</span><small>{row.kind}, {better}</small>'
    values = [
        amount(row.value, row.unit, currency), span(row.low, row.high, row.unit) or "–", "–" if pd.isna(row.n) else f"{row.n:,.0f}",
        amount(row.target, row.unit, currency), amount(row.red_flag, row.unit, currency),
    ]
    cells = "".join(f'<td class="num">{escape(text)}</td>' for text in values)
    score = "–" if pd.isna(row.score) else f"{row.score:.1f}"
    return (
        f'<tr><th scope="row">{name}</th>{cells}<td>{_trend(card, row, previous)}</td><td>{status_html(row.status, word)}</td>'
        f'<td class="num">{score}</td><td>{escape(row.owner)}</td></tr>'
    )


def _why(reason: str) -> str:
    """The reason for no information, in a reader's words.

    >>> _why("needs orders|interactions, team")
    'needs the table orders or the table interactions and the table team'
    """
    if reason.startswith("needs "):
        return "needs " + needs_in_words(tuple(reason.removeprefix("needs ").split(", ")))
    return REASONS.get(reason, reason)


def _trend(card: ScoredCard, row, previous: pd.DataFrame) -> str:
    """The months as a small line, and the change since the like period before in words."""
    months = card.rows[(card.rows["kpi"] == row.kpi) & (card.rows["grain"] == "month")]["value"].tail(24).tolist()
    words = ""
    if len(previous) and row.kpi in previous.index and not pd.isna(before := previous.at[row.kpi, "value"]) and not pd.isna(row.value):
        words = f"was {amount(before, row.unit, card.currency)}"
    return sparkline(months, f"{row.label} by month") + (f"<small>{escape(words)}</small>" if words else "")


def sparkline(values: list[float], label: str) -> str:
    """Values as a small inline drawing (SVG, 90 x 22); gaps stay gaps; nothing under two values.

    >>> sparkline([1.0], "one")
    ''
    """
    known = [value for value in values if not pd.isna(value)]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    step, height = 86 / max(len(values) - 1, 1), 16 / ((high - low) or 1)
    points = [None if pd.isna(v) else f"{2 + i * step:.1f},{19 - (v - low) * height:.1f}" for i, v in enumerate(values)]
    runs = [run.split() for run in " ".join(point or "|" for point in points).split("|")]
    lines = "".join(f'<polyline points="{" ".join(run)}"/>' for run in runs if len(run) > 1)
    last = next(point for point in reversed(points) if point).split(",")
    return (
        f'<svg class="spark" viewBox="0 0 90 22" width="90" height="22" fill="none" stroke="currentColor" stroke-width="1.5" role="img" aria-label="{escape(label)}">{lines}'
        f'<circle cx="{last[0]}" cy="{last[1]}" r="2" fill="currentColor" stroke="none"/></svg>'
    )


def _initiatives(table: pd.DataFrame) -> pd.DataFrame:
    shown = {"initiative": "Initiative", "label": "Should move", "promise": "Promised", "owner": "Owner", "due": "Due", "status": "KPI now"}
    there = {old: new for old, new in shown.items() if old in table.columns}
    frame = table[list(there)].rename(columns=there)
    if "KPI now" in frame:
        frame["KPI now"] = frame["KPI now"].map(names.STATUSES).fillna("–")
    return frame.astype("str").replace({"None": "–", "nan": "–", "NaT": "–", "": "–"})
