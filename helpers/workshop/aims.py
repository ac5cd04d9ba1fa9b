"""Targets moved in the room: the scorecard, its roll-up and every status at once, and how often the months would have met the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from helpers.score import quantity
from helpers.score.card import Scorecard
from helpers.score.goals import Goal, status
from helpers.score.scored import ScoredCard, judge_again
from helpers.workshop.record import Record

MOVED = ["phase", "kpi", "label", "owner", "target", "new_target", "red_flag", "new_red_flag", "value", "low", "high", "unit", "status", "new_status", "score", "new_score"]


def with_goals(card: ScoredCard, goals: Mapping[str, Goal]) -> ScoredCard:
    """The same numbers judged by other goals: kpi -> Goal (a total's for one month). Nothing is estimated again."""
    from helpers import infer

    covers = card.journey.segment.label
    objectives = tuple(
        replace(one, kpis=tuple(replace(t, goal=goals[t.kpi], covers=covers) if t.kpi in goals else t for t in one.kpis)) for one in card.card.objectives
    )
    return judge_again(card, replace(card.card, objectives=objectives), goals.keys(), infer.estimates(card.journey, goals))


def goals_of(record: Record, card: ScoredCard) -> dict[str, Goal]:
    """The goals that the room set on a phase's scorecard. Raises ValueError on a text that is no value of the KPI's unit."""
    found = {}
    for name, target in record["targets"].items():
        phase, _, kpi = name.rpartition(".")
        if phase in ("", card.card.phase) and kpi in card.scorecards.kpis:
            found[kpi] = goal(card, kpi, target["target"], target["red_flag"])
    return found


def goal(card: ScoredCard, kpi: str, target: str, red_flag: str) -> Goal:
    """A Goal from what a scorecard would hold ("70 %", "12 h", "120000 a month"). Raises ValueError."""
    one = card.scorecards.kpis[kpi]
    ends = [quantity.amount(text, one.unit, total=one.statistic == "total", currency=card.currency) for text in (target, red_flag)]
    return Goal(one.better, *ends)


def moved(before: ScoredCard, after: ScoredCard) -> pd.DataFrame:
    """One row a KPI whose goal differs between two judgements of the same numbers: MOVED."""
    key = ["kpi", "label", "owner", "unit", "value", "low", "high"]
    shown = ["target", "red_flag", "status", "score"]
    wide = before.table[[*key, *shown]].merge(after.table[["kpi", *shown]].rename(columns={name: f"new_{name}" for name in shown}), on="kpi")
    other = (wide["target"] != wide["new_target"]) & wide["new_target"].notna() | (wide["red_flag"] != wide["new_red_flag"]) & wide["new_red_flag"].notna()
    return wide[other].assign(phase=before.card.phase)[MOVED].reset_index(drop=True)


def months_met(card: ScoredCard, kpi: str, aim: Goal | None = None) -> pd.Series:
    """How many finished months with an interval stand how against a goal (default: the scorecard's): status -> months; a total's goal is for one month.

    History says whether a target was ever within reach: one that every month met asks for nothing, one that none met for a new way of working.
    """
    rows = card.rows[(card.rows["kpi"] == kpi) & (card.rows["grain"] == "month") & card.rows["value"].notna()]
    told = [status((aim.times(row.months) if aim is not None and row.months > 0 else aim) or row.goal, row.low, row.high) for row in rows.itertuples()]
    return pd.Series([one for one in told if one != "no_information"], dtype="object").value_counts()


def summary(card: ScoredCard) -> dict[str, object]:
    """The roll-up in one place: status and score of the phase and of each perspective, and how many KPIs stand how."""
    counts = card.table.loc[card.table["status"] != "no_information", "status"].value_counts().to_dict()
    return {"status": card.status, "score": card.score, "by_perspective": card.by_perspective, "counts": counts}


def stated(card: Scorecard) -> dict[str, Goal]:
    """The goals that a scorecard states: kpi -> Goal."""
    return {target.kpi: target.goal for _, target in card.entries() if target.goal is not None}
