"""Page 5, what customers feel and say: each source of feeling beside the others, and the terms that set detractors apart."""

from __future__ import annotations

import pandas as pd

from helpers.infer import feelings as felt
from helpers.infer import sentiment, terms
from helpers.infer.section import Result, section, whom
from helpers.journey import Journey
from helpers.measure import voices
from helpers.measure.base import EXPERIENCE, POOR_BELOW

PAGE = "5_journey"
NEAREST = "product reviews"
"""The rated texts that are most like comments on a survey."""
SOURCES = "surveys.touchpoint|surveys.comment|interactions.outcome|tickets.reopened|mentions"


@section("feelings", page=PAGE, needs=("touchpoints.stage", SOURCES), would_show="how ratings, comments and friction read each stage and touchpoint, side by side")
def feelings(journey: Journey) -> Result:
    """One row a stage or touchpoint (`level`) and source: level, key, label, stage (label), then `feelings.COLUMNS`; a stage without any source has one empty row.

    extra: friction, what friction is made of by touchpoint; apart: touchpoints that are rated well and are hard all the same, see `apart`.
    """
    points = journey.dictionary.set_index("touchpoint")
    by_point = felt.feelings(journey, "touchpoint").rename(columns={"touchpoint": "key"})
    spoken = by_point["key"].str.replace("_", " ").str.capitalize()
    by_point["label"] = by_point["key"].map(points["label"]).astype("object").where(by_point["key"].isin(points.index), spoken)
    by_point["stage"] = by_point["key"].map(points["stage"]).map(journey.stages)
    every = pd.DataFrame({"key": list(journey.stages), "label": list(journey.stages.values())})
    by_stage = every.merge(felt.feelings(journey, "stage").rename(columns={"stage": "key"}), on="key", how="left").assign(stage=lambda t: t["label"])
    by_stage["source"] = by_stage["source"].astype("object").fillna("")
    table = pd.concat([by_stage.assign(level="stage"), by_point.assign(level="touchpoint")], ignore_index=True)
    table = table[["level", "key", "label", "stage", *felt.COLUMNS]].astype({"value": float, "low": float, "high": float, "n": float})
    if not table["value"].notna().any():
        return Result("", who=whom(journey))
    facts = {**_texts(journey), "agreement": felt.agreement(journey)}
    extra = {"friction": felt.components(journey, "touchpoint"), "apart": apart(table)}
    return Result("", table, who=whom(journey), facts=facts, extra=extra, method=_method(facts))


def _texts(journey: Journey) -> dict:
    """What was read: comments and mentions with their language, how many were set aside, whether a sample."""
    return {"comments": felt.comments(journey).attrs, "mentions": felt.mentions(journey).attrs}


def read_at_all(facts: dict) -> bool:
    """Whether any text was given a sentiment by the lexicon."""
    return any(one.get("texts", 0) and one.get("english") for one in (facts["comments"], facts["mentions"]))


def _method(facts: dict) -> str:
    text = (
        "Feeling by source: ratings are places on their own scale, -2 to +2. Friction is +1 where nothing was hard and -1 where everything was: contacts that failed or "
        "were broken off, tickets opened again and effort answers in the lower half of the scale, each occasion once. The three mean different things: they are "
        "compared and never averaged. Intervals over customers."
    )
    if read_at_all(facts):
        text += (
            " Sentiment of texts by VADER's English lexicon and rules, doubled to the same scale; what it reads is praise and blame in words, so a plain report of a failure "
            "may read as neutral. Where the company brings a mention's sentiment, that one counts."
        )
    return text


def apart(table: pd.DataFrame) -> pd.DataFrame:
    """Touchpoints that are rated better than usual while comments or friction there are worse than usual: key, label, source (asked), other, the values and usual of each.

    Usual is the mean over touchpoints of the same source, as the scales differ; better and worse with the whole interval.
    """
    points = table[(table["level"] == "touchpoint")].dropna(subset=["value", "n"])
    usual = {source: (part["value"] * part["n"]).sum() / part["n"].sum() for source, part in points.groupby("source")}
    points = points.assign(usual=points["source"].map(usual).astype(float))
    good = points[(points["low"] > points["usual"]) & (points["source"] == felt.ASKED)]
    poor = points[(points["high"] < points["usual"]) & (points["source"] != felt.ASKED)]
    both = good.merge(poor[["key", "source", "value", "low", "high", "n", "usual"]], on="key", suffixes=("", "_other")).rename(columns={"source_other": "other"})
    gap = (both["value"] - both["usual"]) + (both["usual_other"] - both["value_other"])
    return both.assign(_gap=gap).sort_values(["_gap", "key"], ascending=[False, True], ignore_index=True).drop(columns="_gap")


@section("detractor_terms", page=PAGE, needs=("surveys.comment",), would_show="the words that come more often from detractors than from others")
def detractor_terms(journey: Journey) -> Result:
    """One row a term: see `terms.apart`, where the side True are detractors (or, where too few recommend, those who wrote of a poor experience)."""
    rows = voices.comments(journey)
    if not len(rows):
        return Result("", who=whom(journey))
    sided, by = _sides(journey, rows)
    table, people = terms.told_apart(sided, sentiment.words, sentiment.COMMON, min_cell=journey.min_cell, min_n=journey.min_n)
    facts = {"by": by, "people": people[True], "others": people[False], "comments": len(sided), "sampled": rows.attrs["sampled"], "rows": rows.attrs["rows"]}
    if min(people.values()) < max(journey.min_cell, journey.min_n):
        few = "detractors" if by == "recommendation" else "customers who wrote of a poor experience"
        return Result("", who=whom(journey), facts=facts, nothing=f"Too few {few}, or too few others, left a comment in this period and segment to tell their words apart.")
    facts |= {"tested": len(table), "ours": int((table["side"] == "ours").sum())}
    if not len(table):
        return Result("", who=whom(journey), facts=facts, nothing=f"No word stands in the comments of {journey.min_cell} customers or more.")
    return Result("", table, who=whom(journey), facts=facts, method=(
        f"Terms in comments: {terms.method(table, journey.min_cell)} " + (
            "Detractors are customers whose latest recommendation of the period is 6 or less of 10; all they wrote in the period counts, whatever it was about." if by == "recommendation" else
            "Comments beside a rating in the lower half of its scale against all other comments; who wrote both counts on both sides.")
    ))


def _sides(journey: Journey, rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """cluster, text, side (bool), and by what the sides were told apart: recommendation where enough detractors and others wrote, else experience."""
    place = rows["cluster"].map(voices.recommenders(journey))
    told = rows.assign(side=place < voices.DETRACTOR)[place.notna()]
    floor = max(journey.min_cell, journey.min_n)
    if told.groupby("side")["cluster"].nunique().reindex([True, False]).fillna(0).min() >= floor:
        return told[["cluster", "text", "side"]], "recommendation"
    rated = rows[rows["quality"].notna() & rows["instrument"].isin(EXPERIENCE)]
    return rated.assign(side=rated["quality"] < POOR_BELOW)[["cluster", "text", "side"]], "experience"
