"""Values with their intervals, a row each: the general dot chart, and the forest plot of effects."""
from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from helpers.draw import rows, style, text
from helpers.draw.scale import Scale, across, limits, reach
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy
from helpers.names import VERDICTS


@drawn
def bars(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "bars", alt: str = "", unit: str = "share", currency: str = "",
         value: str = "Value", target: float | None = None, red_flag: float | None = None, average: float | None = None, sort: bool = True,
         ascending: bool = False, noun: str = "n", zero: bool = False, better: str = "higher") -> Chart:
    """Draw one value a row as a dot on its 95% interval, the largest first, against a target, a red flag and an average.

    Shows: one figure for each row, with its 95% interval and the number of people behind it.
    Read it so: the dot is the figure, the line its interval; two rows whose lines lie apart differ, two whose lines overlap may not. With a target, red falls short of it for certain, blue reaches it, a hollow dot may do either.
    Act on it so: take up rows whose whole line lies short of the target; where the line crosses the target, gather more answers before acting.

    table: label, value, low, high (in `unit`), n (count), optional group: a heading above its rows, or, where a label stands in
    several groups, a dot of its own colour in the same row. A row without a value reads "too few". `value` heads the column of figures; `noun` the counts. `better`: "higher" or "lower" than the target.
    """
    frame = tidy(table, ["label", "value", "low", "high"], ["value", "low", "high", "n"], ["n", "group"])
    dodge = frame["group"].notna().any() and frame["label"].duplicated().sum() * 2 >= frame["label"].nunique()
    if frame.empty:
        return blank("No row has data.", title, who, caption, stem, alt, table)
    order = _order(frame, sort, ascending)
    if dodge:
        sheet = _dodged(frame, order, title, who, caption, unit, currency, target, red_flag, average, zero)
    else:
        sheet = _listed(frame.loc[order], title, who, caption, unit, currency, value, noun, target, red_flag, average, zero, better)
    return sheet.chart(stem, alt or f"{title} {_extremes(frame, unit, currency)}", table)


def _extremes(frame: pd.DataFrame, unit: str, currency: str) -> str:
    known = frame.dropna(subset=["value"])
    if known.empty:
        return "No row has enough data."
    top, bottom = known.loc[known["value"].idxmax()], known.loc[known["value"].idxmin()]
    if len(known) == 1:
        return f"One row: {top['label']}, {text.say(top['value'], unit, currency=currency)}."
    return (f"{len(known)} values with intervals, from {text.say(bottom['value'], unit, currency=currency)} ({bottom['label']}) "
            f"to {text.say(top['value'], unit, currency=currency)} ({top['label']}).")


def _order(frame: pd.DataFrame, sort: bool, ascending: bool) -> list[int]:
    """Row order: groups as they come, within them by value; missing values last."""
    groups = {g: i for i, g in enumerate(dict.fromkeys(frame["group"].fillna("")))}
    keyed = frame.assign(_group=frame["group"].fillna("").map(groups))
    if not sort:
        return list(keyed.sort_values("_group", kind="stable").index)
    return list(keyed.sort_values(["_group", "value"], ascending=[True, ascending], kind="stable", na_position="last").index)


def _bounds(frame: pd.DataFrame, unit: str, extra: Sequence, zero: bool) -> tuple[float, float]:
    floor, ceiling = limits(unit)
    return reach([*frame["value"], *frame["low"], *frame["high"], *extra], zero=zero, floor=floor, ceiling=ceiling)


def _listed(frame, title, who, caption, unit, currency, value, noun, target, red_flag, average, zero, better) -> Sheet:
    lines = _with_headings(frame)
    columns = [(value, text.column(frame["value"], unit, currency=currency, like=[*frame["low"], *frame["high"]])), ("95% interval", text.spans(frame["low"], frame["high"], unit, like=frame["value"]))]
    if frame["n"].notna().any():
        columns.append((noun, [text.people(v) for v in frame["n"]]))
    columns = [(heading, _beside(lines, words)) for heading, words in columns]
    marks = _marks(target, red_flag, average, unit, currency)
    place = rows.frame([label for label, _ in lines], columns, top=0.24 + 0.17 * (len(marks) > 0), bold=[r is None for _, r in lines])
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, [label for label, _ in lines], columns, bold=[r is None for _, r in lines])
    scale = Scale(*_bounds(frame, unit, [m[0] for m in marks], zero), place.left + 0.05, place.right - 0.05)
    across(sheet, scale, place.top, place.bottom, unit=unit)
    _reference(sheet, scale, place, marks)
    for i, (_, row) in enumerate(lines):
        if row is not None:
            colour, filled = _standing(row, target, better)
            dot(sheet, scale, place.y(i), row.value, row.low, row.high, colour, filled=filled)
    return sheet


