"""Intervals of fitted models: do they cover? The slow half of the coverage table; `coverage` holds the rest.

Each case has the signature of `coverage.Case`. Where the truth has no formula it is the same estimate on a sample so
large that chance is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtr

from helpers.infer import asymmetry, drivers, effects, forecast, lag, lifetime, lifetime_check, linear, markov, survival, turning
from helpers.infer.blocks import around
from helpers.infer.intervals import LEVEL
from helpers.infer.logit import expit

LARGE = 400_000
BUCKETS = 200
"""Buckets of customers that the page's bootstrap of the chain draws from."""


def _repeat(one: Callable[[np.random.Generator], Iterable[float]], rng, draws: int) -> pd.DataFrame:
    return pd.DataFrame([tuple(map(float, one(rng))) for _ in range(draws)], columns=["low", "high"])


# Moments of truth ---------------------------------------------------------------------------------------


def _rated(rng, customers: int, excellent: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Ratings of three touchpoints that share a mood, the third rated by half, and whether the customer came again; `excellent`: what a delightful first one adds."""
    mood = rng.normal(size=(customers, 1))
    ratings = np.clip(np.round(3.2 + 0.7 * mood + rng.normal(size=(customers, 3))), 1, 5)
    ratings[rng.random(customers) < 0.5, 2] = np.nan
    pull = -0.9 * (ratings[:, 0] <= 2) + excellent * (ratings[:, 0] == 5) + 0.8 * (ratings[:, 1] == 5)
    return pd.DataFrame(ratings, columns=list("abc")), (rng.random(customers) < expit(pull)).astype(float)


def _contrast(ratings: pd.DataFrame, again: np.ndarray, draws: int) -> pd.DataFrame:
    return asymmetry.contrast(*asymmetry.levels(ratings, 1, 5), again, draws=draws)


@lru_cache(maxsize=1)
def rated_truth() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Importance, penalty and reward of the touchpoints themselves, from LARGE customers."""
    ratings, again = _rated(np.random.default_rng(0), LARGE)
    return drivers.importance(ratings, again, draws=1).table, _contrast(ratings, again, 1)


def importance(rng, draws: int, customers: int):
    """The share of what experience explains that goes to one of three touchpoints."""
    def one(rng):
        return drivers.importance(*_rated(rng, 5 * customers)).table.loc[0, ["importance_low", "importance_high"]]

    return _repeat(one, rng, draws), rated_truth()[0].importance[0]


def penalty(rng, draws: int, customers: int):
    """What a poor experience takes off, by the penalty-reward contrast."""
    return _repeat(lambda rng: _contrast(*_rated(rng, 3 * customers), 200).loc[0, ["penalty_low", "penalty_high"]], rng, draws), rated_truth()[1].penalty[0]


def reward(rng, draws: int, customers: int):
    """What a delightful experience adds."""
    return _repeat(lambda rng: _contrast(*_rated(rng, 3 * customers), 200).loc[1, ["reward_low", "reward_high"]], rng, draws), rated_truth()[1].reward[1]


def one_sidedness(rng, draws: int, customers: int):
    """The asymmetry of a touchpoint that punishes more than it rewards."""
    truth = _contrast(*_rated(np.random.default_rng(0), LARGE, 0.5), 1).asymmetry[0]
    return _repeat(lambda rng: _contrast(*_rated(rng, 5 * customers, 0.5), 200).loc[0, ["asymmetry_low", "asymmetry_high"]], rng, draws), truth


def _confounded(rng, customers: int, other: float = 0.0) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, tuple[float, float]]:
    """Two touchpoints for customers whose trait moves both sides, the second of which does harm by `other`; and the true mean effects."""
    trait = rng.normal(size=customers)
    visited = rng.random((customers, 2)) < 0.7
    poor = rng.random((customers, 2)) < expit(-0.8 + 0.6 * (trait**2 - 1))[:, None]
    bad, harm = visited & poor, np.array([0.8, other])
    base = 0.2 - 0.5 * (trait**2 - 1)
    again = rng.random(customers) < expit(base - bad @ harm)
    truth = []
    for j in (0, 1):
        without = base - bad[:, 1 - j] * harm[1 - j]
        truth.append((expit(without - harm[j]) - expit(without))[visited[:, j]].mean())
    return pd.DataFrame(np.where(visited, poor, np.nan), columns=list("ab")), again * 1.0, pd.DataFrame({"trait": trait}), tuple(truth)


