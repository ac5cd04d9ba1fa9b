"""Page 4, its last sections: what follows for the work. Cost against impact, the next unit of budget, what to do first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import allocation as programme, moments_budget as budget, moments_words as words, value_chain as chain
from helpers.infer.moments import moments, shown
from helpers.infer.section import Result, section
from helpers.journey import Journey

PAGE = "4_moments_of_truth"
RATED = ("surveys.touchpoint", "surveys.customer_id")


@section("cost_impact", page=PAGE, needs=("activities.cost", "activity_touchpoints", *RATED),
         would_show="each activity's share of the cost against its share of the impact on what customers do next")
def cost_impact(journey: Journey) -> Result:
    """One row an activity: see `value_chain.cost_impact`."""
    found, table = moments(journey), chain.cost_impact(journey)
    known = table["impact_share"].notna().any()
    return Result("", table if known else table.iloc[:0], who=words.analysed(journey, found), facts={**words.facts(journey, found), "touchpoints": int(shown(found.table).sum())}, nothing="" if known else words.nothing(found), method="" if not known else (
        "Impact: customers who met a touchpoint, times the share of poor ratings there, times the effect of a poor experience, summed over the touchpoints whose "
        "effect is below 0 beyond chance and divided over their activities as the cost is. The interval resamples blocks of customers for all effects at once; reach and shares of "
        "poor ratings count as known."))


@section("allocation", page=PAGE, needs=("activities.cost", "activity_touchpoints", *RATED),
         would_show="which activity the next unit of budget should go to, and how sure that is")
def allocation(journey: Journey) -> Result:
    """One row an activity that could gain from it: see `moments_budget.next_unit`; extra elasticity: what changes with the assumption."""
    found, best = moments(journey), budget.next_unit(journey)
    if best is None:
        return Result("", who=_cost_of(journey), facts=words.facts(journey, found), nothing=words.nothing(found))
    many = ", ".join(f"{100 * (2**e - 1):.0f}" for e in budget.ELASTICITIES)
    return Result("", best.table, who=_cost_of(journey), extra={"elasticity": best.varied}, facts={
        **words.facts(journey, found), "currency": journey.company.currency, "budget": best.amount, "share": best.share, "wins": programme.WINS,
        "touchpoints": int(shown(found.table).sum()), "gain": best.gain, "even": best.even, "months": (min(journey.period.end, journey.as_of) - max(journey.period.start, journey.first_at)).days / 30.4,
    }, method=(
        f"Next unit of budget: {100 * best.share:g}% of what all activities cost today, spent month by month on top. An activity's impact (see cost against impact) is assumed to grow with its cost to the power "
        f"of {programme.ELASTICITY:g}, and also {budget.ELASTICITIES[0]:g} and {budget.ELASTICITIES[-1]:g}, so that twice the cost brings {many}% more; this is an assumption, nothing in the data shows it. A linear programme fills "
        f"the {programme.SLICES} slices of the budget where they bring most, on {budget.DRAWS} draws of the effects. An activity wins a draw where it gets more than an equal share, and is recommended from {100 * programme.WINS:.0f}% of draws."
    ))


def _cost_of(journey: Journey) -> str:
    cost = chain.chain.activities(journey)["cost"].dropna()
    return f"{len(cost)} activities with a cost; {journey.segment.people}"


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
        return Result("", who=journey.segment.people, facts=words.facts(journey, found), nothing=words.nothing(found))
    peers = found.table[(found.table["n"] >= journey.min_n) & ~found.table["refused"].astype(bool)]
    delights = table["kind"].eq("attractor").to_numpy()
    table["way"] = np.where(delights, "more_delight", "fewer_poor")
    table["now"] = np.where(delights, table["delighted_share"], table["poor_share"])
    table["aim"] = np.where(delights, peers["delighted_share"].quantile(0.75), peers["poor_share"].quantile(0.25))
    reach = table["met"] * (table["aim"] - table["now"]).where(delights, table["now"] - table["aim"]).clip(lower=0)
    for name, harm in (("", "effect"), ("_low", "effect_high"), ("_high", "effect_low")):
        table[f"gain{name}"] = reach * table[f"reward{name}"].where(delights, -table[harm].astype(float))
    table["owner"] = table["owner"].astype("object").where(table["owner"].notna(), _activity_owner(journey, table["touchpoint"]))
    return Result("", table.sort_values(["gain", "touchpoint"], ascending=[False, True], ignore_index=True), who=words.analysed(journey, found),
                  facts=words.facts(journey, found), method=(
        "What to do first: how many more of the customers who met a touchpoint could have had the outcome, had poor ratings there been as rare as in the best quarter "
        "of all rated touchpoints (where it only rewards: excellent ones as frequent), if the association is cause."))


def _activity_owner(journey: Journey, touchpoints: pd.Series) -> pd.Series:
    """The owner of the costliest activity that serves each touchpoint."""
    served = chain.matrix(journey) if journey.has("activity_touchpoints") else pd.DataFrame(columns=["touchpoint", "owner", "cost"])
    top = served.dropna(subset=["owner"]).sort_values("cost", ascending=False, kind="stable").drop_duplicates("touchpoint").set_index("touchpoint")["owner"]
    return touchpoints.map(top)
