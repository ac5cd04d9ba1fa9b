"""How good a probability is on cases it has not seen: whether it tells cases apart, errs little, and keeps its word.

Every interval is clustered on customers. Nothing here draws lots: same rows, same figures.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.infer import intervals
from helpers.infer.intervals import LEVEL, t_quantile
from helpers.infer.logit import expit, fit_logit
from helpers.infer.multiplicity import MIN_N
from helpers.infer.probability import by_cluster, sandwich

CLIP = 1e-6



def auc(outcome, predicted, cluster=None, *, level: float = LEVEL) -> dict[str, float]:
    """How often a case with the event has the higher probability of two, one with and one without: value, low, high.

    0.5 is a coin's throw. The interval clusters on customers and is worked out on log-odds, so that it stays under 1.
    Source: DeLong, DeLong and Clarke-Pearson (1988); Obuchowski (1997) for clusters.

    >>> auc([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1])["value"]
    0.75
    """
    y, p = np.asarray(outcome, dtype=float) > 0, np.asarray(predicted, dtype=float)
    m, n = int(y.sum()), int((~y).sum())
    if not m or not n:
        return {"value": np.nan, "low": np.nan, "high": np.nan}
    place = np.empty(len(p))
    place[y], place[~y] = _under(p[~y], p[y]), 1 - _under(p[y], p[~y])
    value = float(place[y].mean())
    sums = by_cluster(np.where(y, (place - value) / m, (place - value) / n)[:, None], cluster)[:, 0]
    error = float(np.sqrt(len(sums) / max(len(sums) - 1, 1) * (sums**2).sum()))
    if not 0 < value < 1 or not error > 0:
        return {"value": value, "low": np.nan, "high": np.nan}
    odds, half = np.log(value / (1 - value)), float(ndtri(0.5 + level / 2)) * error / (value * (1 - value))
    return {"value": value, "low": float(expit(odds - half)), "high": float(expit(odds + half))}


def _under(these: np.ndarray, of: np.ndarray) -> np.ndarray:
    """For each of `of`, the share of `these` that lie under it, a tie counting half."""
    these = np.sort(these)
    return (np.searchsorted(these, of, side="left") + np.searchsorted(these, of, side="right")) / 2 / len(these)


def brier(outcome, predicted, reference, cluster=None) -> dict[str, float]:
    """Mean squared error of the probability, of a reference, and the skill 1 - error / reference's error with its interval.

    A skill of 0 is no better than the reference, 1 is clairvoyant. Sources: Brier (1950); Murphy (1973). The interval is the
    delta method for a ratio of sums over customers.

    >>> round(float(brier([1, 0], [0.8, 0.2], [0.5, 0.5])["skill"]), 6)
    0.84
    """
    y, p, r = (np.asarray(v, dtype=float) * np.ones(len(outcome)) for v in (outcome, predicted, reference))
    errors = by_cluster(np.column_stack([(p - y) ** 2, (r - y) ** 2]), cluster)
    ratio = intervals.from_sums(*intervals.sums_of(errors[:, 0], errors[:, 1])).iloc[0]
    return {"brier": float(((p - y) ** 2).mean()), "reference": float(((r - y) ** 2).mean()), "skill": 1 - ratio["value"], "low": 1 - ratio["high"], "high": 1 - ratio["low"]}


def reliability(outcome, predicted, cluster=None, *, bins: int = 10, min_n: int = MIN_N) -> pd.DataFrame:
    """What was promised and what came, in groups of like probability.

    Groups hold about equal information, the sum of p (1 - p), so that each dot is about as well known; there are fewer where
    one would hold under `min_n` rows, or under five expected of either ending. Out: predicted (mean), observed (share), low, high
    (Wilson on the effective number of rows, clustered on customers), n (rows), people, from_, to (the probabilities in it).
    """
    y, p = np.asarray(outcome, dtype=float), np.asarray(predicted, dtype=float)
    who = np.arange(len(y)) if cluster is None else pd.factorize(np.asarray(cluster))[0]
    out = []
    for mine in _groups(p, bins, min_n):
        each = pd.DataFrame({"s": y[mine], "w": 1.0}).groupby(who[mine]).sum()
        share = intervals.share(*intervals.sums_of(each["s"], each["w"])).iloc[0]
        out.append({"predicted": p[mine].mean(), "observed": share["value"], "low": share["low"], "high": share["high"], "n": float(len(mine)), "people": float(len(each)),
                    "from_": p[mine].min(), "to": p[mine].max()})
    return pd.DataFrame(out, columns=["predicted", "observed", "low", "high", "n", "people", "from_", "to"])


def _groups(p: np.ndarray, bins: int, min_n: int) -> list[np.ndarray]:
    """Row numbers of each group, from the lowest probability up; equal probabilities stay together."""
    order = np.argsort(p, kind="stable")
    known = np.cumsum(p[order] * (1 - p[order]))
    bins = int(max(min(bins, known[-1] // 5, len(p) // max(min_n, 1)), 1))
    cuts = np.unique(np.searchsorted(p[order], p[order][np.searchsorted(known, known[-1] * np.arange(1, bins) / bins)], side="left"))
    groups: list[np.ndarray] = []
    for part in np.split(order, cuts):
        if groups and min(len(groups[-1]), len(part)) < min_n:
            groups[-1] = np.concatenate([groups[-1], part])
        elif len(part):
            groups.append(part)
    return groups


def line(outcome, predicted, cluster=None) -> dict[str, float]:
    """Whether the promise holds: intercept and slope of the outcome on the log-odds promised, each with its interval.

    Slope 1: as far apart as promised; under 1 the promises are too extreme. Intercept (with the slope held at 1) 0: as many as
    promised in all; above it more came. Sources: Cox (1958); Van Calster et al. (2019).
    """
    y, p = np.asarray(outcome, dtype=float), np.clip(np.asarray(predicted, dtype=float), CLIP, 1 - CLIP)
    odds = np.log(p / (1 - p))
    units = len(y) if cluster is None else len(np.unique(np.asarray(cluster)))
    half = float(t_quantile(max(units - 1, 1)))
    found = {"slope": np.nan, "slope_low": np.nan, "slope_high": np.nan, "intercept": np.nan, "intercept_low": np.nan, "intercept_high": np.nan}
    if not 0 < y.mean() < 1:
        return found
    at = 0.0
    for _ in range(50):
        q = expit(odds + at)
        at += (step := (y - q).sum() / max((q * (1 - q)).sum(), 1e-9))
        if abs(step) < 1e-10:
            break
    wide = half * np.sqrt(sandwich(np.ones((len(y), 1)), y, np.array([at]), cluster, 0.0, odds)[0, 0])
    found |= {"intercept": at, "intercept_low": at - wide, "intercept_high": at + wide}
    if np.ptp(odds) > 1e-9:
        x = np.column_stack([np.ones(len(y)), odds])
        b = fit_logit(x, y, ridge=1e-6)
        wide = half * np.sqrt(sandwich(x, y, b, cluster, 1e-6)[1, 1])
        found |= {"slope": float(b[1]), "slope_low": float(b[1] - wide), "slope_high": float(b[1] + wide)}
    return found
