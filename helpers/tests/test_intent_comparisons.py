"""Adjusted differences against statsmodels, and the tables of the intent page on hand-made rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer.intent_parts import curve
from helpers.infer.linear import between, differences, spread, steps


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(1)
    n = 600
    held = pd.DataFrame({"plan": rng.choice(list("abc"), n), "options": rng.normal(size=n)})
    met = pd.DataFrame({"guide": (rng.random(n) < 0.4).astype(float), "chat": (rng.random(n) < 0.5).astype(float)})
    bought = (rng.random(n) < 0.3 + 0.2 * met["guide"] + 0.1 * (held["plan"] == "b")).astype(float)
    return bought, met, held, rng.integers(0, 200, n)


@pytest.mark.parametrize(("joint", "sets"), [(True, [["guide", "chat"]]), (False, [["guide"], ["chat"]])])
def test_differences_are_the_slopes_and_clustered_errors_of_statsmodels(drawn, joint, sets):
    import statsmodels.api as sm

    bought, met, held, customers = drawn
    found = differences(bought, met, held, cluster=customers, joint=joint).set_index("exposure")
    for columns in sets:
        x = np.column_stack([met[columns], np.ones(len(met)), steps(held, len(met))])
        fit = sm.OLS(bought, x).fit(cov_type="cluster", cov_kwds={"groups": customers}, use_t=True)
        for i, name in enumerate(columns):
            low, high = np.asarray(fit.conf_int())[i]
            assert found.loc[name, ["difference", "low", "high", "p_value"]].tolist() == pytest.approx([fit.params.iloc[i], low, high, fit.pvalues.iloc[i]])


def test_many_outcomes_between_two_groups_are_the_same_regressions(drawn):
    bought, met, _, customers = drawn
    many = between(pd.DataFrame({"bought": bought, "chat": met["chat"]}), met["guide"], cluster=customers).set_index("outcome")
    one = differences(bought, met[["guide"]], cluster=customers).iloc[0]
    # statsmodels' small-sample factor (n - 1) / (n - k) is all that sets the two apart.
    assert many.loc["bought", "difference"] == pytest.approx(one["difference"])
    assert many.loc["bought", "high"] == pytest.approx(one["high"], abs=2e-4)


def test_too_few_on_either_side_have_no_figure_and_say_which():
    met = pd.DataFrame({"rare": [1] * 20 + [0] * 80, "nearly_all": [1] * 90 + [0] * 10})
    found = differences([1, 0] * 50, met)
    assert found["reason"].tolist() == ["too few", "too few without it"] and found["difference"].isna().all()


def test_what_the_covariates_already_say_has_no_difference_of_its_own():
    device = ["phone"] * 60 + ["desktop"] * 60
    found = differences([1, 0] * 60, pd.DataFrame({"phone": [1] * 60 + [0] * 60}), pd.DataFrame({"device": device}))
    assert found["reason"].tolist() == ["no difference left once the rest is held equal"]


def test_wrong_lengths_are_refused():
    with pytest.raises(ValueError, match="3 outcomes for 2 rows"):
        differences([1, 0, 1], pd.DataFrame({"a": [1, 0]}))


def test_a_curve_counts_open_intents_for_the_days_they_were_seen():
    # Four intents: bought on days 1 and 3; one open since 2 days, one followed for 50.
    rows = pd.DataFrame({"days": [1.0, 3.0, 2.0, 50.0], "event": [1, 1, 0, 0], "followed": [9.0, 9.0, 2.0, 50.0], "customer_id": list("abcd")})
    found = curve(rows, 5.0, "All").set_index("days")
    assert found["share"].round(4).tolist() == [0, 0.25, 0.25, 0.625, 0.625, 0.625]   # 1 - 3/4 x 1/2
    assert found["at_risk"].tolist() == [4, 4, 3, 2, 1, 1]


def test_a_curve_ends_where_nobody_is_followed():
    found = curve(pd.DataFrame({"days": [1.0, 2.0], "event": [1, 0], "followed": [9.0, 2.0], "customer_id": list("ab")}), 4.0, "All").set_index("days")
    assert found["share"].round(2).tolist()[:3] == [0, 0.5, 0.5] and found["share"].tolist()[3:] != [0.5, 0.5]
    assert found.loc[3.0:, "share"].isna().all()


# Spread -------------------------------------------------------------------------------------------------

MEANS, SHARES = np.array([0.30, 0.34, 0.42]), np.array([0.5, 0.3, 0.2])


def test_the_spread_of_means_known_to_the_last_digit_is_their_standard_deviation():
    # Means 1, 2 and 4 of 500, 300 and 200 rows: sqrt(.5 * 0.9^2 + .3 * 0.1^2 + .2 * 2.1^2) = sqrt(1.29).
    noise = np.tile([-0.01, 0.01], 500)
    found = spread(np.repeat([1.0, 2.0, 4.0], [500, 300, 200]) + noise, np.repeat(["web", "shop", "chat"], [500, 300, 200]))
    assert found["value"] == pytest.approx(np.sqrt(1.29), rel=1e-3) and found["low"] < np.sqrt(1.29) < found["high"]
    assert found["n"] == 1000 and found["groups"] == 3


def test_a_mix_that_explains_everything_leaves_no_spread():
    plan = np.array(["a", "b"] * 400)
    channel = np.where(plan == "a", np.where(np.arange(800) % 10 < 8, "web", "shop"), np.where(np.arange(800) % 10 < 3, "web", "shop"))
    score = np.where(plan == "a", 4.0, 2.0) + np.tile([-0.5, -0.5, 0.5, 0.5], 200)
    plain, held = spread(score, channel), spread(score, channel, pd.DataFrame({"plan": plan}))
    assert plain["low"] > 0.3 and held["low"] == 0 and held["value"] < 0.1


@pytest.mark.parametrize(("apart", "lowest"), [(0.0, 0.94), (1.0, 0.92)])
def test_the_interval_of_a_spread_covers_over_customers_with_several_rows(apart, lowest):
    rng, covered, chance = np.random.default_rng(7), 0, 0
    for _ in range(300):
        customer, group = rng.integers(0, 700, 1200), rng.choice(3, 1200, p=SHARES)
        taste = rng.normal(0, 0.1, 700)[customer]
        bought = (rng.random(1200) < 0.35 + apart * (MEANS[group] - 0.35) + taste).astype(float)
        now = np.bincount(group, minlength=3) / 1200
        truth = apart * np.sqrt(now @ (MEANS - now @ MEANS) ** 2)
        found = spread(bought, group.astype(str), cluster=customer)
        covered += found["low"] <= truth + 1e-12 and truth <= found["high"]
        chance += found["p_value"] < 0.05
    assert lowest <= covered / 300
    assert chance / 300 < 0.09 if apart == 0 else chance / 300 > 0.5


def test_one_group_of_enough_rows_has_no_spread():
    found = spread([1, 0] * 50, ["web"] * 80 + ["shop"] * 20)
    assert found["groups"] == 1 and np.isnan(found["value"])
