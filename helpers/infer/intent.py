"""Page 1, intent: where people stop, how long they take, what goes with buying, what is too much, and who decides now."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers import names
from helpers.infer import intent_compared as compared
from helpers.infer import intent_parts as parts
from helpers.infer import terms
from helpers.infer.funnel_shares import with_intervals
from helpers.infer.intent_score import scored
from helpers.infer.multiplicity import hide_small, too_few
from helpers.infer.overload import turning
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import funnel, overload
from helpers.measure.base import purchases
from helpers.measure.intents import BUYS, LOOKS, can_convert
from helpers.measure.touchpoints import scale_of
from helpers.names import day_words

PAGE = "1_intent"
NEEDS = ("interactions", LOOKS)
COMPONENTS = "|".join(f"touchpoints.role={role}" for role in names.INTENT_COMPONENTS)


@section("intent_funnel", page=PAGE, needs=("interactions", "touchpoints.stage"), would_show="how many customers get from stage to stage, and where they stop")
def intent_funnel(journey: Journey) -> Result:
    """One row a stage: step, label, users, of_start, of_previous with _low and _high, median_days, open."""
    window = journey.company.windows.intent_days
    table = funnel.funnel(journey, window_days=window)
    if not len(table):
        return Result("intent_funnel", nothing="Not measured: there are contacts with fewer than two stages up to the purchase, so there is no way to follow.")
    if not table["users"].iloc[0]:
        return Result("intent_funnel")
    start, before = float(table["users"].iloc[0]), table["users"].shift()
    table = with_intervals(table, journey)
    passages = table.iloc[1:].dropna(subset=["of_previous"])
    worst = passages.loc[passages["of_previous"].idxmin()] if len(passages) else None
    facts: dict = {"window": window, "open": int(table["open"].iloc[0]), **_bought_outside(journey, table)}
    if worst is not None:
        facts |= {"worst": worst["step"], "worst_label": worst["label"], "passages": len(table) - 1, "worst_from": table["label"].iloc[int(worst.name) - 1],
                  "worst_share": worst["of_previous"], "worst_low": worst["of_previous_low"], "worst_high": worst["of_previous_high"],
                  "worst_lost": float(before[worst.name] - worst["users"])}
    return Result("intent_funnel", table, who=f"{int(start):,} customers with a first contact at {table['label'].iloc[0]} in the period", facts=facts, method=(
        f"Ordered funnel: each customer's first contact with a stage after the stage before it, all within {window:g} days of the first; Wilson intervals. "
        "Customers whose window is still open are left out."))


def _bought_outside(journey: Journey, table: pd.DataFrame) -> dict:
    """How many customers bought in the period, beside those who came through every stage."""
    if table["step"].iloc[-1] != "purchase":
        return {}
    bought = journey.cut(purchases(journey)).select("customer_id").distinct()
    return {"buyers": len(journey.collect(bought)), "through": float(table["users"].iloc[-1])}


@section("intent_time", page=PAGE, needs=(*NEEDS, BUYS), would_show="how many days customers take to decide, by segment")
def intent_time(journey: Journey) -> Result:
    """One row a group and day: group, days, share, low, high (have bought by then), at_risk; extra["by_group"] the groups in figures."""
    window = float(journey.company.windows.intent_days)
    rows = parts.rows(journey)
    if len(rows) < journey.min_n:
        return Result("intent_time")
    by_group = parts.by_group(journey, rows, window)
    told = by_group[(by_group["column"] != "") & by_group["q_value"].notna()].sort_values(["q_value", "column"], kind="stable")
    column = told["column"].iloc[0] if len(told) and told["q_value"].iloc[0] < 0.05 else ""
    curves = [parts.curve(rows, window, "All")] + ([parts.curve(part, window, str(value)) for value, part in rows.groupby(f"segment_{column}")
                                                   if part["customer_id"].nunique() >= journey.min_cell and len(part) >= journey.min_n] if column else [])
    whole = by_group.iloc[0]
    return Result("intent_time", pd.concat(curves, ignore_index=True), who=f"{len(rows):,} intents of {rows['customer_id'].nunique():,} customers", facts={
        "window": window, "column": column, "share": whole["share"], "low": whole["low"], "high": whole["high"], "n": len(rows),
        "mature": whole["mature_share"], "mature_n": whole["mature_n"], "median": whole["median_days"], "open": int((rows["closed"] == 0).sum()),
    }, extra={"by_group": by_group}, method=(
        "Time to decide: Kaplan-Meier, intents without a purchase censored at the end of the data; the plain ratio counts only intents whose window is "
        "over; each group is compared with all others over these, standard errors by customer, Benjamini-Hochberg q over all groups."))


@section("intent_components", page=PAGE, needs=(*NEEDS, COMPONENTS), would_show="whether customers find what they need, are informed, lose their doubts and meet signs of trust, and what goes with it")
def intent_components(journey: Journey) -> Result:
    """One row a component: exposure, satisfaction and association with buying; extra["effects"] and ["touchpoints"] in long form."""
    rows = parts.finished(journey)
    table, effects = parts.components(journey, rows)
    if not len(table):
        return Result("intent_components")
    return Result("intent_components", table, who=f"{len(rows):,} intents whose window is over", facts={
        "n": len(rows), "scale": scale_of(journey, "csat"), "conversion": float(rows["converted"].mean()) if can_convert(journey) and len(rows) else np.nan,
    }, extra={"effects": effects, "touchpoints": parts.touchpoints(journey, rows)}, method=(
        "Components: difference in the share who buy, by a linear probability model with the other components, the number of options, the device and the "
        "segments held equal; standard errors by customer; Benjamini-Hochberg q. Satisfaction is a mean with a t interval over customers."))


@section("intent_concerns", page=PAGE, needs=(*NEEDS, BUYS, "tickets.topic"), would_show="which questions come more often from those who do not buy")
def intent_concerns(journey: Journey) -> Result:
    """One row a topic: label, n (intents), not_bought, bought (shares who raise it), difference, low, high, q_value."""
    rows = parts.finished(journey)
    bought = int(rows["converted"].sum())
    return Result("intent_concerns", compared.topics(journey, rows), who=f"{len(rows) - bought:,} finished intents without a purchase against {bought:,} with one", facts={
        "without": len(rows) - bought, "with": bought,
    }, method=(
        "Concerns: share of intents that raise a topic (tickets at touchpoints before the purchase), without against with a purchase; standard errors by "
        "customer, Benjamini-Hochberg q over topics."))


@section("intent_terms", page=PAGE, needs=(*NEEDS, BUYS, "surveys.comment|mentions.customer_id"), would_show="the words that come more often from those who do not buy")
def intent_terms(journey: Journey) -> Result:
    """One row a term of comments and mentions: see `terms.apart`, where the side True are customers who wrote in an intent without a purchase."""
    table, facts = compared.said(journey)
    return Result("intent_terms", table, who=f"{facts['people']:,} customers who wrote and did not buy against {facts['others']:,} who did", facts=facts, nothing=(
        f"Too few customers wrote something while they decided to tell their words apart: {facts['people']:,} did not buy, {facts['others']:,} did."), method="" if not len(table) else (
        f"Words before a purchase: {terms.method(table, journey.min_cell)} What was written in a finished intent counts, comments on touchpoints of this phase and mentions; who wrote in two that ended differently counts on both sides."))


@section("intent_overload", page=PAGE, needs=(*NEEDS, BUYS), would_show="from how many options on customers buy less")
def intent_overload(journey: Journey) -> Result:
    """One row a number of options: options, n, value, low, high (share who buy); the turning point in the facts."""
    counts = overload.by_options(journey)
    found = turning(journey)
    table = found.table.rename(columns={"share": "value"}).merge(counts[["options", "people"]], on="options", how="left")
    table = hide_small(table, "people", journey.min_cell, total=False, blank=["n", "converted", "value", "low", "high"])
    few = pd.Series(too_few(table["n"], table["converted"], table["n"] - table["converted"], min_n=journey.min_n), index=table.index)
    shown = ["value", "low", "high", "converted"]
    table[shown] = table[shown].mask(few)
    beyond = counts[counts["options"] > found.point]
    facts = {"found": found.found, "point": found.point, "low": found.low, "high": found.high, "reason": found.reason, "p_value": found.p_value}
    if found.found:
        facts |= {"beyond": float(beyond["n"].sum()), "beyond_share": float(beyond["n"].sum() / counts["n"].sum()),
                  "at_point": _near(counts, found.point), "beyond_value": float(beyond["converted"].sum() / max(beyond["n"].sum(), 1))}
    return Result("intent_overload", table.drop(columns="hidden"), who=f"{int(counts['n'].sum()):,} finished intents, all of the data up to the last day", facts=facts, method=(
        "Overload: two straight lines on the log-odds of buying that meet at the turning point, every number of options tried; it counts as found where "
        "the first line rises and the second falls after paying for all the tries; profile likelihood interval, widened where numbers of options scatter more than chance allows. Each finished intent counts as one, whoever's it is."))


def _near(counts: pd.DataFrame, point: float) -> float:
    """The share who buy at the turning point and one option to either side."""
    near = counts[(counts["options"] - point).abs() <= 1]
    return float(near["converted"].sum() / max(near["n"].sum(), 1))


@section("intent_consistency", page=PAGE, needs=NEEDS, would_show="whether satisfaction and buying differ between channels and devices")
def intent_consistency(journey: Journey) -> Result:
    """One row a measure (buying, satisfaction), kind (channel, device) and value: n, mean, low, high, difference with interval, q_value; extra["spread"]
    one row a measure and kind: how far apart its channels or devices lie."""
    rows = parts.finished(journey)
    table, far = compared.consistency(journey, rows)
    return Result("intent_consistency", table, who=f"{len(rows):,} intents whose window is over", facts={"n": len(rows), "scale": scale_of(journey, "csat")}, extra={"spread": far}, method=(
        "Consistency: the standard deviation of the channels' (or devices') adjusted means, each counted by its intents or answers, without what chance adds; interval by a noncentral "
        "chi-square. Then each channel (used in the intent) and device (of the first look) against all others, adjusted for the mix of segments and number of "
        "options in straight steps: a simple mix adjustment, not a model of why, in which each answer counts once; standard errors by customer, Benjamini-Hochberg q."))


@section("intent_score", page=PAGE, needs=(*NEEDS, BUYS), would_show="how likely each open intent is to end in a purchase, and how far that can be trusted")
def intent_score(journey: Journey) -> Result:
    """One row a group of like probability: predicted, observed, low, high, n, people; extra["effects"], ["bands"] and ["refused"]."""
    found = scored(journey)
    if found.why_not:
        return Result("intent_score", nothing=f"Not scored: {found.why_not}. A score that cannot be checked on later months is not shown.", extra={"refused": found.refused})
    f = found.facts
    _, now = compared.open_now(journey, min(pd.Timestamp(journey.period.end), pd.Timestamp(journey.as_of)))
    f = f | {"same_open": now.get("intents"), "by_age": now["chance"] * now["intents"] if now else np.nan}
    return Result("intent_score", found.reliability, facts=f, extra={"effects": found.effects, "bands": found.bands, "refused": found.refused}, who=(
        f"{f['rows']:,} cases: {f['intents']:,} intents of {f['people']:,} customers at each date they were open, {day_words(f['check_from'])} to {day_words(f['check_to'])}"), method=(
        f"Intent score: a case is an intent open at a prediction date ({'weekly' if f['step'] == 7 else 'daily'}, counted back from the end of the period); the label is a purchase before the intent window "
        f"({f['window']:g} days from its first look) is over, and cases whose window is still open are left out, never counted as lost. Ridge logistic regression on what lay before the date, trained up to "
        f"{day_words(f['train_until'])}, its probabilities calibrated (Platt) on the months after and checked on the latest months whose endings are known; one window lies between two slices. Intervals and standard errors are "
        "clustered on customers; Brier skill is 1 minus the error over that of a reference fixed before the check. Assumed: the next weeks are like the last months."
        + (" Of so many cases, those of a share of the customers were used, chosen by their id's checksum." if f["sampled"] else "")))


@section("intent_open", page=PAGE, needs=(*NEEDS, BUYS), would_show="who is deciding at the end of the period and what that may bring")
def intent_open(journey: Journey) -> Result:
    """One row a band of days since the last look: band, intents, people, chance, expected (currency)."""
    end = min(pd.Timestamp(journey.period.end), pd.Timestamp(journey.as_of))
    table, facts = compared.open_now(journey, end)
    return Result("intent_open", table, who=f"{facts['intents']:,} intents open on {day_words(facts['end'])}" if facts else "", facts=facts, method=(
        "Open intents: each one's chance is that of finished intents of the same age that had not bought either; its value the mean revenue of purchases "
        "that ended an intent. The interval reads the sum as a compound Poisson draw."))

