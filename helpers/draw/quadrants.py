"""Two measures against each other: importance against performance, cost against impact."""
from __future__ import annotations

import pandas as pd

from helpers.draw import labels, rows, style, text
from helpers.draw.scale import Scale, across, reach, up
from helpers.draw.sheet import Chart, Sheet, blank, drawn, tidy
from helpers.names import VERDICTS

_TALL, _TOP = 5.0, 0.62
_RANK = {"moment_of_truth": 0, "watch": 1, "not_shown": 2, "too_few": 3}


def _foot(lines: list[str]) -> list[str]:
    """Notes under a plot, wrapped to the column."""
    return [row for line in lines if line for row in text.wrap(line, style.WIDTH - 2 * style.MARGIN, style.SMALL, lines=8)]


def _write_foot(sheet: Sheet, foot: list[str], top: float) -> None:
    for i, line in enumerate(foot):
        sheet.text(style.MARGIN, top + i * text.height(style.SMALL), line, size=style.SMALL, colour=style.SOFT)


@drawn
def importance_performance(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "importance_performance", alt: str = "",
                           performance_unit: str = "score", importance_unit: str = "share", performance: str = "Mean experience",
                           importance: str = "Importance for the outcome", cut_performance: float | None = None,
                           cut_importance: float | None = None) -> Chart:
    """Draw how well each touchpoint does against how much it matters, with the uncertainty of both.

    Shows: each touchpoint's mean experience (left to right) against how much of the outcome goes with it (bottom to top); an ellipse or a cross is the 95% interval of both.
    Read it so: top left matters and is done poorly; top right matters and is done well; an ellipse across a line could belong to either side.
    Act on it so: mend the top left first, protect the top right, and take effort out of the bottom right before anything else.

    table: touchpoint, performance, performance_low, performance_high, importance, importance_low, importance_high, n, verdict (a word of
    names.VERDICTS). The cross lines stand at `cut_performance` and `cut_importance`, by default the middle of the touchpoints shown.
    """
    numbers = ["performance", "performance_low", "performance_high", "importance", "importance_low", "importance_high", "n"]
    frame = tidy(table, ["touchpoint", *numbers[:6], "verdict"], numbers, ["n"])
    known = frame.dropna(subset=["performance", "importance"])
    absent = [text.clean(t) for t in frame.loc[~frame.index.isin(known.index), "touchpoint"]]
    if known.empty:
        return blank("No touchpoint has enough answers to be placed.", title, who, caption, stem, alt, table)
    known = known.assign(_rank=[_RANK.get(v, 2) for v in known["verdict"]]).sort_values(["_rank", "importance"], ascending=[True, False], kind="stable")
    x = Scale(*reach([*known["performance"], *known["performance_low"], *known["performance_high"]], pad=0.05), style.MARGIN + 0.6, style.WIDTH - 0.25)
    y = Scale(*reach([0, *known["importance"], *known["importance_high"]], zero=True), _TOP + _TALL, _TOP)
    points = [(x(a), y(b)) for a, b in zip(known["performance"], known["importance"])]
    heavy = [v == "moment_of_truth" for v in known["verdict"]]
    ready = labels.plan(points, list(known["touchpoint"]), (x.start, _TOP, x.end, _TOP + _TALL), bold=heavy)
    foot = _foot([ready.key(list(known["touchpoint"])), f"Not placed, too few answers: {', '.join(absent)}." if absent else ""])
    sheet = Sheet(title, who, caption, body=_TOP + _TALL + 0.62 + len(foot) * text.height(style.SMALL))
    _verdict_key(sheet, known)
    _quadrants(sheet, x, y, _middle(known["performance"], cut_performance), _middle(known["importance"], cut_importance))
    up(sheet, y, x.start, x.end, unit=importance_unit)
    across(sheet, x, _TOP, _TOP + _TALL, unit=performance_unit, title=f"{performance} →")
    sheet.text(style.MARGIN, _TOP - 0.15, f"↑ {importance}", size=style.SMALL, colour=style.SOFT)
    _uncertainty(sheet, x, y, known)
    for verdict, part in known.groupby("verdict", sort=False):
        shape, filled = style.VERDICT_MARK.get(verdict, ("o", True))
        sheet.marks([x(v) for v in part["performance"]], [y(v) for v in part["importance"]], style.VERDICT.get(verdict, style.GREY), shape=shape,
                    filled=filled, size=6.5)
    labels.write(sheet, ready, [style.INK if _RANK.get(v, 2) < 2 else style.SOFT for v in known["verdict"]])
    _write_foot(sheet, foot, _TOP + _TALL + 0.56)
    moments = [text.clean(t) for t, v in zip(known["touchpoint"], known["verdict"]) if v == "moment_of_truth"]
    return sheet.chart(stem, alt or f"{title} Scatter of {len(known)} touchpoints by mean experience and importance. "
                       f"{'Moments of truth: ' + ', '.join(moments) if moments else 'None is a moment of truth'}.", table)


