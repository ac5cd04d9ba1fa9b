"""Curves: time to an event, and the number of options after which more is less."""
from __future__ import annotations

import math

import pandas as pd

from helpers.draw import style, text
from helpers.draw.intervals import spread
from helpers.draw.scale import Scale, limits, reach, up
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_TALL = 3.1


@drawn
def survival(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "survival", alt: str = "", share_is: str = "have",
             event: str = "done so", window: float | None = None, most_days: float | None = None, time: str = "day", heading: str = "",
             noun: str = "Customers") -> Chart:
    """Draw time-to curves with bands, and beneath them how many customers are still followed.

    Shows: the share of customers who have (or have not yet) done something, by days since their start, with its 95% band.
    Read it so: a steep stretch is when it happens; customers whose time is not up count only for the days seen, and the row beneath says how many are left; trust the right end less where few are.
    Act on it so: step in just before a curve flattens; a group that lies below the others from the first day needs another start, one that falls behind later needs a reminder.

    table: group, days (since start), share, low, high (0-1), at_risk (customers still followed); a row a step. `share_is`: "have" (the share
    who have, rising) or "not_yet" (the share who have not, falling): drawn as given. `window`: days to mark. `most_days`: where to stop.
    `time`: "day", or "hour" where `days`, `window` and `most_days` hold hours. `noun`: who is followed; `heading`: what the share is of.
    """
    if share_is not in ("have", "not_yet"):
        raise ValueError(f'share_is says what the column share holds: "have" or "not_yet", not {share_is!r}.')
    frame = tidy(table, ["group", "days", "share", "low", "high", "at_risk"], ["days", "share", "low", "high", "at_risk"])
    frame["group"] = [text.clean(g) for g in frame["group"]]
    groups = list(dict.fromkeys(frame["group"]))
    known = [g for g in groups if frame.loc[frame["group"] == g, "share"].notna().any()]
    if not known:
        return blank("Too few customers in every group.", title, who, caption, stem, alt, table)
    sheet = Sheet(title, who, caption, body=0.25 + _TALL + 0.67 + 0.17 * len(groups))
    last_day = most_days or frame.loc[frame["share"].notna(), "days"].max()
    left = style.MARGIN + max(0.5, min(1.6, max(text.width(g, style.SMALL) for g in groups) + 0.35))
    right = sheet.width - style.MARGIN - min(1.9, max(text.width(f"{g} 99%", style.BODY, True) for g in known) + 0.15)
    x = Scale(0, max(last_day, 1), left, right)
    low, high = (0.0, 1.0) if frame["high"].max() > 0.45 else reach([0, *frame["share"], *frame["high"]], zero=True)
    y = Scale(low, high, 0.25 + _TALL, 0.25)
    heading = heading or f"Share who {'have' if share_is == 'have' else 'have not yet'} {event}"
    sheet.text(style.MARGIN, 0.05, heading, size=style.SMALL, colour=style.SOFT)
    days = _day_ticks(x, time)
    up(sheet, y, left, right, unit="share")
    _days_axis(sheet, x, days, 0.25 + _TALL, time)
    if window and window <= x.high:
        sheet.line((x(window), x(window)), (0.25, 0.25 + _TALL), style.INK, 1.0, dashes=(3, 2), above=1.9)
        words, to_left = f"{window:g}-{time} window", x(window) + 1.3 > right
        sheet.text(x(window) + (-0.06 if to_left else 0.06), 0.25 + 0.08 if share_is == "have" else 0.25 + _TALL - 0.1, words, size=style.SMALL,
                   across="right" if to_left else "left", halo=True)
    colours = style.series(known) if len(known) > 1 else {known[0]: style.MAIN}
    ends = [_curve(sheet, x, y, frame[frame["group"] == g], colours[g], band=len(known) <= 4) for g in known]
    _end_labels(sheet, right, known, ends, colours, len(groups) > 1)
    _at_risk(sheet, x, frame, groups, days, 0.25 + _TALL + 0.5, colours, noun)
    return sheet.chart(stem, alt or f"{title} Curves over {last_day:g} {time}s: " + "; ".join(
        f"{g + ' ' if g else ''}{text.say(e[1], 'share')} at the end" for g, e in zip(known, ends)) + ".", table)


def _day_ticks(x: Scale, time: str) -> list[float]:
    steps = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 10**9) if time == "hour" else (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730, 1825, 10**9)
    step = next(s for s in steps if x.high / s <= 8)
    return [float(v) for v in range(0, int(x.high) + 1, step)]


