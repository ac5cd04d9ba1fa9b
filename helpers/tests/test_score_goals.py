"""Status and score: DESIGN section 6, by hand and as properties over random goals."""

from __future__ import annotations

import math
import random

import pytest

from helpers.score.goals import Goal, best_known, score, status

HIGHER = Goal("higher", 0.25, 0.15)
LOWER = Goal("lower", 24.0, 48.0)
RANGE = Goal("range", (2.0, 4.0), (1.0, 6.0))
NAN = math.nan


@pytest.mark.parametrize(
    ("goal", "low", "high", "expected"),
    [
        (HIGHER, 0.26, 0.30, "on_target"),
        (HIGHER, 0.25, 0.30, "on_target"),  # at the target
        (HIGHER, 0.25, 0.25, "on_target"),
        (HIGHER, 0.24, 0.30, "not_yet_known"),
        (HIGHER, 0.10, 0.30, "not_yet_known"),  # holds the target, though it holds the red flag too
        (HIGHER, 0.24, 0.25, "not_yet_known"),
        (HIGHER, 0.16, 0.24, "below_target"),
        (HIGHER, 0.10, 0.24, "below_target"),  # spans the red flag, wholly short of the target
        (HIGHER, 0.10, 0.15, "below_target"),  # at the red flag is not past it
        (HIGHER, 0.10, 0.149, "red_flag"),
        (HIGHER, NAN, NAN, "no_information"),
        (HIGHER, 0.26, NAN, "on_target"),  # open above
        (HIGHER, 0.20, NAN, "not_yet_known"),
        (HIGHER, NAN, 0.12, "red_flag"),
        (LOWER, 20, 24, "on_target"),
        (LOWER, 20, 25, "not_yet_known"),
        (LOWER, 25, 48, "below_target"),
        (LOWER, 25, 60, "below_target"),
        (LOWER, 49, 60, "red_flag"),
        (LOWER, 30, NAN, "below_target"),  # a median not reached: at least 30
        (LOWER, 50, NAN, "red_flag"),
        (LOWER, 20, NAN, "not_yet_known"),
        (RANGE, 2, 4, "on_target"),
        (RANGE, 1.5, 3, "not_yet_known"),
        (RANGE, 3, 5, "not_yet_known"),
        (RANGE, 0.5, 7, "not_yet_known"),  # wider than the range and both flags
        (RANGE, 1.2, 1.8, "below_target"),
        (RANGE, 0.2, 1.8, "below_target"),
        (RANGE, 0.2, 0.9, "red_flag"),
        (RANGE, 4.5, 5.5, "below_target"),
        (RANGE, 6.5, 7, "red_flag"),
        (None, 0.2, 0.3, "no_information"),
    ],
)
def test_status(goal, low, high, expected):
    assert status(goal, low, high) == expected


def test_score_by_hand():
    assert score(HIGHER, 0.25) == pytest.approx(6.67, abs=0.005)
    assert score(HIGHER, 0.15) == pytest.approx(3.33, abs=0.005)
    assert [score(HIGHER, value) for value in (0.20, 0.05, 0.0, 0.35, 0.9)] == pytest.approx([5.0, 0.0, 0.0, 10.0, 10.0])
    assert [score(LOWER, value) for value in (24, 48, 12, 72, 100)] == pytest.approx([20 / 3, 10 / 3, 25 / 3, 0.0, 0.0])
    assert [score(RANGE, value) for value in (1, 2, 4, 6)] == pytest.approx([10 / 3, 20 / 3, 20 / 3, 10 / 3])
    assert math.isnan(score(HIGHER, NAN)) and math.isnan(score(None, 0.3))


