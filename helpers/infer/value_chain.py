"""The value chain against the moments of truth: what each activity costs, and how much of the impact hangs on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.infer.blocks import SEED
from helpers.infer.intervals import LEVEL
from helpers.infer.moments import moments, shown
from helpers.journey import Journey
from helpers.measure import value_chain as chain

DRAWS = 2000
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


def cost_impact(journey: Journey, *, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Each activity's share of all cost against its share of all impact.

    Columns activity, label, owner, cost (currency a month), cost_share, impact, impact_share, impact_low, impact_high (95 %, over draws of
    the effects). A touchpoint's impact is divided over the activities that serve it as their cost is; what nobody serves is the
    row NOBODY. impact_share is empty where no touchpoint's effect is shown.
    """
    activities, costs, harm = chain.activities(journey), impact(journey), chain.serving(journey)
    table = activities[["activity", "label", "owner", "cost"]].copy()
    z = ndtri(0.5 + LEVEL / 2)
    error = (costs["effect_high"] - costs["effect_low"]).to_numpy(dtype=float) / (2 * z)
    drawn = np.random.default_rng(seed).normal(costs["effect"].to_numpy(dtype=float), error, (draws, len(costs)))
    weight = (costs["poor_share"] * costs["met"]).to_numpy(dtype=float)
    each = np.maximum(-np.vstack([costs["effect"].to_numpy(dtype=float), drawn]), 0) * weight
    table = _with_nobody(table, harm, costs)
    parts = _parts(table["activity"], costs["touchpoint"], harm)
    whole = each.sum(axis=1, keepdims=True)
    shares = np.divide(each @ parts, whole, out=np.full((len(each), len(table)), np.nan), where=whole > 0)
    low, high = np.nanquantile(shares[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0) if len(costs) else np.full((2, len(table)), np.nan)
    table = table.assign(cost_share=table["cost"] / table["cost"].sum(), impact=(each @ parts)[0], impact_share=shares[0], impact_low=low, impact_high=high)
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
