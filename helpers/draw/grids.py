"""Tables in colour: any two-way table, and the cohort triangle."""
from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from helpers.draw import style, text
from helpers.draw.scale import reach
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_LEVELS = 24


def _shade(value: float, low: float, high: float, centre: float | None) -> str:
    """White to blue; with a centre, red below it and blue above. In steps, so that a picture stays small."""
    if centre is None:
        part, colour = (value - low) / (high - low) if high > low else 0.5, style.MAIN
    else:
        far = max(abs(high - centre), abs(low - centre)) or 1.0
        part, colour = abs(value - centre) / far, style.MAIN if value >= centre else style.AGAINST
    part = round(min(max(part, 0.0), 1.0) * _LEVELS) / _LEVELS
    return style.mix(style.WHITE, colour, 0.05 + 0.9 * part)


def _headings(sheet: Sheet, words: Sequence[str], left: float, wide: float, bottom: float, upright: bool, tall: float) -> None:
    for i, word in enumerate(words):
        x = left + (i + 0.5) * wide
        if upright:
            sheet.text(x, bottom - 0.05, text.shorten(word, tall - 0.05, style.SMALL), size=style.SMALL, across="center", down="bottom", turned=90)
        else:
            parts = text.wrap(word, wide - 0.08, style.SMALL, lines=3)
            for j, part in enumerate(parts):
                sheet.text(x, bottom - 0.11 - (len(parts) - 1 - j) * text.height(style.SMALL), part, size=style.SMALL, across="center")


def _heading_height(words: Sequence[str], wide: float) -> tuple[bool, float]:
    """Upright or level headings, and the inches they take."""
    longest = max((text.width(part, style.SMALL) for word in words for part in text.clean(word).split()), default=0)
    if longest <= wide - 0.08:
        return False, 0.1 + text.height(style.SMALL) * max((len(text.wrap(w, wide - 0.08, style.SMALL, lines=3)) for w in words), default=1)
    return True, 0.12 + min(1.6, max(text.width(text.clean(word), style.SMALL) for word in words))


def _fit(words: Sequence[str], wide: float, tall: float) -> float | None:
    """The largest size in points at which every text fits its cell; None where even the smallest does not."""
    sizes = (style.SMALL, 7.5, style.TINY, 6.5, 6.0)
    return next((s for s in sizes if max((text.width(w, s) for w in words), default=0) <= wide - 0.03 and s * 1.1 / 72 <= tall), None)


@drawn
def matrix(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "matrix", alt: str = "", unit: str = "share", currency: str = "",
           rows: str = "", columns: str = "", centre: float | None = None) -> Chart:
    """Draw a two-way table: a figure in each cell, and a colour that grows with it.

    Shows: a value for each pair of row and column; hatched cells have too few people, empty cells do not occur.
    Read it so: the darker the cell, the larger the value; with two colours, red lies below the middle and blue above it.
    Act on it so: read along the row you own; follow the darkest cells, then ask for each hatched cell whether it is worth measuring.

    table: row, column, value (in `unit`), n (count), optional text (printed instead of the value). Rows and columns stand in order of
    appearance (columns that are also rows, in the order of the rows); a pair that is not in the table stays empty, a pair without a value is hatched. `rows` and `columns` name the two sides.
    """
    frame = tidy(table, ["row", "column", "value"], ["value", "n"], ["n", "text"])
    down, over = list(dict.fromkeys(text.clean(v) for v in frame["row"])), list(dict.fromkeys(text.clean(v) for v in frame["column"]))
    over = [*(name for name in down if name in over), *(name for name in over if name not in down)]
    if frame.empty:
        return blank("There is no pair to show.", title, who, caption, stem, alt, table)
    left = style.MARGIN + min(2.6, max(text.width(w, style.BODY if len(down) <= 20 else style.SMALL) for w in down)) + 0.15
    wide = min(1.25, (style.WIDTH - style.MARGIN - left) / len(over))
    tall = 0.32 if len(down) <= 12 else 0.25 if len(down) <= 24 else 0.2
    upright, head = _heading_height(over, wide)
    top = head + (0.2 if rows or columns else 0.0)
    sheet = Sheet(title, who, caption, body=top + tall * len(down) + 0.1)
    _sides(sheet, rows, columns, left)
    _headings(sheet, over, left, wide, top, upright, head)
    size = style.BODY if len(down) <= 20 else style.SMALL
    for i, word in enumerate(down):
        sheet.text(left - 0.08, top + (i + 0.5) * tall, word, size=size, across="right", within=left - 0.08 - style.MARGIN)
    _cells(sheet, frame, down, over, left, top, wide, tall, unit, currency, centre)
    known = frame.dropna(subset=["value"])
    most = "" if known.empty else (lambda r: f" The largest is {text.say(r['value'], unit, currency=currency)}, {r['row']} and {r['column']}.")(
        known.loc[known["value"].idxmax()])
    return sheet.chart(stem, alt or f"{title} Table of {len(down)} by {len(over)}.{most}", table)


