"""Many comparisons, small numbers: what may be claimed and what may be shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

MIN_N = 30
"""Fewer observations than this read "too few"."""
MIN_OUTCOMES = 5
"""Fewer of either outcome than this read "too few"."""


def false_discovery(p_values) -> np.ndarray:
    """Benjamini-Hochberg q values; a NaN stays NaN and is not counted as a comparison.

    Source: Benjamini and Hochberg (1995).

    >>> false_discovery([0.01, float("nan"), 0.04, 0.03]).round(3).tolist()
    [0.03, nan, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    raised = p[order] * order.size / np.arange(1, order.size + 1)
    q[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return q


def too_few(n, successes=None, failures=None, *, min_n: int = MIN_N, min_outcomes: int = MIN_OUTCOMES):
    """True where the numbers are under the floor: n under `min_n`, or under 5 of either outcome.

    In: scalars or columns; a missing count is under the floor. Out: bool, or an array of them.

    >>> too_few([29, 30, 500], successes=[10, 10, 499], failures=[19, 20, 1]).tolist()
    [True, False, True]
    """
    few = ~(np.asarray(n, dtype=float) >= min_n)
    for outcome in (successes, failures):
        if outcome is not None:
            few = few | ~(np.asarray(outcome, dtype=float) >= min_outcomes)
    return few if np.ndim(few) else bool(few)


def hide_small(
    frame: pd.DataFrame,
    column: str,
    min_cell: int,
    *,
    total: bool = True,
    by: str | Sequence[str] = (),
    blank: Sequence[str] = (),
) -> pd.DataFrame:
    """A breakdown in which no cell under `min_cell` people can be read or worked out.

    In: one row a cell, `column` the number of people in it; `blank` names the other columns that
    say something about those people. `by` names the columns within which the cells add up to a
    total the reader knows (`total=True`); without a total only the small cells are hidden.
    Out: a copy with `hidden` (bool) and NaN in `column` and `blank` where hidden.

    A cell of no one hides no one and stays. With a known total, one hidden cell could be had by
    subtraction and two tiny ones would show their sum, so the smallest further cells are hidden
    until at least two are, and together they hold `min_cell` people.
    Source: complementary suppression, Hundepool et al., Statistical Disclosure Control (2012).
    The rule covers one breakdown; two that cross (rows and columns both with totals) need each
    margin hidden by a call of its own.

    >>> cells = pd.DataFrame({"region": ["n", "s", "e", "w"], "people": [4, 60, 25, 0]})
    >>> hide_small(cells, "people", 10).hidden.tolist()
    [True, False, True, False]
    """
    for name in (column, *([by] if isinstance(by, str) else by), *blank):
        if name not in frame.columns:
            raise KeyError(f"hide_small: no column {name!r}; the table has {', '.join(map(str, frame.columns))}")
    people = frame[column].fillna(0).to_numpy(dtype=float)
    hidden = np.zeros(len(frame), dtype=bool)
    keys = [by] if isinstance(by, str) else list(by)
    groups = frame.groupby(keys, sort=False, dropna=False).indices.values() if keys else [np.arange(len(frame))]
    for rows in groups:
        hidden[rows] = _hide(people[rows], min_cell, total)
    out = frame.copy()
    for name in (column, *blank):
        out[name] = out[name].mask(hidden)
    return out.assign(hidden=hidden)


def _hide(people: np.ndarray, min_cell: int, total: bool) -> np.ndarray:
    hidden = (people > 0) & (people < min_cell)
    if not total or not hidden.any():
        return hidden
    for row in np.argsort(people, kind="stable"):
        if people[hidden].sum() >= min_cell:  # two cells at least, since one alone is under it
            break
        hidden[row] |= people[row] > 0
    return hidden
