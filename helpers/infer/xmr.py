"""XmR charts: which month's figure says something, and which is noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer.intervals import Bounds

LIMIT = 2.66
"""Limits lie this many mean moving ranges from the centre (3 / 1.128; Wheeler, Understanding Variation, 1993)."""
MIN_MONTHS = 6
"""Limits from fewer months are too loose to read."""
SIGNALS = {
    "outside": "outside the limits",
    "run_of_eight": "eight in a row on one side of the centre",
    "three_of_four": "three of four nearer a limit than the centre",
}


def chart(frame: pd.DataFrame, *, bounds: Bounds | None = None, min_months: int = MIN_MONTHS) -> pd.DataFrame:
    """A row a month with centre, limits and what the month says.

    In: `period` (sortable month labels, one row each) and `value`; a missing value is a gap that a
    run does not cross and over which no moving range is taken. `bounds`: the least and greatest
    possible value; limits do not pass them. Out: period, value, centre, lower, upper, signal (a key
    of SIGNALS, "" for none), verdict: "signal", "noise", "too few" (under `min_months` months with a
    value; then no limits) or "no value". All months of a run are marked, the strongest signal first.
    Raises ValueError when a month stands twice.
    Source: Wheeler (1993); the three detection rules as in Wheeler, Making Sense of Data (2003).

    >>> months = [f"2026-{m:02d}" for m in range(1, 9)]
    >>> chart(pd.DataFrame({"period": months, "value": [5, 6, 5, 6, 5, 6, 5, 20]})).signal.tolist()[-2:]
    ['', 'outside']
    """
    if frame["period"].duplicated().any():
        twice = frame["period"][frame["period"].duplicated()].iloc[0]
        raise ValueError(f"xmr: {twice} stands twice; give one row a month")
    out = frame[["period", "value"]].sort_values("period").reset_index(drop=True)
    value = out["value"].to_numpy(dtype=float)
    known = np.isfinite(value)
    moving = np.abs(np.diff(value))
    if known.sum() < max(min_months, 2) or not np.isfinite(moving).any():
        out[["centre", "lower", "upper"]] = np.nan
        return out.assign(signal="", verdict=np.where(known, "too few", "no value"))
    centre, reach = value[known].mean(), LIMIT * np.nanmean(moving)
    signal = _signals(value, centre, reach)
    lower, upper = _inside(centre - reach, centre + reach, bounds)
    verdict = np.select([~known, signal != ""], ["no value", "signal"], "noise")
    return out.assign(centre=centre, lower=lower, upper=upper, signal=signal, verdict=verdict)


def _signals(value: np.ndarray, centre: float, reach: float) -> np.ndarray:
    gap = value - centre
    tiny = 1e-9 * max(abs(centre), reach, 1e-300)  # rounding is no signal
    marks = np.full(value.size, "", dtype=object)
    for side in (1, -1):
        near = (side * gap > reach / 2 + tiny).astype(int)
        above = (side * gap > tiny).astype(int)
        marks[_runs(near, 4, 3, value) & (near == 1)] = "three_of_four"
        marks[_runs(above, 8, 8, value)] = "run_of_eight"
    marks[np.abs(gap) > reach + tiny] = "outside"
    return marks


def _runs(hit: np.ndarray, length: int, least: int, value: np.ndarray) -> np.ndarray:
    """Months inside a window of `length` months without a gap that holds at least `least` hits."""
    marked = np.zeros(hit.size, dtype=bool)
    for start in range(hit.size - length + 1):
        window = slice(start, start + length)
        if np.isfinite(value[window]).all() and hit[window].sum() >= least:
            marked[window] = True
    return marked


def _inside(lower: float, upper: float, bounds: Bounds | None) -> tuple[float, float]:
    floor, ceiling = bounds or (None, None)
    lower = lower if floor is None else max(lower, floor)
    return lower, upper if ceiling is None else min(upper, ceiling)
