"""XmR charts: a KPI month by month, with the limits inside which a change is noise."""
from __future__ import annotations

import math

import pandas as pd

from helpers.draw import labels, style, text
from helpers.draw.intervals import spread
from helpers.draw.scale import Scale, limits, reach, up
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_TALL, _TOP = 2.9, 0.2
_WORDS = {"outside": "outside the limits", "run_of_eight": "eight in a row on one side", "three_of_four": "three of four near a limit"}
_NUMBERS = ["value", "low", "high", "centre", "lower", "upper"]


def _signals(frame: pd.DataFrame) -> pd.DataFrame:
    """The column `signal` as words: "" for none."""
    words = []
    for value in frame["signal"]:
        named = isinstance(value, str)
        words.append(_WORDS.get(value, text.clean(value)) if named else "signal" if value is not None and value == value and bool(value) else "")
    return frame.assign(signal=words)


@drawn
def xmr(table: pd.DataFrame, *, title: str, who: str, caption: str, target: float | None = None, red_flag: float | None = None, stem: str = "xmr",
        alt: str = "", unit: str = "share", currency: str = "", value: str = "") -> Chart:
    """Draw a KPI month by month, inside the limits of its own noise.

    Shows: one KPI by month with its 95% interval, the mean of all months and the limits that routine variation stays within.
    Read it so: inside the grey strip a month up or down says nothing; a red point is a signal, and its words say of which kind.
    Act on it so: look for a cause only where there is a signal; if the whole strip lies short of the target, no month will reach it until the process changes.

    table: period (month), value, low, high, centre, lower, upper (in `unit`), signal (a key of infer's signals, True, or empty). A month without a
    value is a gap. target, red_flag: lines to draw. `value` names the figure at the top left.
    """
    frame = _signals(tidy(table, ["period", "value", "signal"], _NUMBERS, ["low", "high", "centre", "lower", "upper"]))
    if frame["value"].isna().all():
        return blank("No month has enough people.", title, who, caption, stem, alt, table)
    sheet = Sheet(title, who, caption, body=_TOP + _TALL + 0.55)
    lines = _right_lines(frame, target, red_flag, unit, currency)
    right = style.WIDTH - style.MARGIN - max([text.width(w, style.SMALL) for _, w, _, _ in lines] + [0.3]) - 0.12
    x = Scale(-0.6, len(frame) - 0.4, style.MARGIN + 0.6, right)
    bounds = limits(unit)
    y = Scale(*reach([*(v for c in _NUMBERS for v in frame[c]), target, red_flag], floor=bounds[0], ceiling=bounds[1]), _TOP + _TALL, _TOP)
    sheet.text(style.MARGIN, 0.02, value, size=style.SMALL, colour=style.SOFT)
    up(sheet, y, x.start, right, unit=unit)
    _strip(sheet, x, y, frame)
    _named_lines(sheet, x, y, lines, right)
    _run(sheet, x, y, frame, dots=4.5 if len(frame) <= 40 else 3.0)
    _signal_marks(sheet, x, y, frame, unit, currency)
    _months(sheet, x, frame, _TOP + _TALL)
    found = [f"{text.month(p)} {s}" for p, s in zip(frame["period"], frame["signal"]) if s]
    return sheet.chart(stem, alt or f"{title} {value or 'Value'} over {len(frame)} months. {'Signals: ' + '; '.join(found[:6]) if found else 'No signal: all of it is noise'}.", table)


def _right_lines(frame: pd.DataFrame, target, red_flag, unit: str, currency: str) -> list[tuple[float, str, str, tuple | None]]:
    """The level lines and their names at the right: value, words, colour, dashes."""
    last = frame.iloc[-1]
    wanted = [(last["upper"], "upper limit", style.SOFT, None), (last["centre"], "mean", style.SOFT, None), (last["lower"], "lower limit", style.SOFT, None),
              (target, "target", style.readable(style.GREEN), None), (red_flag, "red flag", style.readable(style.AGAINST), (2, 1.5))]
    return [(v, f"{w} {text.say(v, unit, currency=currency)}", c, d) for v, w, c, d in wanted if not text.is_missing(v)]


def _strip(sheet: Sheet, x: Scale, y: Scale, frame: pd.DataFrame) -> None:
    shapes = [(x(i - 0.5), y.cut(u), x(i + 0.5) - x(i - 0.5), y.cut(l) - y.cut(u)) for i, (l, u) in enumerate(zip(frame["lower"], frame["upper"]))
              if not (text.is_missing(l) or text.is_missing(u))]
    sheet.boxes(shapes, style.mix(style.PALE, style.RULE, 0.25), above=0.6)
    sheet.segments([((x(i - 0.5), y(c)), (x(i + 0.5), y(c))) for i, c in enumerate(frame["centre"]) if not text.is_missing(c)], style.SOFT, 1.0, above=1.5)


