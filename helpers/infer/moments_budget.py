"""The next unit of budget of a company: its activities, their impacts and draws, put through `allocation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.infer import allocation
from helpers.infer.value_chain import NOBODY, impacts
from helpers.journey import Journey

SHARE = 0.05
"""The next unit of budget: this share of what all activities cost today."""
ELASTICITIES = (0.3, 0.5, 0.7)
DRAWS = 400
"""Draws that the programme is solved on; bands of what an allocation brings use all draws of the effects."""


@dataclass(frozen=True)
class NextUnit:
    """Where the next unit of budget goes.

    table: `allocation.allocate` with label, owner, holds (recommended whatever the elasticity), the most money first. varied: activity,
    label, elasticity, extra, wins, recommended. amount: the budget, currency a month; share of today's cost. gain, even: what the optimum and
    the same money spread by today's cost bring: gain, gain_low, gain_high in customers over a period like this one.
    """

    table: pd.DataFrame
    varied: pd.DataFrame
    amount: float
    share: float
    gain: Mapping[str, float]
    even: Mapping[str, float]


def next_unit(journey: Journey, *, share: float = SHARE) -> NextUnit | None:
    """The best use of `share` of today's cost on top of it, at each of ELASTICITIES; None where no activity carries impact."""
    return journey.kept(f"next unit {share}", lambda: _next_unit(journey, share))


def _next_unit(journey: Journey, share: float) -> NextUnit | None:
    activities, draws = _activities(journey)
    amount = share * float(activities["cost"].sum())
    if not len(activities) or not amount > 0 or not (activities["impact"] > 0).any():
        return None
    plans = {e: allocation.allocate(activities, draws[:DRAWS], amount, elasticity=e).assign(elasticity=e, label=activities["label"], owner=activities["owner"]) for e in ELASTICITIES}
    varied = pd.concat(plans.values(), ignore_index=True)
    table = plans[allocation.ELASTICITY]
    table = table.assign(holds=table["activity"].map(varied.groupby("activity")["recommended"].all()))
    spread = amount * activities["cost"] / activities["cost"].sum()
    gain, even = (allocation.expected(activities, draws, extra).iloc[-1].to_dict() for extra in (table["extra"].fillna(0), spread.fillna(0)))
    return NextUnit(
        _kept(table.drop(columns="elasticity")), _kept(varied)[["activity", "label", "elasticity", "extra", "wins", "recommended"]], amount, share, gain, even)


def weighed(journey: Journey) -> pd.DataFrame:
    """The activities whose money can be weighed: activity, label, owner, cost (currency a month), impact (customers over a period like this one)."""
    return _activities(journey)[0]


def expected_impact(journey: Journey, extra: Mapping[str, float], *, elasticity: float = allocation.ELASTICITY) -> pd.DataFrame:
    """What any allocation would bring: `extra` by activity (currency a month; below 0: taken away), the rest unchanged.

    Out: `allocation.expected`, in customers over a period like this one; the last row, activity "", all together.
    Raises KeyError for an activity that the company does not have, ValueError where one loses more than it costs.
    """
    activities, draws = _activities(journey)
    if unknown := sorted(set(extra) - set(activities["activity"])):
        raise KeyError(f"expected_impact: no activity {unknown[0]!r}; the company has {', '.join(activities['activity'])}")
    return allocation.expected(activities, draws, activities["activity"].map(dict(extra)).fillna(0.0), elasticity=elasticity)


def _activities(journey: Journey) -> tuple[pd.DataFrame, np.ndarray]:
    """Activities with what hangs on them, and its draws; without what nobody serves."""
    found = impacts(journey)
    kept = (found.table["activity"] != NOBODY).to_numpy()
    return found.table[kept].reset_index(drop=True), found.draws[:, kept]


def _kept(table: pd.DataFrame) -> pd.DataFrame:
    """Activities that carry impact, the most money first."""
    order = ["elasticity", "extra", "wins", "activity"] if "elasticity" in table else ["extra", "wins", "activity"]
    falling = [name not in ("elasticity", "activity") for name in order]
    table = table[table["impact"] > 0]
    return table.sort_values(order, ascending=[not down for down in falling], ignore_index=True)
