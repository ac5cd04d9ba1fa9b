"""Whether customers come back as often as before, by segment, and what of the change is who came and what is how they fared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import change, intervals
from helpers.infer.multiplicity import MIN_OUTCOMES, false_discovery, hide_small, too_few
from helpers.journey import Journey
from helpers.measure import coming_back as measured
from helpers.measure.spans import BEFORE, NOW

SIX = ["clusters", "s", "w", "ss", "sw", "ww"]
KEYS = ["column", "value"]
ENDS = ("", "_low", "_high", "_n")


def columns(journey: Journey) -> tuple[str, ...]:
    """The segment columns that may be compared: those that this journey is not cut to already."""
    pinned = dict(journey.segment.pairs)
    return tuple(name for name in journey.company.segments if name not in pinned and journey.has("customers", name))


def changes(journey: Journey) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each group's share of purchases followed by another, before and now; and the split of everybody's change by column.

    Groups: column, value, label, before, now with _low, _high, _n, difference, low, high, p_value, q_value (Benjamini-Hochberg over the groups; everybody, whose
    column is "", is not among them). Split: column, part (total, mix, rate), value, low, high. Groups under the floors are left out.
    """
    sums = measured.by_segment(journey, columns(journey))
    if not {BEFORE, NOW} <= set(sums["span"]):
        return pd.DataFrame(columns=[*KEYS, "label", "difference"]), pd.DataFrame()
    wide = {span: part.drop(columns="span").set_index(KEYS) for span, part in sums.groupby("span")}
    both = wide[NOW].index.intersection(wide[BEFORE].index)
    table, found = pd.DataFrame(index=both), {}
    for span in (BEFORE, NOW):
        rows = wide[span].loc[both]
        found[span] = intervals.share(*[rows[c] for c in SIX])
        table[[f"{span}{end}" for end in ENDS[:3]]] = found[span][["value", "low", "high"]].to_numpy()
        table[f"{span}_n"], table[f"{span}_people"] = rows["n"], rows["people"]
        table.loc[too_few(rows["n"], rows["s"], rows["n"] - rows["s"], min_n=journey.min_n, min_outcomes=min(MIN_OUTCOMES, journey.min_n)), f"{span}"] = np.nan
    moved = change.difference(found[NOW], found[BEFORE])
    table[["difference", "low", "high", "p_value"]] = moved[["value", "low", "high", "p_value"]].to_numpy()
    table["people"] = table[[f"{BEFORE}_people", f"{NOW}_people"]].min(axis=1)
    table = hide_small(table.reset_index(), "people", journey.min_cell, by="column", blank=["difference"]).dropna(subset=["difference", BEFORE, NOW])
    table.loc[table["column"] == "", "p_value"] = np.nan
    table["q_value"] = false_discovery(table["p_value"])
    spoken = table["column"].str.replace("_", " ") + " “" + table["value"] + "”"
    table["label"] = spoken.where(table["column"] != "", "All together")
    kept = [*KEYS, "label", *[f"{span}{end}" for span in (BEFORE, NOW) for end in ENDS], "difference", "low", "high", "p_value", "q_value"]
    order = {name: i for i, name in enumerate(["", *columns(journey)])}
    return table[kept].sort_values(KEYS, key=lambda names: names.map(order) if names.name == "column" else names, ignore_index=True), _split(wide)


def _split(wide: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Everybody's change as mix (who came) and rate (how they fared), once a segment column."""
    parts = []
    for name in [name for name in wide[NOW].index.unique("column") if name and name in wide[BEFORE].index.unique("column")]:
        now, before = (wide[span].loc[name].rename(columns={"clusters": "m"}).reset_index() for span in (NOW, BEFORE))
        parts.append(change.split(now, before, "value").parts.assign(column=name))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
