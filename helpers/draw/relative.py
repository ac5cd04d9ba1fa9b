"""Ratios against a reference of 1, a row each, on a scale where half and double lie equally far from it."""
from __future__ import annotations

import math

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.intervals import _beside, _with_headings, dot
from helpers.draw.scale import Scale, reach
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_TICKS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_WIDEST = 3.0  # doublings either way that are drawn; longer intervals are cut, their figures stand beside


@drawn
def ratios(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "ratios", alt: str = "", left: str = "slower", right: str = "faster",
           value: str = "Pace", noun: str = "n") -> Chart:
    """Draw each group's pace against the reference of its kind as a dot on its 95% interval.

    Shows: how many times as fast (or often) as the reference each group is, with its 95% interval; half and double lie equally far from the middle line.
    Read it so: left of the line is slower than the reference, right of it faster; where the interval crosses the line the group may be like the reference.
    Act on it so: start with the group whose whole interval lies farthest left; leave alone those that cross the line.

    table: label, ratio, low, high (1 is the reference), optional n and group (a heading above its rows). A row whose `reference` is true is the 1 itself.
    """
    frame = tidy(table, ["label", "ratio", "low", "high"], ["ratio", "low", "high", "n"], ["n", "group", "reference"])
    if frame.empty:
        return blank("No group has enough data.", title, who, caption, stem, alt, table)
    lines, first = _with_headings(frame), [bool(v) for v in frame["reference"].fillna(False).astype(bool)]
    told = ["1 (reference)" if one else _say(v) for one, v in zip(first, frame["ratio"])]
    spans = ["" if text.is_missing(a) or text.is_missing(b) else f"{_say(a)}–{_say(b)}" for a, b in zip(frame["low"].mask(first), frame["high"])]
    columns = [(value, told), ("95% interval", spans)] + ([(noun, [text.people(v) for v in frame["n"]])] if frame["n"].notna().any() else [])
    columns = [(heading, _beside(lines, words)) for heading, words in columns]
    bold = [row is None for _, row in lines]
    place = rows.frame([label for label, _ in lines], columns, top=0.42, bold=bold)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, [label for label, _ in lines], columns, bold=bold)
    scale = _axis(sheet, frame, place, left, right)
    marks = iter(first)
    for i, (_, row) in enumerate(lines):
        if row is None:
            continue
        if next(marks):
            sheet.marks([scale(0.0)], [place.y(i)], style.SOFT, shape="D", filled=False, size=5.5)
        else:
            apart = not text.is_missing(row.low) and (row.high < 1 or row.low > 1)
            dot(sheet, scale, place.y(i), _log(row.ratio), _log(row.low), _log(row.high), style.AGAINST if apart and row.high < 1 else style.MAIN, filled=apart)
    return sheet.chart(stem, alt or f"{title} {_extremes(frame[[not one for one in first]])}", table)


def _axis(sheet: Sheet, frame: pd.DataFrame, place: rows.Frame, left: str, right: str) -> Scale:
    ends = reach([-1.1, 1.1, *(_log(v) for name in ("ratio", "low", "high") for v in frame[name])])
    scale = Scale(max(ends[0], -_WIDEST - 0.2), min(ends[1], _WIDEST + 0.2), place.left + 0.05, place.right - 0.05)
    ticks = [t for t in _TICKS if scale.low <= math.log2(t) <= scale.high]
    sheet.segments([((scale(math.log2(t)), place.top), (scale(math.log2(t)), place.bottom)) for t in ticks], style.GRID, 0.8, above=0.5)
    sheet.line((scale(0), scale(0)), (place.top, place.bottom), style.INK, 0.9, above=1.5)
    for t in ticks:
        words = {0.125: "⅛", 0.25: "¼", 0.5: "½"}.get(t, f"{t:g}") + " ×"
        sheet.text(scale(math.log2(t)), place.bottom + 0.11, words, size=style.SMALL, colour=style.SOFT, across="center")
    sheet.text(scale(0) - 0.1, place.top - 0.31, f"← {left}", size=style.SMALL, colour=style.SOFT, across="right", within=scale(0) - style.MARGIN)
    sheet.text(scale(0) + 0.1, place.top - 0.31, f"{right} →", size=style.SMALL, colour=style.SOFT, within=sheet.width - scale(0) - 0.3)
    return scale


def _log(value) -> float:
    """Doublings: 0 for 1, 1 for 2, -1 for a half; missing where there is none."""
    return math.log2(value) if not text.is_missing(value) and value > 0 else math.nan


def _say(value) -> str:
    return text.TOO_FEW if text.is_missing(value) else f"{value:.2f}" if value < 9.95 else f"{value:.0f}"


def _extremes(frame: pd.DataFrame) -> str:
    known = frame.dropna(subset=["ratio"])
    if known.empty:
        return "No group has enough data."
    low, high = known.loc[known["ratio"].idxmin()], known.loc[known["ratio"].idxmax()]
    return f"Ratios of {len(known)} groups against a reference of 1, from {_say(low['ratio'])} ({low['label']}) to {_say(high['ratio'])} ({high['label']})."
