"""Do the intervals cover, and do false discoveries stay rare? Run: python -m helpers.benchmarks.coverage

METHODS section 1: over 2,000 draws, 95 % intervals cover the truth in 93 to 97 % of them, and false
discoveries stay under 5 %. Customers bring several rows each and differ, so rows are not independent.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import change, effects, intervals, survival
from helpers.infer.logit import expit
from helpers.infer.multiplicity import false_discovery

DRAWS = 2000


def coverage(draws: int = DRAWS, customers: int = 150, seed: int = 1) -> pd.DataFrame:
    """Share of draws whose interval holds the truth: figure, covered, draws."""
    rng = np.random.default_rng(seed)
    shape = (draws, customers)
    rows, own = rng.integers(1, 8, shape), rng.beta(2, 4, shape)
    hits, spend = rng.binomial(rows, own), rows * rng.gamma(2, 10, shape)
    answer = rng.choice([1, 0, -1], shape, p=[1 / 2, 1 / 3, 1 / 6])
    came = rng.poisson(customers, draws)
    totals, squares = _compound(came, rng)
    before, before_squares = _compound(rng.poisson(customers, draws), rng)
    cases = {
        "share": (intervals.share(*_sums(hits, rows)), 1 / 3),
        "ratio of sums": (intervals.from_sums(*_sums(spend, rows)), 20.0),
        "nps": (intervals.nps(*_sums(answer, np.ones(shape))), 100 / 3),
        "total": (intervals.total(came, totals, squares, bounds=(0, None)), 20.0 * customers),
        "growth": (intervals.growth(totals, squares, before, before_squares), 0.0),
        "median": (pd.concat(intervals.quantile(v) for v in rng.exponential(10, shape)), 10 * np.log(2)),
        "difference of shares": (
            change.difference(
                intervals.share(*_sums(hits, rows)),
                intervals.share(*_sums(rng.binomial(rows, rng.beta(3, 3, shape)), rows)),
            ),
            1 / 3 - 1 / 2,
        ),
        "share by a day, censored": (_survival(rng, draws, customers), 1 - np.exp(-0.5)),
    }
    return pd.DataFrame(
        [{"figure": name, "covered": ((t.low <= truth) & (truth <= t.high)).mean(), "draws": len(t)}
         for name, (t, truth) in cases.items()]
    )


def false_finds(companies: int = 100, touchpoints: int = 20, customers: int = 2000, seed: int = 2) -> pd.DataFrame:
    """Share of companies, of those where no touchpoint matters, in which any is named: method, named."""
    rng = np.random.default_rng(seed)
    named = {"against zero": 0, "against the margin": 0}
    for _ in range(companies):
        trait, quality = rng.normal(size=(2, customers, 1))
        visited = rng.uniform(size=(customers, touchpoints)) < 0.45
        poor = rng.uniform(size=visited.shape) < expit(-1.4 + 0.7 * quality + 0.7 * (trait**2 - 1))
        outcome = rng.uniform(size=customers) < expit(-0.7 * (trait[:, 0] ** 2 - 1))
        table = pd.DataFrame(np.where(visited, poor, np.nan))
        for name, margin in (("against zero", 0.0), ("against the margin", effects.MARGIN)):
            found = effects.poor_experience(table, outcome, pd.DataFrame({"trait": trait[:, 0]}), margin=margin)
            named[name] += (false_discovery(found["p_value"]) < 0.05).any()
    return pd.DataFrame([{"method": name, "named": number / companies} for name, number in named.items()])


def _sums(s: np.ndarray, w: np.ndarray) -> tuple:
    return s.shape[1], s.sum(1), w.sum(1), (s * s).sum(1), (s * w).sum(1), (w * w).sum(1)


def _compound(came: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
    """Totals and sums of squares of `came` customers bringing 20 on average."""
    brought = [rng.gamma(2, 10, n) for n in came]
    return np.array([b.sum() for b in brought]), np.array([(b * b).sum() for b in brought])


def _survival(rng, draws: int, customers: int) -> pd.DataFrame:
    found = []
    for _ in range(draws):
        when, until = rng.exponential(60, customers), rng.uniform(0, 60, customers)
        rows = pd.DataFrame({"days": np.minimum(when, until), "event": (when <= until).astype(int)})
        found.append(survival.share_by(rows, 30))
    return pd.concat(found, ignore_index=True)


if __name__ == "__main__":
    print(coverage().to_string(index=False))
    print(false_finds().to_string(index=False))
