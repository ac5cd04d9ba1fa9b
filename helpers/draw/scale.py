"""From data to inches: a scale, its ticks, and the axes drawn along it."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpers.draw import style, text
from helpers.draw.sheet import Sheet


@dataclass(frozen=True)
class Scale:
    """Straight line from data (`low` to `high`) to inches (`start` to `end`).

    >>> Scale(0, 10, 1.0, 3.0)(5)
    2.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def cut(self, value: float) -> float:
        """As `__call__`, but never beyond the ends."""
        return self(min(max(value, self.low), self.high))

    def ticks(self, most: int = 6) -> list[float]:
        """At most `most` round numbers inside the scale."""
        from matplotlib.ticker import MaxNLocator

        values = MaxNLocator(nbins=max(2, most - 1), steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-6
        return [float(round(v, 10)) for v in values if self.low - slack <= v <= self.high + slack]


def reach(values: Iterable, *, zero: bool = False, pad: float = 0.06, floor: float | None = None, ceiling: float | None = None) -> tuple[float, float]:
    """The lowest and highest value to show, with some air; `zero` starts at nought, `floor` and `ceiling` bound it.

    >>> reach([], zero=True), reach([2.0, 4.0], zero=True, pad=0)
    ((0.0, 1.0), (0.0, 4.0))
    """
    known = [float(v) for v in values if not text.is_missing(v)]
    if not known:
        return (0.0, 1.0)
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-12:
        low, high = (low - abs(low) * 0.1 - 1e-3, high + abs(high) * 0.1 + 1e-3) if not zero else (low, low + 1.0)
    air = (high - low) * pad
    low, high = (low if zero and low == 0 else low - air), (high if zero and high == 0 else high + air)
    low = max(low, floor) if floor is not None and floor <= min(known) else low
    high = min(high, ceiling) if ceiling is not None and ceiling >= max(known) else high
    return low, high


def limits(unit: str) -> tuple[float | None, float | None]:
    """Where values of a unit must end."""
    return {"share": (0.0, 1.0), "points": (-100.0, 100.0), "days": (0.0, None), "hours": (0.0, None), "count": (0.0, None)}.get(unit, (None, None))


def tick_words(ticks: list[float], unit: str) -> list[str]:
    """Tick labels that share one number of decimals; the unit stands on each share, and on the last of others."""
    if not ticks:
        return []
    scaled = [t * 100 for t in ticks] if unit in ("share", "change") else list(ticks)
    if unit == "currency" and max(map(abs, scaled)) >= 1e4:
        return [text.short(t) if t else "0" for t in scaled]
    digits = next((d for d in range(4) if all(abs(round(t, d) - t) < 1e-9 for t in scaled)), 3)
    words = [text._plain(t, digits) for t in scaled]
    if unit == "share":
        return [w + "%" for w in words]
    if unit in ("days", "hours"):
        words[-1] += f" {unit}"
    if unit == "change":
        words = [("+" if t > 0 else "") + w for w, t in zip(words, scaled)]
        words[-1] += " pts"
    return words


def across(sheet: Sheet, scale: Scale, top: float, bottom: float, *, unit: str = "count", most: int = 6, at: str = "bottom",
           words: Callable[[list[float]], list[str]] | None = None, strong_zero: bool = False, title: str = "") -> None:
    """A horizontal axis: light upright lines at the ticks, numbers above or below, and its title on the next line."""
    ticks = scale.ticks(most)
    sheet.segments([((scale(t), top), (scale(t), bottom)) for t in ticks], style.GRID, 0.8, above=0.5)
    if strong_zero and scale.low <= 0 <= scale.high:
        sheet.line((scale(0), scale(0)), (top, bottom), style.INK, 0.9, above=1.5)
    y = bottom + 0.11 if at == "bottom" else top - 0.11
    labels = (words or (lambda values: tick_words(values, unit)))(ticks)
    ends = -9.0
    for tick, label in zip(ticks, labels):
        half = text.width(label, style.SMALL) / 2
        if scale(tick) - half > ends + 0.05:
            sheet.text(scale(tick), y, label, size=style.SMALL, colour=style.SOFT, across="center")
            ends = scale(tick) + half
    if title:
        sheet.text((scale.start + scale.end) / 2, y + (0.16 if at == "bottom" else -0.16), title, size=style.SMALL, colour=style.SOFT,
                   across="center", within=abs(scale.end - scale.start) + 1.0)


def up(sheet: Sheet, scale: Scale, left: float, right: float, *, unit: str = "count", most: int = 6,
       words: Callable[[list[float]], list[str]] | None = None, strong_zero: bool = False) -> None:
    """An upright axis: light level lines at the ticks, numbers to the left."""
    ticks = scale.ticks(most)
    sheet.segments([((left, scale(t)), (right, scale(t))) for t in ticks], style.GRID, 0.8, above=0.5)
    if strong_zero and scale.low <= 0 <= scale.high:
        sheet.line((left, right), (scale(0), scale(0)), style.INK, 0.9, above=1.5)
    for tick, label in zip(ticks, (words or (lambda values: tick_words(values, unit)))(ticks)):
        sheet.text(left - 0.07, scale(tick), label, size=style.SMALL, colour=style.SOFT, across="right")