def _sides(sheet: Sheet, rows: str, columns: str, left: float) -> None:
    if rows:
        sheet.text(left - 0.08, 0.08, f"{rows} ↓", size=style.SMALL, colour=style.SOFT, across="right")
    if columns:
        sheet.text(left, 0.08, f"{columns} →", size=style.SMALL, colour=style.SOFT)


def _cells(sheet: Sheet, frame: pd.DataFrame, down: list[str], over: list[str], left: float, top: float, wide: float, tall: float, unit: str,
           currency: str, centre: float | None) -> None:
    at = {word: i for i, word in enumerate(down)}, {word: i for i, word in enumerate(over)}
    words = [text.clean(t) or w for t, w in zip(frame["text"], text.column(frame["value"], unit, currency=currency))]
    shown = [w for w, v in zip(words, frame["value"]) if not text.is_missing(v)]
    size = _fit(shown, wide, tall)
    if size is None and unit == "share":
        words = [w.removesuffix("%") for w in words]
        size = _fit([w for w, v in zip(words, frame["value"]) if not text.is_missing(v)], wide, tall)
    low, high = reach(frame["value"], zero=centre is None and (frame["value"].min() >= 0), pad=0)
    sheet.boxes([(left, top, wide * len(over), tall * len(down))], style.PALE, above=0.1)
    boxes, colours, hatched = [], [], []
    for row, column, value, word in zip(frame["row"], frame["column"], frame["value"], words):
        x, y = left + at[1][text.clean(column)] * wide, top + at[0][text.clean(row)] * tall
        if text.is_missing(value):
            hatched.append((x, y, wide, tall))
            continue
        colour = _shade(value, low, high, centre)
        boxes.append((x, y, wide, tall))
        colours.append(colour)
        if size and word:
            sheet.text(x + wide / 2, y + tall / 2, word, size=size, colour=style.ink_on(colour), across="center")
    sheet.boxes(boxes, colours, edge=style.WHITE, weight=1.0 if wide > 0.3 else 0.5)
    sheet.boxes(hatched, style.WHITE, hatch="////", edge=style.RULE, weight=0.4)


