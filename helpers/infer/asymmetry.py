"""Penalty and reward: does a touchpoint hurt when it is poor, or delight when it is good?

The penalty-reward contrast: the outcome on two indicators a touchpoint, one for a poor experience and
one for a delightful one, the middling experience being the base. Who visited what is held constant,
as in `drivers`, so an unvisited touchpoint neither punishes nor rewards.
Source: Brandt (1987); Mikulic and Prebezac (2008), Managing Service Quality 18, for the index.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import blocks
from helpers.infer.drivers import _outcome
from helpers.infer.intervals import LEVEL
from helpers.infer.multiplicity import too_few

POOR_UP_TO = 0.4
"""Poor: the lowest two fifths of the scale (1 and 2 of 5; 0 to 4 of 10)."""
DELIGHT_FROM = 0.9
"""Delight: the top tenth of the scale (5 of 5; 9 and 10 of 10)."""
KINDS = {
    "hygiene": "punishes when poor more than it rewards when good",
    "attractor": "rewards when good more than it punishes when poor",
    "linear": "matters, and no asymmetry is shown",
    "neutral": "neither a penalty nor a reward is shown",
    "too_few": "too few poor and delightful experiences",
}
ENDS = ("penalty", "reward", "asymmetry")


def levels(ratings: pd.DataFrame, scale_min, scale_max) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Poor and delightful experiences as 1 and 0, NaN where not visited.

    In: ratings as in `drivers.importance`; the ends of the scale, one for all or one a column (a
    Series). Out: (poor, delight), tables like `ratings`.

    >>> poor, delight = levels(pd.DataFrame({"call": [1, 2, 3, 5, None]}), 1, 5)
    >>> poor.call.tolist(), delight.call.tolist()
    ([1.0, 1.0, 0.0, 0.0, nan], [0.0, 0.0, 0.0, 1.0, nan])
    """
    height = (ratings - scale_min) / (scale_max - scale_min)
    beyond = (height < -1e-9) | (height > 1 + 1e-9)
    if beyond.to_numpy().any():
        name = beyond.any()[beyond.any()].index[0]
        worst = ratings.loc[beyond[name], name].iloc[0]
        raise ValueError(f"levels: {name} has the rating {worst:g}, off its scale; give the scale's own ends")
    known = ratings.notna()
    poor = (height <= POOR_UP_TO + 1e-9).astype(float).where(known)
    return poor, (height >= DELIGHT_FROM - 1e-9).astype(float).where(known)


def contrast(
    poor: pd.DataFrame,
    delight: pd.DataFrame,
    outcome,
    *,
    cluster=None,
    draws: int = blocks.DRAWS,
    seed: int = blocks.SEED,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Penalty, reward and their asymmetry, one row a touchpoint.

    In: `poor` and `delight` from `levels`; `outcome` a number or 0/1 a row; `cluster` the customer of
    each row. Out: touchpoint, n (who visited), poor_n, delight_n, penalty, reward (change of the
    outcome against a middling experience, in its own unit; penalties are below 0), asymmetry in
    [-1, 1], each with _low and _high (bootstrap over customers), kind (a key of KINDS), reason.
    asymmetry = r/(r+|p|) - |p|/(r+|p|) with r = max(reward, 0) and p = min(penalty, 0): what points
    the wrong way counts as nothing. It says little where kind is "neutral".
    A touchpoint with fewer than 30 visits, or fewer than 5 poor or 5 delightful ones, has no figures.

    >>> poor = pd.DataFrame({"call": [1, 0, 0] * 20}); delight = pd.DataFrame({"call": [0, 0, 1] * 20})
    >>> contrast(poor, delight, [2, 5, 6] * 20)[["penalty", "reward", "asymmetry"]].round(2).values.tolist()
    [[-3.0, 1.0, -0.5]]
    """
    y = _outcome(outcome, len(poor))
    table = _counts(poor, delight)
    used = table["touchpoint"][table["reason"] == ""].tolist()
    if used:
        draws_of = _coefficients(poor[used], delight[used], y, cluster, draws, seed)
        for name, values in zip(ENDS, (*draws_of, _index(*draws_of)), strict=True):
            low, high = blocks.percentiles(values[1:], level)
            _write(table, used, name, values[0], low, high)
    return table.assign(kind=[_kind(row) for row in table.to_dict("records")])


def _counts(poor: pd.DataFrame, delight: pd.DataFrame) -> pd.DataFrame:
    n, bad, good = poor.notna().sum(), poor.sum(), delight.sum()
    table = pd.DataFrame({"touchpoint": poor.columns, "n": n.to_numpy()})
    table["poor_n"], table["delight_n"] = bad.to_numpy(dtype=int), good.to_numpy(dtype=int)
    table[[f"{name}{end}" for name in ENDS for end in ("", "_low", "_high")]] = np.nan
    few = np.atleast_1d(too_few(table["n"], table["poor_n"], table["delight_n"]))
    table["reason"] = np.where(few, "too few: under 30 visits, or under 5 poor or 5 delightful ones", "")
    return table


def _coefficients(poor, delight, y, cluster, draws, seed) -> tuple[np.ndarray, np.ndarray]:
    """Penalties and rewards, each (1 + draws, touchpoints), the estimate in the first row."""
    visited = poor.notna().to_numpy()
    some = visited[:, ~visited.all(axis=0)].astype(float)
    matrix = np.column_stack([
        np.ones(len(y)), some, np.nan_to_num(poor.to_numpy(dtype=float)),
        np.nan_to_num(delight.to_numpy(dtype=float)), y - y.mean(),
    ])
    products = blocks.draw(blocks.cross_products(matrix, cluster, seed=seed), draws, seed=seed)
    left = blocks.sweep_out(products, 1 + some.shape[1])
    steady = left[:, :-1, :-1] + 1e-9 * len(y) * np.eye(left.shape[1] - 1)
    slopes = np.linalg.solve(steady, left[:, :-1, -1:])[:, :, 0]
    return slopes[:, : poor.shape[1]], slopes[:, poor.shape[1] :]


def _index(penalty: np.ndarray, reward: np.ndarray) -> np.ndarray:
    p, r = np.maximum(-penalty, 0), np.maximum(reward, 0)
    return np.divide(r - p, r + p, out=np.full_like(p, np.nan), where=r + p > 0)


def _write(table: pd.DataFrame, used: list, name: str, value, low, high) -> None:
    rows = table["touchpoint"].isin(used)
    table.loc[rows, [name, f"{name}_low", f"{name}_high"]] = np.column_stack([value, low, high])


def _kind(row: dict) -> str:
    if row["reason"]:
        return "too_few"
    if not (row["penalty_high"] < 0 or row["reward_low"] > 0):
        return "neutral"
    # The index itself must be off 0: one end being significant and the other not is no asymmetry.
    return "hygiene" if row["asymmetry_high"] < 0 else "attractor" if row["asymmetry_low"] > 0 else "linear"
