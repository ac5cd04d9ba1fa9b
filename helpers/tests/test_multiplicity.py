"""False discoveries, floors and hidden cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.infer import multiplicity as mp


def test_q_values_equal_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(3).uniform(size=50) ** 2
    assert mp.false_discovery(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_q_values_by_hand_and_unknown_ones():
    # .005*4/1, .011*4/2, .02*4/3, .2*4/4
    got = mp.false_discovery([0.02, np.nan, 0.005, 0.2, 0.011])
    assert got == pytest.approx([0.0266667, np.nan, 0.02, 0.2, 0.022], nan_ok=True, abs=1e-6)
    assert mp.false_discovery([]).size == 0
    assert np.isnan(mp.false_discovery([np.nan])).all()


def test_too_few():
    assert mp.too_few(29) and not mp.too_few(30)
    assert mp.too_few(100, 4, 96) and mp.too_few(100, 96, 4) and not mp.too_few(100, 5, 95)
    assert mp.too_few(float("nan"))
    assert mp.too_few(50, min_n=60)


def cells(people):
    return pd.DataFrame({"cell": list("abcdef")[: len(people)], "people": people, "score": 4.0})


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([50, 60, 70], []),  # nothing small
        ([4, 60, 25], ["a", "c"]),  # the next smallest goes with it
        ([3, 2, 60, 25], ["a", "b", "d"]),  # two tiny ones would show 5 people
        ([6, 7, 60], ["a", "b"]),  # together 13: enough
        ([0, 4, 60], ["b", "c"]),  # an empty cell protects no one
        ([0, 60], []),
        ([4], ["a"]),
    ],
)
def test_hidden_cells(people, hidden):
    got = mp.hide_small(cells(people), "people", 10, blank=["score"])
    assert got.cell[got.hidden].tolist() == hidden
    assert got.people[got.hidden].isna().all() and got.score[got.hidden].isna().all()
    assert got.people[~got.hidden].tolist() == [p for c, p in zip("abcdef", people) if c not in hidden]


def test_hidden_cells_cannot_be_subtracted():
    rng = np.random.default_rng(4)
    for _ in range(300):
        people = rng.integers(0, 40, 6)
        got = mp.hide_small(cells(people.tolist()), "people", 10)
        left = people.sum() - got.people.sum()
        small = people[got.hidden.to_numpy()]
        assert left == 0 or (left >= 10 and len(small) >= 2) or people.sum() < 10 or (people > 0).sum() == 1


def test_groups_have_totals_of_their_own():
    frame = pd.DataFrame({"month": [1, 1, 1, 2, 2], "people": [4, 60, 25, 30, 40]})
    assert mp.hide_small(frame, "people", 10, by="month").hidden.tolist() == [True, False, True, False, False]
    assert mp.hide_small(frame, "people", 10, total=False).hidden.tolist() == [True, False, False, False, False]


def test_an_unknown_column_is_named():
    with pytest.raises(KeyError, match="no column 'persons'; the table has cell, people, score"):
        mp.hide_small(cells([1]), "persons", 10)