def _days_axis(sheet: Sheet, x: Scale, days: list[float], bottom: float, time: str) -> None:
    sheet.line((x.start, x.end), (bottom, bottom), style.RULE, 1.0)
    for i, day in enumerate(days):
        sheet.line((x(day), x(day)), (bottom, bottom + 0.05), style.RULE, 1.0)
        sheet.text(x(day), bottom + 0.15, f"{time} {day:g}" if i == 0 else f"{day:,.0f}", size=style.SMALL, colour=style.SOFT, across="center")


def _curve(sheet: Sheet, x: Scale, y: Scale, part: pd.DataFrame, colour: str, *, band: bool) -> tuple[float, float]:
    """Draw one group's steps as far as it was followed; return the height in inches and the share where it ends."""
    part = part[part["share"].notna()].sort_values("days", kind="stable")
    end = x.cut(part["days"].iloc[-1])
    part = part[part["days"] <= x.high] if (part["days"] <= x.high).any() else part.head(1)
    xs, ys = _stairs(x, y, part["days"], part["share"], end)
    if band and part["low"].notna().any():
        lx, ly = _stairs(x, y, part["days"], part["low"].fillna(part["share"]), end)
        _, hy = _stairs(x, y, part["days"], part["high"].fillna(part["share"]), end)
        sheet.areas([[*zip(lx, ly), *list(zip(lx, hy))[::-1]]], colour, above=1, alpha=0.16)
    sheet.line(xs, ys, colour, 2.0, above=3)
    if end < x.end - 0.05:
        sheet.line((end, x.end), (ys[-1], ys[-1]), colour, 0.8, dashes=(1, 3), above=2)
    return ys[-1], float(part["share"].iloc[-1])


def _stairs(x: Scale, y: Scale, days: pd.Series, shares: pd.Series, end: float) -> tuple[list[float], list[float]]:
    xs, ys = [], []
    for day, share in zip(days, shares):
        if ys:
            xs.append(x.cut(day))
            ys.append(ys[-1])
        xs.append(x.cut(day))
        ys.append(y.cut(share))
    return [*xs, end], [*ys, ys[-1]]


def _end_labels(sheet: Sheet, right: float, groups: list[str], ends: list[tuple[float, float]], colours: dict[str, str], named: bool) -> None:
    order = sorted(range(len(groups)), key=lambda i: ends[i][0])
    spots = spread([ends[i][0] for i in order], [0.17] * len(order), 0.0, 0.25 + _TALL + 0.05, gap=0.0)
    for i, spot in zip(order, spots):
        if abs(spot - ends[i][0]) > 0.03:
            sheet.line((right + 0.01, right + 0.07), (ends[i][0], spot), colours[groups[i]], 0.7)
        share = text.say(ends[i][1], "share")
        name = text.shorten(groups[i], sheet.width - right - 0.17 - text.width(f" {share}", style.BODY, True), style.BODY, True) if named else ""
        sheet.text(right + 0.09, spot, f"{name} {share}".strip(), colour=style.readable(colours[groups[i]]), bold=True)


def _at_risk(sheet: Sheet, x: Scale, frame: pd.DataFrame, groups: list[str], days: list[float], top: float, colours: dict[str, str], noun: str) -> None:
    """A row a group: how many customers are still followed at each tick."""
    sheet.text(style.MARGIN, top - 0.05, f"{noun} still followed", size=style.SMALL, colour=style.SOFT)
    for i, group in enumerate(groups):
        y = top + 0.15 + i * 0.17
        if len(groups) > 1 or group:
            sheet.text(style.MARGIN, y, group, size=style.SMALL, colour=style.readable(colours.get(group, style.SOFT)), within=x.start - 0.3 - style.MARGIN)
        part = frame[frame["group"] == group].sort_values("days", kind="stable")
        if group not in colours:
            sheet.text(x.start, y, text.TOO_FEW, size=style.SMALL, colour=style.SOFT, italic=True)
            continue
        for day in days:
            later = part.loc[part["days"] >= day, "at_risk"].dropna()
            if len(later):
                sheet.text(x(day), y, text.people(later.iloc[0]), size=style.SMALL, across="center")


