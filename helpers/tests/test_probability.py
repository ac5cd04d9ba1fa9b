"""Probabilities and how good they are: by hand, against other implementations, and with the truth planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import forecast
from helpers.infer import probability as chance
from helpers.infer.intervals import wilson
from helpers.infer.logit import expit


def world(n: int, seed: int, rows: int = 1) -> pd.DataFrame:
    """n customers with `rows` equal rows each; truth is the probability that drew the outcome."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"who": np.arange(n), "x": rng.normal(size=n), "phone": (rng.random(n) < 0.4).astype(float), "place": rng.choice(["north", "south", "west"], n)})
    table["truth"] = expit(-1 + 1.1 * table["x"].clip(-9, 0.5) - 0.7 * table["phone"] + 0.6 * (table["place"] == "west"))
    table["y"] = (rng.random(n) < table["truth"]).astype(float)
    return table.loc[table.index.repeat(rows)].reset_index(drop=True)


KINDS = {"x": "number", "phone": "flag", "place": "text"}


# How good: by hand and against others -------------------------------------------------------------------


def test_auc_by_hand_with_a_tie():
    # Pairs of a buyer (.9, .5) with another (.5, .1): .9 wins both, .5 ties one and wins one: 3.5 of 4.
    assert forecast.auc([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1])["value"] == 3.5 / 4


def test_auc_and_its_error_against_other_implementations():
    from sklearn.metrics import roc_auc_score

    table = world(400, 1)
    one = forecast.auc(table["y"], table["truth"])
    assert one["value"] == pytest.approx(roc_auc_score(table["y"], table["truth"]), abs=1e-12)
    # DeLong's variance, written out pair by pair: placements of either group, each variance over its own size.
    with_, without = (table.loc[table["y"] == k, "truth"].to_numpy() for k in (1, 0))
    wins = (with_[:, None] > without).astype(float)
    error = np.sqrt(wins.mean(axis=1).var(ddof=1) / len(with_) + wins.mean(axis=0).var(ddof=1) / len(without))
    odds = np.log(one["value"] / (1 - one["value"]))
    half = 1.959964 * error / (one["value"] * (1 - one["value"]))
    assert [one["low"], one["high"]] == pytest.approx([expit(odds - half), expit(odds + half)], abs=1e-3)   # n - 1 of all, not of each group


@pytest.mark.parametrize("measure", [
    lambda t: forecast.auc(t["y"], t["truth"], t["who"]), lambda t: forecast.brier(t["y"], t["truth"], 0.3, t["who"]), lambda t: forecast.line(t["y"], t["truth"], t["who"]),
])
def test_four_copies_of_every_row_prove_nothing_more(measure):
    once, often = measure(world(300, 2)), measure(world(300, 2, rows=4))
    assert list(often.values()) == pytest.approx(list(once.values()), rel=1e-4)


def test_brier_and_its_skill_by_hand():
    one = forecast.brier([1, 0, 0, 1], [0.8, 0.1, 0.3, 0.6], 0.5)
    assert one["brier"] == pytest.approx((0.04 + 0.01 + 0.09 + 0.16) / 4) and one["reference"] == 0.25
    assert one["skill"] == pytest.approx(1 - 0.075 / 0.25) and one["low"] < one["skill"] < one["high"]


def test_the_line_finds_promises_that_are_too_bold_and_too_many():
    table = world(6000, 3)
    odds = np.log(table["truth"] / (1 - table["truth"]))
    right, bold, many = (forecast.line(table["y"], expit(v)) for v in (odds, 2 * odds, odds + 0.8))
    assert right["slope_low"] < 1 < right["slope_high"] and right["intercept_low"] < 0 < right["intercept_high"]
    assert bold["slope"] == pytest.approx(right["slope"] / 2, abs=1e-3) and bold["slope_high"] < 1
    assert many["intercept"] == pytest.approx(right["intercept"] - 0.8, abs=1e-6) and many["intercept_high"] < 0


def test_the_intercept_is_that_of_a_regression_with_an_offset():
    import statsmodels.api as sm

    table = world(800, 4)
    odds = np.log(table["truth"] / (1 - table["truth"])).to_numpy()
    other = sm.GLM(table["y"].to_numpy(), np.ones(800), family=sm.families.Binomial(), offset=odds).fit(cov_type="HC0")
    one = forecast.line(table["y"], table["truth"])
    assert one["intercept"] == pytest.approx(other.params[0], abs=1e-6)
    assert one["intercept_high"] - one["intercept"] == pytest.approx(1.963 * other.bse[0], rel=5e-3)


def test_groups_hold_all_rows_and_wilsons_interval():
    table = world(3000, 5)
    found = forecast.reliability(table["y"], table["truth"], table["who"])
    assert found["n"].sum() == 3000 and found["n"].min() >= 30 and len(found) in (9, 10)
    assert found["predicted"].is_monotonic_increasing
    low, high = wilson(found["observed"], found["n"], 1.959964)
    assert found["low"].to_numpy() == pytest.approx(low, abs=1e-6) and found["high"].to_numpy() == pytest.approx(high, abs=1e-6)
    assert ((found["low"] <= found["predicted"]) & (found["predicted"] <= found["high"])).sum() >= len(found) - 2


