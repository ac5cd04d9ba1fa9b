"""Small inline drawings (SVG) for the cells of a table: a KPI's interval against its goal, and its months inside their limits.

Both say in their label what they show, hold no style sheet of their own, and read without colour: the goal is a solid tick,
the red flag a dashed one, a signal a diamond.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from helpers.draw import style
from helpers.draw.text import month
from helpers.score import GOAL_SCORE, RED_FLAG_SCORE

WIDTH, HEIGHT = 168, 36  # pixels of a bullet
_LEFT, _RIGHT, _BAR = 8.0, 160.0, 12.0
LINE_WIDTH, LINE_HEIGHT = 104, 30  # pixels of a sparkline
_GAP = 4.0


def bullet(low: float, high: float, at: float, *, status: str, red_flag: str, target: str, label: str) -> str:
    """An interval on the scale of the score, so that in every row the target lies at one place and the right is the better side.

    low, high, at: scores 0 to 10 of the interval's ends and of the value; beyond the scale an end becomes an arrow.
    red_flag, target: the two marks in the KPI's own unit. label: what it shows in words. Empty without an interval.

    >>> bullet(math.nan, math.nan, math.nan, status="on_target", red_flag="", target="", label="")
    ''
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    colour = style.STATUS[status]
    flag, goal = _x(RED_FLAG_SCORE), _x(GOAL_SCORE)
    start, end = _x(low), max(_x(high), _x(low) + 2.0)
    parts = [
        f'<path d="M{_LEFT} {_BAR}H{_RIGHT}" stroke="{style.GRID}" stroke-width="10"/>',
        f'<path d="M{start:.1f} {_BAR}H{end:.1f}" stroke="{colour}" stroke-width="10" stroke-opacity=".42"/>',
        f'<path d="M{flag:.1f} 3V21" stroke="{style.AGAINST}" stroke-width="1.8" stroke-dasharray="2.5 1.5"/>',
        f'<path d="M{goal:.1f} 3V21" stroke="{style.INK}" stroke-width="2.2"/>',
        *(_arrow(x, way, colour) for x, way, beyond in ((_LEFT, -1, low <= 0), (_RIGHT, 1, high >= 10)) if beyond),
    ]
    if not math.isnan(at):
        parts.append(point(_x(at), _BAR, status))
    words = "".join(
        f'<text x="{x:.1f}" y="33" text-anchor="{anchor}" font-size="10.5" fill="{fill}">{escape(text)}</text>'
        for x, anchor, fill, text in ((flag + 14, "end", style.SOFT, red_flag), (goal - 14, "start", style.INK, target)) if text
    )
    return f'<svg class="bullet" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(parts)}{words}</svg>'


def point(x: float, y: float, status: str) -> str:
    """A status as a mark: circle, triangle, cross or open diamond, in its colour and with a white rim."""
    fill, rim = style.STATUS[status], f'stroke="{style.WHITE}" stroke-width="1"'
    if status == "below_target":
        return f'<path d="M{x - 5:.1f} {y - 4:.1f}h10l-5 9z" fill="{style.INK}" {rim}/>'
    if status == "red_flag":
        return f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="{style.INK}" stroke-width="2.6"/>'
    if status == "not_yet_known":
        return f'<path d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z" fill="{style.WHITE}" stroke="{style.INK}" stroke-width="1.6"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.6" fill="{fill if status != "on_target" else style.INK}" {rim}/>'


def sparkline(values: Sequence[float], label: str, *, limits: tuple[float, float, float] | None = None, signals: Sequence[bool] = ()) -> str:
    """Months as a line; `limits` (centre, lower, upper) as a band behind it, `signals` as diamonds; gaps stay gaps.

    Nothing under two values.

    >>> sparkline([1.0], "one")
    ''
    """
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return ""
    inside = [*known, *(edge for edge in limits or () if math.isfinite(edge))]
    low, high = min(inside), max(inside)
    low, high = (low, high) if high > low else (low - 1, high + 1)
    step, height = (LINE_WIDTH - 2 * _GAP) / max(len(values) - 1, 1), (LINE_HEIGHT - 2 * _GAP) / (high - low)
    place = [None if math.isnan(v) else (_GAP + i * step, LINE_HEIGHT - _GAP - (v - low) * height) for i, v in enumerate(values)]
    parts = _band(limits, low, height) if limits else []
    parts += [f'<polyline points="{" ".join(run)}"/>' for run in _runs(place) if len(run) > 1]
    last = next(one for one in reversed(place) if one)
    parts.append(f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="2.2" fill="{style.MAIN}" stroke="none"/>')
    parts += [_diamond(*where) for where, marked in zip(place, signals) if marked and where]
    return (
        f'<svg class="spark" viewBox="0 0 {LINE_WIDTH} {LINE_HEIGHT}" width="{LINE_WIDTH}" height="{LINE_HEIGHT}" fill="none" stroke="{style.MAIN}" '
        f'stroke-width="1.5" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def months_in_words(label: str, periods: Sequence[str], first: str, last: str, signals: Sequence[str] | None) -> str:
    """What a sparkline shows, for a reader who does not see it; `signals` is None where it has no limits.

    >>> months_in_words("NPS", ["2026-07", "2026-08"], "31", "34", [])
    'NPS by month, Jul 2026 to Aug 2026: from 31 to 34; no month stands out'
    """
    out = "" if signals is None else f"; stands out: {', '.join(map(month, signals))}" if signals else "; no month stands out"
    return f"{label} by month, {month(periods[0])} to {month(periods[-1])}: from {first} to {last}{out}"


def _x(score: float) -> float:
    return _LEFT + min(max(score, 0.0), 10.0) * (_RIGHT - _LEFT) / 10.0


def _arrow(x: float, way: int, colour: str) -> str:
    return f'<path d="M{x:.1f} {_BAR - 6}l{way * 6} 6l{-way * 6} 6z" fill="{colour}"/>'


def _band(limits: tuple[float, float, float], low: float, height: float) -> list[str]:
    centre, *ends = (LINE_HEIGHT - _GAP - (edge - low) * height for edge in limits)
    bottom, top = (min(max(edge, 0.0), float(LINE_HEIGHT)) for edge in ends)
    return [
        f'<path d="M0 {top:.1f}H{LINE_WIDTH}V{bottom:.1f}H0z" fill="{style.GRID}" stroke="none"/>',
        f'<path d="M0 {centre:.1f}H{LINE_WIDTH}" stroke="{style.SOFT}" stroke-width=".8" stroke-dasharray="3 2"/>',
    ]


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 3.6:.1f}l3.6 3.6l-3.6 3.6l-3.6 -3.6z" fill="{style.AGAINST}" stroke="none"/>'


def _runs(place: Sequence[tuple[float, float] | None]) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    for one in place:
        if one is None:
            runs.append([])
        else:
            runs[-1].append(f"{one[0]:.1f},{one[1]:.1f}")
    return runs
