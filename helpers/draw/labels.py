"""Names beside points, none on top of another: each takes the nearest free place; who finds none gets a number and a line in the key."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.draw import style, text
from helpers.draw.sheet import Sheet

Box = tuple[float, float, float, float]     # left, top, right, bottom in inches


@dataclass(frozen=True)
class Spot:
    """Where a label goes: its box, and whether a thin line must lead to its point."""

    box: Box
    led: bool


def _candidates(x: float, y: float, wide: float, tall: float, away: float) -> list[Spot]:
    """Places around a point, the nearest first: right, left, above, below, corners, then further out with a leader."""
    spots = [(x + away, y - tall / 2), (x - away - wide, y - tall / 2), (x - wide / 2, y - away - tall), (x - wide / 2, y + away),
             (x + away * 0.7, y - away * 0.7 - tall), (x + away * 0.7, y + away * 0.7), (x - away * 0.7 - wide, y - away * 0.7 - tall),
             (x - away * 0.7 - wide, y + away * 0.7)]
    found = [Spot((a, b, a + wide, b + tall), False) for a, b in spots]
    for far in (0.22, 0.34, 0.48, 0.64, 0.82):
        for angle in np.linspace(0, 2 * np.pi, 16, endpoint=False):
            a, b = x + far * np.cos(angle), y + far * np.sin(angle)
            left = a if np.cos(angle) > 0.3 else a - wide if np.cos(angle) < -0.3 else a - wide / 2
            found.append(Spot((left, b - tall / 2, left + wide, b + tall / 2), True))
    return found


def _clear(box: Box, taken: np.ndarray, pad: float = 0.015) -> bool:
    if not len(taken):
        return True
    return not bool(np.any((box[0] - pad < taken[:, 2]) & (box[2] + pad > taken[:, 0]) & (box[1] - pad < taken[:, 3]) & (box[3] + pad > taken[:, 1])))


def place(points: Sequence[tuple[float, float]], words: Sequence[str], area: Box, *, size: float = style.SMALL, away: float = 0.08,
          taken: Sequence[Box] = (), mark: float = 0.055, bold: Sequence[bool] = ()) -> list[Spot | None]:
    """A spot for each word, in order of importance (the first chooses first), within `area`; None where there is no room.

    No spot touches another, a point, or a box in `taken`.

    >>> place([(1, 1)], ["a"], (0, 0, 2, 2))[0].led
    False
    """
    occupied = [(x - mark, y - mark, x + mark, y + mark) for x, y in points] + list(taken)
    spots: list[Spot | None] = []
    for i, ((x, y), word) in enumerate(zip(points, words)):
        wide, tall = text.width(word, size, bool(bold and bold[i])), size * 1.15 / 72
        boxes = np.array(occupied, dtype=float)
        found = None
        for spot in _candidates(x, y, wide, tall, away):
            inside = spot.box[0] >= area[0] and spot.box[2] <= area[2] and spot.box[1] >= area[1] and spot.box[3] <= area[3]
            if inside and _clear(spot.box, boxes):
                found = spot
                break
        if found:
            occupied.append(found.box)
        spots.append(found)
    return spots


@dataclass(frozen=True)
class Plan:
    """Names and where they go; `numbered` are those without room, whose numbers (from 1) stand at `numbers` instead."""

    points: list[tuple[float, float]]
    names: list[str]
    spots: list[Spot | None]
    bold: list[bool]
    numbered: list[int]
    numbers: list[Spot | None]

    def key(self, words: Sequence[str]) -> str:
        """The line below the plot that resolves the numbers: "1 Website · 2 Showroom"."""
        return " \u00b7 ".join(f"{n}\u00a0{text.clean(words[i])}" for n, i in enumerate(self.numbered, start=1))


def plan(points: Sequence[tuple[float, float]], words: Sequence[str], area: Box, *, bold: Sequence[bool], size: float = style.SMALL,
         taken: Sequence[Box] = (), longest: float = 1.9) -> Plan:
    """Find places for names, the most important first; a name without room gets a number, which always finds some."""
    names = [text.shorten(w, longest, size, b) for w, b in zip(words, bold)]
    spots = place(points, names, area, size=size, taken=taken, bold=bold)
    numbered = [i for i, spot in enumerate(spots) if spot is None]
    used = [spot.box for spot in spots if spot] + list(taken) + [(x - 0.04, y - 0.04, x + 0.04, y + 0.04) for x, y in points]
    numbers = place([points[i] for i in numbered], [str(n) for n in range(1, len(numbered) + 1)], area, size=style.TINY, taken=used, mark=0.0)
    return Plan(list(points), names, spots, list(bold), numbered, numbers)


def write(sheet: Sheet, ready: Plan, colours: Sequence[str], size: float = style.SMALL) -> None:
    """Write the names and numbers of a plan."""
    for (x, y), name, spot, colour, heavy in zip(ready.points, ready.names, ready.spots, colours, ready.bold):
        if spot:
            write_one(sheet, x, y, name, spot, colour, heavy, size)
    for n, (i, spot) in enumerate(zip(ready.numbered, ready.numbers), start=1):
        if spot:
            write_one(sheet, *ready.points[i], str(n), spot, style.SOFT, False, style.TINY)


def write_one(sheet: Sheet, x: float, y: float, name: str, spot: Spot, colour: str, heavy: bool, size: float) -> None:
    left, top, right, bottom = spot.box
    if spot.led:
        near = (min(max(x, left), right), min(max(y, top), bottom))
        sheet.line((x, near[0]), (y, near[1]), style.GREY, 0.6, above=2.5)
    sheet.text(left, (top + bottom) / 2, name, size=size, colour=colour, bold=heavy, halo=True, above=6)
