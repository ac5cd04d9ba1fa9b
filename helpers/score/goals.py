"""How far from target: the status of an interval and the score of a value.

| status | higher is better |
|---|---|
| on_target | the whole interval is at or past the target: low >= target |
| red_flag | the whole interval is past the red flag: high < red flag |
| below_target | the whole interval is short of the target, and not all of it is past the red flag: high < target |
| not_yet_known | the interval holds the target |
| no_information | no interval (missing table, too few cases), or no target |

Lower is better: the same, mirrored. A range (`target: [low, high]`) is both at once, against its lower edge as higher is better and
against its upper edge as lower is better; the worse of the two statuses and the lower of the two scores count. So the
score is 6.67 on either edge, rises inside, and can be 10 only in a range wide enough.

An interval with one bound missing is open on that side: a median that was not reached has a lower bound alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

RED_FLAG_SCORE, GOAL_SCORE, TOP_SCORE = 10 / 3, 20 / 3, 10.0
_WORST_FIRST = ("red_flag", "below_target", "not_yet_known", "on_target")


@dataclass(frozen=True)
class Goal:
    """A target and its red flag, in the KPI's unit; pairs (lower, upper) where `better` is range.

    Raises ValueError where the target is not on the better side of its red flag.
    """

    better: str
    target: float | tuple[float, float]
    red_flag: float | tuple[float, float]

    def __post_init__(self) -> None:
        ends = [*_pair(self.target), *_pair(self.red_flag)]
        if not all(math.isfinite(end) for end in ends):
            raise ValueError("target and red flag must be finite numbers")
        if self.better == "range" and not (ends[2] < ends[0] < ends[1] < ends[3]):
            raise ValueError("a range must lie inside its red flags")
        if self.better != "range" and not self._sides()[0].right_way():
            raise ValueError("the target lies on the wrong side of its red flag")

    def _sides(self) -> tuple[_Side, ...]:
        if self.better == "range":
            (low, high), (flag_low, flag_high) = self.target, self.red_flag
            return _Side(1, low, flag_low), _Side(-1, high, flag_high)
        return (_Side(1 if self.better == "higher" else -1, self.target, self.red_flag),)

    def times(self, factor: float) -> Goal:
        """The goal for `factor` months, where it is stated for one (totals)."""
        scaled = [tuple(factor * end for end in _pair(ends)) for ends in (self.target, self.red_flag)]
        return Goal(self.better, *(ends if len(ends) > 1 else ends[0] for ends in scaled))

    def nearest(self, value: float | None) -> tuple[float, float]:
        """The (target, red flag) that judge `value`: for a range, those of the edge it is nearest to breaking."""
        sides = self._sides()
        side = sides[0] if value is None or math.isnan(value) else min(sides, key=lambda each: each.score(value))
        return side.target, side.red_flag


@dataclass(frozen=True)
class _Side:
    """One direction: way is 1 where higher is better, -1 where lower is."""

    way: int
    target: float
    red_flag: float

    def right_way(self) -> bool:
        return self.way * (self.target - self.red_flag) > 0

    def status(self, low: float, high: float) -> str:
        if self.way < 0:
            low, high = -high, -low
        target, flag = self.way * self.target, self.way * self.red_flag
        if low >= target:
            return "on_target"
        return "red_flag" if high < flag else "below_target" if high < target else "not_yet_known"

    def score(self, value: float) -> float:
        raw = RED_FLAG_SCORE + (GOAL_SCORE - RED_FLAG_SCORE) * (value - self.red_flag) / (self.target - self.red_flag)
        return min(max(raw, 0.0), TOP_SCORE)


def status(goal: Goal | None, low: float | None, high: float | None) -> str:
    """The status of an interval against a goal; no_information where either is missing.

    >>> goal = Goal("higher", target=0.25, red_flag=0.15)
    >>> [status(goal, *bounds) for bounds in ((0.25, 0.3), (0.2, 0.25), (0.14, 0.2), (0.1, 0.14), (None, None))]
    ['on_target', 'not_yet_known', 'below_target', 'red_flag', 'no_information']
    >>> status(Goal("range", (2, 4), (1, 6)), 4.5, 7)
    'below_target'
    """
    if goal is None or (_gone(low) and _gone(high)):
        return "no_information"
    low, high = -math.inf if _gone(low) else low, math.inf if _gone(high) else high
    if low > high:
        raise ValueError(f"an interval from {low:g} to {high:g} runs backwards")
    return min((side.status(low, high) for side in goal._sides()), key=_WORST_FIRST.index)


def score(goal: Goal | None, value: float | None) -> float:
    """Score 0-10: red flag 3.33, goal 6.67 (thirds of ten), a straight line through both, cut at 0 and 10; NaN without goal or value.

    >>> goal = Goal("lower", target=24, red_flag=48)
    >>> [round(score(goal, value), 2) for value in (24, 36, 48, 90, 0)]
    [6.67, 5.0, 3.33, 0.0, 10.0]
    >>> round(score(Goal("range", (2, 4), (1, 6)), 3), 2)
    8.33
    """
    if goal is None or _gone(value):
        return math.nan
    return min(side.score(value) for side in goal._sides())


def score_span(goal: Goal | None, low: float | None, high: float | None) -> tuple[float, float]:
    """The lowest and highest score that a value between low and high can have; NaN where a bound is missing.

    >>> [round(end, 2) for end in score_span(Goal("lower", 24, 48), 24, 60)]
    [1.67, 6.67]
    >>> [round(end, 2) for end in score_span(Goal("range", (2, 4), (1, 6)), 2, 4)]
    [6.67, 8.89]
    """
    if goal is None or _gone(low) or _gone(high):
        return math.nan, math.nan
    points = [low, high]
    if goal.better == "range":
        rising, falling = goal._sides()
        up, down = rising.target - rising.red_flag, falling.target - falling.red_flag
        peak = (rising.red_flag * down - falling.red_flag * up) / (down - up)  # where the two lines cross
        points += [peak] if low < peak < high else []
    scores = [score(goal, point) for point in points]
    return min(scores), max(scores)


def best_known(goal: Goal | None, value: float | None, low: float | None, high: float | None) -> float:
    """The value to score: `value`, or where it was not reached the known bound, which is the best it can be.

    A median that more than half outlast has a lower bound alone: where lower is better, that bound is scored; where the
    known bound is the worst it can be, nothing is.

    >>> best_known(Goal("lower", 7, 14), None, 20.0, None), best_known(Goal("higher", 7, 3), None, 20.0, None)
    (20.0, nan)
    """
    if not _gone(value) or goal is None:
        return math.nan if _gone(value) else value
    bound = {"lower": low, "higher": high}.get(goal.better)
    return math.nan if _gone(bound) else bound


def promise_kept(promised: float, low: float, high: float, *, higher: bool) -> str:
    """Whether a promised value is reached: yes, no, or not_yet_known by the same rule as a target; "" where nothing is known.

    >>> promise_kept(0.6, 0.61, 0.7, higher=True), promise_kept(0.6, 0.5, 0.7, higher=True), promise_kept(24, 30, 35, higher=False)
    ('yes', 'not_yet_known', 'no')
    """
    if _gone(promised) or (_gone(low) and _gone(high)):
        return ""
    low, high = -math.inf if _gone(low) else low, math.inf if _gone(high) else high
    answer = _Side(1 if higher else -1, promised, promised).status(low, high)
    return {"on_target": "yes", "not_yet_known": "not_yet_known"}.get(answer, "no")


def band(score: float) -> str:
    """The status that a rolled-up score stands for: on target from 6.67, red flag under 3.33, below target between.

    >>> band(20 / 3), band(5.0), band(3.3), band(math.nan)
    ('on_target', 'below_target', 'red_flag', 'no_information')
    """
    if _gone(score):
        return "no_information"
    # A weighted mean of scores that sit on a mark may miss it by rounding alone.
    if score >= GOAL_SCORE - 1e-9:
        return "on_target"
    return "below_target" if score >= RED_FLAG_SCORE - 1e-9 else "red_flag"


def _pair(ends: float | tuple[float, float]) -> tuple[float, ...]:
    return tuple(ends) if isinstance(ends, tuple | list) else (ends,)


def _gone(value: float | None) -> bool:
    return value is None or math.isnan(value)
