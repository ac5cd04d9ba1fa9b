"""What the sections of the touchpoints page are made of: inventory rows, money by stage and campaign, tickets in figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals, survival
from helpers.infer.multiplicity import false_discovery, hide_small
from helpers.journey import Journey
from helpers.measure import inventory, outcome
from helpers.measure.campaigns import answers, campaigns, met_any
from helpers.measure.stages import WINDOWS, before

SUMS = ["clusters", "s", "w", "ss", "sw", "ww"]
ENDS = {"first_response_at": "First answer", "resolved_at": "Solution"}
MANY_CAMPAIGNS = 20
"""With more campaigns than this, those at one touchpoint and channel are told together."""


def labelled(journey: Journey, touchpoints: pd.Series) -> pd.Series:
    """The names that reports write for touchpoints: the dictionary's label, else the name in plain words."""
    words = journey.dictionary.set_index("touchpoint")["label"]
    spoken = touchpoints.str.replace("_", " ").str.capitalize()
    return touchpoints.map(words).astype("object").fillna(spoken) if len(words) else spoken.astype("object")


# Inventory ----------------------------------------------------------------------------------------------


def rows(journey: Journey) -> pd.DataFrame:
    """Every touchpoint that the period's tables or the dictionary name, with all that is known of it; see `touchpoints.inventory`."""
    return journey.once("inventory rows", lambda: _rows(journey)).copy()


def _rows(journey: Journey) -> pd.DataFrame:
    table = inventory.used(journey)
    words = journey.dictionary
    table = table.merge(words[["touchpoint", "stage", "channel", "setting", "role", "owner"]], on="touchpoint", how="outer")
    table["listed"] = table["touchpoint"].isin(words["touchpoint"])
    counts = [*inventory.SOURCES.values(), "customers", "people"]
    table[counts] = table[counts].fillna(0).astype(int)
    table.insert(1, "label", labelled(journey, table["touchpoint"]))
    table = _failed(journey, _experience(journey, table))
    table = _cost(journey, table)
    order = {stage: i for i, stage in enumerate(journey.stages)}
    table["_stage"] = table["stage"].map(order).fillna(len(order))
    return table.sort_values(["_stage", "contacts", "tickets", "answers", "touchpoint"], ascending=[True, False, False, False, True], ignore_index=True).drop(columns="_stage")


def _with(table: pd.DataFrame, sums: pd.DataFrame, name: str, found: pd.DataFrame) -> pd.DataFrame:
    """Add value, low, high and n of a figure under its name."""
    part = pd.concat([sums[["touchpoint", "n"]].reset_index(drop=True), found[["value", "low", "high"]].reset_index(drop=True)], axis=1)
    part.columns = ["touchpoint", f"{name}_n", name, f"{name}_low", f"{name}_high"]
    return table.merge(part, on="touchpoint", how="left")


