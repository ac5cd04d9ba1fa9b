"""Page 2, touchpoints, its last sections: how problems are solved, and what changed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from helpers.infer import change, intervals, period_change, touchpoint_parts as parts
from helpers.infer.multiplicity import false_discovery
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import inventory, outcome

PAGE = "2_touchpoints"


@section("resolution", page=PAGE, needs=("tickets.resolved_at|tickets.first_response_at",), would_show="how long customers wait for a first answer and for a solution")
def resolution(journey: Journey) -> Result:
    """One row a kind of waiting and hour: group, days (hours), share, low, high, at_risk. Extra: figures, one row a kind."""
    told = {name: part for name, part in parts.times(journey).items() if part["count"].sum() >= max(journey.min_n, journey.min_cell)}
    if not told:
        return Result("")
    figures = parts.time_figures(told)
    table = pd.concat([parts.curve(part, name) for name, part in told.items()], ignore_index=True)
    return Result("", table, who=f"{int(figures['tickets'].max()):,} tickets opened in the period; {journey.segment.people}", facts={"tickets": int(figures["tickets"].max())},
                  extra={"figures": figures}, method="Waiting: Kaplan-Meier from the opening of a ticket; tickets still open at the end of the data count for the hours seen; intervals allow for tickets of one customer being alike.")


@section("topics", page=PAGE, needs=("tickets.topic",), would_show="which topics wait longest, come back most and miss the promised service level")
def topics(journey: Journey) -> Result:
    """One row a topic: see `touchpoint_parts.by_topic`."""
    table = parts.by_topic(journey)
    table.insert(1, "label", table["topic"].str.replace("_", " ").str.capitalize())
    return Result("", table, who=journey.segment.people, facts={"topics": len(table)}, method="Topics: medians from Kaplan-Meier, shares with Wilson's interval, both clustered on customers; q compares a topic's waiting with that of all others (log-rank, allowing for tickets of one customer being alike; Benjamini-Hochberg).")


@section("touchpoints_change", page=PAGE, needs=(), would_show=period_change.WOULD_SHOW)
def touchpoints_change(journey: Journey) -> Result:
    """See `period_change.changed`. Extra besides: fell, the touchpoints rated lower in the month that stands out."""
    found = period_change.changed(journey, ("touchpoints",))
    standing = found.extra["standing"] if found.extra else []
    return replace(found, extra={**found.extra, "fell": _fell(journey, standing["period"].iloc[0] if len(standing) else "")})


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
    table[["difference", "low", "high", "p_value"]] = change.difference(*found)[["value", "low", "high", "p_value"]]
    table["q_value"] = false_discovery(table.pop("p_value"))
    scale = outcome.instruments(journey).set_index("touchpoint").loc[both]
    size, least = (scale["scale_max"] - scale["scale_min"]).to_numpy(), scale["scale_min"].to_numpy()
    for name in ("value", "usual"):
        table[name] = least + size * table[name]
    for name in ("difference", "low", "high"):
        table[name] = size * table[name]
    table["label"], table["owner"] = parts.labelled(journey, table["touchpoint"]), table["touchpoint"].map(journey.dictionary.set_index("touchpoint")["owner"])
    fell = table[(table["q_value"] < 0.05) & (table["difference"] < 0)]
    return fell[columns].sort_values("difference", ignore_index=True)
