"""The journey map in numbers: who is at each stage, how it feels there, where it hurts, and how well each is known.

Feeling runs from -2 (very poor) to +2 (very good). Where customers were asked, it is their ratings, each at its place on its own scale. Where too few
were asked one other source stands in and is named: the comments there, at advocacy what is said in public, else friction (see `feelings`). A stage is
read from one source alone: the sources mean different things, stand side by side on the page, and are never averaged.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals
from helpers.infer.feelings import ASKED, COMMENTS, DONE, SAID, feelings
from helpers.infer.moments import moments
from helpers.infer.multiplicity import hide_small
from helpers.journey import Journey
from helpers.measure import inventory
from helpers.measure import map as measured

SUMS = ("clusters", "s", "w", "ss", "sw", "ww")
RATED = ("surveys.touchpoint", "surveys.customer_id")
STAND_INS = (COMMENTS, SAID, DONE)
"""What a stage is read from where too few were asked, the first that is known."""
FIGURES = ["feeling", "feeling_low", "feeling_high", "ratings", "failed", "failed_low", "failed_high", "contacts"]
OTHERS = 2
"""Owners named a stage; the rest are counted."""


def touchpoints(journey: Journey) -> pd.DataFrame:
    """One row a touchpoint of the dictionary or the data: touchpoint, label, stage, channel, owner, customers, FIGURES, verdict, evidence.

    stage is missing where the dictionary does not know it. feeling rests on ratings only. customers, and figures of fewer than min_n cases or
    min_cell people, are missing. verdict is that of the moments of truth, "" where none was given.
    """
    return journey.kept("map touchpoints", lambda: _touchpoints(journey)).copy()


def _touchpoints(journey: Journey) -> pd.DataFrame:
    words = journey.dictionary.set_index("touchpoint")
    used = inventory.used(journey).set_index("touchpoint")
    names = list(dict.fromkeys([*words.index, *used.index]))
    table = pd.DataFrame({"touchpoint": pd.Series(names, dtype="object")})
    for column in ("label", "stage", "channel", "owner"):
        table[column] = table["touchpoint"].map(words[column]).astype("object")
    spoken = table["touchpoint"].str.replace("_", " ").str.capitalize()
    table["label"] = table["label"].where(table["label"].notna(), spoken)
    table["customers"] = table["touchpoint"].map(used["people"]).fillna(0).astype(float)
    table = table.merge(figures(journey, "touchpoint"), on="touchpoint", how="left").fillna({"ratings": 0.0, "contacts": 0.0})
    table["evidence"] = [grade(r, c, journey.min_n) for r, c in zip(table["ratings"], table["customers"], strict=True)]
    table = hide_small(table, "customers", journey.min_cell, total=False).drop(columns="hidden")
    verdicts = {} if journey.missing(RATED) else moments(journey).table.set_index("touchpoint")["verdict"].to_dict()
    return table.assign(verdict=table["touchpoint"].map(verdicts).astype("object").fillna(""))


def stages(journey: Journey) -> pd.DataFrame:
    """One row a stage: stage, label, customers, emotion with low and high, n, source, evidence, FIGURES, pain, pain_failed, owner.

    emotion is `feeling` where customers were asked (source "asked"), else its stand-in, see STAND_INS; missing where nothing is known. pain names the
    touchpoint with the poorest ratings of the stage, pain_failed the one where most contacts fail, each only where its whole interval is worse than the
    journey as a whole.
    """
    return journey.kept("map stages", lambda: _stages(journey)).copy()


def _stages(journey: Journey) -> pd.DataFrame:
    points = touchpoints(journey)
    table = pd.DataFrame({"stage": list(journey.stages), "label": list(journey.stages.values())})
    seen = measured.stage_people(journey).set_index("stage")["people"]
    table["customers"] = table["stage"].map(seen).fillna(0).astype(float)
    table = table.merge(figures(journey, "stage"), on="stage", how="left").fillna({"ratings": 0.0, "contacts": 0.0})
    table["evidence"] = [grade(r, c, journey.min_n) for r, c in zip(table["ratings"], table["customers"], strict=True)]
    table = hide_small(table, "customers", journey.min_cell, total=False).drop(columns="hidden")
    table = _emotion(table, feelings(journey, "stage"))
    marks = _pains(points)
    for name in ("pain", "pain_failed", "owner"):
        found = marks[name] if name != "owner" else _owners(points)
        table[name] = table["stage"].map(found).astype("object").fillna("")
    return table


def figures(journey: Journey, key: str) -> pd.DataFrame:
    """Feeling (-2 to +2) and failed share by touchpoint or stage: the key and FIGURES; ratings and contacts are 0 where there are none."""
    frame = pd.DataFrame({key: pd.Series(dtype="object")})
    if journey.has("surveys", "touchpoint"):
        frame = frame.merge(_felt(inventory.rated(journey, key), journey, key), on=key, how="outer")
    if journey.has("interactions", "outcome"):
        frame = frame.merge(_failed(inventory.failures(journey, key), journey, key), on=key, how="outer")
    frame = frame.reindex(columns=[key, *FIGURES]).dropna(subset=[key])
    return frame.fillna({"ratings": 0.0, "contacts": 0.0})


def _felt(sums: pd.DataFrame, journey: Journey, key: str) -> pd.DataFrame:
    found = intervals.from_sums(*[sums[c] for c in SUMS], bounds=(0.0, 1.0))
    table = sums[[key]].assign(ratings=sums["n"])
    for name, column in (("feeling", "value"), ("feeling_low", "low"), ("feeling_high", "high")):
        table[name] = (4 * found[column] - 2).where(_enough(sums, journey))
    return _hidden(table, sums, journey, "ratings")


def _failed(sums: pd.DataFrame, journey: Journey, key: str) -> pd.DataFrame:
    found = intervals.share(*[sums[c] for c in SUMS])
    table = sums[[key]].assign(contacts=sums["n"])
    for name, column in (("failed", "value"), ("failed_low", "low"), ("failed_high", "high")):
        table[name] = found[column].where(_enough(sums, journey))
    return _hidden(table, sums, journey, "contacts")


def _enough(sums: pd.DataFrame, journey: Journey) -> pd.Series:
    return (sums["n"] >= journey.min_n) & (sums["people"] >= journey.min_cell)


def _hidden(table: pd.DataFrame, sums: pd.DataFrame, journey: Journey, count: str) -> pd.DataFrame:
    """Counts of fewer than min_cell people read as none known."""
    return table.assign(**{count: table[count].where(sums["people"] >= journey.min_cell)})


def grade(ratings: float, customers: float, min_n: int) -> str:
    """How well a step is known: measured (customers were seen there and enough of them asked), partly (one of the two), assumed (neither).

    >>> grade(120, 400, 30), grade(0, 400, 30), grade(0, 0, 30)
    ('measured', 'partly', 'assumed')
    """
    asked, seen = ratings >= min_n, customers > 0
    return "measured" if asked and seen else "partly" if seen or ratings > 0 else "assumed"


def _emotion(table: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Add emotion, emotion_low, emotion_high, n and source: ratings, else the first of STAND_INS that is known."""
    table = table.assign(
        emotion=table["feeling"], emotion_low=table["feeling_low"], emotion_high=table["feeling_high"], n=table["ratings"],
        source=np.where(table["feeling"].notna(), ASKED, ""),
    )
    for source in STAND_INS:
        known = sources[sources["source"] == source].dropna(subset=["value"]).set_index("stage")
        where = table["emotion"].isna() & table["stage"].isin(known.index)
        for name, column in (("emotion", "value"), ("emotion_low", "low"), ("emotion_high", "high"), ("n", "n")):
            table[name] = table[name].astype(float).mask(where, table["stage"].map(known[column]).astype(float))
        table["source"] = table["source"].mask(where, source)
    return table.assign(n=table["n"].where(table["emotion"].notna()))