def _named_lines(sheet: Sheet, x: Scale, y: Scale, lines: list, right: float) -> None:
    lines = sorted(lines, key=lambda line: y(line[0]))
    spots = spread([y.cut(line[0]) for line in lines], [0.155] * len(lines), _TOP - 0.1, _TOP + _TALL + 0.05, gap=0.0)
    for (value, words, colour, dashes), spot in zip(lines, spots):
        if words.startswith(("target", "red flag")):
            sheet.line((x.start, right), (y(value), y(value)), colour, 1.2, dashes=dashes, above=1.7)
        if abs(spot - y(value)) > 0.02:
            sheet.line((right + 0.01, right + 0.08), (y(value), spot), colour, 0.6)
        sheet.text(right + 0.1, spot, words, size=style.SMALL, colour=colour)


def _run(sheet: Sheet, x: Scale, y: Scale, frame: pd.DataFrame, *, dots: float, weight: float = 1.6) -> None:
    """The line through the months, broken where a month has no value."""
    known = frame["value"].notna()
    for _, part in frame[known].groupby((~known).cumsum()[known]):
        sheet.line([x(i) for i in part.index], [y(v) for v in part["value"]], style.MAIN, weight, above=3)
        if len(part) == 1 and not dots:
            sheet.marks([x(part.index[0])], [y(part["value"].iloc[0])], style.MAIN, size=2.5)
    spans = [((x(i), y.cut(a)), (x(i), y.cut(b))) for i, a, b in zip(frame.index, frame["low"], frame["high"])
             if known[i] and not (text.is_missing(a) or text.is_missing(b))]
    sheet.segments(spans, style.mix(style.MAIN, style.WHITE, 0.55), 2.0, above=2.5)
    if dots:
        sheet.marks([x(i) for i in frame.index[known]], [y(v) for v in frame.loc[known, "value"]], style.MAIN, size=dots)


def _signal_marks(sheet: Sheet, x: Scale, y: Scale, frame: pd.DataFrame, unit: str, currency: str) -> None:
    """Signals in red; words at those outside the limits, and once for each run."""
    hits = frame[(frame["signal"] != "") & frame["value"].notna()]
    sheet.marks([x(i) for i in hits.index], [y(v) for v in hits["value"]], style.AGAINST, shape="D", size=6, above=4.5)
    ends = hits[hits["signal"].ne(hits["signal"].shift(-1)) | hits["signal"].eq(_WORDS["outside"])]
    words = [f"{text.month(r.period)}: {text.say(r.value, unit, currency=currency)}" + ("" if r.signal in (_WORDS["outside"], "signal") else f", {r.signal}")
             for r in ends.itertuples()]
    points = [(x(i), y(v)) for i, v in zip(ends.index, ends["value"])]
    dots = [(x(i) - 0.04, min(y(v) - 0.04, y.cut(v if text.is_missing(b) else b)), x(i) + 0.04, max(y(v) + 0.04, y.cut(v if text.is_missing(a) else a)))
            for i, v, a, b in zip(frame.index, frame["value"], frame["low"], frame["high"]) if not text.is_missing(v)]
    ready = labels.plan(points, words, (x.start, _TOP, x.end, _TOP + _TALL), bold=[True] * len(words), taken=dots, longest=3.2)
    for (px, py), name, spot in zip(ready.points, ready.names, ready.spots):
        if spot:
            labels.write_one(sheet, px, py, name, spot, style.readable(style.AGAINST), True, style.SMALL)
    gaps = frame.index[frame["value"].isna()]
    for i in gaps[:: max(1, math.ceil(0.5 / (x(1) - x(0))))]:
        sheet.text(x(i), _TOP + _TALL - 0.08, "few", size=style.TINY, colour=style.SOFT, italic=True, across="center")


def _months(sheet: Sheet, x: Scale, frame: pd.DataFrame, bottom: float) -> None:
    """Month names, thinned until they fit, and the year under the first of each; other periods as they are."""
    sheet.line((x.start, x.end), (bottom, bottom), style.RULE, 1.0)
    names = [text.month(p) for p in frame["period"]]
    monthly = all(len(n.split()) == 2 and n[-4:].isdigit() for n in names)
    firsts = [n.split()[0] if monthly else text.shorten(n, 1.2, style.SMALL) for n in names]
    every = math.ceil((max(text.width(w, style.SMALL) for w in firsts) + 0.08) / (x(1) - x(0)))
    every = next((k for k in (1, 2, 3, 4, 6, 12, 24) if k >= every), every) if monthly else every
    offset = next((i for i, w in enumerate(firsts) if w == "Jan"), 0) % every if monthly else 0
    told, end = None, -9.0
    for i in range(offset, len(names), every):
        sheet.line((x(i), x(i)), (bottom, bottom + 0.04), style.RULE, 1.0)
        sheet.text(x(i), bottom + 0.14, firsts[i], size=style.SMALL, colour=style.SOFT, across="center")
        if monthly and names[i][-4:] != told and x(i) - 0.2 > end:
            told, end = names[i][-4:], x(i) + 0.2
            sheet.text(x(i), bottom + 0.3, told, size=style.SMALL, colour=style.SOFT, across="center")


