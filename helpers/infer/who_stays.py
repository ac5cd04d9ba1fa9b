"""Who stays, in companies whose relations end: the share still there by day, in every group, and how relations ended."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import survival
from helpers.infer.multiplicity import false_discovery, hide_small
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import adoption, membership

DAYS = (14, 30, 60, 90, 120, 240)
SURE = 0.05
FIGURES = [f"{name}day_{day}" for day in DAYS for name in ("", "low_", "high_")]


@section("who_stays", page="3_adoption", needs=("interactions", membership.LOST), would_show="how long customers stay before they leave, and in which groups they leave sooner")
def who_stays(journey: Journey) -> Result:
    """One row a whole day: group (""), days, share still there, low, high, at_risk; extra: groups (see `_groups`), ends (how relations ended)."""
    rows, ends = membership.stays(journey), membership.ends(journey)
    n = ends["began"]
    if n < max(journey.min_n, journey.min_cell):
        return Result("", nothing="Too few relations begin in this period to say how long they last.")
    curve = _curve(rows, journey.min_cell)
    marks = {day: _at(curve, day) for day in DAYS}
    groups, late = _groups(journey), {}
    shown = groups[(groups["q_value"] < SURE) & (groups["log_rank_sign"] > 0)]
    if len(shown):
        late = shown.loc[shown["chi_square"].idxmax()].to_dict()
    who = journey.segment.people
    start = adoption.STARTS[adoption.start_kind(journey)]
    return Result("", curve, who=f"{n:,} customers whose {start} lies in the period, {who}", facts={"n": n, "marks": marks, "sooner": late, **ends, **_peak(rows, journey.min_cell)}, extra={
        "groups": groups, "ends": _ends(ends, journey.min_cell),
    }, method=("Who stays: Kaplan-Meier with Greenwood's interval on the log-log scale, from the start to leaving; relations that came to their proper end, and those that go on at the end "
               "of the data, are censored there and never counted as lost. Groups: log-rank tests of each against all others of its column, Benjamini-Hochberg q over all groups; nothing "
               "else is held equal."))


def _curve(rows: pd.DataFrame, least: int, group: str = "") -> pd.DataFrame:
    """Share still there after each whole day: group, days, share, low, high, at_risk; it ends where fewer than `least` are followed."""
    table = survival.kaplan_meier(rows)
    time, day = table["time"].to_numpy(), np.arange(int(table["time"].max()) + 1, dtype=float)
    last, following = np.searchsorted(time, day, side="right") - 1, np.searchsorted(time, day, side="left")
    share, low, high = (np.where(last >= 0, table[name].to_numpy()[np.maximum(last, 0)], 1.0) for name in ("survival", "low", "high"))
    at_risk = np.append(table["at_risk"].to_numpy(), 0.0)[following]
    out = pd.DataFrame({"group": group, "days": day, "share": share, "low": low, "high": high, "at_risk": at_risk})
    return out[out["at_risk"] >= max(least, 1)].reset_index(drop=True)


def _peak(rows: pd.DataFrame, least: int) -> dict[str, int]:
    """The whole day on which most leave, where it stands out: as many as on ten ordinary days of the fortnights around it, and one leaver in twenty."""
    gone = rows[rows["event"] == 1]
    days = gone.groupby(np.floor(gone["days"]).astype(int))["count"].sum()
    if not len(days):
        return {}
    day, most = int(days.idxmax()), int(days.max())
    around = days.reindex(range(max(day - 14, 0), day + 15), fill_value=0).drop(day)
    stands = most >= max(10 * around.median(), 0.05 * days.sum(), least)
    return {"peak_day": day, "peak": most} if stands else {}


def _at(curve: pd.DataFrame, day: int) -> dict[str, float]:
    """share, low, high on a day; NaN where nobody is followed that far."""
    row = curve[curve["days"] == day]
    return {name: float(row[name].iloc[0]) if len(row) else float("nan") for name in ("share", "low", "high")}


def _groups(journey: Journey) -> pd.DataFrame:
    """Every group of every segment column: column, value, n, day_14 ... day_240 (share still there) with low_ and high_, the log-rank test against the others.

    log_rank_sign is 1 where the group loses more than its share, -1 where less. Groups under the floors are there without figures.
    """
    found = []
    for column in adoption.cutting(journey):
        rows = membership.stays(journey, column)
        sizes = rows.groupby("group")["count"].sum().rename("n").reset_index()
        sizes = hide_small(sizes, "n", journey.min_cell)
        known = sizes.loc[~sizes["hidden"] & (sizes["n"] >= journey.min_n), "group"].tolist()
        if len(known) >= 2:
            found += [_group(rows, column, value, journey) if value in known else {"column": column, "value": value} for value in sizes["group"]]
    table = pd.DataFrame(found, columns=["column", "value", "n", *FIGURES, "log_rank_sign", "chi_square", "p_value"])
    table = table.astype({name: "float64" for name in table.columns[2:]})
    return table.assign(q_value=false_discovery(table["p_value"].to_numpy(dtype=float)))


def _group(rows: pd.DataFrame, column: str, value: str, journey: Journey) -> dict:
    mine = rows[rows["group"] == value]
    curve = _curve(mine, journey.min_cell)
    test = survival.log_rank(rows.assign(mine=rows["group"] == value), "mine").iloc[0]
    row = {"column": column, "value": value, "n": mine["count"].sum(), "chi_square": test["chi_square"], "p_value": test["p_value"], "log_rank_sign": _sign(rows, mine)}
    for day in DAYS:
        at = _at(curve, day)
        row |= {f"day_{day}": at["share"], f"low_day_{day}": at["low"], f"high_day_{day}": at["high"]}
    return row


def _sign(rows: pd.DataFrame, mine: pd.DataFrame) -> float:
    """1 where the group has more leavings than its days at risk would give it, else -1."""
    rates = [float((part["event"] * part["count"]).sum() / max((part["days"] * part["count"]).sum(), 1.0)) for part in (mine, rows)]
    return 1.0 if rates[0] > rates[1] else -1.0


def _ends(ends: dict[str, int], least: int) -> pd.DataFrame:
    """How the period's relations ended: end (left, done, open; never: left without ever having begun), customers (NaN: too few)."""
    table = pd.DataFrame({"end": ["left", "done", "open"], "customers": [float(ends[name]) for name in ("left", "done", "open")]})
    never = pd.DataFrame({"end": ["never"], "customers": [float(ends["never"])]})
    parts = [hide_small(table, "customers", least), hide_small(never, "customers", least, total=False)]
    return pd.concat(parts, ignore_index=True).drop(columns="hidden")
