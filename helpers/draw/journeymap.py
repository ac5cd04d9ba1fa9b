"""The journey map: stages as columns; volume, touchpoints, feeling, pains, owners and evidence as lanes."""
from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from helpers.draw import labels, rows, style, text
from helpers.draw.scale import Scale
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy

_GUTTER, _PAD = 1.02, 0.06          # the column of lane names; air on each side of a stage's column
_SIZE = 7.0
_CHANNEL_SHAPES = "os^vpPh8*X<>d"      # the full diamond is a moment of truth
_EVIDENCE = {"measured": ("o", True, "measured"), "partly": ("D", False, "partly measured"), "assumed": ("_", False, "assumed")}
_MOST_LISTED = 14


@dataclass(frozen=True)
class _Lane:
    name: str
    top: float
    tall: float

    @property
    def bottom(self) -> float:
        return self.top + self.tall


@dataclass(frozen=True)
class _Columns:
    """The stages from left to right, in inches."""

    stages: list
    wide: float

    def left(self, i: int) -> float:
        return style.MARGIN + _GUTTER + i * self.wide

    def middle(self, i: int) -> float:
        return self.left(i) + self.wide / 2


@drawn
def journey_map(stages: pd.DataFrame, touchpoints: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "journey_map", alt: str = "",
                noun: str = "Customers") -> Chart:
    """Draw the whole journey on one page.

    Shows: every stage with its customers, touchpoints, feeling from -2 to +2 with its 95% band, pains, owner, and how well each is known.
    Read it so: read down a column for one stage, along the curve for the journey; a hatched column has no answers, a diamond is a moment of truth, small dots are touchpoints.
    Act on it so: begin where the curve is lowest and a diamond stands; before acting on a stage that is only assumed, measure it.

    stages: stage, label, customers (count), emotion, emotion_low, emotion_high (-2 to +2), n (answers), evidence (measured, partly, assumed), pain
    (a few words), owner. touchpoints: touchpoint, stage, channel, customers, emotion (-2 to +2), verdict (a word of names.VERDICTS).
    The csv holds the stages, then the touchpoints.
    """
    numbers = ["customers", "emotion", "emotion_low", "emotion_high", "n"]
    columns = tidy(stages, ["stage", "label", "customers", "emotion"], numbers, ["emotion_low", "emotion_high", "n", "evidence", "pain", "owner"])
    points = tidy(touchpoints, ["touchpoint", "stage"], ["customers", "emotion"], ["channel", "customers", "emotion", "verdict"])
    data = pd.concat([stages.assign(kind="stage"), touchpoints.assign(kind="touchpoint")], ignore_index=True)
    if columns.empty:
        return blank("The journey has no stage.", title, who, caption, stem, alt, data)
    place = _Columns(list(columns["stage"]), (style.WIDTH - 2 * style.MARGIN - _GUTTER) / len(columns))
    channels = sorted(dict.fromkeys(text.clean(c) for c in points["channel"].dropna()))
    listed = [_listed(points, stage, place.wide, channels) for stage in place.stages]
    lanes = _lanes(columns, listed, place, noun)
    lost = [text.clean(t) for t, s in zip(points["touchpoint"], points["stage"]) if s not in place.stages]
    note = f"In no stage: {', '.join(lost)}. " if lost else ""
    end = max(lane.bottom for lane in lanes.values())
    below = rows.key_lines(channels, style.MARGIN + _GUTTER)
    sheet = Sheet(title, who, note + text.clean(caption), body=end + (0.1 + 0.19 * below if channels else 0.02))
    _frame(sheet, columns, place, lanes, end)
    _volumes(sheet, columns, place, lanes["volume"])
    _names(sheet, listed, place, lanes["touchpoints"])
    _feeling(sheet, columns, points, place, lanes["feeling"])
    _words(sheet, columns, place, lanes)
    if channels:
        sheet.text(style.MARGIN, end + 0.14, "Channel", size=style.SMALL, bold=True, colour=style.SOFT)
        rows.key(sheet, style.MARGIN + _GUTTER, end + 0.14, [(c, style.SOFT, _shape(channels, c), True) for c in channels])
    return sheet.chart(stem, alt or _alt(title, columns, points), data)


