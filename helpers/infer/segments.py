"""Segments side by side: each against all others of its column, KPI by KPI, with the difference's interval and q value."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.infer import intervals, survival
from helpers.infer.change import difference
from helpers.infer.intervals import LEVEL
from helpers.infer.multiplicity import MIN_OUTCOMES, false_discovery, hide_small
from helpers.journey import Journey
from helpers.measure import Kpi, all_kpis, segments
from helpers.measure.registry import DURATIONS, own_label

SUMS = ("clusters", "s", "w", "ss", "sw", "ww")
ALPHA = 1 - LEVEL
THEMES = {
    "conversion": (
        "stage_conversion_consideration", "stage_conversion_decision", "stage_conversion_purchase", "stage_conversion_post_purchase",
        "stage_conversion_loyalty", "stage_conversion_advocacy", "adoption_rate", "retention",
    ),
    "content": ("information_found_rate", "trust_exposure", "concern_rate"),
    "channels": ("hand_over_success",),
    "service": ("resolution_time", "service_level_met", "technical_issue_rate", "csat", "ces"),
}
"""What a segment may need next, and the KPIs that show where it falls short."""
KEYS = ["column", "value"]
ALIKE = ["s", "w", "ss", "sw", "ww", "square"]
FIGURES = ["figure", "low", "high", "n", "people", "others", "others_low", "others_high", "others_n", "difference", "difference_low", "difference_high", "z", "p_value"]


def indicators(journey: Journey) -> dict[str, str]:
    """The KPIs that can be compared here, id -> theme."""
    known = all_kpis()
    return {
        id: theme for theme, ids in THEMES.items() for id in ids
        if id in known and not journey.missing(known[id].needs) and known[id].better in ("higher", "lower")
    }


def against_others(journey: Journey) -> pd.DataFrame:
    """One row a segment and KPI: column, value, kpi, label, theme, unit, better, FIGURES, q_value, falls_short.

    figure is the segment's, others that of all other customers with another value in the column; difference is the first less the second
    (Newcombe), z its distance from 0 in standard errors, below 0 where the segment is worse off; q over all rows (Benjamini-Hochberg).
    falls_short: worse off, with q under 0.05. Where segment or others have fewer than min_n cases, min_cell people or, of a share, five of either outcome,
    figures are missing.
    """
    parts = [_compare(journey, all_kpis()[id]).assign(theme=theme) for id, theme in indicators(journey).items()]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=[*KEYS, "kpi", "label", "theme", "unit", "better", *FIGURES, "q_value", "falls_short"])
    table = pd.concat(parts, ignore_index=True)
    table["q_value"] = false_discovery(table["p_value"])
    return table.assign(falls_short=(table["z"] < 0) & (table["q_value"] < ALPHA))


def _compare(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    """One KPI, one row a segment: the two sides, their difference, z and p."""
    rows = segments.by_segment(journey, kpi)
    mine, rest = _durations(journey, kpi, rows) if kpi.statistic in DURATIONS else _sums(kpi, rows)
    if not len(mine):
        return mine
    table = pd.concat([mine[KEYS], _sides(journey, mine, rest)], axis=1)
    table = hide_small(table, "people", journey.min_cell, by="column", blank=[name for name in FIGURES if name != "people"]).drop(columns="hidden")
    return table.assign(kpi=kpi.id, label=own_label(kpi, journey), unit=kpi.unit, better=kpi.better)


def _sides(journey: Journey, mine: pd.DataFrame, rest: pd.DataFrame) -> pd.DataFrame:
    """The FIGURES of segments and others, row by row; missing where either side is too small."""
    way = 1 if mine["better"].iloc[0] == "higher" else -1
    few = (mine["n"] < journey.min_n) | (rest["n"] < journey.min_n) | (rest["people"] < journey.min_cell) | (np.minimum(mine["rarer"], rest["rarer"]) < MIN_OUTCOMES)
    gap = difference(*(side[["figure", "low", "high"]].rename(columns={"figure": "value"}) for side in (mine, rest)))
    z = way * np.sign(gap["value"]) * -ndtri(gap["p_value"] / 2)
    table = pd.DataFrame({
        **{name: mine[name] for name in ("figure", "low", "high", "n", "people")},
        "others": rest["figure"], "others_low": rest["low"], "others_high": rest["high"], "others_n": rest["n"],
        "difference": gap["value"], "difference_low": gap["low"], "difference_high": gap["high"], "z": z, "p_value": gap["p_value"],
    })
    return table.assign(**{name: table[name].mask(few) for name in FIGURES if name not in ("n", "people")})


def _sums(kpi: Kpi, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Segments and others of a share, mean or NPS: a customer has one value in a column, so the others are the total less the segment.

    rarer: how often the rarer outcome of a share occurred; without limit where there are no two outcomes.
    """
    columns = [*SUMS, "n", "people"]
    total = rows.groupby("column")[columns].transform("sum")
    rest = rows[KEYS].join(total - rows[columns])
    return tuple(_valued(kpi, part) for part in (rows, rest))


def _valued(kpi: Kpi, sums: pd.DataFrame) -> pd.DataFrame:
    function = {"share": intervals.share, "nps": intervals.nps}.get(kpi.statistic, intervals.from_sums)
    found = function(*[sums[c].to_numpy(dtype=float) for c in SUMS]).rename(columns={"value": "figure"})
    rarer = np.minimum(sums["s"], sums["w"] - sums["s"]) if kpi.statistic == "share" else np.inf
    return pd.concat([sums[[*KEYS, "n", "people"]].assign(rarer=rarer).reset_index(drop=True), found[["figure", "low", "high"]]], axis=1).assign(better=kpi.better)


def _durations(journey: Journey, kpi: Kpi, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Segments and others of a share within a window or a median time, open cases censored; intervals clustered on customers."""
    window, found = kpi.window_days(journey), ([], [])
    sums = rows.drop_duplicates(KEYS)[[*KEYS, "people", *ALIKE]]
    rows = rows[[*KEYS, "days", "event", "count"]]
    for keys, within in _splits(sums):
        here = rows["column"] == keys["column"]
        for side, same in zip(found, (True, False), strict=True):
            part = rows[here & ((rows["value"] == keys["value"]) == same)]
            # A customer has one value in a column, so that what the others have in common is the sum over their values.
            common = sums[within & ((sums["value"] == keys["value"]) == same)][["people", *ALIKE]].sum()
            part = part.assign(design_effect=survival.design_effect(common.to_frame().T).iloc[0])
            side.append({**keys, **_timed(kpi, part, window), "people": common["people"], "better": kpi.better})
    return tuple(pd.DataFrame(side) for side in found)


def _splits(sums: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.Series]]:
    """Each segment of a column with two values or more, and which rows of `sums` are of that column."""
    for column, part in sums.groupby("column", sort=False):
        for value in part["value"] if len(part) > 1 else ():
            yield {"column": column, "value": value}, sums["column"] == column


def _timed(kpi: Kpi, rows: pd.DataFrame, window: float | None) -> dict[str, float]:
    if kpi.statistic == "survival_share":
        found = survival.share_by(rows, window).iloc[0]
        rarer = min(found["events"], found["at_risk"])
    else:
        found, rarer = survival.median_time(rows).iloc[0], np.inf
    scale = 24.0 if kpi.unit == "hours" else 1.0
    return {"figure": scale * found["value"], "low": scale * found["low"], "high": scale * found["high"], "n": float(rows["count"].sum()), "rarer": rarer}
