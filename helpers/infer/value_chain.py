"""The value chain against the moments of truth: what each activity costs, and how much of the impact hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.infer.blocks import around
from helpers.infer.intervals import LEVEL
from helpers.infer.moments import moments, shown
from helpers.journey import Journey
from helpers.measure import value_chain as chain

BOTTLENECK = 0.5
"""An activity that waits for more than this share of its time is a bottleneck."""
NOBODY = "(no activity)"


def matrix(journey: Journey) -> pd.DataFrame:
    """Activity by touchpoint: activity, label, kind, owner, touchpoint, touchpoint_label, stage, part, cost (currency a month)."""
    words = journey.dictionary.set_index("touchpoint")
    table = chain.serving(journey).merge(chain.activities(journey)[["activity", "label", "kind", "owner"]], on="activity", how="left")
    spoken = table["touchpoint"].str.replace("_", " ").str.capitalize()
    table["touchpoint_label"] = table["touchpoint"].map(words["label"]).astype("object").fillna(spoken) if len(words) else spoken
    table["stage"] = table["touchpoint"].map(words["stage"]) if len(words) else None
    return table


def gaps(journey: Journey) -> pd.DataFrame:
    """Where activities and touchpoints miss each other, and where time is lost.

    One row a gap: gap (serves_nothing, nobody_serves, bottleneck), id, label, owner, number (monthly cost; contacts in the period;
    waiting share), customers (behind the contacts).
    """
    activities, served = chain.activities(journey), chain.serving(journey)
    idle = activities[~activities["activity"].isin(served["activity"])]
    rows = [("serves_nothing", r.activity, r.label, r.owner, r.cost, np.nan) for r in idle.itertuples()]
    waits = activities.assign(part=activities["waiting_hours"] / activities["elapsed_hours"].where(activities["elapsed_hours"] > 0))
    rows += [("bottleneck", r.activity, r.label, r.owner, r.part, np.nan) for r in waits[waits["part"] > BOTTLENECK].itertuples()]
    met, words = chain.contacts_by_touchpoint(journey), journey.dictionary.set_index("touchpoint")
    alone = met[~met["touchpoint"].isin(served["touchpoint"]) & (met["customers"] >= journey.min_cell)] if len(served) else met.iloc[:0]
    for r in alone.itertuples():
        known = r.touchpoint in words.index
        label = words.at[r.touchpoint, "label"] if known else r.touchpoint.replace("_", " ").capitalize()
        rows.append(("nobody_serves", r.touchpoint, label, words.at[r.touchpoint, "owner"] if known else None, float(r.contacts), float(r.customers)))
    table = pd.DataFrame(rows, columns=["gap", "id", "label", "owner", "number", "customers"])
    order = {"serves_nothing": 0, "nobody_serves": 1, "bottleneck": 2}
    return table.assign(_o=table["gap"].map(order)).sort_values(["_o", "number", "id"], ascending=[True, False, True], ignore_index=True).drop(columns="_o")


def waiting(journey: Journey) -> pd.DataFrame:
    """Elapsed and waiting hours of each activity: activity, label, owner, elapsed_hours, waiting_hours, waiting_share."""
    table = chain.activities(journey).dropna(subset=["elapsed_hours", "waiting_hours"])
    table = table.assign(waiting_share=table["waiting_hours"] / table["elapsed_hours"].where(table["elapsed_hours"] > 0))
    return table.sort_values(["waiting_share", "activity"], ascending=[False, True], ignore_index=True)


def met(journey: Journey, table: pd.DataFrame) -> pd.Series:
    """How many customers met each rated touchpoint in the period: by their contacts, at least those who rated it."""
    contacts = chain.contacts_by_touchpoint(journey).set_index("touchpoint")["customers"]
    return np.maximum(table["touchpoint"].map(contacts).fillna(0), table["people"].fillna(0))


def impact(journey: Journey) -> pd.DataFrame:
    """What poor experience costs where it is shown to matter: touchpoint, label, met, poor_share, effect, impact, impact_low, impact_high.

    impact is in customers: those who met the touchpoint, times the share of poor ratings, times the effect (how many more would have
    had the outcome, if the association were cause).
    """
    table = moments(journey).table
    table = table[shown(table)].copy()
    table["met"] = met(journey, table)
    for name, end in (("impact", "effect"), ("impact_low", "effect_high"), ("impact_high", "effect_low")):
        table[name] = -table[end].astype(float) * table["poor_share"] * table["met"]
    kept = ["touchpoint", "label", "met", "poor_share", "effect", "effect_low", "effect_high", "impact", "impact_low", "impact_high"]
    return table[kept].sort_values(["impact", "touchpoint"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True)
class Impacts:
    """What hangs on each activity. table: activity, label, owner, cost (currency a month), impact (customers, at the estimate); the row NOBODY
    holds what no activity serves. draws: (draws, activities), resamples of the impacts in the same order."""

    table: pd.DataFrame
    draws: np.ndarray


def impacts(journey: Journey) -> Impacts:
    """The impact of `impact`, divided over the activities that serve each touchpoint as their cost is, with draws of the effects.

    The draws resample blocks of customers (`effects.with_draws`); reach and shares of poor ratings count as known.
    """
    return journey.kept("impacts", lambda: _impacts(journey))


def _impacts(journey: Journey) -> Impacts:
    costs, served = impact(journey), chain.serving(journey)
    table = _with_nobody(chain.activities(journey)[["activity", "label", "owner", "cost"]].copy(), served, costs)
    effect = costs["effect"].to_numpy(dtype=float)
    drawn = moments(journey).draws.reindex(columns=costs["touchpoint"]).to_numpy(dtype=float)
    each = np.maximum(-np.vstack([effect, drawn]), 0) * (costs["poor_share"] * costs["met"]).to_numpy(dtype=float)
    by = np.nan_to_num(each) @ _parts(table["activity"], costs["touchpoint"], served)
    return Impacts(table.assign(impact=by[0]), by[1:])


def cost_impact(journey: Journey) -> pd.DataFrame:
    """Each activity's share of all cost against its share of all impact.

    Columns activity, label, owner, cost (currency a month), cost_share, impact, impact_share, impact_low, impact_high (95 %, over draws of
    the effects, see `impacts`). impact_share is empty where no touchpoint's effect is shown.
    """
    found = impacts(journey)
    table, each = found.table, np.vstack([found.table["impact"], found.draws])
    whole = each.sum(axis=1, keepdims=True)
    shares = np.divide(each, whole, out=np.full(each.shape, np.nan), where=whole > 0)
    low, high = around(shares[0], shares[1:], LEVEL)
    table = table.assign(cost_share=table["cost"] / table["cost"].sum(), impact_share=shares[0], impact_low=low, impact_high=high)
    return table.sort_values(["impact_share", "cost_share", "activity"], ascending=[False, False, True], ignore_index=True)


def _with_nobody(table: pd.DataFrame, served: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """A row for touchpoints with impact that no activity serves, if there are any."""
    if costs["touchpoint"].isin(served["touchpoint"]).all():
        return table
    nobody = pd.DataFrame({"activity": [NOBODY], "label": ["No activity"], "owner": [None], "cost": [0.0]})
    return pd.concat([table, nobody.astype(table.dtypes.to_dict(), errors="ignore")], ignore_index=True)


def _parts(activities: pd.Series, touchpoints: pd.Series, served: pd.DataFrame) -> np.ndarray:
    """How much of each touchpoint's impact falls to each activity: (touchpoints, activities), rows sum to 1."""
    parts = np.zeros((len(touchpoints), len(activities)))
    place = {name: i for i, name in enumerate(activities)}
    for row, touchpoint in enumerate(touchpoints):
        mine = served[served["touchpoint"] == touchpoint]
        weight = mine["cost"].fillna(0).to_numpy(dtype=float)
        weight = weight if weight.sum() > 0 else np.ones(len(mine))
        for name, share in zip(mine["activity"], weight / weight.sum() if len(mine) else [], strict=True):
            parts[row, place[name]] += share
        if not len(mine):
            parts[row, place[NOBODY]] = 1.0
    return parts
