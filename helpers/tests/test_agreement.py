"""Verdicts on hand-made evidence and on a company with planted moments of truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers import names
from helpers.infer import agreement, asymmetry, drivers, effects
from helpers.tests.test_effects import company

GOOD = {
    "effect": -0.12, "effect_high": -0.08, "q_value": 0.001, "joint": -0.11, "joint_high": -0.08, "joint_q": 0.001,
    "overlap": 1.0, "importance_low": 0.6, "penalty_high": -0.1, "stability": 1.0,
}
NOTHING = {
    "effect": 0.01, "effect_high": 0.04, "q_value": 0.9, "joint": 0.0, "joint_high": 0.03, "joint_q": 0.9,
    "overlap": 1.0, "importance_low": 0.01, "penalty_high": 0.1, "stability": 0.0,
}


def verdict(**changes):
    table = pd.DataFrame([GOOD | changes, NOTHING]).assign(touchpoint=["a", "b"])
    got = agreement.verdicts(table)
    assert got.verdict[1] == "not_shown"
    return got.iloc[0]


@pytest.mark.parametrize(
    ("changes", "want", "agreeing"),
    [
        ({}, "moment_of_truth", 4),
        ({"q_value": 0.2}, "moment_of_truth", 3),  # the regression shows it, the effect points there
        ({"q_value": 0.2, "joint_q": 0.2}, "watch", 2),
        ({"q_value": 0.2, "effect_high": 0.01}, "watch", 3),  # the effect does not follow
        ({"q_value": 0.2, "effect": -0.015}, "watch", 3),  # within the margin
        ({"importance_low": 0.1}, "moment_of_truth", 3),
        ({"importance_low": 0.1, "penalty_high": 0.2}, "watch", 2),  # only the adjustment produces it
        ({"importance_low": np.nan, "penalty_high": np.nan}, "moment_of_truth", 2),  # could not be asked
        ({"stability": 0.5}, "watch", 4),
        ({"stability": np.nan}, "moment_of_truth", 4),
        ({"overlap": 0.8}, "watch", 4),
        ({"effect": np.nan, "q_value": np.nan}, "too_few", 0),
    ],
)
def test_the_rule(changes, want, agreeing):
    got = verdict(**changes)
    assert (got.verdict, got.methods_agreeing) == (want, agreeing)
    assert got.verdict in names.VERDICTS and got.why


def test_what_could_not_be_computed_says_nothing():
    got = agreement.verdicts(pd.DataFrame([GOOD]).assign(touchpoint="a"))
    assert got.agrees_removal.isna().all() and got.methods_asked[0] == 4
    removal = pd.DataFrame([GOOD, NOTHING, NOTHING]).assign(
        touchpoint=list("abc"), removal_effect=[0.5, 0.1, 0.2], removal_low=[0.4, 0.05, 0.19]
    )
    assert agreement.verdicts(removal).agrees_removal.tolist() == [True, False, False]


def test_planted_moments_are_found():
    named = true = found = 0
    for seed in range(3):
        poor, outcome, covariates, _ = company(8000, seed=seed)
        rng = np.random.default_rng(seed)
        fine = rng.choice([3.0, 4.0, 5.0], size=poor.shape)
        ratings = pd.DataFrame(np.where(poor == 1, rng.choice([1.0, 2.0], size=poor.shape), fine), columns=poor.columns)
        ratings = ratings.where(poor.notna())
        table = effects.poor_experience(poor, outcome, covariates)
        weight = drivers.importance(ratings, outcome).table.rename(columns={"driver": "touchpoint"})
        ends = asymmetry.contrast(*asymmetry.levels(ratings, 1, 5), outcome)
        table = table.merge(weight[["touchpoint", "importance_low"]]).merge(ends[["touchpoint", "penalty_high"]])
        table["stability"] = effects.halves(poor, outcome, covariates).to_numpy()
        moments = set(agreement.verdicts(table).query("verdict == 'moment_of_truth'").touchpoint)
        named, true, found = named + len(moments), true + 2, found + len(moments & {"t0", "t1"})
    assert found / named >= 0.9 and found / true >= 0.9
