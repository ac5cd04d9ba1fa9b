"""How far two orders agree."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from helpers.infer.intervals import LEVEL

FEWEST = 8
"""Under this many things in order, the interval would cover nearly everything."""


def agreement(one, other, *, level: float = LEVEL) -> dict[str, float | str]:
    """Kendall's tau-b of two scores of the same things, with an interval: tau, low, high, n, reason (why there is none).

    In: two sequences of numbers of the same length; ties count as ties. tau runs from -1 (turned round) over 0 (unrelated) to 1 (the same
    order). Raises ValueError where the lengths differ. Source: Kendall (1945) for ties; the interval is Fisher's z with the variance
    .437 / (n - 4) of Fieller, Hartley and Pearson (1957).

    >>> {key: round(value, 2) for key, value in agreement(range(10), [0, 1, 2, 3, 4, 5, 6, 7, 9, 8]).items() if key != "reason"}
    {'tau': 0.96, 'low': 0.88, 'high': 0.98, 'n': 10}
    >>> agreement([1, 2, 3], [1, 2, 3])["reason"]
    'only 3 things in order'
    """
    from scipy.stats import kendalltau

    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"agreement: {a.size} numbers against {b.size}; give one number each for the same things")
    nothing = {"tau": np.nan, "low": np.nan, "high": np.nan, "n": int(a.size)}
    if a.size < FEWEST:
        return {**nothing, "reason": f"only {a.size} things in order"}
    tau = float(kendalltau(a, b).statistic)
    if np.isnan(tau):
        return {**nothing, "reason": "one side puts all of them on one place"}
    z, reach = np.arctanh(np.clip(tau, -0.9999, 0.9999)), ndtri(0.5 + level / 2) * np.sqrt(0.437 / (a.size - 4))
    return {"tau": tau, "low": float(np.tanh(z - reach)), "high": float(np.tanh(z + reach)), "n": int(a.size), "reason": ""}
