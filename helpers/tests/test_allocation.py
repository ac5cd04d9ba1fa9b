"""The next unit of budget, by hand and under doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import allocation


def table(impact, cost=(100.0, 100.0, 100.0), **more):
    return pd.DataFrame({"activity": ["coach", "site", "leaflet"], "cost": cost, "impact": impact, **more})


def certain(impact):
    return np.tile(impact, (20, 1))


def test_equal_activities_share_and_returns_diminish():
    got = allocation.allocate(table([5.0, 5.0, 0.0]), certain([5.0, 5.0, 0.0]), 100)
    assert got.extra.tolist() == pytest.approx([50, 50, 0])
    # 5 x (sqrt(1.5) - 1) each
    assert got.gain.tolist() == pytest.approx([5 * (1.5**0.5 - 1)] * 2 + [0])
    assert got.recommended.tolist() == [True, True, False]


def test_the_split_equals_a_search_over_all_splits():
    impact, cost = np.array([9.0, 4.0, 2.0]), np.array([100.0, 60.0, 20.0])
    got = allocation.allocate(table(impact, cost), certain(impact), 100)
    grid = [(a, b, 10 - a - b) for a in range(11) for b in range(11 - a)]
    worth = [(impact * ((1 + np.array(s) * 10 / cost) ** 0.5 - 1)).sum() for s in grid]
    assert (got.extra / 10).round(6).tolist() == list(grid[int(np.argmax(worth))])
    assert got.gain.sum() == pytest.approx(max(worth))


def test_a_cap_is_kept():
    got = allocation.allocate(table([9.0, 1.0, 1.0], most=[30.0, np.nan, np.nan]), certain([9.0, 1.0, 1.0]), 100)
    assert got.extra[0] == pytest.approx(30) and got.extra.sum() == pytest.approx(100)


def test_doubt_withholds_the_recommendation():
    rng = np.random.default_rng(1)
    draws = np.column_stack([rng.normal(5, 3, 200), rng.normal(4.5, 3, 200), np.zeros(200)])
    got = allocation.allocate(table([5.0, 4.5, 0.0]), draws, 20)
    assert not got.recommended.any() and 0.3 < got.wins[0] < 0.8
    assert (got.extra_low <= got.extra).all() and (got.extra <= got.extra_high).all()


def test_what_brings_nothing_or_is_not_known_gets_nothing():
    got = allocation.allocate(table([5.0, -3.0, np.nan], (100.0, 100.0, 50.0)), certain([5.0, -3.0, np.nan]), 10)
    assert got.extra.tolist()[:2] == pytest.approx([10, 0]) and got.reason[2] == "its impact is not known"
    assert np.isnan(got.extra[2]) and not got.recommended[2]
    free = allocation.allocate(table([5.0, 1.0, 1.0], (0.0, 100.0, 100.0)), certain([5.0, 1.0, 1.0]), 10)
    assert free.reason[0] == "its cost is not known"
    nothing = allocation.allocate(table([0.0, 0.0, 0.0]), certain([0.0, 0.0, 0.0]), 10)
    assert nothing.extra.tolist() == [0, 0, 0]


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="draws for 2 activities, the table has 3"):
        allocation.allocate(table([1.0, 1.0, 1.0]), np.ones((5, 2)), 10)
    with pytest.raises(ValueError, match="elasticity between 0 and 1"):
        allocation.allocate(table([1.0, 1.0, 1.0]), np.ones((5, 3)), 10, elasticity=1.0)
