"""What a poor experience at a touchpoint goes with, net of who the customer is and of the other touchpoints.

Three things make naive comparisons wrong, each measured in a simulation with known truth: customers who
differ (flexible covariates: squares and products, since straight lines leave half the confounding),
shared service quality that makes neighbours of a true moment look guilty (the other touchpoints are
adjusted for), and attitudes no table holds (the effect is tested against a practical margin, not
against zero, and an E-value says how strong such an attitude would have to be). Where the company's
data are not randomised, read "goes with", not "changes".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from helpers.infer.blocks import BLOCKS, SEED
from helpers.infer.drivers import _outcome
from helpers.infer.intervals import LEVEL
from helpers.infer.logit import expit, fit_linear, fit_logit, flexible
from helpers.infer.multiplicity import MIN_N, MIN_OUTCOMES, false_discovery, too_few
from helpers.load import Company

MARGIN = Company.practical_margin
"""The practical margin: an effect counts when it is worse than 2 points of a share."""
CLIP = 0.02
FEW_FOLDS_FROM = 20_000
"""Five folds below this many customers; two from here on, where they serve as well in a quarter of the time."""
THREADS_FROM = 20_000
"""Touchpoints are worked out at once from so many customers on; below, threads would wait for each other."""
DRAWS = 2000
JOINT_RIDGE = 0.01
"""Only so much that an arm without a single hit has a finite answer. Where the regression spends more than one degree of
freedom for two customers, it has no answer."""
OUTCOME_RIDGE, PROPENSITY_RIDGE = 5.0, 50.0
"""Penalties on standardised columns. Weak for thousands of visitors; for hundreds they keep a hundred
columns from settling who fared poorly, which doubled the standard error in simulation."""
OVERLAP = 0.9
"""Under this share of visitors with a propensity inside the clip, the comparison is thin."""
COLUMNS = (
    "touchpoint", "n", "poor_n", "naive", "effect", "effect_low", "effect_high", "p_value", "q_value",
    "overlap", "e_value", "e_value_low", "joint", "joint_low", "joint_high", "joint_p", "joint_q", "reason",
)


def poor_experience(
    poor: pd.DataFrame,
    outcome,
    covariates: pd.DataFrame | None = None,
    *,
    delight: pd.DataFrame | None = None,
    cluster=None,
    margin: float = MARGIN,
    min_n: int = MIN_N,
    seed: int = SEED,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Effect of a poor experience on the outcome, one row a touchpoint, by two methods side by side.

    In: `poor`, one row a customer, one column a touchpoint: 1 poor, 0 not, NaN not visited (from
    `asymmetry.levels`); `outcome` a row, 0/1 or a number, more being better; `covariates` of the
    customer from before the experience, any types; `delight`, like `poor`, 1 where the experience was
    delightful: a touchpoint that only rewards makes its neighbours look guilty too, so the other
    touchpoints' delight is adjusted for beside their poor experiences (in the sample company that
    takes a third off the bias of its decoys); `cluster` the customer of each row where one has several; `margin` in the
    outcome's unit.
    Out, in the outcome's unit: n (visitors), poor_n; naive (difference of means); effect with
    effect_low, effect_high (doubly robust, cross-fitted: mean over visitors of the outcome if all
    fared poorly less that if none did); p_value (one-sided, that the effect is worse than -margin)
    and q_value; overlap (share of visitors whose propensity lies within .02 and .98); e_value and
    e_value_low (for the estimate and the end of the interval nearer 0); joint, joint_low,
    joint_high, joint_p, joint_q (average marginal effect of one regression on everything); reason.
    Sources: Robins, Rotnitzky and Zhao (1994); Chernozhukov et al. (2018) for cross-fitting;
    VanderWeele and Ding (2017) for the E-value.

    >>> poor = pd.DataFrame({"call": [1.0, 0.0] * 500})
    >>> bought = [1 if i % 4 == 0 or i % 2 else 0 for i in range(1000)]
    >>> poor_experience(poor, bought)[["naive", "effect"]].round(2).values.tolist()
    [[-0.5, -0.5]]
    """
    return with_draws(poor, outcome, covariates, delight=delight, cluster=cluster, margin=margin, min_n=min_n, seed=seed, level=level)[0]


