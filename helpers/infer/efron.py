"""The arithmetic of a Cox regression with Efron's ties, for counted rows: like rows are one row, however many customers they stand for.

Sources: Cox (1972); Efron (1977), Journal of the American Statistical Association 72, for ties; Grambsch and Therneau (1994), Biometrika 81, for the
test of proportional hazards, here as the score test for a coefficient that changes with the share who have had the event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

MOST_STEPS = 40


@dataclass(frozen=True)
class Efron:
    """Coefficients, their covariance, the log likelihood; and at each time of an event the score, its variance, and the share who have had the event."""

    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    scores: np.ndarray
    variances: np.ndarray
    share: np.ndarray

    def drift(self, columns: list[int]) -> tuple[float, float]:
        """Chi-square and p of the coefficients of these columns, together, changing with time: +, where each times its own sign grows."""
        at = self.share - self.share.mean()
        u = at @ self.scores
        both, own = np.einsum("t,tij->ij", at, self.variances), np.einsum("t,tij->ij", at**2, self.variances)
        spread = (own - both @ self.covariance @ both.T)[np.ix_(columns, columns)]
        chi = float(u[columns] @ np.linalg.pinv(spread, hermitian=True) @ u[columns])
        return chi, float(chdtrc(len(columns), chi))


def fit(days: np.ndarray, event: np.ndarray, count: np.ndarray, x: np.ndarray) -> Efron:
    """Maximise the partial likelihood. Raises ValueError where a coefficient has no finite value (a group in which nobody, or only the first, had the event)."""
    table = _Table(days, event, count, x)
    beta, value = np.zeros(x.shape[1]), -np.inf
    for _ in range(MOST_STEPS):
        found = table.at(beta)
        step = np.linalg.pinv(found[2].sum(axis=0), hermitian=True) @ found[1].sum(axis=0)
        value, size = found[0], 1.0
        while size > 1e-4 and not table.at(beta + size * step)[0] >= value - 1e-9 * abs(value):
            size /= 2
        beta = beta + size * step
        if np.abs(step).max(initial=0.0) < 1e-9:
            break
    value, scores, variances = table.at(beta)
    if np.abs(beta * np.ptp(x, axis=0)).max(initial=0.0) > 15:
        raise ValueError("cox: a coefficient has no finite value: in one group nobody, or everybody at once, had the event; leave that group out")
    covariance = np.linalg.pinv(variances.sum(axis=0), hermitian=True)
    return Efron(beta, covariance, float(value), scores, variances, table.share)


class _Table:
    """Who is at risk and who has the event at each time, by distinct row of x."""

    def __init__(self, days: np.ndarray, event: np.ndarray, count: np.ndarray, x: np.ndarray) -> None:
        self.x, kind = np.unique(x, axis=0, return_inverse=True)
        kind = kind.ravel()
        times = np.unique(days[event > 0])
        last = np.searchsorted(times, days, side="right") - 1  # the last time of an event at which the row is at risk
        shape = (len(times), len(self.x))
        self.risk, self.events = np.zeros(shape), np.zeros(shape)
        np.add.at(self.risk, (last[last >= 0], kind[last >= 0]), count[last >= 0])
        self.risk = self.risk[::-1].cumsum(axis=0)[::-1]
        had = event > 0
        np.add.at(self.events, (last[had], kind[had]), count[had])
        self.deaths = self.events.sum(axis=1)
        self.row = np.repeat(np.arange(len(times)), self.deaths.astype(int))
        starts = np.cumsum(self.deaths) - self.deaths
        self.part = (np.arange(self.row.size) - starts[self.row]) / self.deaths[self.row]
        alive = np.cumprod(1 - self.deaths / self.risk.sum(axis=1))
        self.share = 1 - np.concatenate([[1.0], alive[:-1]])
        self.products = np.einsum("pi,pj->pij", self.x, self.x).reshape(len(self.x), -1)

    def at(self, beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log likelihood, and the score and information of each time."""
        eta = self.x @ beta
        weight = np.exp(eta - eta.max())
        risk, had = self.risk * weight, self.events * weight
        left = risk.sum(axis=1)[self.row] - self.part * had.sum(axis=1)[self.row]
        value = float((self.events @ (eta - eta.max())).sum() - np.log(left).sum())
        sums = [np.bincount(self.row, self.part**k / left**m, minlength=len(self.risk)) for m, k in ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2))]
        a, b, g0, g1, g2 = (s[:, None] for s in sums)
        one, tied, size = risk @ self.x, had @ self.x, self.x.shape[1]
        scores = self.events @ self.x - a * one + b * tied
        second = (a * (risk @ self.products) - b * (had @ self.products)).reshape(-1, size, size)
        cross = np.einsum("ti,tj->tij", one, tied)
        squares = g0[:, :, None] * np.einsum("ti,tj->tij", one, one) - g1[:, :, None] * (cross + cross.transpose(0, 2, 1))
        return value, scores, second - squares - g2[:, :, None] * np.einsum("ti,tj->tij", tied, tied)
