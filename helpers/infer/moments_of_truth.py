"""Page 4, moments of truth: stages, value chain, moments, asymmetry, effects, recovery, cost against impact, what to do first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals, value_chain as chain
from helpers.infer.estimate import estimate
from helpers.infer.moments import MARGIN, Moments, moments, shown
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
    return Result("", table if len(known) else table.iloc[:0], who=_who(journey), facts=facts, method=(
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
                  extra={"waiting": chain.waiting(journey)})


@section("moments", page=PAGE, needs=RATED, would_show="which touchpoints are moments of truth, by several methods side by side")
def moments_table(journey: Journey) -> Result:
    """One row a rated touchpoint: see `moments.Moments`."""
    found = moments(journey)
    return Result("", found.table, who=_analysed(journey, found), facts=_facts(journey, found), method=_method(journey, found))


@section("effects", page=PAGE, needs=RATED, would_show="what a poor experience at each touchpoint goes with, all else in the data held equal")
def effects(journey: Journey) -> Result:
    """One row a touchpoint with an effect: touchpoint (label), n, poor_n, naive, effect ..., joint ..., e_value ..., overlap, stability, verdict."""
    found = moments(journey)
    table = found.table.dropna(subset=["effect"]).drop(columns=["touchpoint", "n"]).rename(columns={"label": "touchpoint", "analysed": "n"})
    kept = ["touchpoint", "n", "poor_n", "naive", "effect", "effect_low", "effect_high", "p_value", "q_value", "joint", "joint_low", "joint_high", "joint_q",
            "overlap", "e_value", "e_value_low", "stability", "verdict", "why"]
    words = ", ".join(name.replace("_", " ") for name in found.covariates)
    return Result("", table[kept].reset_index(drop=True), who=_analysed(journey, found), facts=_facts(journey, found), nothing=_nothing(found) if found.reason or found.same else "", method="" if not len(table) else (
        f"Effects: the difference in the share who {outcome.phrase(journey)}, a poor experience against any other, among those who rated the touchpoint; doubly "
        f"robust and cross-fitted, adjusted for what was known before ({words}, with squares and products) and for how the other touchpoints were rated. A "
        f"difference counts from {100 * MARGIN:g} points; q values are Benjamini and Hochberg's."
    ))


@section("penalty_reward", page=PAGE, needs=RATED, would_show="where a poor experience only punishes and where an excellent one rewards")
def penalty_reward(journey: Journey) -> Result:
    """One row a touchpoint that punishes or rewards beyond chance: touchpoint (label), penalty ..., reward ..., asymmetry, kind, n."""
    found = moments(journey)
    table = found.table.dropna(subset=["asymmetry"]).drop(columns=["touchpoint", "n"]).rename(columns={"label": "touchpoint", "analysed": "n"})
    kept = ["touchpoint", "n", "poor_n", *(f"{a}{b}" for a in ("penalty", "reward") for b in ("", "_low", "_high")), "asymmetry", "kind", "verdict"]
    return Result("", table[kept].reset_index(drop=True), who=_analysed(journey, found), facts=_facts(journey, found), nothing=_nothing(found) if found.reason else "No touchpoint is shown to punish or to reward.", method="" if not len(table) else (
        "Penalty and reward: one regression of the outcome on a poor and on a delightful experience at each touchpoint against a middling one, not adjusted for "
        "who the customer is; bootstrap intervals over customers. Only touchpoints are drawn where one of the two is beyond chance."
    ))


@section("experience_outcome", page=PAGE, needs=RATED, would_show="what customers do next after poor, middling and delightful experiences at each touchpoint")
def experience_outcome(journey: Journey) -> Result:
    """One row a touchpoint and experience: touchpoint, label, group (Poor, Middling, Delightful), value, low, high, n, people."""
    found = moments(journey)
    if found.reason:
        return Result("", who=_who(journey), facts=_facts(journey, found), nothing=_nothing(found))
    sums = measured.by_experience(journey)
    table = pd.concat([sums, intervals.share(*[sums[c] for c in SUMS])[["value", "low", "high"]]], axis=1)
    table = hide_small(table, "people", journey.min_cell, by="touchpoint", blank=["value", "low", "high", "n"])
    table["label"] = table["touchpoint"].map(found.table.set_index("touchpoint")["label"])
    known = table.groupby("touchpoint")["value"].transform(lambda v: v.notna().sum()) >= 2
    enough = table.groupby("touchpoint")["n"].transform("sum") >= journey.min_n
    table = table[known & enough].assign(group=table["experience"].map({"poor": "Poor", "middling": "Middling", "delighted": "Delightful"}))
    rank = {"poor": 0, "middling": 1, "delighted": 2}
    order = found.table.reset_index().set_index("touchpoint")["index"]
    table = table.assign(_a=table["touchpoint"].map(order), _b=table["experience"].map(rank)).sort_values(["_a", "_b"], ignore_index=True)
    return Result("", table[["touchpoint", "label", "group", "value", "low", "high", "n", "people"]], who=_analysed(journey, found), facts=_facts(journey, found), method=(
        "Experience and outcome: plain shares with Wilson's interval over customers, nothing held equal."))


@section("recovery", page=PAGE, needs=RATED, would_show="whether customers whose poor experience was put right come back more often than the others")
def recovery(journey: Journey) -> Result:
    """One row a touchpoint ("All together" first) and group: label, group (Put right, Not put right), value, low, high, n, people; extra difference."""
    found = moments(journey)
    if found.reason or found.same:
        return Result("", who=_who(journey), facts=_facts(journey, found), nothing=_nothing(found))
    sums = repaired.by_recovery(journey)
    refused = found.table.loc[found.table["refused"], "touchpoint"]
    sums = sums[~sums["touchpoint"].isin(refused)].reset_index(drop=True)
    if not len(sums):
        return Result("", who=_who(journey), facts=_facts(journey, found))
    table = pd.concat([sums, intervals.share(*[sums[c] for c in SUMS])[["value", "low", "high"]]], axis=1).assign(people=sums["m"], n=sums["w"])
    table = hide_small(table, "people", journey.min_cell, by="touchpoint", blank=["value", "low", "high", "n"])
    table.loc[table["n"] < journey.min_n, ["value", "low", "high"]] = np.nan
    label = found.table.set_index("touchpoint")["label"]
    table["label"] = table["touchpoint"].map(label).astype("object").where(table["touchpoint"] != "", "All together")
    table["group"] = table["repaired"].map({1: "Put right", 0: "Not put right"})
    both = table.groupby("touchpoint")["value"].transform(lambda v: v.notna().sum()) == 2
    table = table[both].assign(_a=table["touchpoint"] != "", _n=-table.groupby("touchpoint")["n"].transform("sum"))
    table = table.sort_values(["_a", "_n", "touchpoint", "repaired"], ascending=[True, True, True, False], ignore_index=True)
    follows = journey.outcome == "repeat_purchase"
    window = f"within {repaired.DAYS} days, among customers who had not bought again by then" if follows else "before the answer"
    return Result("", table[["touchpoint", "label", "group", "value", "low", "high", "n", "people"]], who=_who(journey),
                  facts={**_facts(journey, found), **_difference(table)}, method=(
        f"Recovery: poor ratings put right {window}: a ticket solved and not reopened, or a good answer about support. Who is put right is "
        "not drawn by lot, so a difference goes with the repair and need not come from it."))


@section("cost_impact", page=PAGE, needs=("activities.cost", "activity_touchpoints", *RATED),
         would_show="each activity's share of the cost against its share of the impact on what customers do next")
def cost_impact(journey: Journey) -> Result:
    """One row an activity: see `value_chain.cost_impact`."""
    found, table = moments(journey), chain.cost_impact(journey)
    known = table["impact_share"].notna().any()
    return Result("", table if known else table.iloc[:0], who=_analysed(journey, found), facts={**_facts(journey, found), "touchpoints": int(shown(found.table).sum())}, nothing="" if known else _nothing(found), method="" if not known else (
        "Impact: customers who met a touchpoint, times the share of poor ratings there, times the effect of a poor experience, summed over the touchpoints whose "
        "effect is below 0 beyond chance and divided over their activities as the cost is. The interval draws the effects within their own; shares of reach and of "
        "poor ratings count as known."))


@section("do_first", page=PAGE, needs=RATED, would_show="which touchpoint to work on first, how much could be gained, and who owns it")
def do_first(journey: Journey) -> Result:
    """One row a touchpoint whose effect is shown: label, verdict, kind, owner, met, way, now, aim, gain, gain_low, gain_high.

    way: fewer_poor (now and aim are shares of poor ratings) or, where a touchpoint only rewards, more_delight (shares of delightful ones). aim:
    the best quarter of all rated touchpoints. gain: customers.
    """
    found = moments(journey)
    extra = ["touchpoint", "verdict", "kind", "owner", "delighted_share", "reward", "reward_low", "reward_high"]
    table = chain.impact(journey).merge(found.table[extra], on="touchpoint")
    if not len(table):
        return Result("", who=_who(journey), facts=_facts(journey, found), nothing=_nothing(found))
    peers = found.table[(found.table["n"] >= journey.min_n) & ~found.table["refused"].astype(bool)]
    delights = table["kind"].eq("attractor").to_numpy()
    table["way"] = np.where(delights, "more_delight", "fewer_poor")
    table["now"] = np.where(delights, table["delighted_share"], table["poor_share"])
    table["aim"] = np.where(delights, peers["delighted_share"].quantile(0.75), peers["poor_share"].quantile(0.25))
    reach = table["met"] * (table["aim"] - table["now"]).where(delights, table["now"] - table["aim"]).clip(lower=0)
    for name, harm in (("", "effect"), ("_low", "effect_high"), ("_high", "effect_low")):
        table[f"gain{name}"] = reach * table[f"reward{name}"].where(delights, -table[harm].astype(float))
    table["owner"] = table["owner"].astype("object").where(table["owner"].notna(), _activity_owner(journey, table["touchpoint"]))
    return Result("", table.sort_values(["gain", "touchpoint"], ascending=[False, True], ignore_index=True), who=_analysed(journey, found),
                  facts=_facts(journey, found), method=(
        "What to do first: how many more of the customers who met a touchpoint could have had the outcome, had poor ratings there been as rare as in the best quarter "
        "of all rated touchpoints (where it only rewards: excellent ones as frequent), if the association is cause."))


def _activity_owner(journey: Journey, touchpoints: pd.Series) -> pd.Series:
    """The owner of the costliest activity that serves each touchpoint."""
    served = chain.matrix(journey) if journey.has("activity_touchpoints") else pd.DataFrame(columns=["touchpoint", "owner", "cost"])
    top = served.dropna(subset=["owner"]).sort_values("cost", ascending=False, kind="stable").drop_duplicates("touchpoint").set_index("touchpoint")["owner"]
    return touchpoints.map(top)


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


def _nothing(found: Moments) -> str:
    """What to say where a section of the analysis is empty."""
    if found.reason:
        return f"Not measured: {found.reason}."
    if found.same:
        return "Not measured: every touchpoint was rated in the same breath as the outcome, so nothing came before it."
    return "No touchpoint's poor experience is shown to go with fewer outcomes in this period and segment."


def _facts(journey: Journey, found: Moments) -> dict:
    table = found.table
    return {
        "phrase": outcome.phrase(journey), "bare": outcome.phrase(journey, bare=True), "outcome": journey.outcome, "same": found.same,
        "reason": found.reason, "rate": found.rate, "rate_words": outcome.rate_words(journey, found.rate, found.occasions), "occasions": found.occasions, "rows": found.rows, "customers": found.customers, "part": found.part,
        "margin": MARGIN, "r_squared": found.r_squared,
        "moments": table.loc[table["verdict"] == "moment_of_truth", "label"].tolist(),
        "watch": table.loc[table["verdict"] == "watch", "label"].tolist(),
        "refused": table.loc[table["refused"].astype(bool), "label"].tolist(),
    }


def _who(journey: Journey) -> str:
    return "all customers" if journey.segment.label == "all" else f"customers with {journey.segment.label}"


def _analysed(journey: Journey, found: Moments) -> str:
    if not found.rows:
        return _who(journey)
    what = "purchases" if journey.outcome == "repeat_purchase" else "answers"
    return f"{found.rows:,} rated {what} of {found.customers:,} customers ({_who(journey)})"


def _method(journey: Journey, found: Moments) -> str:
    if found.reason:
        return ""
    days = f"{journey.company.windows.retention_days:g}"
    unit = {
        "repeat_purchase": f"Moments: one case is a day on which a customer bought, with the ratings given after it and before the next purchase, within {days} days; its "
        f"outcome is another purchase within {days} days of it. Purchases whose window is still open are left out; of two ratings of one touchpoint the later counts.",
    }.get(str(journey.outcome), f"Moments: one case is an answer about the company as a whole, with the ratings of touchpoints that the same customer gave in the {days} days up to it.")
    if found.same:
        unit += " Here both come from one and the same survey: what goes together is shown, and no effect is claimed."
    if found.part < 1:
        unit += f" There are so many cases that the analysis takes one customer in {1 / found.part:.0f}; shares of ratings and performance count everybody."
    importance = "importance is each touchpoint's part of the variance that all ratings explain (LMG; Johnson's weights beyond twelve touchpoints), with a bootstrap interval over customers"
    return f"{unit} Performance is the mean on the survey's own scale; {importance}."
