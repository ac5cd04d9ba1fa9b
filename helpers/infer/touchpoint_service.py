"""Page 2, touchpoints, its last sections: how problems are solved, and which months stand out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from helpers.infer import change, intervals, touchpoint_parts as parts
from helpers.infer.estimate import estimates
from helpers.infer.monthly import MIN_MONTHS, monthly
from helpers.infer.multiplicity import false_discovery
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import all_kpis, inventory, outcome

PAGE = "2_touchpoints"


@section("resolution", page=PAGE, needs=("tickets.resolved_at|tickets.first_response_at",), would_show="how long customers wait for a first answer and for a solution")
def resolution(journey: Journey) -> Result:
    """One row a kind of waiting and hour: group, days (hours), share, low, high, at_risk. Extra: figures, one row a kind."""
    told = {name: part for name, part in parts.times(journey).items() if part["count"].sum() >= max(journey.min_n, journey.min_cell)}
    if not told:
        return Result("")
    figures = parts.time_figures(told)
    table = pd.concat([parts.curve(part, name) for name, part in told.items()], ignore_index=True)
    return Result("", table, who=f"{int(figures['tickets'].max()):,} tickets opened in the period; {parts.who(journey)}", facts={"tickets": int(figures["tickets"].max())},
                  extra={"figures": figures}, method="Waiting: Kaplan-Meier from the opening of a ticket; tickets still open at the end of the data count for the hours seen. Here each ticket is a case of its own.")


@section("topics", page=PAGE, needs=("tickets.topic",), would_show="which topics wait longest, come back most and miss the promised service level")
def topics(journey: Journey) -> Result:
    """One row a topic: see `touchpoint_parts.by_topic`."""
    table = parts.by_topic(journey)
    table.insert(1, "label", table["topic"].str.replace("_", " ").str.capitalize())
    return Result("", table, who=parts.who(journey), facts={"topics": len(table)}, method="Topics: medians from Kaplan-Meier, shares with Wilson's interval clustered on customers; q compares a topic's waiting with that of all others (log-rank, Benjamini-Hochberg).")


@section("touchpoint_months", page=PAGE, needs=(), would_show="which months stand out from the ordinary ups and downs, KPI by KPI")
def touchpoint_months(journey: Journey) -> Result:
    """One row a KPI and month: see `monthly`. Extra: signals (months outside the limits), drifts (KPIs on the move all along)."""
    mine = [kpi.id for kpi in all_kpis().values() if kpi.phase == "touchpoints"]
    table = monthly(journey, estimates(journey, mine))
    if not len(table):
        return Result("", nothing=f"No KPI of this page has {MIN_MONTHS} finished months with enough cases, so no month can be told from noise.")
    drifts = _drifts(table)
    table["drifts"] = table["kpi"].isin(drifts["kpi"])
    outside = table[(table["signal"] == "outside") & ~table["drifts"]]
    outside = outside.assign(size=(outside["value"] - outside["centre"]).abs() / np.maximum(outside["upper"] - outside["centre"], outside["centre"] - outside["lower"]))
    signals = outside[["period", "kpi", "label", "kind", "unit", "value", "low", "high", "centre", "lower", "upper", "size", "way"]].sort_values(["period", "kpi"], ignore_index=True)
    months = journey.labels[journey.labels["grain"] == "month"]
    inside = months.loc[(months["end"] > journey.period.start) & (months["start"] < journey.period.end), "period"]
    signals["inside"] = signals["period"].isin(inside)
    counts = signals[(signals["way"] == "worse") & signals["inside"]].groupby("period").size()
    facts = {"kpis": table["kpi"].nunique(), "months": table["period"].nunique(), "currency": journey.company.currency,
             "worst": counts.idxmax() if len(counts) else "", "worst_kpis": int(counts.max()) if len(counts) else 0}
    return Result("", table, who=parts.who(journey), facts=facts, extra={"signals": signals, "drifts": drifts, "fell": _fell(journey, facts["worst"])}, method=(
        "Months: XmR charts; limits lie 2.66 mean moving ranges from the mean of all finished months. A KPI with signals in half of its months and a change from the first quarter of them "
        "to the last beyond half the limits' reach is on the move all along; single months of it are not named."))


def _fell(journey: Journey, month: str) -> pd.DataFrame:
    """The touchpoints rated lower in a month than in the period's other months, beyond chance: touchpoint, label, owner, value and usual (on their own
    scale), difference with low, high, n, q_value; the largest fall first."""
    columns = ["touchpoint", "label", "owner", "value", "usual", "difference", "low", "high", "n", "q_value"]
    if not month or not journey.has("surveys", "touchpoint"):
        return pd.DataFrame(columns=columns)
    sums = inventory.rated_by_month(journey)
    there = sums["month"] == month
    now = sums[there].set_index("touchpoint")[[*parts.SUMS, "n"]]
    usual = sums[~there].groupby("touchpoint")[[*parts.SUMS, "n"]].sum()
    both = now.index.intersection(usual.index)
    both = both[(now.loc[both, "n"] >= journey.min_n) & (usual.loc[both, "n"] >= journey.min_n) & (now.loc[both, "clusters"] >= journey.min_cell)]
    if not len(both):
        return pd.DataFrame(columns=columns)
    found = [intervals.from_sums(*[t.loc[both, c] for c in parts.SUMS], bounds=(0.0, 1.0)) for t in (now, usual)]
    table = pd.DataFrame({"touchpoint": both, "value": found[0]["value"], "usual": found[1]["value"], "n": now.loc[both, "n"].to_numpy()})
    table[["difference", "low", "high"]] = change.difference(*found)[["value", "low", "high"]]
    table["q_value"] = false_discovery(2 * ndtr(-(table["difference"] / ((table["high"] - table["low"]) / (2 * parts.NORMAL))).abs()))
    scale = outcome.instruments(journey).set_index("touchpoint").loc[both]
    size, least = (scale["scale_max"] - scale["scale_min"]).to_numpy(), scale["scale_min"].to_numpy()
    for name in ("value", "usual"):
        table[name] = least + size * table[name]
    for name in ("difference", "low", "high"):
        table[name] = size * table[name]
    table["label"], table["owner"] = parts.labelled(journey, table["touchpoint"]), table["touchpoint"].map(journey.dictionary.set_index("touchpoint")["owner"])
    fell = table[(table["q_value"] < 0.05) & (table["difference"] < 0)]
    return fell[columns].sort_values("difference", ignore_index=True)


def _drifts(table: pd.DataFrame) -> pd.DataFrame:
    """KPIs on the move: kpi, label, unit, better, first and last (means of the first and last quarter of months), months, way."""
    out = []
    for kpi, part in table.groupby("kpi", sort=False):
        part = part.dropna(subset=["value"]).sort_values("period")
        quarter, head = max(len(part) // 4, 1), part.iloc[0]
        first, last = part["value"].head(quarter).mean(), part["value"].tail(quarter).mean()
        reach = max(head["upper"] - head["centre"], head["centre"] - head["lower"])
        if (part["signal"] != "").mean() < 0.5 or abs(last - first) <= reach / 2:
            continue
        way = "" if head["better"] == "range" else "better" if (last > first) == (head["better"] == "higher") else "worse"
        out.append((kpi, head["label"], head["unit"], head["better"], first, last, len(part), way))
    return pd.DataFrame(out, columns=["kpi", "label", "unit", "better", "first", "last", "months", "way"])
