"""The tables behind the moments of truth: one row an occasion with its ratings, outcome and what was known before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure import outcome
from helpers.measure.base import DELIGHT_FROM, POOR_BELOW

BLOCKS = 200
"""Blocks of customers that a bootstrap of the chain draws from."""
MOST_ROWS = 200_000
"""More occasions than this are sampled by customer, and the page says so: intervals no reader could tell apart from the whole."""
SEED = 20260930
TURNS = 2**32


@dataclass(frozen=True)
class Analysis:
    """One row an occasion with at least one rated touchpoint.

    customer: a number a customer, for clusters. outcome: 0/1. quality: one column a touchpoint, the rating's place on its scale, 0 to
    1, NaN where not rated. before: covariates known when the occasion began. occasions: settled ones in the period, rated or not.
    part: 1, or the share of customers kept where there were too many. same: rated in the same survey as the outcome.
    """

    customer: pd.Series
    outcome: pd.Series
    quality: pd.DataFrame
    before: pd.DataFrame
    occasions: int
    rate: float
    part: float
    same: bool

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def poor(self) -> pd.DataFrame:
        """1 where the experience was poor, 0 where not, NaN where not rated."""
        return (self.quality < POOR_BELOW).astype(float).where(self.quality.notna())

    @property
    def delight(self) -> pd.DataFrame:
        """1 where the experience delighted, 0 where not, NaN where not rated."""
        return (self.quality >= DELIGHT_FROM).astype(float).where(self.quality.notna())

    @property
    def customers(self) -> int:
        """How many customers the rows belong to."""
        return int(self.customer.nunique())


def analysis(journey: Journey, *, seed: int = SEED) -> Analysis:
    """The occasions of the period with the ratings that preceded their outcome (see `measure.outcome`).

    Touchpoints rated only after the outcome are left out (`outcome.places` names them). Where ratings in the same survey as
    the outcome outnumber those before it, they are what is analysed, and `same` is True. Of more than MOST_ROWS occasions, those
    of customers drawn at random by `seed`.
    """
    return journey.once(f"analysis {seed}", lambda: _analysis(journey, seed))


def _analysis(journey: Journey, seed: int) -> Analysis:
    found = outcome.places(journey)
    same = int(found["same"].sum()) > int(found["used"].sum())
    kept = found.loc[~found["refused"] & (found["same" if same else "used"] > 0), "touchpoint"].tolist()
    settled = journey.cut(outcome.occasions(journey).filter(F.col("closed") == 1))
    whole = journey.collect(settled.agg(F.count(F.lit(1)).alias("n"), F.avg("outcome").alias("rate")))
    people, part = _drawn(journey, kept, same, seed)
    rows = outcome.rated_with_outcome(journey, same=same, people=people)
    rows = journey.cut(rows.filter(F.col("touchpoint").isin(*kept, "")))
    marks = [F.max(F.when(F.col("touchpoint") == name, F.col("quality"))).alias(f"q{i}") for i, name in enumerate(kept)]
    head = [F.max(name).alias(name) for name in ("at", "outcome", "channel", "revenue")]
    wide = engine.keep(rows.groupBy("customer_id", "number").agg(*head, *marks))
    frame = journey.collect(_known_before(journey, wide), ["customer_id", "number"])
    customer = pd.Series(pd.factorize(frame["customer_id"])[0])
    quality = frame[[f"q{i}" for i in range(len(kept))]].set_axis(kept, axis=1).astype(float)
    rate = float(whole["rate"].iloc[0]) if int(whole["n"].iloc[0]) else math.nan
    return Analysis(customer, frame["outcome"].astype(float), quality, _covariates(journey, frame), int(whole["n"].iloc[0]), rate, part, same)


def _drawn(journey: Journey, kept: list[str], same: bool, seed: int) -> tuple[Any, float]:
    """The customers to analyse and their share of all: None and 1, or a random part where there are more than MOST_ROWS occasions.

    Every engine draws the same ones: a customer's first row number times a large odd number, modulo 2**32, is spread evenly; the seed
    says where the draw begins.
    """
    rows = journey.cut(outcome.placed(journey).filter((F.col("place") == ("same" if same else "used")) & F.col("touchpoint").isin(*kept, "")))
    each = rows.groupBy("customer_id").agg(F.min("row_id").alias("first"), F.countDistinct("number").alias("occasions"))
    each = engine.keep(each.withColumn("turn", (F.col("first") * 2654435761 + seed * 2246822519 % TURNS) % TURNS))
    total = journey.collect(each.agg(F.sum("occasions").alias("occasions"), F.count(F.lit(1)).alias("people"))).iloc[0]
    if not total["people"] or total["occasions"] <= MOST_ROWS:
        return None, 1.0
    chosen = each.filter(F.col("turn") < int(TURNS * MOST_ROWS / total["occasions"])).select("customer_id")
    count = int(journey.collect(chosen.agg(F.count(F.lit(1)).alias("n")))["n"].iloc[0])
    return chosen, count / float(total["people"])


def _known_before(journey: Journey, wide: Any) -> Any:
    """Add what was known of the customer when the occasion began: segments, acquired_at, earlier contacts."""
    if journey.has("customers"):
        chosen = ["customer_id", "acquired_at", *journey.company.segments]
        wide = wide.join(journey.table("customers").select(*chosen), "customer_id", "left")
    if journey.has("interactions"):
        contacts = journey.table("interactions").select("customer_id", F.col("at").alias("met_at"))
        pairs = wide.select("customer_id", "number", F.col("at").alias("began")).join(contacts, "customer_id")
        pairs = pairs.filter(F.col("met_at") < F.col("began")).groupBy("customer_id", "number")
        wide = wide.join(pairs.agg(F.count(F.lit(1)).alias("contacts_before")), ["customer_id", "number"], "left")
    return wide


def _covariates(journey: Journey, frame: pd.DataFrame) -> pd.DataFrame:
    """Covariates as the estimators take them: numbers and words; only those with more than one value."""
    known = pd.DataFrame(index=frame.index)
    known["months_into_the_data"] = (frame["at"] - pd.Timestamp(journey.first_at)).dt.days / 30.4
    if journey.outcome == "repeat_purchase":
        known["purchases_before"] = frame["number"].astype(float) - 1
        known["revenue"] = frame["revenue"].astype(float)
        known["channel"] = frame["channel"]
    if "acquired_at" in frame and frame["acquired_at"].notna().any():
        known["days_a_customer"] = (frame["at"] - frame["acquired_at"]).dt.days.clip(lower=0)
    if "contacts_before" in frame:
        known["contacts_before"] = frame["contacts_before"].fillna(0).astype(float)
    for name in journey.company.segments:
        if name in frame and name not in dict(journey.segment.pairs):
            known[name] = frame[name].astype("object").where(frame[name].notna(), "unknown").astype(str)
    return known.loc[:, [known[name].nunique(dropna=False) > 1 for name in known]]


def performance(journey: Journey) -> pd.DataFrame:
    """How each touchpoint is rated in the period: touchpoint, instrument, scale_min, scale_max, n, performance, poor_share,
    delighted_share, people.

    performance is the mean on the touchpoint's own scale (answers on another scale are carried over), n the ratings, people the
    customers (or answers where nobody is named).
    """
    rows = journey.cut(outcome.ratings(journey))
    who = F.coalesce(F.col("customer_id").cast("string"), F.concat(F.lit("row "), F.col("row_id").cast("string")))
    table = journey.collect(rows.groupBy("touchpoint").agg(
        F.count(F.lit(1)).alias("n"), F.avg("quality").alias("quality"), F.avg("poor").alias("poor_share"), F.avg("delighted").alias("delighted_share"), F.countDistinct(who).alias("people"),
    ), ["touchpoint"])
    asked = outcome.instruments(journey)[["touchpoint", "instrument", "scale_min", "scale_max"]]
    table = table.merge(asked, on="touchpoint")
    table["performance"] = table["scale_min"] + table["quality"] * (table["scale_max"] - table["scale_min"])
    return table


def steps_to_outcome(journey: Journey, *, blocks: int = BLOCKS) -> pd.DataFrame:
    """Steps of the chain from an occasion to its outcome, counted: block, source, target, count.

    A path holds the touchpoints a customer met on a settled occasion of the period, in time order (see
    `outcome.contacts_on_occasions`); it starts at "(start)" and ends at "(conversion)" or "(null)". Customers are dealt into
    `blocks`, so that a bootstrap can draw blocks.
    """
    dealt = outcome.occasions(journey).select("customer_id").distinct()
    dealt = dealt.select("customer_id", (F.row_number().over(Window.orderBy("customer_id")) % blocks).alias("block"))
    met = journey.cut(outcome.contacts_on_occasions(journey)).join(engine.keep(dealt), "customer_id")
    path = Window.partitionBy("customer_id", "number").orderBy("met_at", "row_id")
    ending = F.when(F.col("outcome") == 1, F.lit("(conversion)")).otherwise(F.lit("(null)"))
    # One step for both windows, so that the rows are sorted once.
    steps = met.select("block", "touchpoint", "outcome", F.lead("touchpoint").over(path).alias("following"), F.row_number().over(path).alias("turn"))
    steps = steps.select("block", "touchpoint", F.coalesce(F.col("following"), ending).alias("target"), F.when(F.col("turn") == 1, 1.0).otherwise(0.0).alias("opens"))
    counted = steps.groupBy("block", "touchpoint", "target").agg(F.count(F.lit(1)).cast("double").alias("count"), F.sum("opens").alias("opens"))
    table = journey.collect(counted, ["block", "touchpoint", "target"]).rename(columns={"touchpoint": "source"})
    opening = table.groupby(["block", "source"], as_index=False)["opens"].sum().rename(columns={"source": "target", "opens": "count"})
    opening = opening[opening["count"] > 0].assign(source="(start)")
    both = pd.concat([table.drop(columns="opens"), opening[["block", "source", "target", "count"]]], ignore_index=True)
    return both.sort_values(["block", "source", "target"], ignore_index=True)


def by_experience(journey: Journey) -> pd.DataFrame:
    """The outcome after poor, middling and delightful experiences, as sums over customers.

    One row a touchpoint and experience (poor, middling, delighted) of `analysis`: people, n (occasions) and the six sums of
    `infer.intervals` (m, s, w, ss, sw, ww), s counting occasions with the outcome.
    """
    found = analysis(journey)
    long = found.quality.melt(ignore_index=False, var_name="touchpoint", value_name="quality").dropna(subset=["quality"])
    long["experience"] = "middling"
    long.loc[long["quality"] < POOR_BELOW, "experience"] = "poor"
    long.loc[long["quality"] >= DELIGHT_FROM, "experience"] = "delighted"
    long = long.join(found.outcome.rename("s")).join(found.customer.rename("customer")).assign(w=1.0)
    keys = ["touchpoint", "experience"]
    each = long.groupby([*keys, "customer"], observed=True, sort=True)[["s", "w"]].sum().reset_index()
    each = each.assign(ss=each["s"] ** 2, sw=each["s"] * each["w"], ww=each["w"] ** 2)
    table = each.groupby(keys, sort=True).agg(m=("w", "size"), **{c: (c, "sum") for c in ("s", "w", "ss", "sw", "ww")}).reset_index()
    return table.assign(people=table["m"], n=table["w"])
