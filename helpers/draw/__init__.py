"""Charts: a tidy table and its words in, a `Chart` out. Drawing never computes.

Modules load on first use, so that a page that draws nothing does not pay for matplotlib. Every chart function takes
`title` (the finding), `who` (who and how many), `caption` (source and date) and, if need be, `stem` and `alt`.
"""
from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

_HOME = {
    "Chart": "sheet", "Sheet": "sheet", "say": "text", "span": "text", "people": "text",
    "funnel": "steps", "spend_progress": "steps",
    "survival": "curves", "turning_point": "curves", "calibration": "reliability",
    "bars": "intervals", "effects": "intervals",
    "ratios": "relative",
    "penalty_reward": "pairs", "attribution": "pairs", "part_whole": "pairs",
    "importance_performance": "quadrants", "cost_impact": "quadrants",
    "matrix": "grids", "cohort_triangle": "grids",
    "xmr": "monitor", "xmr_small": "monitor", "against": "opposed", "feelings": "sources",
    "paths": "routes", "flow": "routes",
    "journey_map": "journeymap",
    "strategy_map": "strategy",
    "scorecard_bullets": "bullets",
}
CHARTS = tuple(name for name, home in _HOME.items() if home not in ("sheet", "text"))
__all__ = [*_HOME, "CHARTS", "how_to_read"]


def __getattr__(name: str):
    if name in _HOME:
        found = getattr(importlib.import_module(f"helpers.draw.{_HOME[name]}"), name)
        return _kind(found) if name in CHARTS else found
    raise AttributeError(f"helpers.draw has no {name!r}; it has {', '.join(_HOME)}")


@functools.cache
def _kind(drawing: Callable[..., Any]) -> Callable[..., Any]:
    """The drawing, whose charts then say of what kind they are (see `how_to_read`)."""

    @functools.wraps(drawing)
    def drawn(*args: Any, **options: Any) -> Any:
        return replace(drawing(*args, **options), kind=drawing.__name__)

    return drawn


def __dir__() -> list[str]:
    return sorted(__all__)


def how_to_read(chart: str) -> dict[str, str]:
    """What a chart shows, how to read it and how to act on it: the three lines of its docstring.

    Raises ValueError where there is no such chart.

    >>> sorted(how_to_read("funnel"))
    ['act', 'read', 'shows']
    """
    if chart not in CHARTS:
        raise ValueError(f"there is no chart {chart!r}; there are {', '.join(CHARTS)}")
    found, current = {}, None
    starts = {"Shows:": "shows", "Read it so:": "read", "Act on it so:": "act"}
    for line in (__getattr__(chart).__doc__ or "").splitlines():
        line = line.strip()
        start = next((s for s in starts if line.startswith(s)), None)
        current = starts[start] if start else (current if line else None)
        if current:
            found[current] = f"{found.get(current, '')} {line.removeprefix(start or '').strip()}".strip()
    return found