@drawn
def cohort_triangle(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "cohort_triangle", alt: str = "",
                    ages: str = "months since the start", noun: str = "customers", cohorts: str = "Started in") -> Chart:
    """Draw the share of each starting group that is still there, by age.

    Shows: for each starting month (rows) the share of its customers active at each age (columns).
    Read it so: along a row a group ages; down a column groups of one age compare; a hatched cell is not finished and holds only those whose days are over; "few" has too few customers.
    Act on it so: where columns grow paler from top to bottom, newer customers stay less: look at what changed when they came.

    table: cohort, age (whole number), share (0-1), n (customers in the cohort), complete (False where the age is not over for all).
    """
    frame = tidy(table, ["cohort", "age", "share", "n", "complete"], ["age", "share", "n"]).dropna(subset=["age"])
    if frame.empty:
        return blank("No cohort has started.", title, who, caption, stem, alt, table)
    groups, columns = list(dict.fromkeys(frame["cohort"])), sorted(set(frame["age"].astype(int)))
    names, sizes = [text.month(g) for g in groups], frame.groupby("cohort", sort=False)["n"].first()
    left = style.MARGIN + min(1.8, max(text.width(n, style.BODY) for n in names)) + 0.95
    wide = min(0.9, (style.WIDTH - style.MARGIN - left) / len(columns))
    tall = 0.29 if len(groups) <= 14 else 0.23
    top = 0.48
    sheet = Sheet(title, who, caption, body=top + tall * len(groups) + 0.1)
    sheet.text(left, 0.08, f"{ages} →", size=style.SMALL, colour=style.SOFT)
    sheet.text(style.MARGIN, top - 0.13, cohorts, size=style.SMALL, colour=style.SOFT)
    sheet.text(left - 0.12, top - 0.13, noun, size=style.SMALL, colour=style.SOFT, across="right")
    _headings(sheet, _thin([str(c) for c in columns], wide), left, wide, top - 0.02, False, 0.2)
    for i, (group, name) in enumerate(zip(groups, names)):
        sheet.text(style.MARGIN, top + (i + 0.5) * tall, name, within=left - style.MARGIN - 0.85)
        sheet.text(left - 0.12, top + (i + 0.5) * tall, text.people(sizes[group]), size=style.SMALL, colour=style.SOFT, across="right")
    _triangle(sheet, frame, groups, columns, left, top, wide, tall)
    unfinished = int((~frame["complete"].astype(bool)).sum())
    return sheet.chart(stem, alt or f"{title} Triangle of {len(groups)} cohorts by {len(columns)} ages; {unfinished} cells are not finished and hatched.", table)


def _thin(words: list[str], wide: float) -> list[str]:
    """Every word, or every second, third ... so that neighbours do not touch."""
    every = next(k for k in range(1, 60) if max(text.width(w, style.SMALL) for w in words) + 0.05 <= wide * k)
    return [w if i % every == 0 else "" for i, w in enumerate(words)]


def _triangle(sheet: Sheet, frame: pd.DataFrame, groups: list, columns: list[int], left: float, top: float, wide: float, tall: float) -> None:
    low, high = reach(frame["share"], zero=True, pad=0)
    told = text.column(frame["share"], "share")
    size = _fit([w for w in told if w != text.TOO_FEW], wide, tall)
    if size is None:
        told = [w.removesuffix("%") for w in told]
        size = _fit([w for w in told if w != text.TOO_FEW], wide, tall)
    boxes, colours, open_boxes = [], [], []
    for row, words in zip(frame.itertuples(), told):
        x, y = left + columns.index(int(row.age)) * wide, top + groups.index(row.cohort) * tall
        if text.is_missing(row.share):
            few = "few" if text.width("few", style.TINY) < wide else "·"
            sheet.text(x + wide / 2, y + tall / 2, few, size=style.TINY, colour=style.SOFT, italic=True, across="center")
            boxes.append((x, y, wide, tall))
            colours.append(style.PALE)
            continue
        colour = _shade(row.share, low, high, None)
        ink = style.ink_on(colour)
        if not row.complete:
            open_boxes.append((x, y, wide, tall))
            ink = style.INK
        else:
            boxes.append((x, y, wide, tall))
            colours.append(colour)
        if size:
            sheet.text(x + wide / 2, y + tall / 2, words, size=size, colour=ink, across="center", halo=not row.complete)
    sheet.boxes(boxes, colours, edge=style.WHITE, weight=0.8)
    sheet.boxes(open_boxes, style.WHITE, hatch="////", edge=style.RULE, weight=0.4)
