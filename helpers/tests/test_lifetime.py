"""BG/NBD and Gamma-Gamma: simulated customers, hand-made checks and the published CDNOW figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scipy.integrate import quad
from scipy.special import beta as beta_function
from scipy.special import betaincinv
from threadpoolctl import threadpool_limits

from helpers.infer import lifetime
from helpers.infer import lifetime_check as check


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


@pytest.fixture(autouse=True)
def one_thread():
    """Many small fits: threads only get in each other's way."""
    with threadpool_limits(1):
        yield


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
    density = np.exp(lifetime._value_rows(np.array([6.25, 3.74, 15.44]), np.full_like(z, 2.0), z)[0])
    assert np.trapezoid(density, z) == pytest.approx(1, abs=1e-3)


def test_the_holdout_is_met():
    fit = lifetime.fit_purchases(CUSTOMERS)
    told = check.holdout(fit.parameters, CUSTOMERS, 52)
    assert told.frequency.tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert told.n.sum() == len(CUSTOMERS)
    assert ((told.low <= told.expected) & (told.expected <= told.high)).sum() >= 6
    total = lifetime.expected_purchases(fit.parameters, CUSTOMERS, 52).sum()
    assert total == pytest.approx(CUSTOMERS.actual.sum(), rel=0.1)


def test_value_has_an_interval_that_holds_it():
    got = check.lifetime_value(lifetime.fit_purchases(CUSTOMERS), lifetime.fit_values(CUSTOMERS), CUSTOMERS, 52).iloc[0]
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


# Twins of the published figures: small cases worked out another way -----------------------------------------


def likelihood(x, t_x, age, r, alpha, a, b, early):
    """BG/NBD of one customer by adding up over rates and chances to leave, as the model is told in words."""
    chances = x + early

    def given_rate(rate):
        stayed = beta_function(a, b + chances) / beta_function(a, b) * np.exp(-rate * age)
        left = beta_function(a + 1, b + chances - 1) / beta_function(a, b) * np.exp(-rate * t_x) if chances else 0.0
        density = alpha**r * rate ** (r - 1) * np.exp(-alpha * rate) / np.exp(lifetime.gammaln(r))
        return rate**x * (stayed + left) * density

    return quad(given_rate, 0, np.inf, epsabs=0, epsrel=1e-10)[0]


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0.0, 3.0), (1, 1.0, 3.0), (3, 2.5, 4.0)])
def test_likelihood_by_adding_up(x, t_x, age, early):
    p = np.array([1.5, 2.0, 0.8, 2.4])
    one = [np.array([float(v)]) for v in (x, t_x, age)]
    assert lifetime._purchase_rows(p, *one, early)[0][0] == pytest.approx(np.log(likelihood(x, t_x, age, *p, early)), abs=1e-8)