def _standing(row, target, better: str) -> tuple[str, bool]:
    """Red where the whole interval falls short of the target, blue where it reaches it, hollow where the target lies inside."""
    if any(map(text.is_missing, (target, row.low, row.high))):
        return style.MAIN, True
    low, high, goal = (row.low, row.high, target) if better == "higher" else (-row.high, -row.low, -target)
    return (style.AGAINST, True) if high < goal else (style.MAIN, low >= goal)


def _beside(lines: list, words: list[str]) -> list[str]:
    """Words spread over the lines that are rows; nothing beside a heading."""
    rest = iter(words)
    return ["" if row is None else next(rest) for _, row in lines]


def _with_headings(frame: pd.DataFrame) -> list[tuple[str, object]]:
    """(label, row) pairs, with (group, None) above each group's first row."""
    lines, current = [], None
    for row in frame.itertuples():
        group = text.clean(row.group)
        if group and group != current:
            lines.append((group, None))
            current = group
        lines.append((text.clean(row.label), row))
    return lines


def _dodged(frame, order, title, who, caption, unit, currency, target, red_flag, average, zero) -> Sheet:
    groups = list(dict.fromkeys(text.clean(g) for g in frame["group"]))
    labels = list(dict.fromkeys(text.clean(label) for label in frame.loc[order, "label"]))
    colours, marks = style.series(groups), _marks(target, red_flag, average, unit, currency)
    shapes = dict(zip(groups, "osDv^Pph" * 9))
    place = rows.frame(labels, [], top=0.34 + 0.17 * (len(marks) > 0), step=max(0.24, 0.1 + 0.13 * len(groups)))
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, labels, [])
    rows.key(sheet, place.left, 0.06, [(g, colours[g], shapes[g], True) for g in groups])
    scale = Scale(*_bounds(frame, unit, [m[0] for m in marks], zero), place.left + 0.05, place.right - 0.15)
    across(sheet, scale, place.top, place.bottom, unit=unit)
    _reference(sheet, scale, place, marks)
    for row in frame.itertuples():
        group = text.clean(row.group)
        shift = (groups.index(group) - (len(groups) - 1) / 2) * 0.13
        dot(sheet, scale, place.y(labels.index(text.clean(row.label))) + shift, row.value, row.low, row.high, colours[group], shape=shapes[group], size=5.5,
            gap=False)
    return sheet


def _marks(target, red_flag, average, unit, currency) -> list[tuple[float, str, str, tuple | None]]:
    """Reference lines to draw: value, words, colour, dashes; left to right."""
    wanted = [(red_flag, "red flag", style.readable(style.AGAINST), (2, 1.5)), (average, "all", style.SOFT, (4, 2)),
              (target, "target", style.readable(style.GREEN), None)]
    found = [(v, f"{w} {text.say(v, unit, currency=currency)}", c, d) for v, w, c, d in wanted if not text.is_missing(v)]
    return sorted(found, key=lambda mark: mark[0])


def _reference(sheet: Sheet, scale: Scale, place: rows.Frame, marks: list) -> None:
    """Upright reference lines, named above the plot without touching each other."""
    spots = spread([scale(m[0]) for m in marks], [text.width(m[1], style.SMALL) for m in marks], place.left - 0.3, place.right + 0.1)
    for (value, words, colour, dashes), x in zip(marks, spots):
        sheet.line((scale(value), scale(value)), (place.top - 0.03, place.bottom), colour, 1.1, dashes=dashes, above=1.8)
        sheet.text(x, place.top - 0.14, words, size=style.SMALL, colour=colour, across="center")


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float, gap: float = 0.1) -> list[float]:
    """Centres as near as can be to those wanted (in rising order) so that things of these sizes do not touch.

    >>> spread([1.0, 1.0], [0.4, 0.4], 0, 9, gap=0.1)
    [0.75, 1.25]
    """
    blocks: list[list[float]] = []     # [sum of wanted - offsets, count, length so far, first index]
    for i, (want, size) in enumerate(zip(wanted, sizes)):
        blocks.append([want - size / 2, 1, size + gap, i])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] + blocks[-2][2] > blocks[-1][0] / blocks[-1][1]:
            later = blocks.pop()
            blocks[-1][0] += later[0] - later[1] * blocks[-1][2]
            blocks[-1][1] += later[1]
            blocks[-1][2] += later[2]
    centres = []
    for total, count, _, first in blocks:
        edge = total / count
        for size in sizes[int(first):int(first + count)]:
            centres.append(edge + size / 2)
            edge += size + gap
    return _inside(centres, list(sizes), low, high, gap)


def _inside(centres: list[float], sizes: list[float], low: float, high: float, gap: float) -> list[float]:
    edge = low
    for i, (centre, size) in enumerate(zip(centres, sizes)):
        centres[i] = max(centre, edge + size / 2)
        edge = centres[i] + size / 2 + gap
    edge = high
    for i in reversed(range(len(centres))):
        centres[i] = min(centres[i], edge - sizes[i] / 2)
        edge = centres[i] - sizes[i] / 2 - gap
    return [round(c, 6) for c in centres]