def _effect(name: str):
    def case(rng, draws: int, customers: int):
        def one(rng):
            poor, again, trait, _ = _confounded(rng, 6 * customers)
            return effects.poor_experience(poor, again, trait).loc[0, [f"{name}_low", f"{name}_high"]]

        return _repeat(one, rng, draws), _confounded(np.random.default_rng(0), 2 * LARGE)[3][0]

    return case


def impact_share(rng, draws: int, customers: int):
    """The part of all that poor experiences cost which hangs on one of two touchpoints (page 4's share of impact)."""
    def one(rng):
        poor, again, trait, _ = _confounded(rng, 10 * customers, 0.6)
        found, drawn = effects.with_draws(poor, again, trait)
        each = np.maximum(-np.vstack([found["effect"], drawn[["a", "b"]]]).astype(float), 0)
        shares = each[:, :1] / each.sum(axis=1, keepdims=True)
        return around(shares[0], shares[1:], LEVEL).ravel()

    a, b = _confounded(np.random.default_rng(0), 2 * LARGE, 0.6)[3]
    return _repeat(one, rng, draws), a / (a + b)


# Ways and links -----------------------------------------------------------------------------------------

NAMES = ("ad", "guide", "search", "shop")
CHAIN = np.array([  # rows: start, ad, guide, search, shop; columns: ad, guide, search, shop, conversion, null
    [0.4, 0.1, 0.3, 0.2, 0.0, 0.0],
    [0.0, 0.3, 0.3, 0.1, 0.0, 0.3],
    [0.0, 0.0, 0.4, 0.2, 0.2, 0.2],
    [0.1, 0.2, 0.0, 0.2, 0.2, 0.3],
    [0.0, 0.1, 0.1, 0.0, 0.4, 0.4],
])
"""A made-up chain whose removal effects are known."""


def walks(rng, people: int) -> pd.DataFrame:
    """Steps of so many customers' ways through CHAIN, counted as page 2 counts them: bucket, source, target, count."""
    state, bucket, found = np.zeros(people, dtype=int), np.arange(people) % BUCKETS, []
    cumulated, labels = CHAIN.cumsum(axis=1), np.array([markov.START, *NAMES, markov.CONVERSION, markov.NULL], dtype=object)
    while state.size:
        following = (rng.random(state.size)[:, None] > cumulated[state]).sum(axis=1).clip(max=5) + 1
        found.append(np.column_stack([bucket, state, following]))
        going = following <= len(NAMES)
        state, bucket = following[going], bucket[going]
    steps, count = np.unique(np.concatenate(found), axis=0, return_counts=True)
    return pd.DataFrame({"bucket": steps[:, 0], "source": labels[steps[:, 1]], "target": labels[steps[:, 2]], "count": count.astype(float)})


def true_removal() -> np.ndarray:
    """The removal effects of CHAIN itself, in the order of NAMES."""
    return markov.solve(CHAIN[None])[1][0]


def _attributed(low: str, high: str, of: np.ndarray):
    """Intervals of all four touchpoints together, their order that of `true_removal`; the truth is taken off."""
    def case(rng, draws: int, customers: int):
        found = []
        for _ in range(draws):
            table, _ = markov.attribute_counts(walks(rng, 6 * customers))
            found.append(table.set_index("touchpoint").loc[list(NAMES), [low, high]].sub(of, axis=0).iloc[rng.integers(len(NAMES))])
        return pd.DataFrame(found).set_axis(["low", "high"], axis=1), 0.0

    return case


