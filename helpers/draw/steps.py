"""How customers get on step by step: the funnel, and what spending turned into."""
from __future__ import annotations

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.scale import Scale
from helpers.draw.sheet import Chart, Sheet, drawn, tidy

_BAR, _BETWEEN = 0.30, 0.26


@drawn
def funnel(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "funnel", alt: str = "", noun: str = "customers",
           weakest: str | None = None) -> Chart:
    """Draw an ordered funnel: how many reach each step, what share of the start that is, and how long each passage takes.

    Shows: how many customers reach each step, and between two steps the share who go on and their median time.
    Read it so: a bar is as long as the number of customers; the pale stretch is who was lost since the step before, the whisker the 95% interval.
    Act on it so: start at the passage in red, where the largest share stops; a long median time there points to waiting, a short one to a refusal.

    table: step, label, users (count), of_start, of_start_low, of_start_high, of_previous (shares 0-1), median_days (days since the
    step before). `weakest` names the step whose passage is marked; without it, the one with the smallest `of_previous`.
    """
    frame = tidy(table, ["step", "label", "users"], ["users", "of_start", "of_start_low", "of_start_high", "of_previous", "median_days"],
                 ["of_start", "of_start_low", "of_start_high", "of_previous", "median_days"])
    step = _BAR + _BETWEEN if len(frame) <= 14 else 0.46
    columns = [("of start", text.column(frame["of_start"], "share")),
               ("95% interval", text.spans(frame["of_start_low"], frame["of_start_high"], "share"))]
    place = rows.frame(frame["label"], columns, top=0.24, step=step)
    sheet = Sheet(title, who, caption, body=max(place.top + len(frame) * step - _BETWEEN + 0.08, 0.6))
    if frame.empty:
        sheet.nothing("No step has data.")
        return sheet.chart(stem, alt or title, table)
    worst = weakest if weakest is not None else _weakest(frame)
    _steps(sheet, place, frame, worst, noun)
    middle = [place.top + i * step + _BAR / 2 for i in range(len(frame))]
    for y, label in zip(middle, frame["label"]):
        sheet.text(style.MARGIN, y, label, within=place.left - style.MARGIN - 0.12)
    for edge, (heading, words) in zip(place.columns, columns):
        sheet.text(edge, place.top - 0.13, heading, size=style.SMALL, colour=style.SOFT, across="right")
        for y, word in zip(middle, words):
            sheet.text(edge, y, word, size=style.SMALL, across="right")
    first, last = frame.iloc[0], frame.iloc[-1]
    return sheet.chart(stem, alt or (
        f"{title} Funnel of {len(frame)} steps, from {text.people(first['users'], noun)} at {first['label']} "
        f"to {text.people(last['users'])} at {last['label']}."), table)


def _weakest(frame: pd.DataFrame) -> object:
    passages = frame["of_previous"].iloc[1:].dropna()
    return frame["step"][passages.idxmin()] if len(passages) > 1 else None


def _steps(sheet: Sheet, place: rows.Frame, frame: pd.DataFrame, worst: object, noun: str) -> None:
    most = frame["users"].max()
    scale = Scale(0, most if most > 0 else 1, place.left, place.right)
    before = None
    for i, row in enumerate(frame.itertuples()):
        y, users = place.top + i * place.step, row.users
        if i:
            _passage(sheet, scale, place, y, row, before, row.step == worst)
        if text.is_missing(users):
            sheet.text(place.left + 0.05, y + _BAR / 2, text.TOO_FEW, size=style.SMALL, colour=style.SOFT, italic=True)
            before = None
            continue
        if before is not None and before > users:
            sheet.boxes([(scale(users), y, scale(before) - scale(users), _BAR)], style.tint(style.MAIN, 0.87))
        sheet.boxes([(place.left, y, scale(users) - place.left, _BAR)], style.MAIN)
        _whisker(sheet, scale, y + _BAR / 2, row, frame["users"].iloc[0])
        _count(sheet, scale, place, y + _BAR / 2, row, text.people(users, noun if i == 0 else ""))
        before = users


def _whisker(sheet: Sheet, scale: Scale, y: float, row, start: float) -> None:
    if text.is_missing(row.of_start_low) or text.is_missing(row.of_start_high) or row.of_start_low == row.of_start_high:
        return
    ends = scale.cut(row.of_start_low * start), scale.cut(row.of_start_high * start)
    sheet.line(ends, (y, y), style.INK, 1.2, above=4)


def _count(sheet: Sheet, scale: Scale, place: rows.Frame, y: float, row, words: str) -> None:
    inside = scale(row.users) - place.left > text.width(words, style.BODY, True) + 0.3
    if inside:
        sheet.text(place.left + 0.09, y, words, colour=style.WHITE, bold=True)
        return
    high = row.of_start_high if not text.is_missing(row.of_start_high) else 0
    sheet.text(max(scale(row.users), scale.cut(high * scale.high)) + 0.07, y, words, bold=True)


def _passage(sheet: Sheet, scale: Scale, place: rows.Frame, y: float, row, before: float | None, worst: bool) -> None:
    """What happens between two bars: the share who go on, and how long it takes."""
    colour = style.readable(style.AGAINST) if worst else style.SOFT
    if text.is_missing(row.of_previous):
        return
    words = f"{text.say(row.of_previous, 'share')} go on"
    if not text.is_missing(row.median_days):
        words += f", half of them within {text.say(row.median_days, 'days')}"
    middle = y - (place.step - _BAR) / 2
    sheet.marks([place.left + 0.07], [middle], colour, shape="v", size=4.5)
    sheet.text(place.left + 0.17, middle, words, size=style.SMALL, colour=colour, bold=worst)
