"""Survival against hand-made tables, statsmodels and published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import survival as sv


def table(days, event, **more):
    return pd.DataFrame({"days": days, "event": event, **more})


# Seven customers: events on days 1, 3, 3, 6; open on days 2, 5, 8.
SEVEN = table([1, 2, 3, 3, 5, 6, 8], [1, 0, 1, 1, 0, 1, 0])


def test_kaplan_meier_by_hand():
    got = sv.kaplan_meier(SEVEN)
    assert got.time.tolist() == [1, 2, 3, 5, 6, 8]
    assert got.at_risk.tolist() == [7, 6, 5, 3, 2, 1]
    assert got.events.tolist() == [1, 0, 2, 0, 1, 0]
    assert got.censored.tolist() == [0, 1, 0, 1, 0, 1]
    want = [6 / 7, 6 / 7, 6 / 7 * 3 / 5, 6 / 7 * 3 / 5, 6 / 7 * 3 / 5 / 2, 6 / 7 * 3 / 5 / 2]
    assert got.survival.to_numpy() == pytest.approx(want)
    # Greenwood at day 3: 1/(7*6) + 2/(5*3); log-log limits
    se = np.sqrt(1 / 42 + 2 / 15) / -np.log(want[2])
    assert got.low[2] == pytest.approx(want[2] ** np.exp(1.959964 * se), abs=1e-6)
    assert got.high[2] == pytest.approx(want[2] ** np.exp(-1.959964 * se), abs=1e-6)


def test_counts_are_repeated_rows():
    rng = np.random.default_rng(5)
    rows = table(rng.integers(0, 20, 400), rng.integers(0, 2, 400), segment=rng.choice(["a", "b", "c"], 400))
    folded = rows.value_counts().rename("count").reset_index()
    pd.testing.assert_frame_equal(sv.kaplan_meier(rows), sv.kaplan_meier(folded))
    assert sv.log_rank(rows, "segment").chi_square[0] == pytest.approx(sv.log_rank(folded, "segment").chi_square[0])
    one = sv.cox(rows.assign(x=rows.segment == "a"), ["x"])
    many = sv.cox(folded.assign(x=folded.segment == "a"), ["x"])
    assert one.log_likelihood == pytest.approx(many.log_likelihood) and one.n == many.n == 400


def test_equal_to_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    rng = np.random.default_rng(6)
    rows = table(rng.integers(1, 30, 300), rng.integers(0, 2, 300), g=rng.choice([0, 1, 2], 300))
    want = SurvfuncRight(rows.days, rows.event)
    got = sv.kaplan_meier(rows).query("events > 0")
    assert got.survival.to_numpy() == pytest.approx(want.surv_prob)
    got_rank = sv.log_rank(rows, "g").iloc[0]
    assert (got_rank.chi_square, got_rank.p_value) == pytest.approx(survdiff(rows.days, rows.event, rows.g))


def test_share_by_and_the_plain_ratio_beside_it():
    got = sv.share_by(SEVEN.assign(followed=[9, 2, 4, 9, 5, 6, 8]), 6).iloc[0]
    assert got.value == pytest.approx(1 - 6 / 7 * 3 / 5 / 2)
    assert (got.n, got.events, got.at_risk) == (7, 4, 1)
    # closed windows (followed 6 days or more): days 1, 3, 6 with the event, day 8 without
    assert (got.mature_n, got.mature_value) == (4, 3 / 4)
    assert got.low < got.value < got.high and got.mature_low < 0.75 < got.mature_high
    assert np.isnan(sv.share_by(SEVEN, 6).mature_value[0])


def test_share_by_says_when_it_cannot_know():
    assert sv.share_by(SEVEN, 9).reason[0] == "no one was followed for the 9 days without the event"
    assert sv.share_by(SEVEN.head(0), 9).reason[0] == "no one was observed"
    none = sv.share_by(table([40] * 20, [0] * 20), 30).iloc[0]
    assert none.value == 0 and none.low == 0 and 0.1 < none.high < 0.2
    everyone = sv.share_by(table([3] * 20, [1] * 20), 30).iloc[0]
    assert everyone.value == 1 and everyone.high == 1 and 0.8 < everyone.low < 0.9


def test_share_by_groups():
    rows = pd.concat([SEVEN.assign(month="2026-01"), SEVEN.assign(month="2026-02", event=0)])
    got = sv.share_by(rows, 6, by="month")
    assert got.month.tolist() == ["2026-01", "2026-02"]
    assert got.value.round(4).tolist() == [0.7429, 0]
    assert sv.share_by(rows.head(0), 6, by="month").columns[0] == "month"


def test_share_by_covers():
    rng = np.random.default_rng(7)
    truth = 1 - np.exp(-0.5)
    hit = 0
    for _ in range(400):
        when, until = rng.exponential(60, 120), rng.uniform(0, 60, 120)
        got = sv.share_by(table(np.minimum(when, until), (when <= until).astype(int)), 30).iloc[0]
        hit += got.low <= truth <= got.high
    assert 0.93 <= hit / 400 <= 0.98


def test_rows_of_one_customer_are_not_independent():
    one = SEVEN.assign(cluster=range(7))
    four = pd.concat([one] * 4, ignore_index=True)  # every customer four times
    alone, wide, narrow = (sv.share_by(t, 6).iloc[0] for t in (one, four, four.drop(columns="cluster")))
    assert alone.value == wide.value == narrow.value
    assert narrow.high - narrow.low < wide.high - wide.low
    assert wide.high - wide.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_median():
    got = sv.median_time(SEVEN).iloc[0]
    assert got.value == 6 and got.reason == "the upper end of the interval is not reached"
    late = sv.median_time(table([5, 5, 5, 9], [1, 0, 0, 0])).iloc[0]
    assert np.isnan(late.value) and late.reason == "not reached: 25% had the event by day 9"
    assert sv.median_time(SEVEN.head(0)).reason[0] == "no one was observed"


def test_wrong_tables_are_refused():
    with pytest.raises(ValueError, match="1 rows have a missing or negative time"):
        sv.kaplan_meier(table([1, np.nan], [1, 0]))
    with pytest.raises(ValueError, match="`event` must be 1"):
        sv.kaplan_meier(table([1, 2], [1, 2]))
    with pytest.raises(ValueError, match="needs a column 'event'"):
        sv.kaplan_meier(pd.DataFrame({"days": [1]}))
    with pytest.raises(ValueError, match="x has missing values"):
        sv.cox(SEVEN.assign(x=[np.nan, 1, 2, 3, 4, 5, 6]), ["x"])
    assert sv.log_rank(SEVEN.assign(g="a"), "g").reason[0] == "fewer than two groups"


def test_cox_by_hand():
    # Three customers, x = 1, 0, 1 in the order of their events; with u = e^b the partial likelihood is u / (2u + 1) / (u + 1), greatest at u = 1 / sqrt(2).
    fit = sv.cox(table([1, 2, 3], [1, 1, 1], x=[1, 0, 1]), ["x"])
    u = np.sqrt(0.5)
    assert fit.table.coefficient[0] == pytest.approx(np.log(u), abs=1e-6)
    assert fit.log_likelihood == pytest.approx(np.log(u / (2 * u + 1) / (u + 1)), abs=1e-9)


def test_log_rank_of_rows_that_are_alike():
    """Every customer four times over: the statistic is that of one row a customer."""
    rng = np.random.default_rng(3)
    g = rng.choice(["a", "b"], 200)
    one = table(rng.exponential(np.where(g == "a", 1, 1.5)), [1] * 200, g=g)
    four = pd.concat([one] * 4).assign(design_effect=4.0)
    assert sv.log_rank(four, "g").chi_square[0] == pytest.approx(sv.log_rank(one, "g").chi_square[0], rel=0.05)  # ties weigh a little
    assert sv.log_rank(four.drop(columns="design_effect"), "g").chi_square[0] > 3 * sv.log_rank(one, "g").chi_square[0]


def test_cox_with_ties_by_hand():
    # Of four customers two have the event on day 1, x = 1 and 0; the two others, x = 1 and 0, are followed to day 2. With u = e^b Efron's likelihood is
    # u / ((2u + 2) (1.5u + 1.5)), greatest at u = 1: a log-likelihood of -log 12. Breslow's would be -log 16.
    fit = sv.cox(table([1, 1, 2, 2], [1, 1, 0, 0], x=[1, 0, 1, 0]), ["x"])
    assert fit.table.coefficient[0] == pytest.approx(0, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(-np.log(12), abs=1e-9)


def test_cox_agrees_with_statsmodels():
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(4)
    x = pd.DataFrame({"age": rng.normal(size=300), "paid": rng.integers(0, 2, 300).astype(float)})
    days = np.ceil(rng.exponential(np.exp(-0.5 * x["age"] + 0.4 * x["paid"])) * 4)  # whole days: many ties
    event = (rng.uniform(size=300) < 0.8).astype(int)
    fit, other = sv.cox(table(days, event, **x), list(x)), PHReg(days, x, status=event, ties="efron").fit()
    assert fit.table.coefficient.to_numpy() == pytest.approx(other.params, abs=1e-5) and fit.log_likelihood == pytest.approx(other.llf, abs=1e-6)


def test_log_rank_by_hand():
    # Events on days 1 to 4, a, a, b, b: of a's two events 2/4 and 1/3 were to be expected; variance 2/4 * 2/4 and 1/3 * 2/3.
    got = sv.log_rank(table([1, 2, 3, 4], [1, 1, 1, 1], g=list("aabb")), "g").iloc[0]
    assert got.chi_square == pytest.approx((2 - 5 / 6) ** 2 / (1 / 4 + 2 / 9)) and got.degrees_of_freedom == 1


@pytest.mark.case
def test_waltons(reference):
    # lifelines' waltons data; METHODS section 5: medians 58 and 26, chi-square 122.25
    rows = pd.read_csv(reference("waltons.csv")).rename(columns={"T": "days", "E": "event"})
    medians = {g: sv.median_time(t).value[0] for g, t in rows.groupby("group")}
    assert medians == {"control": 58, "miR-137": 26}
    assert sv.log_rank(rows, "group").chi_square[0] == pytest.approx(122.25, abs=0.005)


@pytest.mark.case
def test_rossi(reference):
    # Rossi et al. (1980), as in Fox and Weisberg's appendix on Cox regression; METHODS section 5
    rows = pd.read_csv(reference("rossi.csv")).rename(columns={"week": "days", "arrest": "event"})
    fit = sv.cox(rows, ["fin", "age", "race", "wexp", "mar", "paro", "prio"])
    assert fit.table.coefficient.round(2).tolist() == [-0.38, -0.06, 0.31, -0.15, -0.43, -0.08, 0.09]
    assert fit.log_likelihood == pytest.approx(-658.75, abs=0.005)