def dot(sheet: Sheet, scale: Scale, y: float, value, low, high, colour: str = style.MAIN, *, shape: str = "o", filled: bool = True, size: float = 7.0,
        gap: bool = True) -> None:
    """A dot on its interval; without a value, the words "too few" where the plot begins."""
    if text.is_missing(value):
        if gap:
            sheet.text(scale.start + 0.05, y, text.TOO_FEW, size=style.SMALL, colour=style.SOFT, italic=True)
        return
    if not (text.is_missing(low) or text.is_missing(high)):
        sheet.line((scale.cut(low), scale.cut(high)), (y, y), style.mix(colour, style.WHITE, 0.35), 2.4, above=3)
    sheet.marks([scale.cut(value)], [y], colour, shape=shape, filled=filled, size=size)


@drawn
def effects(table: pd.DataFrame, *, title: str, who: str, caption: str, margin: float, stem: str = "effects", alt: str = "", unit: str = "change",
            sort: bool = True, left: str = "a poor experience goes with less", right: str = "with more") -> Chart:
    """Draw a forest plot: what a poor experience at each touchpoint does to the outcome, against a margin that matters.

    Shows: how much the outcome differs after a poor experience at each touchpoint, with 95% intervals, all else in the data held equal.
    Read it so: left of the shaded strip the difference is larger than the margin that matters; an interval inside the strip is too small to matter, one that leaves it on both sides is unknown.
    Act on it so: repair the touchpoints whose whole line lies left of the strip first; do not spend on those whose line stays inside.

    table: touchpoint, effect, effect_low, effect_high (difference of shares), verdict (a word of names.VERDICTS), optional n.
    margin: the smallest difference that matters, as a positive number in the same unit.
    """
    frame = tidy(table, ["touchpoint", "effect", "effect_low", "effect_high", "verdict"], ["effect", "effect_low", "effect_high", "n"], ["n"])
    if frame.empty:
        return blank("No touchpoint has enough data.", title, who, caption, stem, alt, table)
    if sort:
        frame = frame.sort_values("effect", kind="stable", na_position="last").reset_index(drop=True)
    columns = [("effect", [text.say(v, unit) for v in frame["effect"]]),
               ("95% interval", [text.span(a, b, unit) for a, b in zip(frame["effect_low"], frame["effect_high"])]),
               ("verdict", [VERDICTS.get(v, text.clean(v)) for v in frame["verdict"]])]
    if frame["n"].notna().any():
        columns.insert(2, ("n", [text.people(v) for v in frame["n"]]))
    bold = list(frame["verdict"] == "moment_of_truth")
    place = rows.frame(frame["touchpoint"], columns, top=0.42, bold=bold)
    sheet = Sheet(title, who, caption, body=place.bottom + 0.2)
    rows.write(sheet, place, frame["touchpoint"], columns, bold=bold)
    _forest(sheet, place, frame, abs(margin), unit, left, right)
    known = int((frame["verdict"] == "moment_of_truth").sum())
    return sheet.chart(stem, alt or f"{title} Forest plot of {len(frame)} touchpoints; {known} marked as moments of truth.", table)


def _forest(sheet: Sheet, place: rows.Frame, frame: pd.DataFrame, margin: float, unit: str, left: str, right: str) -> None:
    ends = reach([*frame["effect"], *frame["effect_low"], *frame["effect_high"], -1.6 * margin, 1.6 * margin])
    scale = Scale(*ends, place.left + 0.05, place.right - 0.05)
    sheet.boxes([(scale(-margin), place.top, scale(margin) - scale(-margin), place.bottom - place.top)], style.mix(style.GRID, style.RULE, 0.25), above=0.3)
    across(sheet, scale, place.top, place.bottom, unit=unit, strong_zero=True)
    within = f"too small to matter (±{text.say(margin, unit).lstrip('+')})"
    sheet.text(scale(0), place.top - 0.13, within, size=style.TINY, colour=style.SOFT, across="center")
    sheet.text(scale(0) - 0.1, place.top - 0.31, f"← {left}", size=style.SMALL, colour=style.SOFT, across="right", within=scale(0) - style.MARGIN)
    sheet.text(scale(0) + 0.1, place.top - 0.31, f"{right} →", size=style.SMALL, colour=style.SOFT, within=sheet.width - scale(0) - 0.3)
    for i, row in enumerate(frame.itertuples()):
        shape, filled = style.VERDICT_MARK.get(row.verdict, ("o", True))
        dot(sheet, scale, place.y(i), row.effect, row.effect_low, row.effect_high, style.VERDICT.get(row.verdict, style.GREY), shape=shape, filled=filled)