@pytest.mark.parametrize("early", [False, True])
def test_derivatives_of_the_likelihood(early):
    p, rows = np.array([1.5, 2.0, 0.8, 2.4]), [np.array(v) for v in ([0.0, 1.0, 3.0], [0.0, 1.0, 2.5], [3.0, 3.0, 4.0])]
    step = 1e-6
    for k in range(4):
        up, down = (lifetime._purchase_rows(p * np.exp(s * np.eye(4)[k]), *rows, early)[0] for s in (step, -step))
        assert lifetime._purchase_rows(p, *rows, early)[1][:, k] == pytest.approx((up - down) / (2 * step), abs=1e-6)
    p, rows = np.array([6.0, 4.0, 15.0]), (np.array([1.0, 2.0, 5.0]), np.array([10.0, 30.0, 22.0]))
    for k in range(3):
        up, down = (lifetime._value_rows(p * np.exp(s * np.eye(3)[k]), *rows)[0] for s in (step, -step))
        assert lifetime._value_rows(p, *rows)[1][:, k] == pytest.approx((up - down) / (2 * step), abs=1e-5)


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(("a", "b", "r"), [(0.793, 2.426, 0.243), (1.0, 2.0, 2.0), (0.2, 0.3, 2.8), (300.0, 900.0, 1.1)])
def test_expected_purchases_by_adding_up(a, b, r, early):
    """Purchases of a gamma rate that go on until a chance of p at each purchase ends them: (1 - ((alpha + T) / (alpha + T + p t))^(r + x)) / p, over p."""
    for x, t_x, age in ((0, 0.0, 38.86), (2, 30.43, 38.86)):
        y, rows = x + early, pd.DataFrame({"x": [x], "t_x": [t_x], "T": [age]})
        p = np.random.default_rng(3).beta(a, b + y, 40_000)
        if a <= 1 or y == 0:  # most of the weight near 0: draws are noisy, so add up on a stretched scale
            u = (np.arange(40_000) + 0.5) / 40_000
            p = np.maximum(betaincinv(a, b + y, u), 1e-12)
        want = ((1 - (1 + p * 39 / (4.414 + age)) ** -(r + x)) / p).mean()
        parameters = {"r": r, "alpha": 4.414, "a": a, "b": b}
        got = lifetime.expected_purchases(parameters, rows, 39, early=early) / lifetime.alive(parameters, rows, early=early)
        assert got[0] == pytest.approx(want, rel=1e-2 if a > 1 and y else 2e-3)


def test_nothing_is_lost_at_the_ends_of_the_parameters():
    rows = pd.DataFrame({"x": [0, 1, 400], "t_x": [0.0, 5.0, 360.0], "T": [360.0, 360.0, 360.0]})
    for values in ((100.0, 12000.0, 1000.0, 1000.0), (1.5, 26.0, 0.001, 1000.0), (0.001, 1e-6, 0.001, 0.001), (100.0, 1e6, 1.0, 1.0)):
        got = lifetime.expected_purchases(dict(zip(("r", "alpha", "a", "b"), values, strict=True)), rows, 365)
        assert np.isfinite(got).all() and (got >= 0).all()


def test_those_who_leave_after_the_first_purchase_are_told_apart():
    """Half never come again, the others for long: only the modified model can say so."""
    rng = np.random.default_rng(4)
    n, age = 3000, 52.0
    stays = rng.uniform(size=n) < 0.5
    x = np.where(stays, rng.poisson(0.2 * age, n), 0)
    t_x = np.where(x > 0, age * rng.uniform(size=n) ** (1 / np.maximum(x, 1)), 0.0)
    rows = pd.DataFrame({"x": x, "t_x": t_x, "T": age})
    fit = check.choose_purchases(rows)
    assert fit.early and not check.choose_purchases(CUSTOMERS).early
    silent = rows[x == 0].head(1)
    assert lifetime.alive(fit.parameters, silent, early=True)[0] < 0.1 and lifetime.alive(lifetime.fit_purchases(rows).parameters, silent)[0] == 1


def test_the_interval_of_the_mean_value_covers():
    """The mean value over all customers of such a world, in 40 draws of 800 of them."""
    world = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 3.0}
    many = pd.concat([simulated(n=20_000, seed=99)], ignore_index=True)
    truth = float((lifetime.expected_purchases(world, many, 52) * lifetime.expected_value({"p": 6.0, "q": 4.0, "v": 15.0}, many)).mean())
    hits = widths = 0
    for seed in range(40):
        rows = simulated(n=800, seed=1000 + seed)
        got = check.lifetime_value(lifetime.fit_purchases(rows), lifetime.fit_values(rows), rows, 52).iloc[0]
        hits, widths = hits + (got.low <= truth <= got.high), widths + (got.high - got.low) / got.value / 40
    assert 0.85 <= hits / 40 <= 1.0 and 0.1 < widths < 0.8


def test_the_value_of_groups():
    rows = CUSTOMERS.assign(z=np.where(CUSTOMERS.x > 0, CUSTOMERS.z, 0.0))
    group = pd.Series(np.where(rows.x >= 2, "often", "seldom"))
    fits = lifetime.fit_purchases(rows), lifetime.fit_values(rows)
    got = check.lifetime_value(*fits, rows, 52, by=group).set_index("group")
    everybody = check.lifetime_value(*fits, rows, 52).iloc[0]
    assert got.value["often"] > got.high["seldom"] and got.n.sum() == 4000
    assert (got.value * got.n).sum() / 4000 == pytest.approx(everybody.value)


