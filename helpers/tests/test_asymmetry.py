"""Penalty and reward on hand-made ratings and planted asymmetry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import asymmetry


def test_levels_of_the_usual_scales():
    five = pd.DataFrame({"t": [1, 2, 3, 4, 5, np.nan]})
    poor, delight = asymmetry.levels(five, 1, 5)
    assert poor.t.tolist()[:5] == [1, 1, 0, 0, 0] and delight.t.tolist()[:5] == [0, 0, 0, 0, 1]
    assert np.isnan(poor.t[5]) and np.isnan(delight.t[5])
    ten = pd.DataFrame({"t": range(11)})
    poor, delight = asymmetry.levels(ten, 0, 10)
    assert poor.t.sum() == 5 and delight.t.tolist() == [0] * 9 + [1, 1]


def test_a_rating_off_its_scale_is_refused():
    with pytest.raises(ValueError, match="call has the rating 7, off its scale"):
        asymmetry.levels(pd.DataFrame({"call": [3.0, 7.0]}), 1, 5)


def test_index_by_hand():
    # reward 1, penalty -3: (1 - 3) / 4; only a penalty: -1; only a reward: 1; nothing: no value
    got = asymmetry._index(np.array([-3.0, -2, 0.5, 0.1]), np.array([1.0, -1, 2, -0.1]))
    assert got.tolist()[:3] == [-0.5, -1, 1] and np.isnan(got[3])


def planted(n=6000, unvisited=0.5, seed=1):
    """t0 only punishes, t1 only rewards, t2 does both alike, t3 nothing."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=(n, 1))
    raw = 0.5 * quality + rng.normal(size=(n, 4))
    ratings = pd.DataFrame(np.clip(np.round(3.3 + 1.2 * raw), 1, 5), columns=["t0", "t1", "t2", "t3"])
    ratings = ratings.where(rng.uniform(size=ratings.shape) >= unvisited)
    poor, delight = asymmetry.levels(ratings, 1, 5)
    effect = -2 * poor.t0.fillna(0) + 2 * delight.t1.fillna(0) - poor.t2.fillna(0) + delight.t2.fillna(0)
    visits = 3.0 * ratings.t3.notna()  # coming at all does something; how it went does not
    return poor, delight, (effect + visits).to_numpy() + rng.normal(size=n)


def test_planted_asymmetry_is_found():
    got = asymmetry.contrast(*planted()).set_index("touchpoint")
    assert got.kind.tolist() == ["hygiene", "attractor", "linear", "neutral"]
    assert got.penalty["t0"] == pytest.approx(-2, abs=0.15) and got.reward["t1"] == pytest.approx(2, abs=0.15)
    assert got.asymmetry["t0"] < -0.9 and got.asymmetry["t1"] > 0.9 and abs(got.asymmetry["t2"]) < 0.15
    assert got.penalty_low["t3"] < 0 < got.penalty_high["t3"]


def test_coefficients_equal_least_squares():
    poor, delight, y = planted(400, unvisited=0.0)
    design = np.column_stack([np.ones(400), poor, delight])
    want = np.linalg.lstsq(design, y, rcond=None)[0]
    got = asymmetry.contrast(poor, delight, y, draws=2)
    assert got.penalty.to_numpy() == pytest.approx(want[1:5], abs=1e-6)
    assert got.reward.to_numpy() == pytest.approx(want[5:], abs=1e-6)


def test_thin_touchpoints_have_no_figures():
    poor, delight, y = planted(400)
    poor.loc[poor.t1 == 1, "t1"] = 0.0
    got = asymmetry.contrast(poor, delight, y).set_index("touchpoint")
    assert got.kind["t1"] == "too_few" and np.isnan(got.penalty["t1"])
    assert got.reason["t1"].startswith("too few")
    nothing = asymmetry.contrast(poor[["t1"]], delight[["t1"]], y)
    assert nothing.kind.tolist() == ["too_few"]


def test_intervals_of_the_penalty_cover():
    inside = sum(
        row.penalty_low <= -2 <= row.penalty_high
        for seed in range(100)
        for row in asymmetry.contrast(*planted(500, seed=seed), seed=seed).head(1).itertuples()
    )
    assert inside >= 88