def _failed(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    if not journey.has("interactions", "outcome"):
        return table.assign(failed_n=0.0, failed=np.nan, failed_low=np.nan, failed_high=np.nan)
    sums = inventory.failures(journey)
    return _with(table, sums, "failed", intervals.share(*[sums[c] for c in SUMS]))


def _experience(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    """Mean experience on each touchpoint's own scale, and ease (0-1)."""
    scales = outcome.instruments(journey)[["touchpoint", "instrument", "scale_min", "scale_max"]]
    table = table.merge(scales, on="touchpoint", how="left")
    for name, read in (("experience", inventory.rated), ("ease", inventory.effort)):
        if not journey.has("surveys", "touchpoint"):
            table = table.assign(**{f"{name}{end}": np.nan for end in ("_n", "", "_low", "_high")})
            continue
        sums = read(journey)
        table = _with(table, sums, name, intervals.from_sums(*[sums[c] for c in SUMS], bounds=(0.0, 1.0)))
    for end in ("", "_low", "_high"):
        table[f"experience{end}"] = table["scale_min"] + table[f"experience{end}"] * (table["scale_max"] - table["scale_min"])
    return table


def _cost(journey: Journey, table: pd.DataFrame) -> pd.DataFrame:
    """What the activities spend on each touchpoint in a month, and on each contact; the whole company's."""
    table = table.assign(served=False, cost_month=np.nan, cost_contact=np.nan)
    if not journey.has("activities", "cost") or not journey.has("activity_touchpoints"):
        return table
    costs = inventory.serving_cost(journey).set_index("touchpoint")
    table["served"] = table["touchpoint"].isin(costs.index)
    table["cost_month"] = table["touchpoint"].map(costs["cost"])
    contacts = table["touchpoint"].map(costs["contacts"])
    table["cost_contact"] = table["cost_month"] * inventory.months(journey) / contacts.where(contacts >= journey.min_n)
    return table


# Money --------------------------------------------------------------------------------------------------


def stage_money(journey: Journey) -> pd.DataFrame:
    """Money and progress by stage: stage, label, spend, reached, share, low, high, converted, cost_per, cost_low, cost_high, days.

    spend is the activities' cost (where none is stated, the campaigns'), on a segment its part by contacts. reached: customers who came to
    the stage for the first time in the period. share of them who go on to a later stage within `days` (the KPI of page 4, open windows
    censored), converted = reached x share.
    """
    spend, flow = _stage_spend(journey), inventory.stage_flow(journey)
    reached = flow.groupby("stage")["count"].sum()
    table = pd.DataFrame({"stage": list(journey.stages), "label": list(journey.stages.values())})
    table["spend"] = table["stage"].map(spend).astype(float)
    table["reached"] = table["stage"].map(reached).fillna(0).astype(float)
    following = {before(journey, stage): stage for stage in journey.stages}
    for row, stage in enumerate(table["stage"]):
        if stage in following and table.at[row, "reached"] >= journey.min_n:
            days = float(getattr(journey.company.windows, f"{WINDOWS[following[stage]]}_days"))
            found = survival.share_by(flow[flow["stage"] == stage], days).iloc[0]
            table.loc[row, ["days", "share", "low", "high"]] = [days, *found[["value", "low", "high"]].astype(float)]
    table = table.reindex(columns=["stage", "label", "spend", "reached", "share", "low", "high", "days"])
    return _per_head(table.assign(converted=table["reached"] * table["share"]))


def _per_head(table: pd.DataFrame) -> pd.DataFrame:
    """Add cost_per with its interval: spend over reached x share."""
    for name, share in (("cost_per", "share"), ("cost_low", "high"), ("cost_high", "low")):
        heads = table["reached"] * table[share]
        table[name] = table["spend"] / heads.where(heads > 0)
    return table


def _stage_spend(journey: Journey) -> pd.Series:
    stages = journey.dictionary.set_index("touchpoint")["stage"]
    if journey.has("activities", "cost") and journey.has("activity_touchpoints"):
        costs = inventory.serving_cost(journey).set_index("touchpoint")
        money = costs["cost"] * inventory.months(journey)
        if journey.segment.pairs:
            mine = inventory.used(journey).set_index("touchpoint")["contacts"].reindex(costs.index).fillna(0)
            money = money * (mine / costs["contacts"].where(costs["contacts"] > 0)).fillna(0.0)
    else:
        rows = journey.collect(journey.cut(campaigns(journey)).select("touchpoint", "cost"), ["touchpoint"])
        money = rows.groupby("touchpoint")["cost"].sum(min_count=1)
    return money.groupby(money.index.map(stages)).sum(min_count=1)


def campaign_money(journey: Journey) -> tuple[pd.DataFrame, dict]:
    """Money and purchases by campaign (by touchpoint and channel where there are many), and how many campaigns that are.

    Columns label, campaigns, spend, reached, converted, share, low, high, cost_per, cost_low, cost_high, revenue, returned (revenue over
    spend), answered (share of the visits that meet it and go on to engagement or purchase) with _low, _high, _n. Campaigns of the period whose window is over.
    """
    mine = journey.collect(journey.cut(campaigns(journey)), ["at", "campaign_id"])
    done = mine[mine["settled"] == 1].reset_index(drop=True)
    facts = {"campaigns": len(done), "open": len(mine) - len(done), "grouped": len(done) > MANY_CAMPAIGNS}
    if facts["grouped"]:
        table = _by_place(journey, done)
    else:
        words = done["campaign_id"].str.replace("_", " ").str.capitalize().str.replace(r"^(\d+)$", r"Campaign \1", regex=True)
        table = done.assign(label=words, campaigns=1, spend=done["cost"], reached=done["people"], converted=done["buyers"])
    table = table[["label", "touchpoint", "channel", "campaigns", "spend", "reached", "converted", "revenue"]]
    if not journey.has("orders", "customer_id"):
        table = table.assign(converted=np.nan, revenue=np.nan)
    table = hide_small(table, "reached", journey.min_cell, total=False, blank=["converted", "revenue"]).drop(columns="hidden")
    table["share"] = table["converted"] / table["reached"].where(table["reached"] >= journey.min_n)
    table["low"], table["high"] = intervals.wilson(table["share"], table["reached"], intervals.NORMAL)
    table["returned"] = table["revenue"] / table["spend"].where(table["spend"] > 0)
    table = table.merge(_answers(journey), on="touchpoint", how="left")
    table.loc[table["reached"].isna(), ["answered", "answered_low", "answered_high", "answered_n"]] = np.nan
    return _per_head(table).sort_values(["spend", "reached", "label"], ascending=[False, False, True], ignore_index=True), facts


def _answers(journey: Journey) -> pd.DataFrame:
    """How many visits answer the campaigns of each touchpoint: touchpoint, answered, answered_low, answered_high, answered_n (visits)."""
    sums = answers(journey)
    found = intervals.share(*[sums[c] for c in SUMS])
    table = pd.DataFrame({"touchpoint": sums["touchpoint"], "answered": found["value"], "answered_low": found["low"], "answered_high": found["high"], "answered_n": sums["n"]})
    few = (sums["n"] < journey.min_n) | (sums["people"] < journey.min_cell)
    table.loc[few.to_numpy(), ["answered", "answered_low", "answered_high", "answered_n"]] = np.nan
    return table


def _by_place(journey: Journey, done: pd.DataFrame) -> pd.DataFrame:
    """Campaigns told together by touchpoint, and by channel where one touchpoint has several."""
    keys = ["touchpoint", "channel"]
    table = done.groupby(keys, dropna=False, as_index=False).agg(
        campaigns=("cost", "size"), spend=("cost", lambda cost: cost.sum(min_count=1)), revenue=("revenue", "sum"),
    )
    met = met_any(journey).rename(columns={"people": "reached", "buyers": "converted"})
    table = table.merge(met, on=keys, how="left").fillna({"reached": 0, "converted": 0})
    several = table.groupby("touchpoint")["channel"].transform("size") > 1
    return table.assign(label=labelled(journey, table["touchpoint"]) + (" (" + table["channel"].fillna("no channel") + ")").where(several, ""))


# Tickets ------------------------------------------------------------------------------------------------


def times(journey: Journey) -> dict[str, pd.DataFrame]:
    """Hours from opening the period's tickets to first answer and to solution, where the tickets tell: name -> days, event, count (days hold hours)."""
    there = [end for end in ENDS if journey.has("tickets", end)]
    found = {ENDS[end]: _times(journey, end) for end in there}
    return {name: part.assign(days=part["days"] * 24.0) for name, part in found.items() if len(part)}


def _times(journey: Journey, end: str, *keys: str) -> pd.DataFrame:
    """Times from opening to `end`, with the design effect of several tickets a customer."""
    table = inventory.ticket_times(journey, end, *keys)
    return table.assign(design_effect=survival.design_effect(table))


def time_figures(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a kind of waiting: group, tickets, open, median, low, high, most (hours by which nine of ten have it), most_low, most_high, day, day_low, day_high,
    had and had_median (how many have it, and the plain median of these alone)."""
    out = []
    for name, part in parts.items():
        middle, most = survival.median_time(part).iloc[0], survival.median_time(part, q=0.9).iloc[0]
        day = survival.share_by(part, 24.0).iloc[0]
        out.append((name, part["count"].sum(), part.loc[part["event"] == 0, "count"].sum(), middle["value"], middle["low"], middle["high"],
                    most["value"], most["low"], most["high"], day["value"], day["low"], day["high"], *_had(part)))
    columns = ["group", "tickets", "open", "median", "low", "high", "most", "most_low", "most_high", "day", "day_low", "day_high", "had", "had_median"]
    return pd.DataFrame(out, columns=columns)


def _had(part: pd.DataFrame) -> tuple[float, float]:
    """How many have it, and their median time: the mean of the two in the middle where their number is even."""
    done = part[part["event"] == 1].sort_values("days")
    upto, n = done["count"].cumsum().to_numpy(), float(done["count"].sum())
    if not n:
        return 0.0, np.nan
    middle = np.searchsorted(upto, [np.ceil(n / 2), np.floor(n / 2) + 1])
    return n, float(done["days"].to_numpy()[middle].mean())


def curve(part: pd.DataFrame, name: str) -> pd.DataFrame:
    """A waiting time as a curve of the share who have it, thinned to what a reader can see: group, days (hours), share, low, high, at_risk."""
    table = survival.kaplan_meier(part)
    kept = table.groupby((table["survival"] * 400).round(), sort=False).head(1)
    start = pd.DataFrame({"days": [0.0], "share": [0.0], "low": [0.0], "high": [0.0], "at_risk": [table["at_risk"].iloc[0]]})
    steps = pd.DataFrame({"days": kept["time"], "share": 1 - kept["survival"], "low": 1 - kept["high"], "high": 1 - kept["low"], "at_risk": kept["at_risk"]})
    return pd.concat([start, steps], ignore_index=True).assign(group=name)


def by_topic(journey: Journey) -> pd.DataFrame:
    """Tickets by topic: topic, tickets, people, open, hours, hours_low, hours_high (median to the solution), hours_q (whether the topic's times
    differ from all others', log-rank, Benjamini-Hochberg), reopened and sla with _low, _high, _n."""
    table = inventory.topics(journey)
    for name in ("reopened", "sla"):
        found = intervals.share(*[table[f"{name}_{c}"] for c in SUMS])
        table[[name, f"{name}_low", f"{name}_high"]] = found[["value", "low", "high"]].to_numpy()
        table[f"{name}_n"] = table[f"{name}_w"].fillna(0)
    table = table.merge(_topic_hours(journey), on="topic", how="left") if journey.has("tickets", "resolved_at") else table.assign(
        hours=np.nan, hours_low=np.nan, hours_high=np.nan, hours_q=np.nan, open=np.nan)
    few = table["tickets"] < journey.min_n
    figures = [c for name in ("hours", "reopened", "sla") for c in (name, f"{name}_low", f"{name}_high")]
    table.loc[few, [*figures, "hours_q"]] = np.nan
    kept = ["topic", "place", "tickets", "people", "open", *figures, "hours_q", "reopened_n", "sla_n"]
    shown = hide_small(table[kept], "people", journey.min_cell, blank=["tickets", "open", *figures, "hours_q", "reopened_n", "sla_n"])
    return shown.drop(columns="hidden").sort_values(["tickets", "topic"], ascending=[False, True], na_position="last", ignore_index=True)


def _topic_hours(journey: Journey) -> pd.DataFrame:
    every, out = _times(journey, "resolved_at", "topic"), []
    alike = float(np.average(every["design_effect"], weights=every["count"])) if len(every) else 1.0
    for topic, part in every.groupby("topic", sort=True):
        middle = survival.median_time(part).iloc[0]
        p = np.nan
        if part["count"].sum() >= journey.min_n:
            p = survival.log_rank(every.assign(mine=every["topic"] == topic, design_effect=alike), "mine")["p_value"].iloc[0]
        out.append((topic, part.loc[part["event"] == 0, "count"].sum(), *(24.0 * middle[["value", "low", "high"]].astype(float)), p))
    table = pd.DataFrame(out, columns=["topic", "open", "hours", "hours_low", "hours_high", "p_value"])
    return table.assign(hours_q=false_discovery(table.pop("p_value")))