def options(rng, people: int, point: float = 9.0, fall: float = 0.25) -> pd.DataFrame:
    """Conversion by number of options (1 to 16): rises by .15 in log-odds up to `point`, then falls by `fall`."""
    k = np.arange(1, 17)
    n = rng.multinomial(people, (w := np.exp(-((k - 7) ** 2) / 40)) / w.sum())
    chance = expit(-0.4 + 0.15 * np.minimum(k - point, 0) - fall * np.maximum(k - point, 0))
    return pd.DataFrame({"options": k, "n": n, "converted": rng.binomial(n, chance)})


def turning_point(rng, draws: int, customers: int):
    """The number of options from which on conversion falls, where one is found (planted at 9)."""
    found = [turning.turning_point(options(rng, 30 * customers)) for _ in range(draws)]
    return pd.DataFrame([(f.low, f.high) for f in found if f.found], columns=["low", "high"]), 9.0


def months(rng, number: int, strength: float, after: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A leading KPI and a lagging one that follows it `after` months later, `strength` times as much as chance moves it."""
    lead = rng.normal(size=number + after)
    return lead[after:], strength * lead[:number] + rng.normal(size=number)


def association(rng, draws: int, customers: int):
    """The correlation of monthly changes at the right lag, over 30 months, where the link is strong."""
    found = [lag.association(*months(rng, 30, 1.5), permutations=20) for _ in range(draws)]
    return pd.DataFrame([(f.low, f.high) for f in found if f.lag == 2], columns=["low", "high"]), 1.5 / np.hypot(1.5, 1)


# Customers over time ------------------------------------------------------------------------------------

BUYING = {"r": 0.8, "alpha": 9.0, "a": 0.8, "b": 2.5}
SPENDING = {"p": 6.0, "q": 4.0, "v": 15.0}


def buyers(rng, customers: int, weeks: float = 78.0, later: float = 39.0) -> pd.DataFrame:
    """Customers as BG/NBD and Gamma-Gamma see them, up to a cut: x, t_x, T, z; actual purchases and spend in `later` weeks after it."""
    pace, leaves = rng.gamma(BUYING["r"], 1 / BUYING["alpha"], customers), rng.beta(BUYING["a"], BUYING["b"], customers)
    age = rng.uniform(weeks / 2, weeks, customers)
    clock, there = np.zeros(customers), np.ones(customers, dtype=bool)
    x, t_x, actual = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    while (there & (clock < age + later)).any():
        clock = clock + rng.exponential(1 / pace)
        now, then = there & (clock <= age), there & (clock > age) & (clock <= age + later)
        x, t_x, actual = x + now, np.where(now, clock, t_x), actual + then
        there = there & (rng.random(customers) > leaves)
    scale = rng.gamma(SPENDING["q"], 1 / SPENDING["v"], customers)
    z = np.where(x > 0, rng.gamma(SPENDING["p"] * np.maximum(x, 1), 1 / (scale * np.maximum(x, 1))), 0.0)
    spent = np.where(actual > 0, rng.gamma(SPENDING["p"] * np.maximum(actual, 1), 1 / scale), 0.0)
    return pd.DataFrame({"x": x, "t_x": t_x, "T": age, "z": z, "actual": actual, "spent": spent})


def worth(rows: pd.DataFrame, weeks: float = 39.0) -> np.ndarray:
    """What the true parameters expect each customer to bring in so many weeks."""
    return lifetime.expected_purchases(BUYING, rows, weeks) * lifetime.expected_value(SPENDING, rows)


def value(rng, draws: int, customers: int):
    """The mean value that customers are expected to bring in 39 weeks."""
    def one(rng):
        rows = buyers(rng, 5 * customers)
        return lifetime_check.lifetime_value(lifetime.fit_purchases(rows), lifetime.fit_values(rows), rows, 39).loc[0, ["low", "high"]]

    return _repeat(one, rng, draws), worth(buyers(np.random.default_rng(0), LARGE)).mean()


def cox(rng, draws: int, customers: int):
    """The log hazard ratio of a Cox regression, open cases censored."""
    def one(rng):
        trait = rng.normal(size=(customers, 2))
        when, until = rng.exponential(60 * np.exp(-0.5 * trait[:, 0])), rng.uniform(30, 150, customers)
        rows = pd.DataFrame({"days": np.minimum(when, until), "event": (when <= until).astype(int), "trait": trait[:, 0], "other": trait[:, 1]})
        return survival.cox(rows, ["trait", "other"]).table.loc[0, ["low", "high"]]

    return _repeat(one, rng, draws), 0.5


# Promises and what came of them -------------------------------------------------------------------------


def ranked(rng, draws: int, customers: int):
    """The AUC of a score whose two rows a customer have one outcome and a mood in common."""
    def one(rng):
        came, customer = rng.random(customers) < 0.3, np.repeat(np.arange(customers), 2)
        score = came[customer] + 0.7 * rng.normal(size=customers)[customer] + np.sqrt(0.51) * rng.normal(size=customer.size)
        found = forecast.auc(came[customer], score, customer)
        return found["low"], found["high"]

    return _repeat(one, rng, draws), float(ndtr(np.sqrt(0.5)))


def _promised(figure: str, truth: float):
    """Honest probabilities (Beta(2, 4)) and what came of them: skill over the mean, and slope 1 of the calibration line."""
    def case(rng, draws: int, customers: int):
        def one(rng):
            p = rng.beta(2, 4, 4 * customers)
            came = rng.random(p.size) < p
            found = forecast.brier(came, p, 1 / 3) if figure == "skill" else forecast.line(came, p)
            return (found["low"], found["high"]) if figure == "skill" else (found[f"{figure}_low"], found[f"{figure}_high"])

        return _repeat(one, rng, draws), truth

    return case


def apart(rng, draws: int, customers: int):
    """How far three channels lie apart, several intents a customer (page 1's consistency); the shares of the draw's own mix."""
    means, found = np.array([0.30, 0.35, 0.45]), []
    for _ in range(draws):
        customer, group = rng.integers(0, 3 * customers, 5 * customers), rng.choice(3, 5 * customers, p=[0.5, 0.3, 0.2])
        bought = rng.random(customer.size) < means[group] + rng.normal(0, 0.1, 3 * customers)[customer]
        now = np.bincount(group, minlength=3) / group.size
        told = linear.spread(bought.astype(float), group.astype(str), cluster=customer)
        truth = np.sqrt(now @ (means - now @ means) ** 2)
        found.append((told["low"] - truth, told["high"] - truth))
    return pd.DataFrame(found, columns=["low", "high"]), 0.0


def _credit() -> np.ndarray:
    removal = true_removal()
    return removal / removal.sum()


CASES = {
    "importance of a touchpoint": importance,
    "penalty of a poor experience": penalty,
    "reward of a delightful one": reward,
    "asymmetry of a touchpoint": one_sidedness,
    "effect, doubly robust": _effect("effect"),
    "effect, joint regression": _effect("joint"),
    "share of impact": impact_share,
    "removal effect in the chain": _attributed("removal_low", "removal_high", true_removal()),
    "credit by the chain": _attributed("credit_low", "credit_high", _credit()),
    "turning point of options": turning_point,
    "correlation of a lagged link": association,
    "lifetime value": value,
    "hazard ratio (Cox)": cox,
    "AUC of a score, two rows a customer": ranked,
    "skill of a score (Brier)": _promised("skill", 1 - (8 / 42) / (2 / 9)),
    "slope of the calibration line": _promised("slope", 1.0),
    "level of the calibration line": _promised("intercept", 0.0),
    "how far channels lie apart": apart,
}
"""What: case, in the order of the pages' sections."""
WHOLE = ("turning point of options",)
"""Those whose interval ends on whole numbers."""