def _alt(title: str, columns: pd.DataFrame, points: pd.DataFrame) -> str:
    felt = [f"{text.clean(r.label)} {text.signed(r.emotion, 1)}" if not text.is_missing(r.emotion) else f"{text.clean(r.label)} no data"
            for r in columns.itertuples()]
    moments = [text.clean(t) for t, v in zip(points["touchpoint"], points["verdict"]) if v == "moment_of_truth"]
    return f"{title} Journey map; feeling by stage from -2 to +2: {', '.join(felt)}. " + (f"Moments of truth: {', '.join(moments)}." if moments else "No moment of truth.")


def _shape(channels: list[str], channel: object) -> str:
    name = text.clean(channel)
    return _CHANNEL_SHAPES[channels.index(name) % len(_CHANNEL_SHAPES)] if name in channels else "."


def _listed(points: pd.DataFrame, stage: object, wide: float, channels: list[str]) -> list[tuple[list[str], str, bool]]:
    """A stage's touchpoints, most customers first: name in lines, channel's shape, moment of truth or not."""
    part = points[points["stage"] == stage].sort_values("customers", ascending=False, kind="stable", na_position="last")
    part = part.assign(_first=part["verdict"].ne("moment_of_truth")).sort_values("_first", kind="stable")
    found = []
    for row in part.head(_MOST_LISTED).itertuples():
        moment = row.verdict == "moment_of_truth"
        found.append((text.wrap(row.touchpoint, wide - 2 * _PAD - 0.13, _SIZE, bold=moment, lines=2), _shape(channels, row.channel), moment))
    if len(part) > _MOST_LISTED:
        found.append(([f"and {len(part) - _MOST_LISTED} more"], "", False))
    return found


def _deepest(columns: pd.DataFrame, field: str, wide: float, most: int) -> int:
    return max([len(text.wrap(v, wide - 2 * _PAD, _SIZE, lines=most)) for v in columns[field] if text.clean(v)], default=0)


def _lanes(columns: pd.DataFrame, listed: list, place: _Columns, noun: str) -> dict[str, _Lane]:
    """The lanes that have something to say, from top to bottom."""
    line = text.height(_SIZE)
    depth = max([sum(len(names) * line + 0.035 for names, _, _ in stage) for stage in listed], default=0)
    heights = {"stage": ("", 0.42), "volume": (noun, 0.78), "touchpoints": ("Touchpoints", max(depth + 0.14, 0.3)), "feeling": ("Feeling", 2.1)}
    for field, name, most in (("pain", "Pain points", 5), ("owner", "Owner", 4)):
        rows_needed = _deepest(columns, field, place.wide, most)
        if rows_needed:
            heights[field] = (name, rows_needed * line + 0.14)
    if columns["evidence"].notna().any():
        heights["evidence"] = ("Evidence", 0.27)
    lanes, top = {}, 0.0
    for key, (name, tall) in heights.items():
        lanes[key] = _Lane(name, top, tall)
        top += tall
    return lanes


def _frame(sheet: Sheet, columns: pd.DataFrame, place: _Columns, lanes: dict[str, _Lane], end: float) -> None:
    """Stage heads as arrows, faint columns, a rule and a name for each lane."""
    head, tip = lanes["stage"], 0.09
    for i, row in enumerate(columns.itertuples()):
        x, y, colour = place.left(i), head.top, style.STAGE.get(row.stage, style.GREY)
        right, bottom = x + place.wide - 0.03, head.bottom - 0.08
        notch = [] if i == 0 else [(x + tip, (y + bottom) / 2)]
        sheet.areas([[(x, y), (right, y), (right + tip * (i < len(columns) - 1), (y + bottom) / 2), (right, bottom), (x, bottom), *notch]], colour, above=2)
        size = style.SMALL if text.width(text.clean(row.label), style.SMALL, True) < place.wide - 0.22 else _SIZE
        sheet.lines(x + (place.wide + tip / 2) / 2, (y + bottom) / 2, row.label, size=size, bold=True, across="center", colour=style.ink_on(colour),
                    within=place.wide - 0.2)
    for lane in list(lanes.values())[1:]:
        sheet.line((style.MARGIN, sheet.width - style.MARGIN), (lane.top, lane.top), style.RULE, 0.6, above=1)
        sheet.text(style.MARGIN, lane.top + 0.12, lane.name, size=style.SMALL, bold=True, colour=style.SOFT, within=_GUTTER - 0.08)
    sheet.line((style.MARGIN, sheet.width - style.MARGIN), (end, end), style.RULE, 0.6, above=1)
    sheet.segments([((place.left(i), head.bottom), (place.left(i), end)) for i in range(1, len(columns))], style.GRID, 0.7, above=0.5)


