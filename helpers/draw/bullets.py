"""The scorecard as bullets: every KPI against its target and red flag, on one scale from 0 to 10."""
from __future__ import annotations

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.scale import Scale
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy
from helpers.names import STATUSES

_RED, _GOAL = 10 / 3, 20 / 3      # where red flag and target lie on the scale (DESIGN section 6)


@drawn
def scorecard_bullets(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "scorecard", alt: str = "", currency: str = "") -> Chart:
    """Draw each KPI against its target and red flag, all on one scale.

    Shows: every KPI's value with its 95% interval, placed between its red flag and its target, and its status.
    Read it so: further right is better for every KPI, also where less is better; right of the target line the goal is met, left of the red line it is alarming; an interval across a line is not yet known.
    Act on it so: take up the rows whose whole interval lies left of the red line, then those between the lines; collect more data where an interval crosses both.

    table: label, value, low, high, target, red_flag (in the row's unit), status (a word of names.STATUSES), better, unit; optional group (a heading,
    such as the perspective), n, and score, score_low, score_high (0-10), used where they are given, as they must be for better = "range".
    """
    numbers = ["value", "low", "high", "target", "red_flag", "score", "score_low", "score_high"]
    frame = tidy(table, ["label", "value", "low", "high", "target", "red_flag", "status", "better", "unit"], numbers,
                 ["group", "score", "score_low", "score_high"])
    if frame.empty:
        return blank("The scorecard has no KPI.", title, who, caption, stem, alt, table)
    lines = _lines(frame)
    columns = [("value", [_say(r, "value", currency) for r in lines]), ("95% interval", ["" if isinstance(r, str) else text.span(r.low, r.high, r.unit) for r in lines]),
               ("target", [_say(r, "target", currency) for r in lines]), ("status", ["" if isinstance(r, str) else STATUSES.get(r.status, text.clean(r.status)) for r in lines])]
    names = [r if isinstance(r, str) else text.clean(r.label) for r in lines]
    place = rows.frame(names, columns, top=0.36, step=rows.step_for(len(lines), roomy=0.33), most=2.6)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.08)
    rows.write(sheet, place, names, columns, bold=[isinstance(r, str) for r in lines], stripes=False)
    scale = Scale(0, 10, place.left + 0.29, place.right - 0.05)
    _zones(sheet, scale, place, lines)
    for i, row in enumerate(lines):
        if not isinstance(row, str):
            _bullet(sheet, scale, place.y(i), row)
    counts = frame["status"].value_counts()
    told = ", ".join(f"{counts[s]} {STATUSES[s].lower()}" for s in STATUSES if s in counts)
    return sheet.chart(stem, alt or f"{title} {len(frame)} KPIs: {told}.", table)


def _lines(frame: pd.DataFrame) -> list:
    """The rows, with each group's name before its first."""
    lines, current = [], None
    for row in frame.itertuples():
        group = text.clean(row.group)
        if group and group != current:
            lines.append(group)
            current = group
        lines.append(row)
    return lines


def _say(row, field: str, currency: str) -> str:
    if isinstance(row, str):
        return ""
    value = getattr(row, field)
    return ("no data" if field == "value" else "none") if text.is_missing(value) else text.say(value, row.unit, currency=currency)


def _zones(sheet: Sheet, scale: Scale, place: rows.Frame, lines: list) -> None:
    """Three zones behind each row, and their names once."""
    zones = ((0, _RED, style.tint(style.AGAINST, 0.8)), (_RED, _GOAL, style.tint(style.ORANGE, 0.8)), (_GOAL, 10, style.tint(style.GREEN, 0.8)))
    tall = place.step * 0.62
    for low, high, colour in zones:
        sheet.boxes([(scale(low), place.y(i) - tall / 2, scale(high) - scale(low), tall) for i, row in enumerate(lines) if not isinstance(row, str)], colour)
    for value, words, colour in ((_RED, "red flag", style.readable(style.AGAINST)), (_GOAL, "target", style.readable(style.GREEN))):
        sheet.text(scale(value), place.top - 0.13, words, size=style.SMALL, colour=colour, across="center")
        sheet.segments([((scale(value), place.y(i) - tall / 2 - 0.02), (scale(value), place.y(i) + tall / 2 + 0.02)) for i, row in enumerate(lines)
                        if not isinstance(row, str)], colour, 1.6, above=2.2)


def _score(row, field: str) -> float | None:
    """A value in the row's unit as a score, uncut: red flag 3.33, target 6.67, straight through both."""
    given = {"value": row.score, "low": row.score_low, "high": row.score_high}[field]
    if not text.is_missing(given):
        return given
    value = getattr(row, field)
    if row.better == "range" or any(map(text.is_missing, (value, row.target, row.red_flag))) or row.target == row.red_flag:
        return None
    return _RED + (value - row.red_flag) / (row.target - row.red_flag) * (_GOAL - _RED)


def _bullet(sheet: Sheet, scale: Scale, y: float, row) -> None:
    shape, filled = style.STATUS_MARK.get(row.status, ("_", False))
    colour = style.STATUS.get(row.status, style.GREY)
    sheet.marks([scale.start - 0.2], [y], colour, shape=shape, filled=filled, size=6.5)
    at, low, high = (_score(row, f) for f in ("value", "low", "high"))
    if at is None:
        why = "no data" if text.is_missing(row.value) else "no target" if text.is_missing(row.target) else "no scale"
        sheet.text((scale.start + scale.end) / 2, y, why, size=style.TINY, colour=style.SOFT, italic=True, across="center")
        return
    if low is not None and high is not None:
        ends = sorted((scale.cut(low), scale.cut(high)))
        sheet.line(ends, (y, y), style.INK, 2.2, above=3)
    beyond = "<" if at < 0 else ">" if at > 10 else "o"
    sheet.marks([scale.cut(at)], [y], style.INK, shape=beyond, size=7.5)
