"""Where the next unit of budget goes: a linear programme over diminishing returns, solved on every draw.

Each activity's impact is taken to grow with its cost as cost^elasticity through what it brings today,
cut into slices of the new budget; each slice brings less than the one before. The programme fills the
slices that bring most within the budget and each activity's cap. What today's data leave unsure goes in as
draws of the impacts, and an activity is recommended only where it wins in at least 80 % of them.
The elasticity is an assumption, not an estimate: say it beside the result, and try others.
Source: linear programming over piecewise linear concave returns, Dantzig (1963), chapter 24; solved by HiGHS.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer.blocks import percentiles
from helpers.infer.intervals import LEVEL

ELASTICITY = 0.5
"""Twice the cost brings 1.4 times the impact."""
SLICES = 10
WINS = 0.8


def allocate(
    activities: pd.DataFrame,
    draws: np.ndarray,
    budget: float,
    *,
    elasticity: float = ELASTICITY,
    level: float = LEVEL,
) -> pd.DataFrame:
    """How to spend `budget` on top of today's cost, and how sure that is.

    In: `activities` with activity, cost (today, above 0, in currency), impact (what it brings today, in any one
    unit), and optionally most (how much more it could take); `draws` (draws, activities), resamples of the
    impacts in the same order; 0 < elasticity < 1. An impact below 0 counts as none.
    Out, in the order given: activity, cost, impact, extra (of the budget, at the estimate), extra_low, extra_high,
    gain (impact that the extra brings), wins (share of draws in which it gets more than an equal share of the
    budget), recommended (wins at least .8), reason (why an activity could not be weighed).
    Raises ValueError on a budget or elasticity out of range, or draws of another width.

    >>> two = pd.DataFrame({"activity": ["coach", "brochure"], "cost": [100.0, 100.0], "impact": [9.0, 1.0]})
    >>> allocate(two, np.array([[9.5, 0.8], [8.7, 1.3]]), 20)[["extra", "wins", "recommended"]].values.tolist()
    [[20.0, 1.0, True], [0.0, 0.0, False]]
    """
    draws = np.atleast_2d(np.asarray(draws, dtype=float))
    if draws.shape[1] != len(activities):
        raise ValueError(f"allocate: draws for {draws.shape[1]} activities, the table has {len(activities)}; give one column each")
    if not budget > 0 or not 0 < elasticity < 1:
        raise ValueError("allocate: the budget must be above 0 and the elasticity between 0 and 1 (1 would not diminish)")
    out = activities[["activity", "cost", "impact"]].reset_index(drop=True)
    usable = ((out["cost"] > 0) & out["impact"].notna()).to_numpy()
    out["reason"] = np.where(usable, "", np.where(out["cost"] > 0, "its impact is not known", "its cost is not known"))
    out[["extra", "extra_low", "extra_high", "gain", "wins"]] = np.nan
    if usable.any():
        cost, most = out["cost"].to_numpy()[usable], _most(activities, budget)[usable]
        plan = _solve(cost, np.vstack([out["impact"][usable], draws[:, usable]]), most, budget, elasticity)
        low, high = percentiles(plan[1:], level)
        gain = np.maximum(out["impact"][usable], 0) * ((1 + plan[0] / cost) ** elasticity - 1)
        wins = (plan[1:] > budget / usable.sum() + 1e-9 * budget).mean(axis=0)
        out.loc[usable, ["extra", "extra_low", "extra_high", "gain", "wins"]] = np.column_stack([plan[0], low, high, gain, wins])
    order = ["activity", "cost", "impact", "extra", "extra_low", "extra_high", "gain", "wins", "recommended", "reason"]
    return out.assign(recommended=out["wins"] >= WINS)[order]


def expected(
    activities: pd.DataFrame, draws: np.ndarray, extra, *, elasticity: float = ELASTICITY, level: float = LEVEL,
) -> pd.DataFrame:
    """What a given allocation would bring, with its band: any split of new money, or money moved from one activity to another.

    In: `activities` and `draws` as `allocate`; `extra`, in the same order, what each activity gets on top of today's cost (below 0:
    loses, at most all of it). Out: activity, extra, gain, gain_low, gain_high in the unit of the impacts, and as the last row, activity
    "" , all together (the band of the sum, not the sum of the bands). An activity whose cost or impact is not known counts as 0.
    Raises ValueError where more is taken than an activity costs.

    >>> two = pd.DataFrame({"activity": ["coach", "brochure"], "cost": [100.0, 100.0], "impact": [10.0, 2.0]})
    >>> expected(two, np.array([[10.0, 2.0], [12.0, 1.0]]), [44, -19])["gain"].round(2).tolist()
    [2.0, -0.2, 1.8]
    """
    extra, cost = np.asarray(extra, dtype=float), activities["cost"].to_numpy(dtype=float)
    if not 0 < elasticity < 1:
        raise ValueError("expected: the elasticity must lie between 0 and 1 (1 would not diminish)")
    if extra.shape != cost.shape:
        raise ValueError(f"expected: {extra.size} amounts for {cost.size} activities; give one each, 0 where nothing changes")
    if (extra < -np.nan_to_num(cost) - 1e-9).any():
        name = activities["activity"].iloc[int(np.argmax(extra < -np.nan_to_num(cost) - 1e-9))]
        raise ValueError(f"expected: {name} would lose more than it costs; take at most its cost")
    grown = np.maximum(1 + np.divide(extra, cost, out=np.zeros_like(extra), where=cost > 0), 0) ** elasticity - 1
    each = np.maximum(np.nan_to_num(np.vstack([activities["impact"].to_numpy(dtype=float), draws])), 0) * grown
    each = np.column_stack([each, each.sum(axis=1)])
    low, high = percentiles(each[1:], level)
    names = [*activities["activity"], ""]
    return pd.DataFrame({"activity": names, "extra": [*extra, extra.sum()], "gain": each[0], "gain_low": low, "gain_high": high})


def _most(activities: pd.DataFrame, budget: float) -> np.ndarray:
    if "most" not in activities.columns:
        return np.full(len(activities), float(budget))
    return activities["most"].fillna(budget).clip(0, budget).to_numpy(dtype=float)


def _solve(cost: np.ndarray, impacts: np.ndarray, most: np.ndarray, budget: float, elasticity: float) -> np.ndarray:
    """Extra money by draw and activity that brings the most impact: the draws are blocks of one programme, so it is solved at once."""
    from scipy.optimize import linprog
    from scipy.sparse import identity, kron, vstack

    step, (number, size) = budget / SLICES, impacts.shape
    edges = 1 + step * np.arange(SLICES + 1) / cost[:, None]
    bring = np.maximum(np.nan_to_num(impacts), 0)[:, :, None] * np.diff(edges**elasticity, axis=1)
    # Each draw in its own unit: one with small impacts must not look like nothing to the solver beside the others.
    scale = np.maximum(bring.max(axis=(1, 2), keepdims=True), 1e-300)
    limits = vstack([kron(identity(number), np.ones((1, size * SLICES))), kron(identity(number * size), np.ones((1, SLICES)))], format="csc")
    found = linprog(
        -(bring / scale).ravel(), A_ub=limits, b_ub=np.r_[np.full(number, budget) / step, np.tile(most, number) / step], bounds=(0, 1), method="highs",
    )
    if not found.success:
        raise RuntimeError(f"allocate: the programme could not be solved ({found.message})")
    return step * np.where(bring > 0, found.x.reshape(bring.shape), 0.0).sum(axis=2)
