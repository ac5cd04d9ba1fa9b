"""The turning point: found where planted, not found where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import turning
from helpers.infer.logit import expit


def counts(line, n=6000, seed=1, most=15):
    """Customers who saw 1..most options and converted with log-odds line(options)."""
    rng = np.random.default_rng(seed)
    options = rng.integers(1, most + 1, n)
    hit = rng.uniform(size=n) < expit(line(options))
    return pd.DataFrame({"options": options, "n": 1, "converted": hit.astype(int)})


def hat(k):
    return -1.5 + 0.25 * np.minimum(k - 6, 0) - 0.15 * np.maximum(k - 6, 0)


def test_a_planted_turning_point_is_found():
    got = turning.turning_point(counts(hat))
    assert got.found and got.low <= 6 <= got.high and abs(got.point - 6) <= 1
    assert got.p_value < 0.05 and got.reason == ""
    assert got.table.columns.tolist() == ["options", "n", "converted", "share", "low", "high", "fitted"]


def test_interval_covers():
    found = [turning.turning_point(counts(hat, 3000, seed)) for seed in range(100)]
    found = [f for f in found if f.found]
    assert len(found) > 80
    assert np.mean([f.low <= 6 <= f.high for f in found]) >= 0.9


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (lambda k: -2 + 0.15 * k, "conversion rises with the options, and no fall is shown"),
        (lambda k: 0 - 0.15 * k, "conversion falls with the options, and no rise before it is shown"),
        (lambda k: -1 + 0 * k, "conversion neither rises nor falls enough to tell"),
    ],
)
def test_none_found_says_why(line, reason):
    got = turning.turning_point(counts(line))
    assert not got.found and np.isnan(got.point) and got.reason == f"none found: {reason}"


@pytest.mark.parametrize("line", [lambda k: -1 + 0 * k, lambda k: -2 + 0.6 * np.log(k), lambda k: -0.5 - 0.1 * k])
def test_none_is_invented(line):
    assert np.mean([turning.turning_point(counts(line, 2000, seed)).found for seed in range(150)]) <= 0.03


def test_thin_counts():
    few = pd.DataFrame({"options": [1, 2, 3], "n": [50, 50, 50], "converted": [5, 10, 5]})
    assert turning.turning_point(few).reason == "none found: fewer than four different numbers of options"
    none = pd.DataFrame({"options": range(6), "n": [50] * 6, "converted": [0] * 6})
    assert turning.turning_point(none).reason == "none found: too few customers or outcomes"
    assert not turning.turning_point(none.head(0)).found
    with pytest.raises(ValueError, match="7 of 5 converted at 2 options"):
        turning.turning_point(pd.DataFrame({"options": [2], "n": [5], "converted": [7]}))
