"""Effects where the truth is known: randomised, confounded, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from helpers.infer import effects
from helpers.infer.logit import expit, fit_linear, fit_logit, flexible


def company(n=6000, touchpoints=8, seed=1, attitude=0.0):
    """Customers whose traits and service quality decide how they fare; t0 and t1 harm, by .9 and .6 log-odds.

    Traits work through a square and a product; 55 % of the cells are unvisited; `attitude` is a trait
    that no table holds. Returns poor, outcome, covariates and the true effects among visitors.
    """
    rng = np.random.default_rng(seed)
    traits = rng.normal(size=(n, 3))
    unseen, quality = rng.normal(size=n), rng.normal(size=n)
    grumpy = 0.6 * (traits[:, 0] ** 2 - 1) + 0.6 * traits[:, 1] * traits[:, 2]
    visited = rng.uniform(size=(n, touchpoints)) >= 0.55
    fares = -1.4 + 0.6 * quality[:, None] + 0.8 * grumpy[:, None] + attitude * unseen[:, None]
    poor = (rng.uniform(size=visited.shape) < expit(np.broadcast_to(fares, visited.shape))).astype(float)
    harm = np.zeros(touchpoints)
    harm[:2] = 0.9, 0.6
    eta = 0.1 - grumpy - attitude * unseen - (poor * visited) @ harm
    truth = np.zeros(touchpoints)
    for j in range(2):
        fine = eta + poor[:, j] * visited[:, j] * harm[j]
        truth[j] = (expit(fine - harm[j]) - expit(fine))[visited[:, j]].mean()
    outcome = (rng.uniform(size=n) < expit(eta)).astype(int)
    columns = [f"t{j}" for j in range(touchpoints)]
    poor = pd.DataFrame(np.where(visited, poor, np.nan), columns=columns)
    return poor, outcome, pd.DataFrame(traits, columns=list("abc")), truth


def test_randomised_effect_equals_the_difference_in_means():
    # Hillstrom (2008), METHODS section 6: 2,262 of 21,306 without a mail visit, 3,894 of 21,307 with the men's, 3,238 of 21,387 with the women's: +7.66 and +4.52 points.
    rng = np.random.default_rng(2)
    people, visits = (21_306, 21_307, 21_387), (2_262, 3_894, 3_238)
    arm = np.repeat([0, 1, 2], people)
    visit = np.concatenate([np.arange(n) < hits for n, hits in zip(people, visits, strict=True)]).astype(int)
    n = len(arm)
    who = pd.DataFrame({"history": rng.gamma(1, 200, n), "zip": rng.choice(["rural", "urban"], n)})
    for mailed, points in ((1, 0.0766), (2, 0.0452)):
        rows = arm != 3 - mailed
        mail = pd.DataFrame({"mail": (arm[rows] == mailed).astype(float)})
        got = effects.poor_experience(mail, visit[rows], who[rows]).iloc[0]
        assert round(got.naive, 4) == points
        assert got.effect == pytest.approx(got.naive, abs=0.001)
        assert got.joint == pytest.approx(got.naive, abs=0.001)
        assert got.effect_low < points < got.effect_high
        assert got.p_value > 0.99 and got.overlap == 1


def test_confounding_fools_the_difference_of_means_and_not_the_adjusted_effect():
    poor, outcome, covariates, truth = company(12_000)
    got = effects.poor_experience(poor, outcome, covariates)
    assert (got.naive < -0.1).all()  # every touchpoint looks guilty
    assert (got.overlap > 0.99).all()
    se = (got.effect_high - got.effect) / 1.959964
    assert got.p_value.to_numpy() == pytest.approx(ndtr((got.effect + 0.02) / se), rel=1e-4, abs=1e-12)
    assert (got.q_value < 0.05).tolist() == [True, True] + [False] * 6
    assert (got.joint_q < 0.05).tolist() == [True, True] + [False] * 6
    assert (np.abs(got.effect - truth) < 3.3 * (got.effect_high - got.effect) / 1.96).all()
    blind = effects.poor_experience(poor, outcome)  # without the covariates
    assert (blind.q_value < 0.05).sum() > 4


def test_an_unseen_attitude_needs_the_margin():
    poor, outcome, covariates, _ = company(60_000, attitude=0.3)
    got = effects.poor_experience(poor, outcome, covariates)
    assert (got.q_value < 0.05).tolist() == [True, True] + [False] * 6
    zero = effects.poor_experience(poor, outcome, covariates, margin=0.0)
    assert (zero.q_value < 0.05).sum() > 4
    assert (got.e_value_low[:2] > got.e_value_low[2:].max()).all()


def test_intervals_cover_the_truth():
    inside = total = 0
    for seed in range(12):
        poor, outcome, covariates, truth = company(2500, seed=seed)
        got = effects.poor_experience(poor, outcome, covariates, seed=seed)
        inside += ((got.effect_low <= truth) & (truth <= got.effect_high)).sum()
        total += len(got)
    assert 0.9 <= inside / total <= 0.99


def test_rows_of_one_customer_do_not_narrow_the_interval():
    poor, outcome, covariates, _ = company(1500, touchpoints=3)
    one = effects.poor_experience(poor, outcome, covariates)
    three = [pd.concat([t] * 3, ignore_index=True) for t in (poor, pd.Series(outcome), covariates)]
    many = effects.poor_experience(*three, cluster=np.tile(np.arange(1500), 3))
    width = one.effect_high - one.effect_low
    assert (many.effect_high - many.effect_low).to_numpy() == pytest.approx(width.to_numpy(), rel=0.25)
    assert (many.joint_high - many.joint_low).to_numpy() == pytest.approx(
        (one.joint_high - one.joint_low).to_numpy(), rel=0.1
    )


def test_joint_effect_equals_statsmodels():
    import statsmodels.api as sm

    poor, outcome, covariates, _ = company(3000, touchpoints=2)
    poor = poor.fillna(0.0)  # everyone visits, so that the regression can be written down
    got = effects.poor_experience(poor, outcome, covariates)
    x = np.column_stack([np.ones(3000), flexible(covariates, 3000), poor])
    fit = sm.Logit(outcome, x).fit(disp=0, cov_type="HC0")
    want = fit.get_margeff(dummy=True, at="overall")
    assert got.joint.to_numpy() == pytest.approx(want.margeff[-2:], abs=2e-4)
    assert ((got.joint_high - got.joint) / 1.959964).to_numpy() == pytest.approx(want.margeff_se[-2:], rel=0.02)


def test_an_outcome_that_is_a_number():
    rng = np.random.default_rng(5)
    poor = pd.DataFrame({"t": rng.integers(0, 2, 4000).astype(float)})
    score = 8 - 1.5 * poor.t.to_numpy() + rng.normal(size=4000)
    got = effects.poor_experience(poor, score, margin=0.5).iloc[0]
    assert got.effect == pytest.approx(-1.5, abs=0.1) and got.p_value < 0.001 and got.e_value > 3


def test_thin_data_and_thin_overlap_say_so():
    poor, outcome, covariates, _ = company(400, touchpoints=3)
    poor["t0"] = poor["t0"].where(poor.index < 40)
    poor["t2"] = np.nan
    got = effects.poor_experience(poor, outcome, covariates)
    assert got.reason.str.startswith("too few").tolist() == [True, False, True]
    assert np.isnan(got.effect[0]) and np.isnan(got.q_value[2]) and np.isfinite(got.effect[1])
    assert effects.poor_experience(poor[["t2"]], outcome).reason[0].startswith("too few")
    rng = np.random.default_rng(6)
    x = rng.normal(size=20_000)
    settled = pd.DataFrame({"t": (x + 0.1 * rng.normal(size=x.size) > 0).astype(float)})
    got = effects.poor_experience(settled, rng.integers(0, 2, x.size), pd.DataFrame({"x": x}))
    assert got.overlap[0] < 0.9 and got.reason[0].startswith("thin overlap")


def test_e_value_by_hand():
    # VanderWeele and Ding (2017): risk ratio 3.9 gives 7.26
    assert effects.e_value(3.9) == pytest.approx(7.26, abs=0.005)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="must be 1, 0 or NaN"):
        effects.poor_experience(pd.DataFrame({"t": [1.0, 3.0]}), [0, 1])


def test_same_seed_same_answer():
    poor, outcome, covariates, _ = company(1000, touchpoints=3)
    once, twice = (effects.poor_experience(poor, outcome, covariates) for _ in range(2))
    pd.testing.assert_frame_equal(once, twice)


def test_ridge_regressions_equal_scikit_learn():
    from sklearn.linear_model import LogisticRegression, Ridge

    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(300), rng.normal(size=(300, 4))])
    y = (rng.uniform(size=300) < expit(x @ [0.2, 1, -1, 0, 0.5])).astype(float)
    want = LogisticRegression(C=1 / 3, tol=1e-10, max_iter=500).fit(x[:, 1:], y)
    assert fit_logit(x, y, ridge=3) == pytest.approx(np.r_[want.intercept_, want.coef_[0]], abs=1e-4)
    want = Ridge(alpha=3).fit(x[:, 1:], y)
    assert fit_linear(x, y, ridge=3) == pytest.approx(np.r_[want.intercept_, want.coef_], abs=1e-4)


def test_flexible_covariates():
    rows = pd.DataFrame({
        "age": [20, 30, 40, np.nan, 60], "joined": pd.date_range("2026-01-01", periods=5),
        "region": ["n", "s", None, "n", "e"], "member": [True, False, True, True, False], "same": 1.0,
    })
    got = flexible(rows, 5)
    assert np.isfinite(got).all() and got.mean(axis=0) == pytest.approx(0) and got.std(axis=0) == pytest.approx(1)
    assert flexible(None, 5).shape == (5, 0)
    many = pd.DataFrame(np.random.default_rng(8).normal(size=(50, 30)))
    assert flexible(many, 50).shape == (50, 60)  # 435 products would be too many: squares only


def test_the_delight_of_a_neighbour_is_no_effect_of_a_poor_experience():
    # Only the class matters, and only when it delights; the guide shares its quality and does nothing.
    rng = np.random.default_rng(11)
    n = 20_000
    shared = rng.normal(size=(n, 1))
    felt = 0.7 * shared + 0.7 * rng.normal(size=(n, 2))
    names = ["class", "guide"]
    poor, delight = (pd.DataFrame((level).astype(float), columns=names) for level in (felt < -0.9, felt > 0.3))
    outcome = (rng.uniform(size=n) < expit(-0.8 + 1.5 * delight["class"])).astype(int)
    blind = effects.poor_experience(poor, outcome).set_index("touchpoint")
    got = effects.poor_experience(poor, outcome, delight=delight).set_index("touchpoint")
    assert blind.effect["guide"] < -0.02 and blind.effect_high["guide"] < 0
    assert got.effect["guide"] == pytest.approx(0, abs=0.015) and got.joint["guide"] == pytest.approx(0, abs=0.015)
    # The class's own delight is part of what was experienced: poor against all that was not, delight in its usual share.
    plain = expit(-0.8) - np.average(expit(-0.8 + 1.5 * delight["class"]), weights=1 - poor["class"])
    assert got.effect["class"] == pytest.approx(plain, abs=0.03) and got.joint["class"] == pytest.approx(plain, abs=0.03)
