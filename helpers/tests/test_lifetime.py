"""BG/NBD and Gamma-Gamma: simulated customers, hand-made checks and the published CDNOW figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import lifetime


def simulated(n=4000, r=0.6, alpha=6.0, a=0.8, b=3.0, age=52.0, seed=1):
    """Customers of a BG/NBD world over two years, cut after the first: x, t_x, T, actual, z."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, later = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        now = 0.0
        while True:
            now += rng.exponential(1 / rate[i])
            if now > 2 * age:
                break
            if now <= age:
                x[i], t_x[i] = x[i] + 1, now
            else:
                later[i] += 1
            if rng.uniform() < leave[i]:
                break
    scale = rng.gamma(4.0, 1 / 15.0, n)  # v 15, q 4; p 6
    z = np.where(x > 0, rng.gamma(6.0 * np.maximum(x, 1), 1 / scale) / np.maximum(x, 1), 0.0)
    return pd.DataFrame({"x": x, "t_x": t_x, "T": age, "actual": later, "z": z})


CUSTOMERS = simulated()


def test_parameters_come_back():
    fit = lifetime.fit_purchases(CUSTOMERS)
    error = np.sqrt(np.diag(fit.covariance))
    want = np.log([0.6, 6.0, 0.8, 3.0])
    assert (np.abs(np.log(list(fit.parameters.values())) - want) < 3 * error).all()
    values = lifetime.fit_values(CUSTOMERS)
    error = np.sqrt(np.diag(values.covariance))
    assert (np.abs(np.log(list(values.parameters.values())) - np.log([6, 4, 15])) < 3 * error).all()


def test_the_value_density_adds_up_to_one():
    z = np.linspace(1e-4, 4000, 400_001)
    density = np.exp(lifetime._value_likelihood(np.array([6.25, 3.74, 15.44]), np.full_like(z, 2.0), z))
    assert np.trapezoid(density, z) == pytest.approx(1, abs=1e-3)


def test_the_holdout_is_met():
    fit = lifetime.fit_purchases(CUSTOMERS)
    check = lifetime.holdout(fit.parameters, CUSTOMERS, 52)
    assert check.frequency.tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert check.n.sum() == len(CUSTOMERS)
    assert ((check.low <= check.expected) & (check.expected <= check.high)).sum() >= 6
    total = lifetime.expected_purchases(fit.parameters, CUSTOMERS, 52).sum()
    assert total == pytest.approx(CUSTOMERS.actual.sum(), rel=0.1)


def test_value_has_an_interval_that_holds_it():
    got = lifetime.lifetime_value(lifetime.fit_purchases(CUSTOMERS), lifetime.fit_values(CUSTOMERS), CUSTOMERS, 52).iloc[0]
    assert got.low < got.value < got.high and got.high - got.low < got.value
    assert got.n == 4000


def test_unit_of_time_and_money_do_not_matter():
    weeks, days = CUSTOMERS, CUSTOMERS.assign(t_x=7 * CUSTOMERS.t_x, T=7 * CUSTOMERS["T"], z=100 * CUSTOMERS.z)
    a, b = lifetime.fit_purchases(weeks).parameters, lifetime.fit_purchases(days).parameters
    assert b["alpha"] == pytest.approx(7 * a["alpha"], rel=1e-3) and b["r"] == pytest.approx(a["r"], rel=1e-3)
    assert lifetime.fit_values(days).parameters["v"] == pytest.approx(100 * lifetime.fit_values(weeks).parameters["v"], rel=1e-2)


def test_counts_are_repeated_rows():
    folded = CUSTOMERS.groupby(["x", "t_x", "T"], as_index=False).size().rename(columns={"size": "count"})
    one, many = lifetime.fit_purchases(CUSTOMERS), lifetime.fit_purchases(folded)
    assert many.log_likelihood == pytest.approx(one.log_likelihood) and many.n == one.n == 4000


def test_nobody_comes_back_and_wrong_times():
    nobody = pd.DataFrame({"x": [0.0] * 50, "t_x": 0.0, "T": 10.0, "z": 0.0})
    with pytest.raises(ValueError, match="too few, 0 customers with a repeat purchase"):
        lifetime.fit_purchases(nobody)
    with pytest.raises(ValueError, match="too few, 0 customers"):
        lifetime.fit_values(nobody)
    with pytest.raises(ValueError, match="50 customers have impossible times, the first x=0, t_x=0, T=-1"):
        lifetime.fit_purchases(nobody.assign(T=-1.0))
    with pytest.raises(ValueError, match="no value above 0"):
        lifetime.fit_values(CUSTOMERS.assign(z=0.0))


@pytest.mark.case
def test_cdnow(reference):
    # Fader, Hardie and Lee (2005); Fader and Hardie (2013); METHODS section 5
    rows = pd.read_csv(reference("cdnow_customers_summary_with_transactions.csv")).rename(columns={"zbar": "z"})
    fit = lifetime.fit_purchases(rows)
    got = [round(fit.parameters[k], 3) for k in ("r", "alpha", "a", "b")]
    assert got == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=0.0011) and fit.n == 2357
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    one = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    assert lifetime.expected_purchases(fit.parameters, one, 39)[0] == pytest.approx(1.226, abs=0.0005)
    values = lifetime.fit_values(rows)
    assert [round(values.parameters[k], 2) for k in "pqv"] == pytest.approx([6.25, 3.74, 15.44], abs=0.011)
    assert values.n == 946


@pytest.mark.case
def test_cdnow_holdout(reference):
    # METHODS section 5: expected purchases in weeks 40 to 78 by frequency 0..7+
    rows = pd.read_csv(reference("cdnow_customers_summary.csv")).rename(columns={"frequency": "x", "recency": "t_x"})
    names = ["old_id", "ID", "day", "units", "value"]
    buys = pd.read_csv(reference("cdnow_sample.txt"), sep=r"\s+", header=None, names=names)
    buys = buys.drop_duplicates(["ID", "day"])
    later = buys[(buys.day > 19970930) & (buys.day > buys.groupby("ID").day.transform("min"))].groupby("ID").size()
    rows["actual"] = rows.ID.map(later).fillna(0)
    check = lifetime.holdout(lifetime.fit_purchases(rows).parameters, rows, 39)
    assert check.expected.round(3).tolist() == pytest.approx(
        [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=0.0011
    )