@drawn
def turning_point(table: pd.DataFrame, *, title: str, who: str, caption: str, point: float | None = None, point_low: float | None = None,
                  point_high: float | None = None, stem: str = "turning_point", alt: str = "", unit: str = "share", value: str = "Share who buy",
                  options: str = "options seen", noun: str = "Customers") -> Chart:
    """Draw an outcome by the number of options seen, and where it turns.

    Shows: the outcome by how many options a customer saw, with 95% intervals, and the number after which it falls.
    Read it so: left of the shaded strip more options go with more buying, right of it with less; a wide strip means the turning point is not well known.
    Act on it so: cut choice lists to about the turning point and try it on some customers; without a strip, leave them as they are.

    table: options (count), value, low, high (in `unit`), n (customers). point, point_low, point_high: the turning point and its 95% interval;
    None says that none was found.
    """
    frame = tidy(table, ["options", "value", "low", "high", "n"], ["options", "value", "low", "high", "n"]).sort_values("options", kind="stable")
    known = frame[frame["value"].notna() & frame["options"].notna()]
    if known.empty:
        return blank("Too few customers at every number of options.", title, who, caption, stem, alt, table)
    sheet = Sheet(title, who, caption, body=0.25 + _TALL + 0.75)
    left, right = style.MARGIN + 0.85, sheet.width - style.MARGIN - 0.25
    x = Scale(frame["options"].min() - 0.5, frame["options"].max() + 0.5, left, right)
    y = Scale(*reach([*known["value"], *known["low"], *known["high"]], zero=unit == "share", floor=limits(unit)[0], ceiling=limits(unit)[1]), 0.25 + _TALL, 0.25)
    sheet.text(style.MARGIN, 0.05, value, size=style.SMALL, colour=style.SOFT)
    up(sheet, y, left, right, unit=unit)
    if not (text.is_missing(point_low) or text.is_missing(point_high)):
        start, end = x.cut(point_low), x.cut(point_high)
        sheet.boxes([(start, 0.25, max(end - start, 0.03), _TALL)], style.tint(style.ORANGE, 0.7), above=0.4)
    if text.is_missing(point):
        sheet.text(right, 0.05, "No turning point found", size=style.SMALL, bold=True, across="right")
    else:
        sheet.line((x.cut(point), x.cut(point)), (0.25, 0.25 + _TALL), style.INK, 1.0, dashes=(3, 2), above=1.9)
        words = f"turns at {text.say(point)}" + (f" ({text.span(point_low, point_high)})" if not text.is_missing(point_low) and point_low != point_high else "")
        half = text.width(words, style.SMALL, True) / 2
        sheet.text(min(max(x.cut(point), left + half), right - half), 0.13, words, size=style.SMALL, bold=True, across="center")
    _points_with_band(sheet, x, y, known)
    _count_row(sheet, x, frame, options, noun)
    found = "No turning point was found." if text.is_missing(point) else f"The turning point is {text.say(point)} ({text.span(point_low, point_high)})."
    return sheet.chart(stem, alt or f"{title} {value} by {options}. {found}", table)


def _points_with_band(sheet: Sheet, x: Scale, y: Scale, known: pd.DataFrame) -> None:
    for _, run in known.groupby(known["options"].diff().gt(known["options"].diff().median() * 3).cumsum()):
        xs = [x(v) for v in run["options"]]
        lows, highs = run["low"].fillna(run["value"]), run["high"].fillna(run["value"])
        sheet.areas([[*zip(xs, map(y, lows)), *list(zip(xs, map(y, highs)))[::-1]]], style.MAIN, above=1, alpha=0.15)
        sheet.line(xs, [y(v) for v in run["value"]], style.MAIN, 1.8, above=3)
        sheet.marks(xs, [y(v) for v in run["value"]], style.MAIN, size=5.5)


def _count_row(sheet: Sheet, x: Scale, frame: pd.DataFrame, options: str, noun: str) -> None:
    """The number of options, and under each how many customers; every second where they would touch."""
    bottom = 0.25 + _TALL
    sheet.line((x.start, x.end), (bottom, bottom), style.RULE, 1.0)
    sheet.text(style.MARGIN, bottom + 0.16, options.capitalize(), size=style.SMALL, colour=style.SOFT, within=x.start + 0.2)
    sheet.text(style.MARGIN, bottom + 0.58, noun, size=style.SMALL, colour=style.SOFT)
    rows = list(frame.dropna(subset=["options"]).itertuples())
    widest = max([text.width(text.people(row.n), style.SMALL) for row in rows] + [0.2]) + 0.1
    gaps = [x(b.options) - x(a.options) for a, b in zip(rows, rows[1:])]
    every = math.ceil(widest / max(min(gaps, default=9.0), 0.01))
    for row in rows[::every]:
        sheet.text(x(row.options), bottom + 0.36, f"{row.options:g}", size=style.SMALL, across="center")
        sheet.text(x(row.options), bottom + 0.58, text.people(row.n), size=style.SMALL, colour=style.SOFT, across="center")
    for row in rows:
        if text.is_missing(row.value) and (every == 1 or min(gaps) > 0.25):
            sheet.text(x(row.options), bottom - 0.1, "few", size=style.TINY, colour=style.SOFT, italic=True, across="center")
