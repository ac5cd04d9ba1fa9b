"""Friction: how often it was hard for the customer. One definition for every page that shows it.

An occasion is a contact whose outcome is known (hard: it failed or was broken off), a ticket of which it is known whether it was opened again (hard: it was), or an
effort answer (hard: the lower half of the scale). Each counts once. Where effort is the very question that a touchpoint's ratings come from, the
answers are left to the ratings, so that nothing counts in both.
"""

from __future__ import annotations

from functools import reduce

import pandas as pd

from helpers.engine import F
from helpers.journey import Journey
from helpers.measure import outcome
from helpers.measure.base import POOR_BELOW, described, experiences, has_instrument, interactions, succeeded
from helpers.measure.registry import person, six_sums

KINDS = {"contact": "contacts that failed or were broken off", "ticket": "tickets opened again", "effort": "effort answers in the lower half"}
ALL = "all"


def friction(journey: Journey, key: str) -> pd.DataFrame:
    """How often it was hard in the period, by touchpoint or stage (`key`): the key, kind (a key of KINDS, or "all") and the six sums, s 1 where it was hard."""
    return journey.once(f"friction by {key}", lambda: _friction(journey, key)).copy()


def _friction(journey: Journey, key: str) -> pd.DataFrame:
    rows = journey.once("occasions of friction", lambda: _occasions(journey))
    if rows is None:
        return pd.DataFrame(columns=[key, "kind", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"])
    return journey.collect(six_sums(rows.filter(F.col(key).isNotNull()), key, "kind"), [key, "kind"])


def _occasions(journey: Journey):
    """Every occasion under its own kind and once more under "all": touchpoint, stage, cluster, s, kind."""
    parts = [part.withColumn("kind", F.lit(kind)) for kind, part in _parts(journey).items()]
    if not parts:
        return None
    rows = reduce(lambda a, b: a.unionByName(b), parts)
    return rows.unionByName(rows.withColumn("kind", F.lit(ALL)))


def _parts(journey: Journey) -> dict:
    """Kind -> its occasions in the period: touchpoint, stage, cluster, s."""
    found = {}
    if journey.has("interactions", "outcome"):
        rows = journey.cut(interactions(journey)).filter(F.col("outcome").isNotNull())
        found["contact"] = rows.select("touchpoint", "stage", F.col("customer_id").alias("cluster"), F.when(succeeded(), 0.0).otherwise(1.0).alias("s"))
    if journey.has("tickets", "touchpoint", "reopened"):
        rows = described(journey, journey.inside("tickets").filter(F.col("reopened").isNotNull()))
        found["ticket"] = rows.select("touchpoint", "stage", person(rows).alias("cluster"), F.when(F.col("reopened"), 1.0).otherwise(0.0).alias("s"))
    if journey.has("surveys", "touchpoint") and has_instrument(journey, "ces"):
        asked = outcome.instruments(journey)
        own = asked.loc[asked["instrument"] == "ces", "touchpoint"].tolist()
        rows = described(journey, journey.cut(experiences(journey, "ces").filter(F.col("touchpoint").isNotNull() & ~F.col("touchpoint").isin(*(own or [""])))))
        found["effort"] = rows.select("touchpoint", "stage", person(rows).alias("cluster"), F.when(F.col("quality") < POOR_BELOW, 1.0).otherwise(0.0).alias("s"))
    return found
