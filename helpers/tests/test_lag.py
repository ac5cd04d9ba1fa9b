"""Leading and lagging KPIs: planted links, chance and short histories."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.infer import lag
from helpers.infer.multiplicity import false_discovery


def planted(months=24, shift=2, sign=1, noise=0.5, seed=1):
    """A lever, and a result that follows it `shift` months later."""
    rng = np.random.default_rng(seed)
    lever = rng.normal(size=months + shift)
    return lever[shift:], sign * lever[:months] + noise * rng.normal(size=months)


def test_correlation_by_hand():
    # differences 1 -1 2 ... of eight months against themselves one month later
    x = np.array([0, 1, 0, 2, 1, 4, 2, 3, 0, 1, 5, 2, 2, 6.0])
    y = np.r_[9.0, x[:-1]]
    r, pairs = lag._correlations(np.diff(x)[None], np.diff(y))
    assert pairs[0].tolist() == [13, 12, 11, 10, 9, 8, 7]
    assert r[0, 0] == pytest.approx(np.corrcoef(np.diff(x), np.diff(y))[0, 1])
    assert r[0, 1] == pytest.approx(1) and r[0, 3] == pytest.approx(np.corrcoef(np.diff(x)[:-3], np.diff(y)[3:])[0, 1])
    assert np.isnan(r[0, 6])  # seven pairs are too few


def test_a_planted_link_is_found_with_its_lag_and_sign():
    got = lag.association(*planted())
    assert (got.status, got.lag) == ("supported", 2) and got.low > 0.4
    got = lag.association(*planted(sign=-1), expected=-1)
    assert (got.status, got.lag) == ("supported", 2) and got.correlation < 0
    assert lag.association(*planted(sign=-1)).status == "contradicted"


def test_chance_is_inconclusive():
    rng = np.random.default_rng(2)
    p = [lag.association(rng.normal(size=24), rng.normal(size=24), permutations=200).p_value for _ in range(200)]
    assert np.mean(np.array(p) < 0.05) < 0.09
    assert (false_discovery(p) < 0.05).sum() <= 1


def test_two_series_that_only_grow_are_not_a_link():
    rng = np.random.default_rng(3)
    grow = [np.arange(30) + rng.normal(size=30) for _ in range(2)]
    assert np.corrcoef(*grow)[0, 1] > 0.95
    assert lag.association(*grow).status == "inconclusive"


def test_short_or_flat_histories_are_untested():
    lead, result = planted(11)
    assert lag.association(lead, result).status == "untested"
    assert lag.association(np.ones(24), np.arange(24.0)).status == "untested"
    lead, result = planted()
    lead[3], result[10] = np.nan, np.nan
    gap = lag.association(lead, result)
    assert gap.status == "supported" and gap.months == 22


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="3 months of the leading KPI and 2"):
        lag.association([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="expected is 2"):
        lag.association([1, 2], [1, 2], expected=2)


def test_same_seed_same_answer():
    assert lag.association(*planted()).p_value == lag.association(*planted()).p_value