def _volumes(sheet: Sheet, columns: pd.DataFrame, place: _Columns, lane: _Lane) -> None:
    most = columns["customers"].max()
    for i, row in enumerate(columns.itertuples()):
        if text.is_missing(row.customers):
            sheet.text(place.middle(i), lane.bottom - 0.15, text.NO_DATA, size=_SIZE, colour=style.SOFT, italic=True, across="center")
            continue
        tall = (lane.tall - 0.34) * (row.customers / most if most else 0)
        sheet.boxes([(place.left(i) + 0.16, lane.bottom - 0.06 - tall, place.wide - 0.32, tall)], style.mix(style.STAGE.get(row.stage, style.GREY), style.WHITE, 0.25))
        sheet.text(place.middle(i), lane.bottom - 0.06 - tall - 0.1, text.people(row.customers), size=style.SMALL, bold=True, across="center")


def _names(sheet: Sheet, listed: list, place: _Columns, lane: _Lane) -> None:
    line = text.height(_SIZE)
    for i, stage in enumerate(listed):
        y = lane.top + 0.12
        if not stage:
            sheet.text(place.middle(i), y + 0.03, "none seen", size=_SIZE, colour=style.SOFT, italic=True, across="center")
        for names, shape, moment in stage:
            colour = style.VERDICT["moment_of_truth"] if moment else style.SOFT
            if shape:
                sheet.marks([place.left(i) + _PAD + 0.04], [y], colour, shape=shape, size=4.5, edge=colour)
            for name in names:
                sheet.text(place.left(i) + _PAD + 0.13, y, name, size=_SIZE, bold=moment, colour=style.readable(colour) if moment else style.INK)
                y += line
            y += 0.035


def _feeling(sheet: Sheet, columns: pd.DataFrame, points: pd.DataFrame, place: _Columns, lane: _Lane) -> None:
    """The curve through the stages with its band, the touchpoints as dots, gaps where nobody was asked."""
    y = Scale(-2.2, 2.2, lane.bottom - 0.08, lane.top + 0.12)
    left, right = place.left(0), place.left(len(columns))
    for value in (-2, -1, 0, 1, 2):
        sheet.line((left, right), (y(value), y(value)), style.RULE if value == 0 else style.GRID, 0.9 if value == 0 else 0.7, above=0.6)
        sheet.text(left - 0.08, y(value), text.signed(value, 0), size=_SIZE, colour=style.SOFT, across="right")
    for words, value in (("very good", 1.55), ("very poor", -1.55)):
        sheet.text(left - 0.3, y(value), words, size=_SIZE, colour=style.SOFT, across="right", italic=True)
    _feeling_key(sheet, y)
    known = columns["emotion"].notna()
    for i in columns.index[~known]:
        sheet.boxes([(place.left(i), lane.top, place.wide, lane.tall)], style.WHITE, hatch="////", edge=style.RULE, weight=0.0, above=0.7)
        sheet.text(place.middle(i), y(1.85), text.NO_DATA, size=style.SMALL, colour=style.SOFT, bold=True, across="center", halo=True)
    for _, run in columns[known].groupby((~known).cumsum()[known]):
        _run(sheet, run, place, y)
    taken = [(place.middle(i) - 0.09, y(v) - 0.09, place.middle(i) + 0.09, y(v) + 0.09) for i, v in zip(columns.index[known], columns.loc[known, "emotion"])]
    taken += [(place.middle(i) - 0.3, y(1.85) - 0.08, place.middle(i) + 0.3, y(1.85) + 0.08) for i in columns.index[~known]]
    _dots(sheet, points, place, y, taken)
    for i, value in zip(columns.index[known], columns.loc[known, "emotion"]):
        sheet.marks([place.middle(i)], [y(value)], style.INK, size=8, above=4.6)


