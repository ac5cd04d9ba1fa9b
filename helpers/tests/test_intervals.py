"""Intervals against hand-made tables, statsmodels and simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from helpers.infer import intervals as iv


def plain(hits, n):
    """Sums of n customers with one row each."""
    return (n, hits, n, hits, hits, n)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_share_of_single_rows_is_the_plain_wilson_interval():
    from statsmodels.stats.proportion import proportion_confint

    for hits, n in [(0, 12), (1, 1), (3, 10), (12, 12), (411, 600)]:
        got = iv.share(*plain(hits, n)).iloc[0]
        low, high = proportion_confint(hits, n, method="wilson")
        assert (got.low, got.high) == pytest.approx((low, high), abs=1e-12)


def test_mean_is_the_t_interval():
    # 4, 5, 3, 4: mean 4, standard deviation .8165, t(3) = 3.1824
    got = iv.from_sums(*iv.sums_of([4, 5, 3, 4])).iloc[0]
    assert got.value == 4
    assert got.high - got.value == pytest.approx(3.182446 * 0.8164966 / 2, abs=1e-5)


def test_ratio_counts_customers_not_rows():
    # Two rows a customer, always the same answer: as good as one row a customer, not two.
    once = iv.share(*iv.sums_of([1, 0, 1, 0, 0, 1, 0, 0], [1] * 8)).iloc[0]
    twice = iv.share(*iv.sums_of([2, 0, 2, 0, 0, 2, 0, 0], [2] * 8)).iloc[0]
    assert twice.value == once.value == 3 / 8
    assert twice.high - twice.low >= once.high - once.low


def test_nps_toy():
    # METHODS section 1: p = 1/2, passive 1/3, d = 1/6 gives 1/3 and variance 5/9.
    assert iv.nps_variance(1 / 2, 1 / 6) == pytest.approx(5 / 9)
    x = iv.sums_of([1] * 300 + [0] * 200 + [-1] * 100)
    got = iv.nps(*x).iloc[0]
    assert got.value == pytest.approx(100 / 3)
    assert x.spread()[0] / 600 == pytest.approx(5 / 9)
    assert got.high - got.value == pytest.approx(100 * 1.963940 * (5 / 9 / 599) ** 0.5, abs=1e-3)


def test_total_of_counts_is_the_exact_poisson_interval():
    # Garwood (1936): 10 events, 95 %: 4.795 to 18.390
    got = iv.total(10, 10, 10, bounds=(0, None)).iloc[0]
    assert (got.low, got.high) == pytest.approx((4.7954, 18.3904), abs=1e-3)
    signed = iv.total(3, 10.0, 300.0).iloc[0]
    assert (signed.low, signed.high) == pytest.approx((10 - 33.948, 10 + 33.948), abs=1e-2)


def test_growth_by_hand_and_with_the_same_customers_twice():
    got = iv.growth(200, 200, 100, 100).iloc[0]
    assert got.value == 1
    assert got.high == pytest.approx(2 * np.exp(1.959964 * np.sqrt(1 / 200 + 1 / 100)) - 1, abs=1e-6)
    same = iv.growth(100, 100, 100, 100, cross=100).iloc[0]
    assert (same.low, same.high) == (0, 0)
    assert iv.growth([0, 5], [0, 5], [5, 0], [5, 0]).reason.tolist() == [iv.NO_BASE] * 2


def test_median_by_order_statistics():
    # n = 9: ranks 2 and 8 cover the median with 96.1 %
    assert iv.quantile(np.arange(1, 10)).iloc[0, :3].tolist() == [5, 2, 8]
    # the same as a histogram
    assert iv.quantile([1, 2, 3], [3, 3, 3]).iloc[0, :3].tolist() == [2, 1, 3]
    five = iv.quantile([1, 2, 3, 4, 5]).iloc[0]
    assert five.value == 3 and np.isnan(five.low) and five.reason == iv.TOO_SHORT
    wide = iv.quantile(np.arange(1, 101), design_effect=2).iloc[0]
    assert wide.low < iv.quantile(np.arange(1, 101)).iloc[0].low
    assert iv.quantile([]).iloc[0].reason == iv.NOTHING


def test_no_spread_is_never_a_point():
    all_five = iv.from_sums(*iv.sums_of([5] * 10), bounds=(1, 5)).iloc[0]
    assert all_five.high == 5 and 3.7 < all_five.low < 5
    unbounded = iv.from_sums(*iv.sums_of([5] * 10)).iloc[0]
    assert np.isnan(unbounded.low) and unbounded.reason == iv.ALIKE
    one = iv.from_sums(*iv.sums_of([5])).iloc[0]
    assert one.value == 5 and np.isnan(one.low) and one.reason == iv.ONE
    none = iv.from_sums(0, 0, 0, 0, 0, 0).iloc[0]
    assert np.isnan(none.value) and none.reason == iv.NOTHING
    assert iv.total(0, 0, 0).iloc[0].reason == iv.NO_EVENT
    # each customer half and half: no spread over customers, yet not certain
    halves = iv.share(*iv.sums_of([1] * 4, [2] * 4)).iloc[0]
    assert halves.low < 0.3 and halves.high > 0.7
    # one customer with a thousand rows is one customer
    lone = iv.share(*iv.sums_of([1000], [1000])).iloc[0]
    assert lone.low < 0.3 and lone.high == 1


def test_share_covers_under_clustering():
    rng = np.random.default_rng(1)
    draws, m = 2000, 60
    w = rng.integers(1, 8, (draws, m))
    own = rng.beta(2, 4, (draws, m))  # a customer's own probability; mean 1/3
    s = rng.binomial(w, own)
    got = iv.share(m, s.sum(1), w.sum(1), (s * s).sum(1), (s * w).sum(1), (w * w).sum(1))
    covered = ((got.low <= 1 / 3) & (got.high >= 1 / 3)).mean()
    assert 0.93 <= covered <= 0.97


def test_ratio_covers_under_clustering():
    rng = np.random.default_rng(2)
    draws, m = 2000, 80
    w = rng.integers(1, 8, (draws, m))
    s = w * rng.gamma(4, 5, (draws, m))  # mean 20 a row
    got = iv.from_sums(m, s.sum(1), w.sum(1), (s * s).sum(1), (s * w).sum(1), (w * w).sum(1))
    assert 0.93 <= ((got.low <= 20) & (got.high >= 20)).mean() <= 0.97
