"""XmR limits and signals on hand-made months."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import xmr


def months(values):
    return pd.DataFrame({"period": [f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(len(values))], "value": values})


def test_limits_by_hand():
    # mean 5.5; moving ranges all 1, mean 1; limits 5.5 -+ 2.66
    got = xmr.chart(months([5, 6, 5, 6, 5, 6])).iloc[0]
    assert (got.centre, got.lower, got.upper) == pytest.approx((5.5, 2.84, 8.16))
    assert set(xmr.chart(months([5, 6, 5, 6, 5, 6])).verdict) == {"noise"}


def test_a_point_outside():
    got = xmr.chart(months([5, 6, 5, 6, 5, 6, 5, 20]))
    assert got.signal.tolist() == [""] * 7 + ["outside"]
    assert got.verdict.iloc[-1] == "signal"


def test_eight_in_a_row():
    # a small step, inside the limits: 9 months low, 8 high
    values = [4, 6] * 4 + [4] + [6, 7.5, 6, 7.5, 6, 7.5, 6, 7.5]
    got = xmr.chart(months(values))
    assert (got.signal[-8:] != "").all() and (got.signal == "run_of_eight").any()
    seven = xmr.chart(months([5.2, 4.8, 5.2, 4.8, 5.2, 4.8, 5.1, 5.2, 5.1, 5.2, 5.1, 5.2, 5.1, 4.5]))
    assert not (seven.signal == "run_of_eight").any()


def test_three_of_four_near_a_limit():
    # centre 5.47, moving range .86, limits -+ 2.29: 7 is past the half-way line, inside the limit
    values = [5, 5.5] * 4 + [4.5, 7, 7, 5, 7] + [5, 5.5] * 3
    got = xmr.chart(months(values))
    assert got.upper[0] > 7 > got.centre[0] + (got.upper[0] - got.centre[0]) / 2
    assert got.index[got.signal == "three_of_four"].tolist() == [9, 10, 12]


def test_a_gap_breaks_a_run_and_a_moving_range():
    got = xmr.chart(months([5, 6, np.nan, 60, 61, 60, 61]))
    # moving ranges 1, 1, 1, 1: the jump over the gap is not one of them
    assert got.upper[0] - got.centre[0] == pytest.approx(2.66)
    assert got.verdict[2] == "no value"


def test_few_months_and_flat_months():
    assert set(xmr.chart(months([1, 2, 3, 4, 5])).verdict) == {"too few"}
    assert set(xmr.chart(months([0.3] * 12)).verdict) == {"noise"}
    assert len(xmr.chart(months([]))) == 0
    got = xmr.chart(months([0.01, 0.2, 0.01, 0.2, 0.01, 0.2]), bounds=(0, 1))
    assert got.lower[0] == 0


def test_a_month_twice_is_refused():
    with pytest.raises(ValueError, match="2026-01 stands twice"):
        xmr.chart(pd.DataFrame({"period": ["2026-01", "2026-01"], "value": [1, 2]}))


def test_noise_is_left_alone():
    rng = np.random.default_rng(8)
    flagged = [(xmr.chart(months(rng.normal(size=24))).signal == "outside").mean() for _ in range(300)]
    assert np.mean(flagged) < 0.02  # about .3 % with known limits, a little more with estimated ones
