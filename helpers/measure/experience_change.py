"""How each touchpoint is rated in two spans of time."""

from __future__ import annotations

import pandas as pd

from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.outcome import ratings
from helpers.measure.registry import person, six_sums
from helpers.measure.spans import marked, spans


def by_touchpoint(journey: Journey) -> pd.DataFrame:
    """Experience in both spans: span (before, now), touchpoint and the six sums of quality (0-1), see `outcome.ratings`; no rows where there are no two spans."""
    both = spans(journey)
    if both is None:
        return pd.DataFrame(columns=["span", "touchpoint", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"])
    rows = ratings(journey).withColumn("span", marked(both)).filter(F.col("span").isNotNull())
    rows = rows.select("span", "touchpoint", person(rows).alias("cluster"), F.col("quality").alias("s"))
    return journey.collect(six_sums(rows, "span", "touchpoint"), ["span", "touchpoint"])
