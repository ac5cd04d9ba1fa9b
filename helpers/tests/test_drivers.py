"""Importance against hand-made correlations, R's swiss and data with unvisited touchpoints."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import drivers


def brute_lmg(x, y):
    """Average gain in R squared over all orders, by least squares."""
    p = x.shape[1]

    def fit(columns):
        design = np.column_stack([np.ones(len(y)), x[:, columns]])
        left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return 1 - left.var() / y.var()

    parts, orders = np.zeros(p), list(permutations(range(p)))
    for order in orders:
        for k, j in enumerate(order):
            parts[j] += fit(list(order[: k + 1])) - fit(list(order[:k]))
    return parts / len(orders)


def correlated(n, p, seed, unvisited=0.0):
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=(n, 1))
    x = pd.DataFrame(0.6 * quality + rng.normal(size=(n, p)), columns=[f"t{j}" for j in range(p)])
    return x.where(rng.uniform(size=x.shape) >= unvisited), rng


def test_exact_lmg_equals_all_orders():
    x, rng = correlated(200, 4, 1)
    y = x.to_numpy() @ [1, 0.5, 0, 0.2] + rng.normal(size=200)
    got = drivers.importance(x, y, draws=0)
    assert got.table.r_squared.to_numpy() == pytest.approx(brute_lmg(x.to_numpy(), y))
    assert got.method == "lmg" and got.table.importance.sum() == pytest.approx(1)


def test_random_orders_come_near_the_exact_figures():
    x, rng = correlated(500, 6, 2)
    y = x.to_numpy() @ [1, 0.5, 0, 0.2, 0, 0.7] + rng.normal(size=500)
    r = np.corrcoef(np.column_stack([x, y]).T)[None]
    assert drivers.lmg_by_orders(r, 1000, 3) == pytest.approx(drivers.lmg(r), abs=0.01)
    assert drivers.johnson(r) == pytest.approx(drivers.lmg(r), abs=0.03)
    assert drivers.johnson(r).sum() == pytest.approx(drivers.lmg(r).sum())


def test_johnson_by_hand():
    # uncorrelated drivers: the squared correlations
    r = np.array([[[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1.0]]])
    assert drivers.johnson(r)[0] == pytest.approx([0.36, 0.09])


def test_unvisited_touchpoints_have_no_experience_to_matter():
    # Outcome: visiting t1 in itself adds much, its quality nothing; the quality of t0 matters.
    x, rng = correlated(20_000, 4, 4, unvisited=0.55)
    visited = x.notna().to_numpy()
    y = x["t0"].fillna(0) + 0.5 * x["t2"].fillna(0) + 3 * visited[:, 1] + rng.normal(size=len(x))
    got = drivers.importance(x, y, draws=100).table.set_index("driver")
    assert got.importance["t1"] < 0.02 and got.importance["t3"] < 0.02
    assert got.importance["t0"] > 0.7 and 0.1 < got.importance["t2"] < 0.3
    assert (got.importance_low <= got.importance).all() and (got.importance <= got.importance_high).all()
    assert got.n["t0"] == visited[:, 0].sum()


def test_who_came_is_not_how_they_fared():
    # A good t0 brings people to t1, and coming to t1 is all that matters.
    x, rng = correlated(20_000, 2, 12)
    comes = rng.uniform(size=len(x)) < np.where(x["t0"] > 0, 0.8, 0.2)
    x["t1"] = x["t1"].where(comes)
    got = drivers.importance(x, 2.0 * comes + rng.normal(size=len(x)), draws=0)
    assert (got.table.r_squared < 0.002).all()


def test_intervals_cover():
    x, rng = correlated(200_000, 3, 99)
    y = x.to_numpy() @ [1, 0.6, 0.3] + 2 * rng.normal(size=len(x))
    truth = drivers.importance(x, y, draws=0).table.importance[0]
    inside = 0
    for seed in range(100):
        x, rng = correlated(400, 3, seed)
        y = x.to_numpy() @ [1, 0.6, 0.3] + 2 * rng.normal(size=400)
        got = drivers.importance(x, y, draws=200, seed=seed).table
        inside += got.importance_low[0] <= truth <= got.importance_high[0]
    assert inside >= 89


def test_rows_of_one_customer_do_not_narrow_the_interval():
    x, rng = correlated(150, 3, 5)
    y = pd.Series(x.to_numpy() @ [1, 0.6, 0.3] + 2 * rng.normal(size=150))
    rows = rng.permutation(np.repeat(np.arange(150), 4))
    got = drivers.importance(x.iloc[rows], y.iloc[rows], cluster=rows).table
    one = drivers.importance(x, y).table
    width = lambda t: (t.importance_high - t.importance_low)[0]  # noqa: E731
    assert got.importance[0] == pytest.approx(one.importance[0])
    assert width(got) == pytest.approx(width(one), rel=0.3)


def test_more_than_twelve_use_relative_weights():
    x, rng = correlated(2000, 14, 6, unvisited=0.4)
    y = 2 * x["t3"].fillna(0) + rng.normal(size=2000)
    got = drivers.importance(x, y, draws=50)
    assert got.method == "johnson" and got.table.importance.idxmax() == 3
    orders = drivers.importance(x, y, draws=5, method="lmg")
    assert orders.table.importance[3] == pytest.approx(got.table.importance[3], abs=0.05)


def test_thin_and_flat_drivers_are_named_not_dropped():
    x, rng = correlated(100, 3, 7)
    x.loc[20:, "t1"] = np.nan
    x["t2"] = 4.0
    got = drivers.importance(x, rng.normal(size=100)).table
    assert got.reason.tolist() == ["", "too few: under 30 ratings", "every rating is the same"]
    assert got.importance[0] == pytest.approx(1) and got.importance[1:].isna().all()
    assert np.isnan(drivers.importance(x[["t2"]], np.ones(100)).r_squared)


def test_wrong_input_is_refused():
    x, _ = correlated(50, 2, 8)
    with pytest.raises(ValueError, match="no method 'shapley'"):
        drivers.importance(x, np.ones(50), method="shapley")
    with pytest.raises(ValueError, match="missing in 50 rows"):
        drivers.importance(x, np.full(50, np.nan))
    with pytest.raises(ValueError, match="49 values for 50 rows"):
        drivers.importance(x, np.ones(49))


def test_same_seed_same_answer():
    x, rng = correlated(300, 5, 9, unvisited=0.3)
    y = rng.normal(size=300)
    pd.testing.assert_frame_equal(drivers.importance(x, y).table, drivers.importance(x, y).table)


@pytest.mark.case
def test_swiss(reference):
    # R's swiss, Fertility on the other five, as relaimpo's lmg; METHODS section 6
    swiss = pd.read_csv(reference("swiss.csv"), index_col=0)
    got = drivers.importance(swiss.drop(columns="Fertility"), swiss["Fertility"])
    assert got.r_squared == pytest.approx(0.7067, abs=5e-5)
    assert got.table.r_squared.round(4).tolist() == [0.0571, 0.1712, 0.2601, 0.1056, 0.1128]