def with_draws(
    poor: pd.DataFrame, outcome, covariates: pd.DataFrame | None = None, *, delight: pd.DataFrame | None = None, cluster=None, margin: float = MARGIN,
    min_n: int = MIN_N, draws: int = DRAWS, seed: int = SEED, level: float = LEVEL,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`poor_experience`, and draws of its effects: one row a resample of blocks of customers, one column a touchpoint with an effect.

    The regressions are those of all customers: a draw resamples what each customer adds to the doubly robust mean (the bootstrap of
    its influence function). A draw takes the same blocks at every touchpoint, so what customers share is shared in the draws.
    Source: Wolter (2007), chapter 2, as in `blocks`.
    """
    from threadpoolctl import threadpool_limits

    y = _outcome(outcome, len(poor))
    table = _counts(poor, y, min_n)
    used = table["touchpoint"][table["reason"] == ""].tolist()
    if not used:
        return table, pd.DataFrame(index=range(draws))
    units = np.arange(len(y)) if cluster is None else pd.factorize(np.asarray(cluster))[0]
    with threadpool_limits(1):
        design = Design(poor[used].to_numpy(dtype=float), flexible(covariates, len(y)), y, _levels_of(delight, used, min_n))
        found, beside = _doubly_robust(design, range(len(used)), units, seed), _joint(design, units)
    drawn = pd.DataFrame(_resampled(found.pop("sums"), draws, seed), columns=used)
    z = ndtri(0.5 + level / 2)
    rows = table["touchpoint"].isin(used)
    columns = found.assign(**beside).assign(
        effect_low=lambda f: f.effect - z * f.se, effect_high=lambda f: f.effect + z * f.se,
        joint_low=lambda f: f.joint - z * f.joint_se, joint_high=lambda f: f.joint + z * f.joint_se,
        p_value=lambda f: _p_worse(f.effect, f.se, margin), joint_p=lambda f: _p_worse(f.joint, f.joint_se, margin),
    )
    columns = columns.assign(**_e_values(columns, y if not design.binary else None))
    kept = [c for c in COLUMNS if c in columns]
    table.loc[rows, kept] = columns[kept].to_numpy()
    thin = rows & (table["overlap"] < OVERLAP)
    table.loc[thin, "reason"] = "thin overlap: who fared poorly is almost settled by who they are"
    return table.assign(q_value=false_discovery(table["p_value"]), joint_q=false_discovery(table["joint_p"])), drawn


def halves(
    poor: pd.DataFrame,
    outcome,
    covariates: pd.DataFrame | None = None,
    *,
    delight: pd.DataFrame | None = None,
    cluster=None,
    only: Sequence | None = None,
    margin: float = MARGIN,
    splits: int = 2,
    min_n: int = MIN_N,
    seed: int = SEED,
) -> pd.Series:
    """Stability: the share of random halves of the customers in which the effect is past the margin again.

    In: as `poor_experience`; `only` the touchpoints to ask about (default all; the others are adjusted for all the same).
    Everything is estimated afresh in each of 2 * `splits` halves. Out: share by touchpoint; NaN where no half had enough visitors.
    """
    from threadpoolctl import threadpool_limits

    units = np.arange(len(poor)) if cluster is None else pd.factorize(np.asarray(cluster))[0]
    y, asked, found = _outcome(outcome, len(poor)), list(poor.columns if only is None else only), []
    for split in range(splits):
        side = (np.random.default_rng(seed + split).permutation(int(units.max()) + 1) % 2)[units]
        for half in (0, 1):
            rows, few = side == half, max(min_n // 2, 1)
            part, fared = _counts(poor[rows], y[rows], few), None if delight is None else delight[rows]
            used = part["touchpoint"][part["reason"] == ""].tolist()
            places = [j for j, name in enumerate(used) if name in asked]
            if not places:
                continue
            with threadpool_limits(1):
                known = flexible(None if covariates is None else covariates[rows], int(rows.sum()))
                design = Design(poor.loc[rows, used].to_numpy(dtype=float), known, y[rows], _levels_of(fared, used, few))
                again = _doubly_robust(design, places, pd.factorize(units[rows])[0], seed)
            found.append(pd.Series(again["effect"].to_numpy(), index=[used[j] for j in places]))
    effects = pd.concat(found, axis=1).reindex(asked) if found else pd.DataFrame(index=asked, columns=[0], dtype=float)
    return (effects < -margin).sum(axis=1).div(effects.notna().sum(axis=1).replace(0, np.nan)).rename("stability")


def _levels_of(delight: pd.DataFrame | None, used: list, min_n: int) -> dict[int, np.ndarray]:
    """Delightful experiences as 0 and 1, by the touchpoint's place among those used; only where there are enough of them."""
    if delight is None:
        return {}
    columns = {j: delight[name].fillna(0).to_numpy(dtype=float) for j, name in enumerate(used) if name in delight.columns}
    return {j: column for j, column in columns.items() if column.sum() >= min_n}


class Design:
    """Columns 1, covariates, who visited what, what was poor, what delighted; the outcome and the kind of regression."""

    def __init__(self, treated: np.ndarray, covariates: np.ndarray, y: np.ndarray, delight: dict[int, np.ndarray] | None = None):
        delight = delight or {}
        self.y, self.treated = y, treated
        self.visited = np.isfinite(treated)
        self.binary = bool(np.isin(y, (0.0, 1.0)).all())
        self.varied = np.flatnonzero(~self.visited.all(axis=0))
        head = np.column_stack([np.ones(len(y)), covariates, self.visited[:, self.varied]])
        self.first = head.shape[1]
        self.x = np.column_stack([head, np.nan_to_num(treated), *delight.values()])
        self.lift = {j: self.first + treated.shape[1] + i for i, j in enumerate(delight)}
        self.fit: Callable = fit_logit if self.binary else fit_linear
        self.mean: Callable = expit if self.binary else np.asarray

    def columns_for(self, j: int) -> np.ndarray:
        """Column numbers that may explain who fared poorly at touchpoint j: all but j's own."""
        visit = [self.first - len(self.varied) + int(k) for k in np.flatnonzero(self.varied == j)]
        return np.delete(np.arange(self.x.shape[1]), [*visit, self.first + j, *self.own_lift(j)])

    def own_lift(self, j: int) -> list[int]:
        """The column that says touchpoint j itself delighted, if there is one: part of what was experienced, no cause of it."""
        return [self.lift[j]] if j in self.lift else []

    def either(self, j: int, here: np.ndarray, fitted: np.ndarray, slope: Callable) -> tuple[np.ndarray, np.ndarray]:
        """What the visitors would be fitted with, had touchpoint j been poor for all, and for none (then delighting its usual share).

        `fitted`: the linear part as it is; `slope(column)`: the coefficient of a column, for each visitor or for all.
        """
        fine = fitted - self.x[here, self.first + j] * slope(self.first + j)
        poor = fine + slope(self.first + j)
        for lift in self.own_lift(j):
            own = self.x[here, lift] * slope(lift)
            poor, fine = poor - own, fine - own + self.usual(j, here) * slope(lift)
        return poor, fine

    def usual(self, j: int, here: np.ndarray) -> float:
        """How often touchpoint j delights those it did not serve poorly."""
        return float(self.x[here & (self.treated[:, j] == 0), self.own_lift(j)[0]].mean())


def _counts(poor: pd.DataFrame, y: np.ndarray, min_n: int) -> pd.DataFrame:
    """n, poor_n and the naive difference; why a touchpoint is left out."""
    bad, fine = poor.to_numpy(dtype=float) == 1, poor.to_numpy(dtype=float) == 0
    strange = poor.notna().to_numpy() & ~bad & ~fine
    if strange.any():
        raise ValueError("poor_experience: `poor` must be 1, 0 or NaN; asymmetry.levels makes it from ratings")
    table = pd.DataFrame(index=range(poor.shape[1]), columns=list(COLUMNS), dtype=float)
    table["touchpoint"] = list(poor.columns)
    table["n"], table["poor_n"] = (bad | fine).sum(axis=0), bad.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["naive"] = y @ bad / bad.sum(axis=0) - y @ fine / fine.sum(axis=0)
    few = np.minimum(bad.sum(axis=0), fine.sum(axis=0)) < min_n
    why = f"too few: under {min_n} visitors with or without a poor experience"
    if np.isin(y, (0.0, 1.0)).all():
        hits = y @ (bad | fine)
        few = few | too_few(table["n"], hits, table["n"] - hits, min_n=min_n)
        why += f", or under {MIN_OUTCOMES} of either outcome"
    table["reason"] = np.where(few, why, "")
    return table


def _cross_fit(design: Design, units: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fold of each row, and the outcome regression of each fold fitted on the others: (folds, columns)."""
    folds = 2 if len(design.y) >= FEW_FOLDS_FROM else 5
    number = int(units.max()) + 1
    fold = (np.random.default_rng(seed).permutation(number) % folds)[units]
    start = design.fit(design.x, design.y, ridge=OUTCOME_RIDGE)
    return fold, np.stack([
        design.fit(design.x[fold != k], design.y[fold != k], ridge=OUTCOME_RIDGE, start=start) for k in range(folds)
    ])


def _doubly_robust(design: Design, places: Iterable[int], units: np.ndarray, seed: int) -> pd.DataFrame:
    """Of each touchpoint at `places`, over its visitors: the mean of the augmented inverse-propensity difference, one row each."""
    fold, slopes = _cross_fit(design, units, seed)
    fitted = np.take_along_axis(design.x @ slopes.T, fold[:, None], axis=1)[:, 0]
    number = int(units.max()) + 1
    block = (np.random.default_rng(seed).permutation(number) % min(BLOCKS, number))[units]
    # Touchpoints do not need each other, and numpy lets other threads go on: as many at once as there are processors, results in their order.
    with ThreadPoolExecutor(os.cpu_count() if len(design.y) >= THREADS_FROM else 1) as threads:
        return pd.DataFrame(list(threads.map(lambda j: _difference(design, j, fold, slopes, fitted, units, block), places)))


def _difference(design: Design, j: int, fold: np.ndarray, slopes: np.ndarray, fitted: np.ndarray, units: np.ndarray, block: np.ndarray) -> dict:
    """Effect, its standard error, overlap, the two means at touchpoint j, and what each block of customers adds: (sum, visitors)."""
    here = design.visited[:, j]
    t, y, k = design.treated[here, j], design.y[here], fold[here]
    if_poor, if_fine = (design.mean(z) for z in design.either(j, here, fitted[here], lambda column: slopes[k, column]))
    raw = _propensity(design.x[np.ix_(here, design.columns_for(j))], t, k, len(slopes))
    e = np.clip(raw, CLIP, 1 - CLIP)
    poor, fine = if_poor + t * (y - if_poor) / e, if_fine + (1 - t) * (y - if_fine) / (1 - e)
    effect = (poor - fine).mean()
    left = _by_unit((poor - fine - effect)[:, None], units[here])
    m = len(left)
    return {
        "effect": effect, "se": np.sqrt(m / max(m - 1, 1) * (left**2).sum()) / len(t), "overlap": (raw == e).mean(),
        "mean_poor": poor.mean(), "mean_fine": fine.mean(),
        "sums": np.stack([np.bincount(block[here], weights=poor - fine, minlength=block.max() + 1), np.bincount(block[here], minlength=block.max() + 1)]),
    }


def _resampled(sums: Iterable[np.ndarray], draws: int, seed: int) -> np.ndarray:
    """Effects of resamples of blocks, (draws, touchpoints); NaN where a draw holds no visitor."""
    each = np.stack(list(sums))
    number = each.shape[2]
    weights = np.random.default_rng(seed + 1).multinomial(number, np.full(number, 1 / number), size=draws)
    total, count = weights @ each[:, 0].T, weights @ each[:, 1].T
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _propensity(x: np.ndarray, t: np.ndarray, fold: np.ndarray, folds: int) -> np.ndarray:
    """Probability of a poor experience, each fold predicted from the others."""
    e, b = np.full(len(t), t.mean()), None
    for k in range(folds):
        b = fit_logit(x[fold != k], t[fold != k], ridge=PROPENSITY_RIDGE, start=b)
        e[fold == k] = expit(x[fold == k] @ b)
    return e


def _joint(design: Design, units: np.ndarray) -> dict:
    """Average marginal effect of each poor experience from one regression on everything, and its standard error."""
    x, y = design.x, design.y
    b = design.fit(x, y, ridge=JOINT_RIDGE)
    fitted = x @ b
    p = design.mean(fitted)
    slope = (lambda q: q * (1 - q)) if design.binary else np.ones_like
    width = design.treated.shape[1]
    effects, gradients = np.empty(width), np.empty((width, x.shape[1]))
    for j in range(width):
        here, own = design.visited[:, j], design.first + j
        poor, fine = (design.mean(z) for z in design.either(j, here, fitted[here], lambda column: b[column]))
        rise, apart = (slope(poor), slope(fine)), np.zeros(len(y))
        apart[here] = rise[0] - rise[1]
        effects[j], gradients[j] = (poor - fine).mean(), apart @ x
        gradients[j, own] = rise[0].sum()  # this column is 1 for all, then 0 for all
        for lift in design.own_lift(j):
            gradients[j, lift] = -design.usual(j, here) * rise[1].sum()
        gradients[j] /= len(poor)
    # The penalty belongs to the curvature: without it a segment of few rows has none in some direction, and its error no root.
    curvature = x.T @ (x * slope(p)[:, None])
    bread = np.linalg.inv(curvature + np.diag(np.r_[0.0, np.full(x.shape[1] - 1, JOINT_RIDGE)] + 1e-9 * len(y)))
    left = _by_unit((x @ (bread @ gradients.T)) * (y - p)[:, None], units)
    m, spent = len(left), float((bread * curvature).sum())
    if spent > m / 2:  # so many columns reproduce the outcome instead of explaining it
        return {"joint": np.full(width, np.nan), "joint_se": np.full(width, np.nan)}
    return {"joint": effects, "joint_se": np.sqrt(m / (m - spent) * (left**2).sum(axis=0))}


def _by_unit(rows: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Rows summed within customers."""
    order = np.argsort(units, kind="stable")
    first = np.flatnonzero(np.diff(units[order], prepend=-1))
    return rows if first.size == len(units) else np.add.reduceat(rows[order], first, axis=0)


def _p_worse(effect, error, margin: float) -> np.ndarray:
    """One-sided p value of the effect being worse than -margin."""
    return ndtr((effect + margin) / np.maximum(error, 1e-12))


def _e_values(found: pd.DataFrame, y: np.ndarray | None) -> dict:
    """E-values of the estimate and of the end of its interval nearer 0; `y` given for an outcome that is no share."""
    ends = {}
    for name, effect in (("e_value", found.effect), ("e_value_low", np.minimum(found.effect_high, 0))):
        if y is None:
            base = np.clip(found.mean_fine, 1e-3, 1)
            ratio = np.clip(base + effect, 1e-3, 1) / base
        else:
            ratio = np.exp(0.91 * effect / max(y.std(), 1e-12))
        ends[name] = e_value(ratio)
    return ends


def e_value(risk_ratio) -> np.ndarray:
    """How strongly an unseen trait must go with both the experience and the outcome to explain the ratio away.

    >>> e_value([0.5, 1.0, 2.0]).round(2).tolist()
    [3.41, 1.0, 3.41]
    """
    ratio = np.asarray(risk_ratio, dtype=float)
    ratio = np.where(ratio < 1, 1 / ratio, ratio)
    return ratio + np.sqrt(ratio * (ratio - 1))