def _feeling_key(sheet: Sheet, y: Scale) -> None:
    """What the marks in the lane mean, in the column of lane names."""
    kinds = (("stage, 95% band", style.INK, "o", 6.5), ("touchpoint", style.GREY, "o", 4.0), ("moment of truth", style.VERDICT["moment_of_truth"], "D", 5.5))
    for k, (words, colour, shape, size) in enumerate(kinds):
        at = y(0.55) + k * 0.15
        sheet.marks([style.MARGIN + 0.05], [at], colour, shape=shape, size=size)
        sheet.text(style.MARGIN + 0.13, at, words, size=6.0, colour=style.SOFT)


def _run(sheet: Sheet, run: pd.DataFrame, place: _Columns, y: Scale) -> None:
    xs = [place.middle(i) for i in run.index]
    lows, highs = run["emotion_low"].fillna(run["emotion"]), run["emotion_high"].fillna(run["emotion"])
    if len(run) == 1:
        xs, half = [xs[0] - 0.12, xs[0] + 0.12], [0, 0]
        lows, highs, middle = lows.iloc[half], highs.iloc[half], run["emotion"].iloc[half]
    else:
        middle = run["emotion"]
    sheet.areas([[*((x, y.cut(v)) for x, v in zip(xs, lows)), *[(x, y.cut(v)) for x, v in zip(xs, highs)][::-1]]], style.INK, above=1, alpha=0.13)
    if len(run) > 1:
        sheet.line(xs, [y.cut(v) for v in middle], style.INK, 2.0, above=3)


def _dots(sheet: Sheet, points: pd.DataFrame, place: _Columns, y: Scale, taken: list) -> None:
    """Each touchpoint with an experience as a dot in its column, from the best to the poorest; moments of truth by name."""
    spots, names, moments = [], [], []
    for i, stage in enumerate(place.stages):
        part = points[(points["stage"] == stage) & points["emotion"].notna()].sort_values("emotion", ascending=False, kind="stable")
        room = place.wide - 0.3
        for k, row in enumerate(part.itertuples()):
            spots.append((place.left(i) + 0.15 + room * (k + 0.5) / len(part), y.cut(row.emotion)))
            names.append(row.touchpoint)
            moments.append(row.verdict == "moment_of_truth")
    plain = [s for s, m in zip(spots, moments) if not m]
    named = [(s, n) for s, n, m in zip(spots, names, moments) if m]
    sheet.marks([s[0] for s in plain], [s[1] for s in plain], style.GREY, size=4, above=3.5)
    sheet.marks([s[0] for s, _ in named], [s[1] for s, _ in named], style.VERDICT["moment_of_truth"], shape="D", size=6.5, above=4.8)
    area = (place.left(0) + 0.03, y(2.15), place.left(len(place.stages)) - 0.03, y(-2.15))
    around = taken + [(x - 0.03, v - 0.03, x + 0.03, v + 0.03) for x, v in plain]
    ready = labels.plan([s for s, _ in named], [n for _, n in named], area, bold=[True] * len(named), size=_SIZE, taken=around, longest=1.5)
    labels.write(sheet, ready, [style.readable(style.VERDICT["moment_of_truth"])] * len(named), _SIZE)


def _words(sheet: Sheet, columns: pd.DataFrame, place: _Columns, lanes: dict[str, _Lane]) -> None:
    line = text.height(_SIZE)
    for field, most in (("pain", 5), ("owner", 4)):
        if field not in lanes:
            continue
        for i, words in enumerate(columns[field]):
            for k, part in enumerate(text.wrap(words, place.wide - 2 * _PAD, _SIZE, lines=most)):
                sheet.text(place.left(i) + _PAD, lanes[field].top + 0.12 + k * line, part, size=_SIZE)
    if "evidence" in lanes:
        for i, grade in enumerate(columns["evidence"]):
            shape, filled, words = _EVIDENCE.get(grade, ("_", False, text.clean(grade)))
            if words:
                sheet.marks([place.left(i) + _PAD + 0.05], [lanes["evidence"].top + 0.13], style.INK, shape=shape, filled=filled, size=4.5)
                sheet.text(place.left(i) + _PAD + 0.15, lanes["evidence"].top + 0.13, words, size=_SIZE, within=place.wide - 2 * _PAD - 0.15)
