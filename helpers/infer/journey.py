"""Page 5, the journey: the map, the observed path beside the designed one, where each segment stands and what it needs next."""

from __future__ import annotations

import pandas as pd

from helpers.infer import intervals, journey_voices, segments, trade_offs
from helpers.infer import map as mapped
from helpers.infer.multiplicity import hide_small
from helpers.infer.section import Result, section, whom
from helpers.journey import Journey
from helpers.measure import map as measured
from helpers.measure.segments import compared
from helpers.measure.segments import standing as stood

PAGE = "5_journey"
STAGED = ("touchpoints.stage",)
SEEN = "interactions.touchpoint|tickets.touchpoint|orders|surveys.touchpoint"
WALKED = "interactions"
SUMS = mapped.SUMS


@section("journey_map", page=PAGE, needs=(*STAGED, SEEN), would_show="the whole journey on one page: who is at each stage, how it feels, where it hurts, who owns it")
def journey_map(journey: Journey) -> Result:
    """One row a stage, see `map.stages`; extra touchpoints, see `map.touchpoints`."""
    points = mapped.touchpoints(journey)
    table = mapped.stages(journey)
    facts = {"noun": _noun(journey), "weakest": _weakest(table), "grades": points["evidence"].value_counts().to_dict(), "touchpoints": len(points)}
    known = table["customers"].gt(0) | table["emotion"].notna()
    return Result("", table if known.any() else table.iloc[:0], who=whom(journey), facts=facts, extra={"touchpoints": points}, method=(
        "Journey map: feeling is the mean of the ratings at a stage's touchpoints, each answer at its place on its own scale from -2 to +2 (one question a touchpoint, the "
        "one with most answers), with an interval over customers. Where too few were asked, one other source stands in and is named: comments there, at advocacy what is said in "
        "public, else friction; a stage is read from one source alone. Pain points are worse than the journey as a whole with their whole interval. Evidence is measured "
        f"where customers were seen and {journey.min_n} of them or more were asked, partly where one of the two holds, assumed where only the dictionary says so."
    ))


def _noun(journey: Journey) -> str:
    """Who is counted on the map."""
    if measured.seen_by_answers(journey):
        return "Who answered"
    named = any(journey.has(name, "customer_id") for name in ("interactions", "orders", "tickets"))
    return "Customers" if named else "Contacts"


def _weakest(table: pd.DataFrame) -> dict:
    """The stage that feels worst, and whether its whole interval lies below the next one's; `alike` are those that cannot be told apart from it.

    Only stages read from the same thing are compared (ratings before what stands in for them): a rating and a failed contact are two scales.
    """
    known = table.dropna(subset=["emotion_high"]).sort_values(["emotion", "stage"], kind="stable")
    read = next((one for one in (mapped.ASKED, mapped.COMMENTS, mapped.DONE) if (known["source"] == one).sum() >= 2), None)
    if read is None:
        return {}
    known = known[known["source"] == read]
    first, second = known.iloc[0], known.iloc[1]
    alike = known.loc[known["emotion_low"] <= first["emotion_high"], "label"].tolist()
    return {**first.to_dict(), "shown": first["emotion_high"] < second["emotion_low"], "alike": alike, "best": known.iloc[-1]["label"], "best_emotion": known.iloc[-1]["emotion"]}


@section("observed_path", page=PAGE, needs=(*STAGED, WALKED), would_show="whether customers go from stage to stage as designed, skip some, or go back")
def observed_path(journey: Journey) -> Result:
    """One row a change of stage: source, target, steps, customers, share (of the steps that leave the source).

    extra designed: one row a stage with steps: stage, label, designed (the next stage's label), share, low, high (steps that lead there), steps, and
    most, most_share (where most steps lead). Cells of fewer than min_cell customers are missing.
    """
    table = measured.stage_steps(journey)
    if not len(table):
        return Result("", who=whom(journey))
    ways = _ways(journey, table)
    table["share"] = table["steps"] / table.groupby("source")["steps"].transform("sum")
    table = hide_small(table, "customers", journey.min_cell, by="source", blank=["steps", "share"]).drop(columns="hidden")
    sums = measured.steps_as_designed(journey)
    found = intervals.share(*[sums[c] for c in SUMS])
    enough = (sums["n"] >= journey.min_n) & (sums["people"] >= journey.min_cell)
    designed = sums[["source"]].assign(share=found["value"].where(enough), low=found["low"].where(enough), high=found["high"].where(enough), steps=sums["n"].where(enough))
    whole = designed[designed["source"] == ""].iloc[0]
    facts = {"as_designed": whole["share"], "low": whole["low"], "high": whole["high"], "steps": whole["steps"], **ways, "most_back": _most_back(journey, table)}
    return Result("", table, who=whom(journey), facts=facts, extra={"designed": _designed(journey, designed, table)}, method=(
        "Path: a customer's contacts and purchases in order of time, several in a row at one stage as one; a step is a change of stage. As designed is a step to the very next "
        "stage of the dictionary's order. Between two steps months may pass: who looks around again after a purchase goes back to an early stage and is welcome to."
    ))


def _ways(journey: Journey, table: pd.DataFrame) -> dict:
    """The shares of all steps that skip stages and that go back."""
    jump, total = _jump(journey, table), table["steps"].sum()
    return {"skip": table.loc[jump > 1, "steps"].sum() / total, "back": table.loc[jump < 0, "steps"].sum() / total}


def _most_back(journey: Journey, table: pd.DataFrame) -> dict:
    """The largest way back that can be shown."""
    back = table[_jump(journey, table) < 0].dropna(subset=["steps"]).sort_values("steps", ascending=False, kind="stable")
    return back.iloc[0].to_dict() if len(back) else {}


