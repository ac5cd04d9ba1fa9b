"""Cascading on the page: where a part (a segment's or a team's scorecard) pulls the whole, KPI by KPI.

A part's contribution to a rate or mean is (its value - the whole's value) x its share of the whole's n: how far the whole
would move if this part were like everybody, so the contributions of parts that make up the whole add to zero. For a median
or another KPI that is no ratio, the n share stands in for the true weight. For a total or a level it is the part's value less
the part's own target: what it brings or leaves out. `pull` puts all of them on one scale: the points of score
(0-10) that the contribution is worth on the whole's KPI, plus where it lifts, minus where it drags.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from helpers.journey import SegmentError, parse_segment, segment_values
from helpers.score.card import Scorecard
from helpers.score.library import read_scorecards
from helpers.score.lines import ScoreError
from helpers.score.scored import ScoredCard, cut_to_people, judge
from helpers.score.goals import GOAL_SCORE, RED_FLAG_SCORE, Goal

if TYPE_CHECKING:
    from helpers.journey import Journey

PULL_COLUMNS = [
    "segment", "team", "card", "objective", "kpi", "label", "unit", "better", "owner", "part", "low", "high", "n", "target", "status",
    "whole", "whole_n", "whole_target", "whole_status", "n_share", "contribution", "pull", "pull_low", "pull_high", "direction",
]
_NUMBERS = (
    "part", "low", "high", "n", "target", "whole", "whole_n", "whole_target", "n_share", "contribution", "pull", "pull_low", "pull_high",
)


def cascade(
    journey: Journey, phase: str, whole: ScoredCard | None = None, *,
    estimates: Callable[[Journey, list[str]], pd.DataFrame] | None = None, kpis: Any = None,
) -> pd.DataFrame:
    """Every part of a phase's scorecard beside the whole, ordered by pull, the strongest drag first.

    Parts are the scorecards with a `segment:` inside the journey's own segment (on `all`: every one) or with a `team:`. `estimates`
    gives a part's numbers, by default `infer.estimates`. Returns PULL_COLUMNS, see `pull`; empty where there are no parts.
    """
    if estimates is None:
        from helpers import infer

        estimates = infer.estimates
    library = read_scorecards(journey.company.folder, kpis, currency=journey.company.currency)
    parts = [(part, inside) for part in library.parts(phase) if (inside := _part_of(journey, part))]
    if not parts:
        return pd.DataFrame(columns=PULL_COLUMNS)
    _check_segments(journey, [part for part, _ in parts])
    if whole is None:
        ids = [id for id, kpi in library.kpis.items() if kpi.phase == phase]
        whole = judge(journey, library, library.of(phase, journey.segment.label), estimates(journey, ids))
    tables = []
    for part, inside in parts:
        chosen = [target.kpi for _, target in part.entries()]
        scored = judge(inside, library, part, estimates(inside, chosen))
        tables.append(pull(whole, scored, min_cell=journey.min_cell))
    return _ordered(pd.concat(tables, ignore_index=True))


def pull(whole: ScoredCard, part: ScoredCard, *, min_cell: int = 0) -> pd.DataFrame:
    """One part beside the whole: a row for each KPI of the part's scorecard, strongest drag first. Returns PULL_COLUMNS.

    `part` is the part's value with its interval, target and status, `whole` the whole's value; `pull_low` and `pull_high` are
    the pull at the ends of the part's interval. `direction` is drags or lifts where the part's whole interval lies on one side of the whole's value (of its own target,
    for a total), `level` where the difference is not shown, and empty where nothing can be said. Where the part leaves fewer
    than `min_cell` of the whole's people, its figures are withheld: those of the rest could be worked out.
    """
    mine = part.rows[(part.rows["grain"] == "period") & (part.rows["objective_id"] != "")]
    theirs = whole.rows[whole.rows["grain"] == "period"].set_index("kpi")
    rows = [_row(part, row, theirs.loc[row["kpi"]].to_dict(), min_cell) for row in mine.to_dict("records")]
    return _ordered(pd.DataFrame(rows, columns=PULL_COLUMNS).astype(dict.fromkeys(_NUMBERS, "float64")))


def _part_of(journey: Journey, part: Scorecard) -> Journey | None:
    """The journey of a part: cut to its segment, or the same for a team; None where it lies outside."""
    cut = parse_segment(part.segment)
    if part.team and part.segment == "all":
        return journey
    if set(cut.pairs) == set(journey.segment.pairs):
        return journey if part.team else None
    return replace(journey, segment=cut) if set(cut.pairs) > set(journey.segment.pairs) else None


def _check_segments(journey: Journey, parts: list[Scorecard]) -> None:
    """Raise ScoreError where a part names a segment that no customer is in."""
    values = segment_values(journey) if any(part.segment != "all" for part in parts) else {}
    for part in parts:
        try:
            parse_segment(part.segment).check(values)
        except SegmentError as problem:
            raise ScoreError(journey.company.folder / "scorecards" / part.file, None, str(problem)) from None


def _row(part: ScoredCard, mine: dict[str, Any], theirs: dict[str, Any], min_cell: int) -> dict[str, Any]:
    card, total = part.card, part.scorecards.kpis[mine["kpi"]].statistic in ("total", "level")
    figures = {"part": mine["value"], **{key: mine[key] for key in ("low", "high", "n", "target", "status")}}
    if 0 < theirs["people"] - mine["people"] < min_cell:
        figures |= dict.fromkeys(("part", "low", "high", "n"), math.nan) | {"status": "no_information"}
    share = figures["n"] / theirs["n"] if theirs["n"] > 0 else math.nan
    row = {
        "segment": card.segment, "team": card.team, "card": card.name,
        **{key: mine[key] for key in ("objective", "kpi", "label", "unit", "better", "owner")}, **figures,
        "whole": theirs["value"], **{f"whole_{key}": theirs[key] for key in ("n", "target", "status")}, "n_share": share,
    }
    if not cut_to_people(part.scorecards.kpis[mine["kpi"]]) or card.segment == theirs["segment"]:
        return row | dict.fromkeys(("contribution", "pull", "pull_low", "pull_high"), math.nan) | {"direction": ""}
    mark, scale = (mine["target"], 1.0) if total else (theirs["value"], share)
    slope = _slope(theirs["goal"] or mine["goal"], theirs["value"])
    gaps = [(figures[key] - mark) * scale for key in ("part", "low", "high")]
    pull, *ends = (gap * slope for gap in gaps)
    direction = "" if math.isnan(pull) or any(math.isnan(end) for end in ends) else "level"
    if direction and not figures["low"] <= mark <= figures["high"]:
        direction = "lifts" if pull > 0 else "drags"
    return row | {"contribution": gaps[0], "pull": pull, "pull_low": min(ends), "pull_high": max(ends), "direction": direction}


def _slope(goal: Goal | None, at: float) -> float:
    """Points of score for one unit of the KPI: the line through red flag and goal."""
    if goal is None:
        return math.nan
    target, flag = goal.nearest(at)
    return (GOAL_SCORE - RED_FLAG_SCORE) / (target - flag)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("pull", kind="stable", na_position="last", ignore_index=True)
