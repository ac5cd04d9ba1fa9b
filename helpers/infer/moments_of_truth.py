"""Page 4, moments of truth: stages, value chain, moments, asymmetry, effects, recovery, cost against impact, what to do first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals, moments_words as words, value_chain as chain
from helpers.infer.estimate import estimate
from helpers.infer.moments import moments
from helpers.infer.multiplicity import hide_small
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import all_kpis, outcome
from helpers.measure import moments_of_truth as measured
from helpers.measure import recovery as repaired
from helpers.measure.stages import WINDOWS, before

PAGE = "4_moments_of_truth"
RATED = ("surveys.touchpoint", "surveys.customer_id")
SUMS = ("m", "s", "w", "ss", "sw", "ww")


@section("stage_conversion", page=PAGE, needs=("interactions", "touchpoints.stage"), would_show="at which stage of the journey customers stop")
def stage_conversion(journey: Journey) -> Result:
    """One row a stage after the first: stage, label, value, low, high (share who go on to it), n (customers at the stage before), days."""
    rows = []
    for stage, window in WINDOWS.items():
        earlier = before(journey, stage)
        if earlier is None:
            continue
        kpi = all_kpis()[f"stage_conversion_{stage}"]
        found = estimate(journey, kpi).query("grain == 'period'").iloc[0]
        days = getattr(journey.company.windows, f"{window}_days")
        names = journey.stages
        later = " or later" if stage != list(names)[-1] else ""
        rows.append((stage, f"{names[earlier]} → {names[stage].lower()}{later}", found["value"], found["low"], found["high"], found["n"], days))
    table = pd.DataFrame(rows, columns=["stage", "label", "value", "low", "high", "n", "days"])
    known = table.dropna(subset=["value"])
    facts = {"weakest": known.loc[known["value"].idxmin()].to_dict()} if len(known) else {}
    return Result("", table if len(known) else table.iloc[:0], who=journey.segment.people, facts=facts, method=(
        "Stages: the share of customers who, after their first contact with a stage, have contact with the next one or a later one within its "
        "window (Kaplan-Meier, open windows censored)."
    ))


@section("value_chain", page=PAGE, needs=("activities", "activity_touchpoints"), would_show="which activity serves which touchpoint, and at what cost")
def value_chain(journey: Journey) -> Result:
    """One row an activity and touchpoint it serves: see `value_chain.matrix`."""
    table = chain.matrix(journey)
    activities = chain.chain.activities(journey)
    return Result("", table, who=journey.company.name, facts={
        "activities": len(activities), "cost": float(activities["cost"].sum()), "touchpoints": int(table["touchpoint"].nunique()),
        "currency": journey.company.currency,
    }, method="Value chain: an activity's monthly cost is divided over its touchpoints by the shares that the company states, evenly where it states none.")


@section("activity_gaps", page=PAGE, needs=("activities", "activity_touchpoints"),
         would_show="activities that serve nothing, touchpoints that nobody serves, and activities that mostly wait")
def activity_gaps(journey: Journey) -> Result:
    """One row a gap: see `value_chain.gaps`; extra: waiting, one row an activity with its waiting share."""
    table = chain.gaps(journey)
    return Result("", table, who=journey.company.name, facts={"currency": journey.company.currency, "total": float(chain.chain.activities(journey)["cost"].sum())},
                  extra={"waiting": chain.waiting(journey)}, method=(
        "Gaps: an activity that the list of what each serves does not name; a touchpoint with contacts that no activity serves; an activity that waits for more than half of "
        "its elapsed hours. Costs, hours and the list are the company's own statement, so there is no interval."))


@section("moments", page=PAGE, needs=RATED, would_show="which touchpoints are moments of truth, by several methods side by side")
def moments_table(journey: Journey) -> Result:
    """One row a rated touchpoint: see `moments.Moments`."""
    found = moments(journey)
    return Result("", found.table, who=words.analysed(journey, found), facts=words.facts(journey, found), method=words.method(journey, found))


@section("effects", page=PAGE, needs=RATED, would_show="what a poor experience at each touchpoint goes with, all else in the data held equal")
def effects(journey: Journey) -> Result:
    """One row a touchpoint with an effect: touchpoint (label), n, poor_n, naive, effect ..., joint ..., e_value ..., overlap, stability, verdict."""
    found = moments(journey)
    table = found.table.dropna(subset=["effect"]).drop(columns=["touchpoint", "n"]).rename(columns={"label": "touchpoint", "analysed": "n"})
    kept = ["touchpoint", "n", "poor_n", "naive", "effect", "effect_low", "effect_high", "p_value", "q_value", "joint", "joint_low", "joint_high", "joint_q",
            "overlap", "e_value", "e_value_low", "stability", "verdict", "why"]
    known = ", ".join(name.replace("_", " ") for name in found.covariates)
    return Result("", table[kept].reset_index(drop=True), who=words.analysed(journey, found), facts=words.facts(journey, found), nothing=words.nothing(found) if found.reason or found.same else "", method="" if not len(table) else (
        f"Effects: the difference in the share who {outcome.phrase(journey)}, a poor experience against any other, among those who rated the touchpoint; doubly "
        f"robust and cross-fitted, adjusted for what was known before ({known}, with squares and products) and for how the other touchpoints were rated. A "
        f"difference counts from {100 * journey.company.practical_margin:g} points; q values (Benjamini and Hochberg over all touchpoints) test that it is larger than that. The E-value says by what factor a trait that no table holds would have to go with "
        "both the experience and the outcome to explain the estimate, or the end of its interval nearer nought, away; halves are asked only of touchpoints with signs of an effect. Nobody drew lots about who fares poorly, so it is what goes "
        "with a poor experience, adjusted, and never said to be what it changes."
    ))


@section("penalty_reward", page=PAGE, needs=RATED, would_show="where a poor experience only punishes and where an excellent one rewards")
def penalty_reward(journey: Journey) -> Result:
    """One row a touchpoint that punishes or rewards beyond chance: touchpoint (label), penalty ..., reward ..., asymmetry, kind, n."""
    found = moments(journey)
    table = found.table.dropna(subset=["asymmetry"]).drop(columns=["touchpoint", "n"]).rename(columns={"label": "touchpoint", "analysed": "n"})
    kept = ["touchpoint", "n", "poor_n", *(f"{a}{b}" for a in ("penalty", "reward") for b in ("", "_low", "_high")), "asymmetry", "asymmetry_low", "asymmetry_high", "kind", "verdict"]
    return Result("", table[kept].reset_index(drop=True), who=words.analysed(journey, found), facts=words.facts(journey, found), nothing=words.nothing(found) if found.reason else "No touchpoint is shown to punish or to reward.", method="" if not len(table) else (
        "Penalty and reward: one regression of the outcome on a poor and on a delightful experience at each touchpoint against a middling one, not adjusted for "
        "who the customer is; bootstrap intervals over customers. Only touchpoints are drawn where one of the two is beyond chance."
    ))


@section("experience_outcome", page=PAGE, needs=RATED, would_show="what customers do next after poor, middling and delightful experiences at each touchpoint")
def experience_outcome(journey: Journey) -> Result:
    """One row a touchpoint and experience: touchpoint, label, group (Poor, Middling, Delightful), value, low, high, n, people."""
    found = moments(journey)
    if found.reason:
        return Result("", who=journey.segment.people, facts=words.facts(journey, found), nothing=words.nothing(found))
    sums = measured.by_experience(journey)
    table = pd.concat([sums, intervals.share(*[sums[c] for c in SUMS])[["value", "low", "high"]]], axis=1)
    table = hide_small(table, "people", journey.min_cell, by="touchpoint", blank=["value", "low", "high", "n"])
    table["label"] = table["touchpoint"].map(found.table.set_index("touchpoint")["label"])
    known = table.groupby("touchpoint")["value"].transform(lambda v: v.notna().sum()) >= 2
    enough = table.groupby("touchpoint")["n"].transform("sum") >= journey.min_n
    table = table[known & enough]
    table = table.assign(group=table["experience"].map({"poor": "Poor", "middling": "Middling", "delighted": "Delightful"}))
    rank = {"poor": 0, "middling": 1, "delighted": 2}
    order = found.table.reset_index().set_index("touchpoint")["index"]
    table = table.assign(_a=table["touchpoint"].map(order), _b=table["experience"].map(rank)).sort_values(["_a", "_b"], ignore_index=True)
    return Result("", table[["touchpoint", "label", "group", "value", "low", "high", "n", "people"]], who=words.analysed(journey, found), facts=words.facts(journey, found), method=(
        "Experience and outcome: plain shares with Wilson's interval over customers, nothing held equal."))


@section("recovery", page=PAGE, needs=RATED, would_show="whether customers whose poor experience was put right come back more often than the others")
def recovery(journey: Journey) -> Result:
    """One row a touchpoint ("All together" first) and group: label, group (Put right, Not put right), value, low, high, n, people; extra difference."""
    found = moments(journey)
    if found.reason or found.same:
        return Result("", who=journey.segment.people, facts=words.facts(journey, found), nothing=words.nothing(found))
    sums = repaired.by_recovery(journey)
    refused = found.table.loc[found.table["refused"], "touchpoint"]
    sums = sums[~sums["touchpoint"].isin(refused)].reset_index(drop=True)
    if not len(sums):
        return Result("", who=journey.segment.people, facts=words.facts(journey, found))
    table = pd.concat([sums, intervals.share(*[sums[c] for c in SUMS])[["value", "low", "high"]]], axis=1).assign(people=sums["m"], n=sums["w"])
    table = hide_small(table, "people", journey.min_cell, by="touchpoint", blank=["value", "low", "high", "n"])
    table.loc[table["n"] < journey.min_n, ["value", "low", "high"]] = np.nan
    label = found.table.set_index("touchpoint")["label"]
    table["label"] = table["touchpoint"].map(label).astype("object").where(table["touchpoint"] != "", "All together")
    table["group"] = table["repaired"].map({1: "Put right", 0: "Not put right"})
    both = table.groupby("touchpoint")["value"].transform(lambda v: v.notna().sum()) == 2
    table = table[both]
    table = table.assign(_a=table["touchpoint"] != "", _n=-table.groupby("touchpoint")["n"].transform("sum"))
    table = table.sort_values(["_a", "_n", "touchpoint", "repaired"], ascending=[True, True, True, False], ignore_index=True)
    follows = journey.outcome == "repeat_purchase"
    window = f"within {repaired.DAYS} days, among customers who had not bought again by then" if follows else "before the answer"
    return Result("", table[["touchpoint", "label", "group", "value", "low", "high", "n", "people"]], who=journey.segment.people,
                  facts={**words.facts(journey, found), **_difference(table)}, method=(
        f"Recovery: poor ratings put right {window}: a ticket solved and not reopened, or a good answer about support. Who is put right is "
        "not drawn by lot, so a difference goes with the repair and need not come from it."))


def _difference(table: pd.DataFrame) -> dict:
    """Put right less not put right, all touchpoints together, with an interval from the two."""
    whole = table[table["touchpoint"] == ""].set_index("group")
    if len(whole) < 2:
        return {}
    a, b = whole.loc["Put right"], whole.loc["Not put right"]
    # Newcombe (1998), method 10: the two Wilson intervals combined.
    low = a["value"] - b["value"] - np.hypot(a["value"] - a["low"], b["high"] - b["value"])
    high = a["value"] - b["value"] + np.hypot(a["high"] - a["value"], b["value"] - b["low"])
    return {"difference": a["value"] - b["value"], "difference_low": low, "difference_high": high}


# The sections on what follows for the work come last, so they are registered last.
from helpers.infer import moments_work as _work, trial as _trial  # noqa: E402, F401