def test_the_naive_guess_and_totals_by_hand():
    rows = pd.DataFrame({"x": [1, 3, 0], "t_x": [5.0, 9.0, 0.0], "T": [10.0, 20.0, 10.0]})
    assert check.naive(rows, 20) == 4 / 40 * 20 * 3  # 4 purchases in 40 days of customers, so 6 in 20 days of three
    got = check.total(9.0, 6.0, pd.Series([4.0, 2.0, 6.0]))
    assert (got["actual"], got["error"], got["guess_error"]) == (12.0, -0.25, -0.5)
    assert got["low"] < 12 < got["high"]


def test_value_that_goes_with_frequency_is_seen():
    rng = np.random.default_rng(5)
    x = rng.integers(1, 6, 400)
    rows = pd.DataFrame({"x": x, "z": 10.0 * x + rng.normal(0, 3, 400)})
    told, none = check.value_by_frequency(rows), check.value_by_frequency(rows.assign(z=rng.permutation(rows.z)))
    assert told["low"] > 0.9 and none["low"] < 0 < none["high"]


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


def _with_exact_values(rows, purchases):
    """The summary's customers with the mean of their repeat purchases' values, a day's purchases being one: the summary file holds it rounded, which moves v to 15.45."""
    buys = pd.read_csv(purchases, sep=r"\s+", header=None, names=["old_id", "ID", "day", "units", "value"])
    days = buys[buys.day <= 19970930].groupby(["ID", "day"], as_index=False)["value"].sum()
    repeat = days[days["day"] > days.groupby("ID")["day"].transform("min")].groupby("ID")["value"].mean()
    return rows.assign(z=rows["ID"].map(repeat).fillna(0.0)) if "ID" in rows else rows.assign(z=repeat.reindex(range(1, len(rows) + 1)).fillna(0.0).to_numpy())


@pytest.mark.case
def test_cdnow(reference):
    # Fader, Hardie and Lee (2005); Fader and Hardie (2013); METHODS section 5
    rows = _with_exact_values(pd.read_csv(reference("cdnow_customers_summary_with_transactions.csv")), reference("cdnow_sample.txt"))
    fit = lifetime.fit_purchases(rows)
    assert [round(fit.parameters[k], 3) for k in ("r", "alpha", "a", "b")] == [0.243, 4.414, 0.793, 2.426] and fit.n == 2357
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    one = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    assert lifetime.expected_purchases(fit.parameters, one, 39)[0] == pytest.approx(1.226, abs=0.0005)
    values = lifetime.fit_values(rows)
    assert [round(values.parameters[k], 2) for k in "pqv"] == [6.25, 3.74, 15.44]
    assert values.n == 946
    # The same customers: value hardly goes with frequency (Fader and Hardie report a correlation of 0.11)
    assert check.value_by_frequency(rows)["value"] == pytest.approx(0.11, abs=0.005)


@pytest.mark.case
def test_cdnow_holdout(reference):
    # METHODS section 5: expected purchases in weeks 40 to 78 by frequency 0..7+
    rows = pd.read_csv(reference("cdnow_customers_summary.csv")).rename(columns={"frequency": "x", "recency": "t_x"})
    names = ["old_id", "ID", "day", "units", "value"]
    buys = pd.read_csv(reference("cdnow_sample.txt"), sep=r"\s+", header=None, names=names)
    buys = buys.drop_duplicates(["ID", "day"])
    later = buys[(buys.day > 19970930) & (buys.day > buys.groupby("ID").day.transform("min"))].groupby("ID").size()
    rows["actual"] = rows.ID.map(later).fillna(0)
    told = check.holdout(lifetime.fit_purchases(rows).parameters, rows, 39)
    assert told.expected.round(3).tolist() == [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