def _jump(journey: Journey, table: pd.DataFrame) -> pd.Series:
    """By how many stages each row goes on; below 0 it goes back."""
    places = {stage: i for i, stage in enumerate(journey.stages)}
    return table["target"].map(places) - table["source"].map(places)


def _designed(journey: Journey, shares: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    labels = list(journey.stages.items())
    most = table.dropna(subset=["steps"]).sort_values("steps", ascending=False, kind="stable").drop_duplicates("source").set_index("source")
    rows = pd.DataFrame({"stage": [s for s, _ in labels[:-1]], "label": [label for _, label in labels[:-1]], "designed": [label for _, label in labels[1:]]})
    rows = rows.merge(shares.rename(columns={"source": "stage"}), on="stage")
    return rows.assign(most=rows["stage"].map(most["target"]).map(journey.stages), most_share=rows["stage"].map(most["share"]).astype(float))


@section("standing", page=PAGE, needs=(*STAGED, WALKED), would_show="at which stage the customers of each segment stand")
def standing(journey: Journey) -> Result:
    """One row a segment and stage: column, value ("" for all customers), segment (as it reads), stage, label, customers, n (of the segment), share."""
    table = stood(journey)
    if not len(table):
        return Result("", who=whom(journey))
    table["n"] = table.groupby(["column", "value"])["customers"].transform("sum")
    table = hide_small(table, "customers", journey.min_cell, by=["column", "value"]).drop(columns="hidden")
    table = hide_small(table, "customers", journey.min_cell, by=["column", "stage"]).drop(columns="hidden")
    table["share"] = (table["customers"] / table["n"]).where(table["n"] >= journey.min_n)
    table["label"] = table["stage"].map(journey.stages)
    table["segment"] = [segment_name(c, v) for c, v in zip(table["column"], table["value"], strict=True)]
    order = {pair: i for i, pair in enumerate([("", ""), *compared(journey)[["column", "value"]].itertuples(index=False, name=None)])}
    stages = {stage: i for i, stage in enumerate(journey.stages)}
    table = table.assign(_a=[order[pair] for pair in zip(table["column"], table["value"], strict=True)], _b=table["stage"].map(stages))
    table = table.sort_values(["_a", "_b"], ignore_index=True).drop(columns=["_a", "_b"])
    return Result("", table[["column", "value", "segment", "stage", "label", "customers", "n", "share"]], who=whom(journey), facts={"columns": compared(journey)["column"].nunique()}, method=(
        "Standing: the stage of a customer's last contact or purchase in the period. A stage is where a customer was last seen, not where the customer is stuck."
    ))


def segment_name(column: str, value: str) -> str:
    """A segment as it reads: segment “trade”; "all customers" for everybody."""
    return f"{column.replace('_', ' ')} “{value}”" if column else "all customers"


@section("segment_needs", page=PAGE, needs=("customers",), would_show="where conversion, content, channels or service fall short for a segment, against all other segments")
def segment_needs(journey: Journey) -> Result:
    """One row a segment and KPI: see `segments.against_others`, with segment (as it reads); extra needs: the clearest shortfall of each segment and theme.

    needs: column, value, segment, customers, stage (where most of them stand), stage_share, theme, then the columns of that row; theme is "" where nothing falls
    short. Ordered by segment, within it the clearest shortfall first.
    """
    sizes = compared(journey)
    table = segments.against_others(journey)
    tested = table.dropna(subset=["z"])
    if not len(sizes) or not len(tested):
        why = "no column of customers splits them into segments that can be compared" if not len(sizes) else "too few cases in every segment"
        return Result("", who=whom(journey), nothing=f"Segments cannot be compared here: {why}.")
    table["segment"] = [segment_name(c, v) for c, v in zip(table["column"], table["value"], strict=True)]
    needs = _needs(table, sizes, _stands(journey))
    facts = {"segments": len(sizes), "comparisons": len(tested), "short": int(table["falls_short"].sum()), "kpis": tested["kpi"].nunique()}
    return Result("", table, who=whom(journey), facts=facts, extra={"needs": needs}, method=(
        "Segments: each against all other customers of the same column; differences with 95% intervals (Newcombe), q values by Benjamini and Hochberg over all comparisons of "
        "this section; a segment falls short where q is under 0.05. Nothing else is held equal: segments overlap, so one column's gap may be another's."
    ))


def _stands(journey: Journey) -> pd.DataFrame:
    """Where most customers of each segment stand: column, value, stage (label), stage_share."""
    if journey.missing((*STAGED, WALKED)):
        return pd.DataFrame(columns=["column", "value", "stage", "stage_share"])
    table = standing(journey).table
    table = table.dropna(subset=["share"]).sort_values("share", ascending=False, kind="stable").drop_duplicates(["column", "value"])
    return table[["column", "value"]].assign(stage=table["label"], stage_share=table["share"])


def _needs(table: pd.DataFrame, sizes: pd.DataFrame, stands: pd.DataFrame) -> pd.DataFrame:
    short = table[table["falls_short"]].sort_values(["z", "kpi"]).drop_duplicates(["column", "value", "theme"])
    head = sizes[["column", "value", "customers"]].merge(stands, on=["column", "value"], how="left").reset_index(names="_order")
    needs = head.merge(short, on=["column", "value"], how="left", suffixes=("", "_kpi")).sort_values(["_order", "z"], ignore_index=True)
    segment = [segment_name(c, v) for c, v in zip(needs["column"], needs["value"], strict=True)]
    return needs.assign(segment=segment, theme=needs["theme"].astype("object").fillna("")).drop(columns="_order")


__all__ = ["PAGE", "journey_map", "journey_voices", "observed_path", "segment_name", "segment_needs", "standing", "trade_offs"]