def _middle(values: pd.Series, given: float | None) -> float:
    """Where a cross line goes: where the caller says, else half way between the outermost touchpoints."""
    return given if not text.is_missing(given) else (values.min() + values.max()) / 2


def _verdict_key(sheet: Sheet, known: pd.DataFrame) -> None:
    present = [v for v in VERDICTS if (known["verdict"] == v).any()]
    rows.key(sheet, style.MARGIN, 0.08, [(VERDICTS[v], style.VERDICT[v], *style.VERDICT_MARK[v]) for v in present])


def _quadrants(sheet: Sheet, x: Scale, y: Scale, across_at: float, up_at: float) -> None:
    """The top left shaded, cross lines, and a word for each quarter outside the plot, where no point can lie under it."""
    vertical, level = x.cut(across_at), y.cut(up_at)
    sheet.boxes([(x.start, _TOP, vertical - x.start, level - _TOP)], style.tint(style.AGAINST, 0.93), above=0.2)
    sheet.segments([((vertical, _TOP), (vertical, _TOP + _TALL)), ((x.start, level), (x.end, level))], style.GREY, 1.0, above=1)
    middle = style.MARGIN + 0.2 + text.width("↑ Importance for the outcome", style.SMALL)
    sheet.text(max(middle, (x.start + vertical) / 2), _TOP - 0.15, "Mend first", size=style.SMALL, bold=True, colour=style.readable(style.AGAINST),
               across="center" if (x.start + vertical) / 2 > middle + 0.4 else "left")
    sheet.text(x.end, _TOP - 0.15, "Keep it up", size=style.SMALL, bold=True, across="right")
    sheet.text(x.start, _TOP + _TALL + 0.28, "Leave for later", size=style.SMALL, bold=True, colour=style.SOFT)
    sheet.text(x.end, _TOP + _TALL + 0.28, "More than it needs", size=style.SMALL, bold=True, colour=style.SOFT, across="right")


def _uncertainty(sheet: Sheet, x: Scale, y: Scale, known: pd.DataFrame) -> None:
    """Ellipses for a dozen touchpoints or for those with a verdict; light crosses for the others."""
    from matplotlib.patches import Ellipse

    crosses = []
    for row in known.itertuples():
        if any(map(text.is_missing, (row.performance_low, row.performance_high, row.importance_low, row.importance_high))):
            continue
        left, right, top, bottom = x.cut(row.performance_low), x.cut(row.performance_high), y.cut(row.importance_high), y.cut(row.importance_low)
        if len(known) <= 12 or _RANK.get(row.verdict, 2) < 2:
            colour = style.VERDICT.get(row.verdict, style.GREY)
            sheet.ax.add_patch(Ellipse(((left + right) / 2, (top + bottom) / 2), right - left, bottom - top, facecolor=colour, alpha=0.16, zorder=1.2))
            sheet.ax.add_patch(Ellipse(((left + right) / 2, (top + bottom) / 2), right - left, bottom - top, facecolor="none", edgecolor=colour,
                                       linewidth=0.7, alpha=0.7, zorder=1.3))
        else:
            crosses += [((left, y(row.importance)), (right, y(row.importance))), ((x(row.performance), top), (x(row.performance), bottom))]
    sheet.segments(crosses, style.RULE, 0.8, above=1.1)


