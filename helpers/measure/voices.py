"""What customers say in their own words: comments on surveys and mentions in public, row by row, for a page that reads them.

Row by row means in Python, so very many are sampled: by customer, from a hash of the id, so that two runs read the same ones.
"""

from __future__ import annotations

import pandas as pd

from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import described
from helpers.measure.registry import person

MOST_TEXTS = 40_000
DETRACTOR = 6.5 / 10
"""Detractors give 6 or less of 10."""
COLUMNS = ["cluster", "at", "instrument", "touchpoint", "stage", "quality", "text"]
_LETTERS = 8


def comments(journey: Journey) -> pd.DataFrame:
    """The period's comments, one row each: COLUMNS; quality is the place of the answer's score on its scale (0-1).

    attrs: rows (all comments of the period) and sampled (whether more than MOST_TEXTS made a sample by customer needed).
    """
    return journey.once("comments", lambda: _comments(journey))


def _comments(journey: Journey) -> pd.DataFrame:
    if not journey.has("surveys", "comment"):
        return pd.DataFrame(columns=COLUMNS)
    rows = described(journey, journey.inside("surveys").filter(F.col("comment").isNotNull()))
    quality = (F.col("score") - F.col("scale_min")) / (F.col("scale_max") - F.col("scale_min"))
    chosen = rows.select(person(rows).alias("cluster"), "at", "instrument", "touchpoint", "stage", quality.alias("quality"), F.col("comment").alias("text"), "row_id")
    return sampled(journey, chosen, COLUMNS)


def mentions(journey: Journey) -> pd.DataFrame:
    """The period's mentions in public: cluster, text, sentiment (the company's own, may be missing); attrs as `comments`."""
    columns = ["cluster", "text", "sentiment"]
    if not journey.has("mentions", "text"):
        return pd.DataFrame(columns=columns)
    rows = journey.inside("mentions").filter(F.col("text").isNotNull())
    return sampled(journey, rows.select(person(rows).alias("cluster"), "text", "sentiment", "row_id"), columns)


def sampled(journey: Journey, rows, columns: list[str], *, by: str = "cluster", order: list[str] | None = None) -> pd.DataFrame:
    """The rows in their order (default: by row_id), or of more than MOST_TEXTS those of a sample of the customers named by `by`; attrs rows and sampled."""
    total = int(journey.collect(rows.agg(F.count(F.lit(1)).alias("n")))["n"].iloc[0])
    if total > MOST_TEXTS:
        most = f"{int(MOST_TEXTS / total * 16**_LETTERS):0{_LETTERS}x}"
        rows = rows.filter(F.substring(F.md5(F.col(by)), 1, _LETTERS) < most)
    table = journey.collect(rows, order or ["row_id"])[columns]
    table.attrs.update(rows=total, sampled=total > MOST_TEXTS)
    return table


def recommenders(journey: Journey) -> pd.Series:
    """Each customer's latest recommendation answer of the period as its place on the scale (0-1), by cluster; empty where nobody was asked."""
    if not journey.has("surveys"):
        return pd.Series(dtype=float)
    rows = journey.inside("surveys").filter((F.col("instrument") == "nps") & F.col("score").isNotNull())
    place = (F.col("score") - F.col("scale_min")) / (F.col("scale_max") - F.col("scale_min"))
    rows = rows.select(person(rows).alias("cluster"), F.struct("at", "row_id", place.alias("place")).alias("answer"))
    table = journey.collect(rows.groupBy("cluster").agg(F.max("answer").getField("place").alias("place")), ["cluster"])
    return table.set_index("cluster")["place"]

