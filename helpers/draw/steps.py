"""How customers get on step by step: the funnel, and what spending turned into."""
from __future__ import annotations

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.scale import Scale
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

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
    if frame.empty:
        return blank("No step has data.", title, who, caption, stem, alt, table)
    step = _BAR + _BETWEEN if len(frame) <= 14 else 0.46
    columns = [("of start", text.column(frame["of_start"], "share")),
               ("95% interval", text.spans(frame["of_start_low"], frame["of_start_high"], "share"))]
    place = rows.frame(frame["label"], columns, top=0.24, step=step)
    sheet = Sheet(title, who, caption, body=place.top + len(frame) * step - _BETWEEN + 0.08)
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
        words += f", half of them within {_time(row.median_days)}"
    middle = y - (place.step - _BAR) / 2
    sheet.marks([place.left + 0.07], [middle], colour, shape="v", size=4.5)
    sheet.text(place.left + 0.17, middle, words, size=style.SMALL, colour=colour, bold=worst)


def _time(days: float) -> str:
    """A time as a reader says it: minutes and hours where it is under a day."""
    if days >= 0.995:
        return text.say(days, "days")
    minutes = round(days * 1440)
    if minutes < 90:
        return "a minute" if minutes < 2 else f"{minutes:g} minutes"
    return f"{days * 24:.0f} hours"


_MEASURES = {"spend": ("Spend", "currency"), "reached": ("Customers reached", "count"), "converted": ("Converted", "count"),
             "cost_per": ("Cost per conversion", "currency")}


@drawn
def spend_progress(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "spend_progress", alt: str = "", currency: str = "",
                   headings: dict[str, str] | None = None) -> Chart:
    """Draw what was spent on each stage or campaign beside what came of it.

    Shows: for each stage or campaign the money spent, the customers reached, those who converted, and the cost of each conversion.
    Read it so: each column has its own scale; follow a row from left to right and see where it grows short.
    Act on it so: look first at rows long on the left and short on the right; before moving money, check that the same customers would not have come anyway.

    table: label, spend (money), reached, converted (counts), optional cost_per, cost_low, cost_high (money per converted customer). `headings` renames
    columns. Rows stand as they come.
    """
    frame = tidy(table, ["label", "spend", "reached", "converted"], ["spend", "reached", "converted", "cost_per", "cost_low", "cost_high"],
                 ["cost_per", "cost_low", "cost_high"])
    if frame.empty:
        return blank("There is no spending to show.", title, who, caption, stem, alt, table)
    shown = [m for m in _MEASURES if frame[m].notna().any()] or [m for m in _MEASURES if m != "cost_per"]
    place = rows.frame(frame["label"], [], top=0.3)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.06)
    rows.write(sheet, place, frame["label"], [])
    wide = (place.right - place.left) / len(shown)
    for k, measure in enumerate(shown):
        heading, unit = _MEASURES[measure]
        left = place.left + k * wide
        sheet.text(left, place.top - 0.13, (headings or {}).get(measure, heading), size=style.SMALL, colour=style.SOFT, within=wide - 0.1)
        _spend_column(sheet, frame, measure, unit, currency, place, left, wide)
    top = frame.loc[frame["spend"].idxmax()] if frame["spend"].notna().any() else None
    most = "" if top is None else f" Most went to {top['label']}: {text.say(top['spend'], 'currency', currency=currency)}."
    return sheet.chart(stem, alt or f"{title} Spending and its results in {len(frame)} rows.{most}", table)


def _spend_column(sheet: Sheet, frame: pd.DataFrame, measure: str, unit: str, currency: str, place: rows.Frame, left: float, wide: float) -> None:
    words = [text.say(v, unit, currency=currency) if not text.is_missing(v) else "–" for v in frame[measure]]
    room = wide - max(text.width(w, style.SMALL) for w in words) - 0.2
    tops = [*frame[measure], *(frame["cost_high"] if measure == "cost_per" else [])]
    most = max([v for v in tops if not text.is_missing(v)], default=0) or 1
    scale = Scale(0, most, left, left + room)
    colour = {"spend": style.GREY, "cost_per": style.ORANGE}.get(measure, style.MAIN)
    tall = min(0.2, place.step * 0.6)
    for i, (value, word) in enumerate(zip(frame[measure], words)):
        end = left
        if not text.is_missing(value):
            sheet.boxes([(left, place.y(i) - tall / 2, max(scale(value) - left, 0.01), tall)], style.mix(colour, style.WHITE, 0.2))
            end = scale(value)
        if measure == "cost_per" and not text.is_missing(frame["cost_high"][i]) and not text.is_missing(frame["cost_low"][i]):
            sheet.line((scale(frame["cost_low"][i]), scale(frame["cost_high"][i])), (place.y(i), place.y(i)), style.INK, 1.1, above=4)
            end = max(end, scale(frame["cost_high"][i]))
        sheet.text(end + 0.06, place.y(i), word, size=style.SMALL)