def test_few_rows_make_few_groups_and_one_ending_makes_no_line():
    assert len(forecast.reliability([1, 0] * 20, np.linspace(0.1, 0.9, 40))) == 1
    assert np.isnan(forecast.line([0, 0, 0], [0.1, 0.2, 0.3])["slope"]) and np.isnan(forecast.auc([0, 0], [0.1, 0.2])["value"])


def test_the_intervals_of_auc_and_skill_cover_the_truth():
    # Customers bring one to five equal rows, so an interval over rows would be far too narrow.
    big = world(200_000, 6)
    auc, skill = forecast.auc(big["y"], big["truth"])["value"], 1 - ((big["truth"] - big["y"]) ** 2).mean() / ((0.3 - big["y"]) ** 2).mean()
    inside = np.zeros(2)
    for seed in range(200):
        table = world(250, 100 + seed)
        table = table.loc[table.index.repeat(np.random.default_rng(seed).integers(1, 6, 250))]
        one, two = forecast.auc(table["y"], table["truth"], table["who"]), forecast.brier(table["y"], table["truth"], 0.3, table["who"])
        inside += [one["low"] <= auc <= one["high"], two["low"] <= skill <= two["high"]]
    assert (inside / 200 >= 0.90).all() and (inside / 200 <= 0.99).all(), inside / 200


# The model ----------------------------------------------------------------------------------------------


def test_the_fit_is_that_of_a_well_known_library():
    from sklearn.linear_model import LogisticRegression

    table = world(1500, 7)
    model = chance.fit(table, KINDS, table["y"], table["who"])
    x = model.design(table)
    other = LogisticRegression(C=1 / chance.RIDGE, tol=1e-10, max_iter=2000).fit(x[:, 1:], table["y"])
    assert model.slopes == pytest.approx([other.intercept_[0], *other.coef_[0]], abs=1e-3)


def test_what_was_planted_is_found_again_and_its_promises_hold():
    train, later, last = world(10_000, 8), world(20_000, 9), world(4000, 10)
    model = chance.calibrated(chance.fit(train, KINDS, train["y"], train["who"]), later, later["y"], later["who"])
    p = model.predict(last)
    assert np.abs(p - last["truth"]).mean() < 0.025
    best, one, line = forecast.auc(last["y"], last["truth"])["value"], forecast.auc(last["y"], p), forecast.line(last["y"], p)
    assert one["low"] < best < one["high"] and best - one["value"] < 0.01
    assert line["slope_low"] < 1 < line["slope_high"] and line["intercept_low"] < 0 < line["intercept_high"]
    told = chance.expected(model, last)
    assert told["low"] < last["y"].sum() < told["high"]


def test_calibration_mends_a_level_that_has_moved():
    train, last = world(4000, 11), world(4000, 12)
    odds = np.log(last["truth"] / (1 - last["truth"]))
    last["y"] = (np.random.default_rng(0).random(4000) < expit(odds - 0.9)).astype(float)      # half as many buy by now
    model = chance.fit(train, KINDS, train["y"], train["who"])
    assert forecast.line(last["y"][2000:], model.predict(last[2000:]))["intercept_high"] < -0.5
    mended = chance.calibrated(model, last[:2000], last["y"][:2000], last["who"][:2000])
    found = forecast.line(last["y"][2000:], mended.predict(last[2000:]))
    assert found["intercept_low"] < 0 < found["intercept_high"]


def test_contrasts_are_the_planted_differences_with_their_interval():
    table = world(12_000, 13)
    model = chance.fit(table, KINDS, table["y"], table["who"])
    model = chance.calibrated(model, table, table["y"], table["who"])
    found = chance.contrasts(model, table).set_index(["feature", "value"])
    odds = np.log(table["truth"] / (1 - table["truth"])) + 0.7 * table["phone"]
    truth = (expit(odds - 0.7) - expit(odds)).mean()
    phone = found.loc[("phone", "")]
    assert phone["low"] < truth < phone["high"] and phone["high"] - phone["low"] < 0.06 and phone["p_value"] < 1e-6
    usual = next(one.usual for one in model.columns if one.name == "place")
    assert set(found.loc["place"].index) == {"north", "south", "west"} - {usual}
    assert found.loc["x"]["low_at"].iloc[0] == pytest.approx(table["x"].quantile(0.25))


def test_gaps_and_new_words_are_no_trouble():
    train, last = world(600, 14), world(200, 15)
    train.loc[::5, "x"] = np.nan
    last["place"] = last["place"].where(last.index % 3 > 0, "elsewhere").where(last.index % 7 > 0, None)
    last.loc[::2, "x"] = np.nan
    model = chance.fit(train, KINDS, train["y"], train["who"])
    p = model.predict(last)
    assert np.isfinite(p).all() and ((0 < p) & (p < 1)).all()


def test_the_same_rows_give_the_same_figures():
    one, two = (chance.fit(t, KINDS, t["y"], t["who"]).predict(t) for t in (world(900, 16), world(900, 16)))
    assert one.tobytes() == two.tobytes()