@drawn
def cost_impact(table: pd.DataFrame, *, title: str, who: str, caption: str, stem: str = "cost_impact", alt: str = "") -> Chart:
    """Draw each activity's share of the cost against its share of the impact on the outcome.

    Shows: each activity of the value chain by its share of all cost (left to right) and its share of all impact (bottom to top), with the 95% interval of the impact.
    Read it so: on the slanted line an activity gives what it takes; above it gives more, below it takes more; a line that crosses the slant is undecided.
    Act on it so: ask what the activities below the slant are for and what stops if they shrink; move money to those above it step by step, and measure.

    table: activity, cost_share, impact_share, impact_low, impact_high (shares 0-1).
    """
    numbers = ["cost_share", "impact_share", "impact_low", "impact_high"]
    frame = tidy(table, ["activity", *numbers], numbers)
    known = frame.dropna(subset=["cost_share", "impact_share"])
    absent = [text.clean(t) for t in frame.loc[~frame.index.isin(known.index), "activity"]]
    if known.empty:
        return blank("No activity has both a cost and a measured impact.", title, who, caption, stem, alt, table)
    sides = [_side(*values) for values in zip(known["cost_share"], known["impact_low"], known["impact_high"])]
    known = known.assign(_side=sides, _far=(known["impact_share"] - known["cost_share"]).abs()).sort_values("_far", ascending=False, kind="stable")
    top, tall = 0.36, 4.4
    ends = reach([0, *known["cost_share"], *known["impact_share"], *known["impact_high"]], zero=True)
    x, y = Scale(*ends, style.MARGIN + 0.6, style.WIDTH - 0.25), Scale(*ends, top + tall, top)
    points = [(x(a), y(b)) for a, b in zip(known["cost_share"], known["impact_share"])]
    taken = [(x.start, top, x.start + 1.8, top + 0.25), (x.end - 1.8, top + tall - 0.25, x.end, top + tall)]
    taken += [(a[0] - 0.02, b[1], a[0] + 0.02, a[1]) for a, b in _impact_lines(y, points, known)]
    ready = labels.plan(points, list(known["activity"]), (x.start, top, x.end, top + tall), bold=[s != 0 and i < 4 for i, s in enumerate(known["_side"])], taken=taken)
    foot = _foot([ready.key(list(known["activity"])), f"Not placed, cost or impact unknown: {', '.join(absent)}." if absent else ""])
    sheet = Sheet(title, who, caption, body=top + tall + 0.45 + len(foot) * text.height(style.SMALL))
    _slant(sheet, x, y, ends, top, tall)
    _sides(sheet, y, points, known)
    labels.write(sheet, ready, [style.INK if s else style.SOFT for s in known["_side"]])
    _write_foot(sheet, foot, top + tall + 0.5)
    below = [text.clean(a) for a, s in zip(known["activity"], known["_side"]) if s < 0]
    return sheet.chart(stem, alt or f"{title} Scatter of {len(known)} activities by share of cost and share of impact. "
                       f"{'Clearly taking more than they give: ' + ', '.join(below) if below else 'None clearly takes more than it gives'}.", table)


def _slant(sheet: Sheet, x: Scale, y: Scale, ends: tuple[float, float], top: float, tall: float) -> None:
    """Axes, the slanted line of even give and take, the shaded half below it, and what each half means."""
    sheet.text(style.MARGIN, 0.1, "↑ Share of impact", size=style.SMALL, colour=style.SOFT)
    up(sheet, y, x.start, x.end, unit="share")
    across(sheet, x, top, top + tall, unit="share", title="Share of cost →")
    sheet.areas([[(x.start, y(ends[0])), (x.end, y(ends[1])), (x.end, y(ends[0]))]], style.tint(style.AGAINST, 0.94), above=0.1)
    sheet.line((x(ends[0]), x(ends[1])), (y(ends[0]), y(ends[1])), style.SOFT, 1.0, dashes=(3, 2), above=1)
    sheet.text(x.start + 0.08, top + 0.13, "gives more than it takes", size=style.SMALL, bold=True, colour=style.readable(style.MAIN))
    sheet.text(x.end - 0.08, top + tall - 0.13, "takes more than it gives", size=style.SMALL, bold=True, colour=style.readable(style.AGAINST), across="right")


def _impact_lines(y: Scale, points: list, known: pd.DataFrame) -> list:
    """The interval of each impact as an upright line, from low to high."""
    return [((px, y.cut(a)), (px, y.cut(b))) for (px, _), a, b in zip(points, known["impact_low"], known["impact_high"])
            if not (text.is_missing(a) or text.is_missing(b))]


def _sides(sheet: Sheet, y: Scale, points: list, known: pd.DataFrame) -> None:
    """Each activity by the side of the slant on which its whole interval lies: colour and shape."""
    for side, colour, shape in ((1, style.MAIN, "^"), (-1, style.AGAINST, "v"), (0, style.GREY, "o")):
        part = [s == side for s in known["_side"]]
        spots = [p for p, mine in zip(points, part) if mine]
        sheet.segments(_impact_lines(y, spots, known[part]), style.mix(colour, style.WHITE, 0.35), 2.2, above=3)
        sheet.marks([p[0] for p in spots], [p[1] for p in spots], colour, shape=shape, size=7)


def _side(cost: float, low: float, high: float) -> int:
    """Above the slant (1), below it (-1), or undecided (0): where the whole interval lies."""
    if text.is_missing(low) or text.is_missing(high):
        return 0
    return 1 if low > cost else -1 if high < cost else 0
