"""What changed between two periods, and whether other people came or the same people fared otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from helpers.infer.intervals import LEVEL, t_quantile

SUMS = ("m", "s", "w", "ss", "sw", "ww")


def difference(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Change from `before` to `now`, row by row, from two estimates with their intervals.

    In: two tables with value, low, high in the same order of rows (any of `intervals`). Out: value, low,
    high, direction: "up" or "down" where the whole interval is off 0, "none shown" where it is not,
    "unknown" where an interval is missing, and p_value, two-sided, from the side of the interval that
    looks at 0: under 1 - `intervals.LEVEL` exactly where the interval is off 0. The lengths to each side are kept, so a share near 0 or 1
    gets an honest, lopsided interval. Customers of both periods make it a little too wide, never too narrow,
    as long as a customer's two figures go together. Source: Newcombe (1998); Zou and Donner (2008).

    >>> one = pd.DataFrame({"value": [0.3], "low": [0.2], "high": [0.42]})
    >>> two = pd.DataFrame({"value": [0.1], "low": [0.05], "high": [0.18]})
    >>> difference(one, two).round(3).values.tolist()
    [[0.2, 0.072, 0.33, 'up', 0.002]]
    """
    a, b = (t[["value", "low", "high"]].to_numpy(dtype=float) for t in (now, before))
    if a.shape != b.shape:
        raise ValueError(f"difference: {len(a):,} rows now and {len(b):,} before; give the same rows in the same order")
    value = a[:, 0] - b[:, 0]
    low = value - np.hypot(a[:, 0] - a[:, 1], b[:, 2] - b[:, 0])
    high = value + np.hypot(a[:, 2] - a[:, 0], b[:, 0] - b[:, 1])
    direction = np.select([np.isnan(low) | np.isnan(high), low > 0, high < 0], ["unknown", "up", "down"], "none shown")
    reach = np.where(value > 0, value - low, high - value) / ndtri(0.5 + LEVEL / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(reach > 0, value / reach, np.nan)
    return pd.DataFrame({"value": value, "low": low, "high": high, "direction": direction, "p_value": 2 * ndtr(-np.abs(z))})


@dataclass(frozen=True)
class Split:
    """`parts`: total, mix and rate with intervals. `groups`: what each group brings to mix and rate."""

    parts: pd.DataFrame
    groups: pd.DataFrame


def split(now: pd.DataFrame, before: pd.DataFrame, group: str, *, level: float = LEVEL) -> Split:
    """Split the change of a ratio into mix (who came) and rate (how they did); the two add up exactly.

    In: for each period one row a group with `group` and the six sums m, s, w, ss, sw, ww of
    `intervals` (value = sum s / sum w; a customer belongs to one group). Out: parts with part (total,
    mix, rate), value, low, high; groups with the group, share_before, share_now, value_before,
    value_now, mix, rate. A group seen in one period only is all mix: its value is taken as unchanged.
    mix = sum of mean value x change of share, rate = sum of mean share x change of value.
    Source: Kitagawa (1955); interval by the delta method over customers, here.

    >>> row = lambda g, s, w: {"who": g, "m": w, "s": s, "w": w, "ss": s, "sw": s, "ww": w}
    >>> before = pd.DataFrame([row("new", 10, 50), row("known", 40, 50)])
    >>> now = pd.DataFrame([row("new", 16, 80), row("known", 16, 20)])
    >>> split(now, before, "who").parts[["part", "value"]].round(2).values.tolist()
    [['total', -0.18], ['mix', -0.18], ['rate', 0.0]]
    """
    p, q = _aligned(now, before, group)
    parts, (mix, rate) = split_sums(p.to_numpy(), q.to_numpy(), level=level)
    a1, r1, in1 = _shares(p.to_numpy())
    a0, r0, in0 = _shares(q.to_numpy())
    groups = pd.DataFrame({
        "share_before": a0, "share_now": a1, "value_before": np.where(in0, r0, np.nan), "value_now": np.where(in1, r1, np.nan), "mix": mix, "rate": rate,
    }, index=p.index)
    table = pd.DataFrame(parts, columns=["value", "low", "high"])
    table.insert(0, "part", ["total", "mix", "rate"])
    return Split(table, groups.rename_axis(group).reset_index())


def split_sums(now: np.ndarray, before: np.ndarray, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """The arithmetic of `split`. In: for each period the six sums of SUMS, one row a group, the same groups in both.

    Out: value, low, high of total, mix and rate (three rows), and what each group brings to mix and to rate (two rows).
    Raises ValueError where a period has nothing to divide by.
    """
    if not (now[:, 2].sum() > 0 and before[:, 2].sum() > 0):
        raise ValueError("split: one of the two periods has nothing to divide by (sum of w is 0)")
    (a1, r1, in1), (a0, r0, in0) = _shares(now), _shares(before)
    r1, r0 = np.where(in1, r1, r0), np.where(in0, r0, r1)
    r1, r0 = np.nan_to_num(r1), np.nan_to_num(r0)  # a group without weight in either brings nothing
    middle, gap, both = (r1 + r0) / 2, r1 - r0, in1 & in0
    overall = (a1 * r1).sum() / 2 + (a0 * r0).sum() / 2
    groups = np.array([(a1 - a0) * (middle - overall), (a1 + a0) / 2 * gap])
    # Each part as a sum over customers of u s_i + v w_i, per group and period: (slope, tilt) now, (slope, tilt) before.
    moved = (a1 - a0) * np.where(both, 0.5, 1.0)
    mix = np.array([[moved, middle], [moved, -middle]])
    rate = np.array([[(a1 + a0) / 2 * both, gap / 2], [-(a1 + a0) / 2 * both, gap / 2]])
    reach = t_quantile(min(now[:, 0].sum(), before[:, 0].sum()) - 1, level)
    value = np.array([groups.sum(), *groups.sum(axis=1)])
    half = [reach * np.sqrt(_variance(now, r1, *part[0]) + _variance(before, r0, *part[1])) for part in (mix + rate, mix, rate)]
    return np.column_stack([value, value - half, value + half]), groups


def _aligned(now: pd.DataFrame, before: pd.DataFrame, group: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = []
    for name, table in (("now", now), ("before", before)):
        gaps = [c for c in (group, *SUMS) if c not in table.columns]
        if gaps:
            raise ValueError(f"split: `{name}` has no column {', '.join(gaps)}")
        tables.append(table.groupby(group, sort=True)[list(SUMS)].sum().astype(float))
    index = tables[0].index.union(tables[1].index)
    return tables[0].reindex(index, fill_value=0.0), tables[1].reindex(index, fill_value=0.0)


def _shares(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each group's share of w, its value (missing where it is not there), and whether it is there."""
    w, there = sums[:, 2], sums[:, 2] > 0
    return w / w.sum(), np.divide(sums[:, 1], w, out=np.full(len(w), np.nan), where=there), there


def _variance(sums: np.ndarray, r: np.ndarray, slope: np.ndarray, tilt: np.ndarray) -> float:
    """Variance of a part from one period's customers: `slope` is the part's derivative by the group's value, `tilt` by the group's share."""
    m, _, w, ss, sw, ww = sums.T
    u = np.divide(slope, w, out=np.zeros(len(w)), where=w > 0)
    v = -u * r + (tilt - (w / w.sum() * tilt).sum()) / w.sum()
    many = m.sum()
    return float(max((u**2 * ss + 2 * u * v * sw + v**2 * ww).sum(), 0.0) * many / max(many - 1, 1))
