"""What the adoption page works out of counted customers: curves, comparisons of groups, obstacles and their bases."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from helpers.infer import change, survival
from helpers.infer.intervals import NORMAL, wilson
from helpers.infer.multiplicity import false_discovery, hide_small, too_few
from helpers.journey import Journey
from helpers.measure import adoption, obstacles

SURE = 0.05
GROUP = ["column", "value", "n", "median", "median_low", "median_high", "share", "low", "high", "rest_median", "chi_square", "p_value", "q_value"]
FIGURES = ["hits", "share", "low", "high"]


def shares(hits, n) -> dict[str, np.ndarray]:
    """share, low, high by Wilson; NaN where there is nothing to divide by."""
    n = np.asarray(n, dtype=float)
    share = np.divide(np.asarray(hits, dtype=float), n, out=np.full(n.shape, np.nan), where=n > 0)
    low, high = wilson(share, n, NORMAL)
    return {"share": share, "low": low, "high": high}


def older_than_the_data(facts: dict, journey: Journey) -> str:
    """Whether most of those who seem to start are likely to have started before the data: "known" (customers before), "early" (in the first 30 days), or "".

    facts: started, known, early (see `adoption.before_the_data`), days (that the data span), kind (of start).
    """
    started = facts["started"]
    if facts["kind"] not in ("purchase", "onboarding", "contact") or started < journey.min_n:
        return ""
    if facts["known"] > 0.2 * started and facts["known"] >= journey.min_cell:
        return "known"
    # Three times as many as their part of the days, and a tenth of all.
    bunched = facts["early"] > 0.1 * started and facts["early"] * facts["days"] > 3 * 30 * started
    return "early" if facts["days"] >= 120 and bunched else ""


def curve(rows: pd.DataFrame, days: int, group: str, least: int) -> pd.DataFrame:
    """Share who have had the event by each whole day: group, days, share, low, high, at_risk; it ends where fewer than `least` are followed."""
    table = survival.kaplan_meier(rows)
    time, day = table["time"].to_numpy(), np.arange(days + 1, dtype=float)
    last, following = np.searchsorted(time, day, side="right") - 1, np.searchsorted(time, day, side="left")
    before = {"survival": 1.0, "low": 1.0, "high": 1.0}
    value = {name: np.where(last >= 0, table[name].to_numpy()[np.maximum(last, 0)], start) for name, start in before.items()}
    at_risk = np.append(table["at_risk"].to_numpy(), 0.0)[following]
    out = pd.DataFrame({"group": group, "days": day, "share": 1 - value["survival"], "low": 1 - value["high"], "high": 1 - value["low"], "at_risk": at_risk})
    return out[out["at_risk"] >= max(least, 1)].reset_index(drop=True)


def by_group(journey: Journey, window: float) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.DataFrame]]:
    """Time to adopt in every group of every segment column.

    Returns the groups (column, value, n, median with interval, share within the window with interval, rest_median, and the log-rank test of the group
    against all others of its column, q over all groups), the columns (column, chi_square, degrees_of_freedom, p_value, q_value: one log-rank test over all its groups),
    and the counted times of each column. Groups under the floors are there without figures.
    """
    groups, columns, counted = [], [], {}
    for column in adoption.cutting(journey):
        rows = adoption.times(journey, column)
        sizes = rows.groupby("group")["count"].sum().rename("n").reset_index() if len(rows) else pd.DataFrame(columns=["group", "n"])
        sizes = hide_small(sizes, "n", journey.min_cell)
        kept = sizes.loc[~sizes["hidden"] & (sizes["n"] >= journey.min_n), "group"].tolist()
        counted[column] = rows[rows["group"].isin(kept)]
        if len(kept) < 2:
            continue
        columns.append(survival.log_rank(counted[column], "group").assign(column=column))
        groups += [_group(rows, column, value, window) if value in kept else {"column": column, "value": value} for value in sizes["group"]]
    table = pd.DataFrame(groups, columns=GROUP).astype({name: "float64" for name in GROUP[2:]})
    table["q_value"] = false_discovery(table["p_value"])
    tests = pd.concat(columns, ignore_index=True) if columns else pd.DataFrame(columns=["column", "chi_square", "degrees_of_freedom", "p_value"])
    return table, tests.assign(q_value=false_discovery(tests["p_value"].to_numpy(dtype=float))), counted


def _group(rows: pd.DataFrame, column: str, value: str, window: float) -> dict:
    mine = rows[rows["group"] == value]
    median, share = survival.median_time(mine).iloc[0], survival.share_by(mine, window).iloc[0]
    test = survival.log_rank(rows.assign(mine=rows["group"] == value), "mine").iloc[0]
    return {
        "column": column, "value": value, "n": mine["count"].sum(), "median": median["value"], "median_low": median["low"], "median_high": median["high"],
        "share": share["value"], "low": share["low"], "high": share["high"], "rest_median": survival.median_time(rows[rows["group"] != value]).iloc[0]["value"],
        "chi_square": test["chi_square"], "p_value": test["p_value"],
    }


def late(groups: pd.DataFrame) -> dict:
    """The group that adopts latest among those shown to adopt later than the others of its column, beside the fastest of the column; empty where none."""
    reached = groups["median"].fillna(np.inf)
    gap = reached - groups["rest_median"]
    shown = groups[(groups["q_value"] < SURE) & (gap > 0)]
    if not len(shown):
        return {}
    one = groups.loc[gap[shown.index].sort_values(ascending=False, kind="stable").index[0]]
    others = groups[(groups["column"] == one["column"]) & groups["median"].notna()]
    fastest = others.loc[others["median"].idxmin()] if len(others) else None
    return {"late": one.to_dict(), "fastest": None if fastest is None or fastest["value"] == one["value"] else fastest.to_dict()}


def obstacle_table(journey: Journey, counts: pd.DataFrame) -> pd.DataFrame:
    """One row an obstacle the tables can show, then `none`, over the customers who did not adopt.

    Returns obstacle, label, hits, n (who did not adopt), share, low, high, and for what adopters can have too (technical, rival): adopters (n),
    adopters_share with _low and _high, difference with difference_low and difference_high.
    """
    without, adopted = (_sum(counts, word) for word in (0, 1))
    rows = []
    for name in [*obstacles.available(journey), "none"]:
        rows.append({"obstacle": name, "label": obstacles.LABELS[name], "hits": without[name], "n": without["n"], "adopter_hits": adopted[name], "adopters": adopted["n"]})
    table = pd.DataFrame(rows)
    for prefix, hits, n in (("", "hits", "n"), ("adopters_", "adopter_hits", "adopters")):
        found = shares(table[hits], table[n])
        for name, values in found.items():
            table[prefix + name] = values
    mine, theirs = (table[[p + c for c in ("share", "low", "high")]].set_axis(["value", "low", "high"], axis=1) for p in ("", "adopters_"))
    gap = change.difference(mine, theirs)
    table["difference"], table["difference_low"], table["difference_high"] = gap["value"], gap["low"], gap["high"]
    only = ~table["obstacle"].isin(["technical", "rival"]) | (table["adopters"] < journey.min_n)
    table.loc[only, ["adopter_hits", "adopters_share", "adopters_low", "adopters_high", "difference", "difference_low", "difference_high"]] = np.nan
    table = hide_small(table, "adopter_hits", journey.min_cell, total=False, blank=["adopters_share", "adopters_low", "adopters_high", "difference", "difference_low", "difference_high"])
    gaps = ["difference", "difference_low", "difference_high"]
    table = hide_small(table.drop(columns="hidden"), "hits", journey.min_cell, total=False, blank=[*FIGURES[1:], *gaps]).drop(columns="hidden")
    return table.sort_values("share", ascending=False, kind="stable", key=lambda v: v.where(table["obstacle"] != "none", -1.0), ignore_index=True)


def _sum(counts: pd.DataFrame, adopted: int) -> pd.Series:
    return counts.loc[counts["adopted"] == adopted].drop(columns=["value", "adopted"]).sum()


def obstacles_by_group(journey: Journey) -> pd.DataFrame:
    """Every obstacle in every group of every segment column, and not adopting at all as the first of them.

    Returns column, value, obstacle (not_adopted, unused ...), new (customers in the group), new_hits, new_share with new_low and new_high (share of them),
    rest_share (of all others of the column), difference with difference_low, difference_high, p_value, q_value (over all rows); and of those who did not
    adopt: n, hits, share, low, high.
    """
    names, parts = ["not_adopted", *obstacles.available(journey)], []
    for column in adoption.cutting(journey):
        counts = obstacles.counts(journey, column)
        counts["not_adopted"] = np.where(counts["adopted"] == 0, counts["n"], 0.0)
        every = counts.groupby("value")[["n", *names]].sum()
        without = counts[counts["adopted"] == 0].set_index("value").reindex(every.index).fillna(0.0)
        for name in names:
            parts.append(pd.DataFrame({
                "column": column, "value": every.index, "obstacle": name, "new": every["n"].to_numpy(), "new_hits": every[name].to_numpy(),
                "rest": every["n"].sum() - every["n"].to_numpy(), "rest_hits": every[name].sum() - every[name].to_numpy(), "n": without["n"].to_numpy(), "hits": without[name].to_numpy(),
            }))
    if not parts:
        return pd.DataFrame()
    return _compared(pd.concat(parts, ignore_index=True), journey)


def worse(table: pd.DataFrame) -> pd.DataFrame:
    """For each obstacle, the group in which it is shown to be most above the others of its column, with the group's own adoption gap.

    Rows of `obstacles_by_group` (not `not_adopted`) with not_adopted, not_adopted_low, not_adopted_high: the difference in the share who do not adopt.
    """
    shown = table[(table["q_value"] < SURE) & (table["difference"] > 0) & (table["obstacle"] != "not_adopted")]
    top = shown.sort_values(["difference", "column", "value"], ascending=[False, True, True], kind="stable").drop_duplicates("obstacle")
    own = table[table["obstacle"] == "not_adopted"].set_index(["column", "value"])[["difference", "difference_low", "difference_high"]]
    own.columns = ["not_adopted", "not_adopted_low", "not_adopted_high"]
    return top.join(own, on=["column", "value"]).reset_index(drop=True)


def onboarding_table(journey: Journey) -> tuple[pd.DataFrame, float]:
    """One row an onboarding touchpoint, the widest gap first, and the number of customers it is about.

    Returns touchpoint, label, owner, met (customers), met_share with met_low and met_high, adopted_share of those who met it (not of those who did not: that is what
    they chose), rated, poor (customers), poor_share, then adoption after a poor and any other experience (poor_adopted, better_adopted with _low and _high),
    difference with low and high, p_value, q_value.
    """
    counts, every = obstacles.onboarding(journey), obstacles.counts(journey)
    everyone, words = float(every["n"].sum()), journey.dictionary.set_index("touchpoint")
    rows = []
    for touchpoint, part in counts.groupby("touchpoint", sort=True):
        n = part.pivot_table(index="rating", columns="adopted", values="n", aggfunc="sum", fill_value=0.0).reindex(index=["met", "poor", "better"], columns=[0.0, 1.0], fill_value=0.0)
        size, hits = n.sum(axis=1), n[1.0]
        rows.append({"touchpoint": touchpoint, "label": words["label"].get(touchpoint, touchpoint), "owner": words["owner"].get(touchpoint), "met": size["met"], "met_hits": hits["met"],
                     "poor": size["poor"], "rated": size["poor"] + size["better"], "poor_hits": hits["poor"], "better_hits": hits["better"]})
    if not rows:
        return pd.DataFrame(), everyone
    return _onboarding_tests(pd.DataFrame(rows), everyone, journey), everyone


def _onboarding_tests(table: pd.DataFrame, everyone: float, journey: Journey) -> pd.DataFrame:
    better = table["rated"] - table["poor"]
    met = shares(table["met"], np.full(len(table), everyone))
    table = table.assign(met_share=met["share"], met_low=met["low"], met_high=met["high"], adopted_share=table["met_hits"] / table["met"], poor_share=table["poor"] / table["rated"].where(table["rated"] > 0))
    sets = {"poor_adopted": shares(table["poor_hits"], table["poor"]), "better_adopted": shares(table["better_hits"], better)}
    frames = []
    for name, found in sets.items():
        table[name], table[f"{name}_low"], table[f"{name}_high"] = found["share"], found["low"], found["high"]
        frames.append(pd.DataFrame({"value": found["share"], "low": found["low"], "high": found["high"]}))
    gap = change.difference(*frames)
    table["difference"], table["low"], table["high"] = gap["value"], gap["low"], gap["high"]
    table["p_value"] = _p_value(table["poor_hits"], table["poor"], table["better_hits"], better)
    few = too_few(table["poor"], table["poor_hits"], table["poor"] - table["poor_hits"], min_n=journey.min_n) | too_few(better, min_n=journey.min_n)
    told = [name for name in table.columns if name.startswith(("poor_adopted", "better_adopted"))]
    table.loc[few, [*told, "difference", "low", "high", "p_value"]] = np.nan
    table = table.drop(columns=["met_hits", "poor_hits", "better_hits"])
    table = hide_small(table, "poor", journey.min_cell, total=False, blank=["poor_share"]).drop(columns="hidden")
    table = hide_small(table, "met", journey.min_cell, total=False, blank=["met_share", "met_low", "met_high", "adopted_share"]).drop(columns="hidden")
    return table.assign(q_value=false_discovery(table["p_value"])).sort_values(["difference", "touchpoint"], kind="stable", ignore_index=True)


def _p_value(hits, n, other_hits, other_n) -> np.ndarray:
    """Two-sided p of a difference of two shares (pooled z)."""
    hits, n, other_hits, other_n = (np.asarray(x, dtype=float) for x in (hits, n, other_hits, other_n))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (hits + other_hits) / (n + other_n)
        z = (hits / n - other_hits / other_n) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return 2 * ndtr(-np.abs(z))


def _compared(table: pd.DataFrame, journey: Journey) -> pd.DataFrame:
    """Add shares, differences and tests; blank what is under the floors."""
    sets = {"new_": shares(table["new_hits"], table["new"]), "rest_": shares(table["rest_hits"], table["rest"]), "": shares(table["hits"], table["n"])}
    for prefix, found in sets.items():
        for name, values in found.items():
            table[prefix + name] = values
    mine, theirs = (table[[p + c for c in ("share", "low", "high")]].set_axis(["value", "low", "high"], axis=1) for p in ("new_", "rest_"))
    gap = change.difference(mine, theirs)
    table["difference"], table["difference_low"], table["difference_high"] = gap["value"], gap["low"], gap["high"]
    table["p_value"] = _p_value(table["new_hits"], table["new"], table["rest_hits"], table["rest"])
    few = too_few(table["new"], table["new_hits"], table["new"] - table["new_hits"], min_n=journey.min_n) | too_few(table["rest"], min_n=journey.min_n)
    tests = ["difference", "difference_low", "difference_high", "p_value"]
    table.loc[few, tests] = np.nan
    table = _hide(table, journey, tests)
    return table.assign(q_value=false_discovery(table["p_value"])).drop(columns=["rest_hits", "rest_low", "rest_high"])


def _hide(table: pd.DataFrame, journey: Journey, tests: list[str]) -> pd.DataFrame:
    """Hide groups and cells under `min_cell` people, so that the rest of a column does not give them away."""
    within = ["column", "obstacle"]
    told = ["new_share", "new_low", "new_high", "rest_share", *tests]
    table = hide_small(table, "new_hits", journey.min_cell, by=within, blank=told).drop(columns="hidden")
    table = hide_small(table, "hits", journey.min_cell, by=within, blank=["share", "low", "high"]).drop(columns="hidden")
    few = table["n"] < journey.min_n
    table.loc[few, ["hits", "share", "low", "high"]] = np.nan
    table = hide_small(table, "n", journey.min_cell, by=within, blank=["hits", "share", "low", "high"]).drop(columns="hidden")
    return hide_small(table, "new", journey.min_cell, by=within, blank=["new_hits", *told, "n", "hits", "share", "low", "high"]).drop(columns="hidden")