def _pains(points: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The touchpoint that hurts most, by stage: pain (ratings) and pain_failed (contacts); only where worse than the whole journey."""
    rated, tried = points.dropna(subset=["feeling"]), points.dropna(subset=["failed"])
    usual = np.average(rated["feeling"], weights=rated["ratings"]) if len(rated) else np.nan
    often = np.average(tried["failed"], weights=tried["contacts"]) if len(tried) else np.nan
    poor = rated[rated["feeling_high"] < usual].sort_values(["feeling", "touchpoint"]).drop_duplicates("stage")
    fails = tried[tried["failed_low"] > often].sort_values(["failed", "touchpoint"], ascending=[False, True]).drop_duplicates("stage")
    return {"pain": poor.set_index("stage")["touchpoint"].to_dict(), "pain_failed": fails.set_index("stage")["touchpoint"].to_dict()}


def _owners(points: pd.DataFrame) -> dict[str, str]:
    """Who owns most of each stage: the owners whose touchpoints most customers met, the others counted."""
    known = points.dropna(subset=["stage", "owner"])
    met = known.assign(customers=known["customers"].fillna(0)).groupby(["stage", "owner"], as_index=False)["customers"].sum()
    met = met.sort_values(["customers", "owner"], ascending=[False, True], kind="stable")
    told = {}
    for stage, part in met.groupby("stage", sort=False):
        first, more = part["owner"].head(OTHERS).tolist(), max(len(part) - OTHERS, 0)
        told[stage] = ", ".join(first) + (f" and {more} more" if more else "")
    return told