_PANEL_TALL, _PANELS = 1.28, 3


@drawn
def xmr_small(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "xmr_small", alt: str = "", currency: str = "") -> Chart:
    """Draw many KPIs month by month, a small XmR chart each.

    Shows: every KPI of the phase by month, with its last value and whether its months hold a signal.
    Read it so: inside its grey strip a line is noise; red points and a red word are signals; each panel has its own scale.
    Act on it so: go through the panels with a red word and leave the others alone this time.

    table: label (the KPI), period (month), value, centre, lower, upper, signal; optional unit, target. Panels stand in order of appearance.
    """
    frame = _signals(tidy(table, ["label", "period", "value", "signal"], [*_NUMBERS, "target"], ["low", "high", "centre", "lower", "upper", "unit", "target"]))
    kpis = list(dict.fromkeys(frame["label"]))
    if not kpis:
        return blank("No KPI has monthly values.", title, who, caption, stem, alt, table)
    sheet = Sheet(title, who, caption, body=math.ceil(len(kpis) / _PANELS) * _PANEL_TALL)
    wide = (style.WIDTH - 2 * style.MARGIN + 0.25) / _PANELS
    flagged = 0
    for i, kpi in enumerate(kpis):
        part = frame[frame["label"] == kpi].reset_index(drop=True)
        flagged += _panel(sheet, text.clean(kpi), part, style.MARGIN + i % _PANELS * wide, i // _PANELS * _PANEL_TALL, wide - 0.25, currency)
    return sheet.chart(stem, alt or f"{title} {text.people(len(kpis), 'KPIs')} by month; {flagged} with a signal, {len(kpis) - flagged} without.", table)


def _panel(sheet: Sheet, kpi: str, part: pd.DataFrame, left: float, top: float, wide: float, currency: str) -> bool:
    """One KPI: name, last value, verdict, line. Returns whether it holds a signal."""
    known = part[part["value"].notna()]
    unit = part["unit"].dropna().iloc[0] if part["unit"].notna().any() else "count"
    hits = known[known["signal"] != ""]
    last = "" if known.empty else text.say(known["value"].iloc[-1], unit, currency=currency)
    beside = text.width(last, style.SMALL, True) + 0.1
    long = text.width(kpi, style.SMALL, True) > wide - beside  # then the value goes down a line
    sheet.text(left, top + 0.1, kpi, size=style.SMALL, bold=True, within=wide)
    sheet.text(left + wide, top + (0.26 if long else 0.1), last, size=style.SMALL, bold=True, across="right")
    if known.empty or known["centre"].isna().all():
        words, colour = ("too few months to tell" if len(known) else "no month has a value"), style.SOFT
    elif hits.empty:
        words, colour = "noise: no signal", style.SOFT
    else:
        words, colour = f"signal: {text.month(hits['period'].iloc[-1])} {hits['signal'].iloc[-1]}", style.readable(style.AGAINST)
    sheet.text(left, top + 0.26, words, size=style.TINY, colour=colour, within=wide - beside if long else wide)
    if known.empty:
        return False
    ends = reach([*(v for c in ("value", "lower", "upper") for v in part[c]), *part["target"]])
    x, y = Scale(-0.6, max(len(part) - 0.4, 0.6), left, left + wide), Scale(*ends, top + 1.0, top + 0.38)
    _strip(sheet, x, y, part)
    _panel_target(sheet, x, y, part["target"])
    _run(sheet, x, y, part.assign(low=math.nan), dots=0, weight=1.3)
    sheet.marks([x(known.index[-1])], [y(known["value"].iloc[-1])], style.MAIN, size=4)
    sheet.marks([x(i) for i in hits.index], [y(v) for v in hits["value"]], style.AGAINST, shape="D", size=4, above=4.5)
    sheet.text(left, top + 1.08, text.month(part["period"].iloc[0]), size=style.TINY, colour=style.SOFT)
    if len(part) > 1:
        sheet.text(left + wide, top + 1.08, text.month(part["period"].iloc[-1]), size=style.TINY, colour=style.SOFT, across="right")
    return not hits.empty


def _panel_target(sheet: Sheet, x: Scale, y: Scale, targets: pd.Series) -> None:
    known = targets.dropna()
    if len(known):
        sheet.line((x.start, x.end), (y(known.iloc[-1]),) * 2, style.readable(style.GREEN), 0.9, dashes=(4, 2), above=1.6)
