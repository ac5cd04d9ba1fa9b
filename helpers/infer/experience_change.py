"""Page 2, one section: touchpoints that are rated otherwise than before."""

from __future__ import annotations

import pandas as pd

from helpers.infer import change, intervals, touchpoint_parts as parts
from helpers.infer.multiplicity import false_discovery
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import experience_change as measured
from helpers.measure.spans import BEFORE, NOW, spans
from helpers.names import days_words

SURE = 0.05
SPREAD = ("value", "low", "high")


@section("experience_change", page="2_touchpoints", needs=("surveys.touchpoint",), would_show="which touchpoints are rated better or worse than before")
def experience_change(journey: Journey) -> Result:
    """One row a touchpoint rated often enough in both spans: touchpoint, label, owner, scale_min, scale_max, before and now (own scale) with _low, _high, _n,
    difference with low, high, p_value, q_value (over all of them); the largest fall first."""
    both, table = spans(journey), _changes(journey)
    if not len(table):
        return Result("", nothing="Not measured: no touchpoint has enough ratings in each of two spans of time to be compared.")
    words = {name: days_words(start, end) for name, (start, end) in both.items()}
    sure = table["q_value"] < SURE
    return Result("", table, who=journey.segment.people, facts={
        "spans": words, "down": int((sure & (table["difference"] < 0)).sum()), "up": int((sure & (table["difference"] > 0)).sum()),
    }, method=(
        f"Change of experience: mean ratings of two spans ({words[BEFORE]}; {words[NOW]}), each touchpoint on its own scale, with intervals clustered on customers; the difference from both "
        "intervals (Zou and Donner), Benjamini-Hochberg q over all touchpoints. Who answers may have changed as well."))


def _changes(journey: Journey) -> pd.DataFrame:
    sums = measured.by_touchpoint(journey)
    sums = sums[(sums["n"] >= journey.min_n) & (sums["people"] >= journey.min_cell)]
    wide = {name: part.set_index("touchpoint") for name, part in sums.groupby("span")}
    if set(wide) != {BEFORE, NOW}:
        return pd.DataFrame()
    kept = wide[NOW].index.intersection(wide[BEFORE].index)
    known = parts.rows(journey).set_index("touchpoint").reindex(kept)
    table = known[["label", "owner", "scale_min", "scale_max"]].reset_index(names="touchpoint")
    low, size = table["scale_min"].to_numpy(dtype=float), (table["scale_max"] - table["scale_min"]).to_numpy(dtype=float)
    found = {}
    for name in (BEFORE, NOW):
        rows = wide[name].loc[kept]
        quality = intervals.from_sums(*[rows[c] for c in parts.SUMS], bounds=(0.0, 1.0))[list(SPREAD)].to_numpy(dtype=float)
        found[name] = pd.DataFrame(low[:, None] + size[:, None] * quality, columns=list(SPREAD))
        table[[name, f"{name}_low", f"{name}_high"]] = found[name].to_numpy()
        table[f"{name}_n"] = rows["n"].to_numpy()
    table[["difference", "low", "high", "p_value"]] = change.difference(found[NOW], found[BEFORE])[[*SPREAD, "p_value"]].to_numpy()
    table = table.dropna(subset=["difference"])
    return table.assign(q_value=false_discovery(table["p_value"])).sort_values(["difference", "touchpoint"], ignore_index=True)