def test_a_value_never_reached_scores_its_known_bound_only_where_that_is_the_best_it_can_be():
    assert best_known(LOWER, NAN, 30.0, NAN) == 30.0
    assert math.isnan(best_known(LOWER, NAN, NAN, 30.0))
    assert best_known(HIGHER, NAN, NAN, 0.12) == 0.12
    assert best_known(HIGHER, 0.2, 0.1, 0.3) == 0.2
    assert math.isnan(best_known(RANGE, NAN, 1.0, NAN))


@pytest.mark.parametrize(
    ("better", "target", "flag"),
    [("higher", 1, 1), ("higher", 1, 2), ("lower", 2, 1), ("range", (2, 4), (2, 6)), ("range", (4, 2), (1, 6)), ("higher", NAN, 1)],
)
def test_a_goal_on_the_wrong_side_is_refused(better, target, flag):
    with pytest.raises(ValueError):
        Goal(better, target, flag)


def _goals(seed: int, count: int = 300):
    draw = random.Random(seed)
    for _ in range(count):
        a, b, c, d = sorted(draw.uniform(-50, 50) for _ in range(4))
        if min(b - a, c - b, d - c) > 1e-3:
            yield draw, Goal("higher", b, a), Goal("lower", c, d), Goal("range", (b, c), (a, d))


def test_lower_is_higher_mirrored():
    for draw, higher, _, _ in _goals(1):
        mirrored = Goal("lower", -higher.target, -higher.red_flag)
        low, high = sorted(draw.uniform(-60, 60) for _ in range(2))
        assert status(higher, low, high) == status(mirrored, -high, -low)
        assert score(higher, low) == pytest.approx(score(mirrored, -low))


def test_a_range_is_both_directions_at_once():
    worst = ("red_flag", "below_target", "not_yet_known", "on_target")
    for draw, higher, lower, both in _goals(2):
        low, high = sorted(draw.uniform(-60, 60) for _ in range(2))
        each = [status(higher, low, high), status(lower, low, high)]
        assert status(both, low, high) == min(each, key=worst.index)
        assert score(both, low) == min(score(higher, low), score(lower, low))


def test_score_is_monotone_bounded_and_hits_its_marks():
    for draw, higher, lower, both in _goals(3):
        first, second = sorted(draw.uniform(-60, 60) for _ in range(2))
        assert 0 <= score(higher, first) <= score(higher, second) <= 10
        assert 10 >= score(lower, first) >= score(lower, second) >= 0
        for goal in (higher, lower):
            assert score(goal, goal.target) == pytest.approx(20 / 3) and score(goal, goal.red_flag) == pytest.approx(10 / 3)
        assert [score(both, end) for end in (*both.target, *both.red_flag)] == pytest.approx([20 / 3, 20 / 3, 10 / 3, 10 / 3])


def test_status_and_score_never_contradict_each_other():
    """A settled interval's every point scores on the side that its status says."""
    for draw, *goals in _goals(4):
        for goal in goals:
            low, high = sorted(draw.uniform(-60, 60) for _ in range(2))
            point, found = draw.uniform(low, high), status(goal, low, high)
            if found == "on_target":
                assert score(goal, point) >= 20 / 3 - 1e-9
            elif found == "red_flag":
                assert score(goal, point) <= 10 / 3 + 1e-9
            elif found == "below_target":
                assert score(goal, point) <= 20 / 3 + 1e-9


def test_a_narrower_interval_never_loses_what_a_wider_one_settled():
    for draw, *goals in _goals(5):
        for goal in goals:
            low, high = sorted(draw.uniform(-60, 60) for _ in range(2))
            inner = sorted(draw.uniform(low, high) for _ in range(2))
            outer, now = status(goal, low, high), status(goal, *inner)
            if outer in ("on_target", "red_flag"):
                assert now == outer
            elif outer == "below_target":
                assert now in ("below_target", "red_flag")


def test_nearest_edge_of_a_range():
    assert RANGE.nearest(1.5) == (2.0, 1.0) and RANGE.nearest(5.0) == (4.0, 6.0)
    assert RANGE.times(3).target == (6.0, 12.0)
