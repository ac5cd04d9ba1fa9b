"""The same KPIs of two groups or two spans of time side by side: how far apart, how sure, and what may not be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer.change import difference
from helpers.infer.multiplicity import MIN_N, false_discovery
from helpers.measure import all_kpis

CLAIMED = 0.05
"""The share of false claims among all claims of one comparison that is let pass (q value)."""
WORDS = ("phase", "perspective", "kpi", "label", "unit", "better", "kind", "definition")
SIDES = ("value", "low", "high", "n")
COLUMNS = (
    *WORDS, *(f"first_{one}" for one in SIDES), *(f"second_{one}" for one in SIDES),
    "difference", "difference_low", "difference_high", "p_value", "q_value", "verdict", "why",
)
VERDICTS = {
    "worse": "Worse", "better": "Better", "higher": "Higher", "lower": "Lower", "maybe": "May be chance", "no_difference": "No difference shown",
    "not_compared": "Not compared",
}
NEITHER, ONE_SIDE, TOO_FEW, NO_INTERVAL = "neither side has it", "only one side has it", "too few on one side", "no interval to compare by"
THE_REST = "what the larger has beyond the smaller would be too few"
BY_LENGTH, BY_SIZE = "a sum, over spans of different length", "a sum: it grows with the size of the group"


def side_by_side(first: pd.DataFrame, second: pd.DataFrame, *, sums: str = "", nested: bool = False, floor: int = MIN_N) -> pd.DataFrame:
    """What lies between two sets of KPIs: the second less the first, KPI by KPI.

    In: two tables with names.KPI_COLUMNS, one row a KPI and period. `sums`: why totals are not compared, empty where they are (BY_LENGTH, BY_SIZE).
    `nested`: one lies inside the other, so that the rest is a group too: where it has fewer than `floor` cases, neither side is shown.
    Out: COLUMNS, one row a KPI that either has, in the order of `second`; difference with a 95% interval (`change.difference`), p_value, and
    q_value among all the KPIs compared (Benjamini and Hochberg). verdict: better, worse (for KPIs within a range: higher, lower) where the interval
    is off 0 and the q value is at most CLAIMED; maybe where only the first holds; no_difference; not_compared, with `why`. Where one side is
    withheld neither is given, so that no comparison says more than the two reports.
    """
    table = _both(first, second)
    why = _why(table, sums, nested, floor)
    table.loc[why.isin((NEITHER, ONE_SIDE, TOO_FEW, THE_REST)), [f"{side}_{one}" for side in ("first", "second") for one in SIDES]] = np.nan
    a, b = (table[[f"{side}_{one}" for one in SIDES]].set_axis(list(SIDES), axis=1) for side in ("first", "second"))
    found = difference(b, a)
    found.loc[(why != "").to_numpy(), ["value", "low", "high", "p_value"]] = np.nan
    table[["difference", "difference_low", "difference_high", "p_value"]] = found[["value", "low", "high", "p_value"]].to_numpy()
    table["q_value"] = false_discovery(table["p_value"])
    table["why"] = why.mask((why == "") & table["p_value"].isna(), NO_INTERVAL)
    table["verdict"] = _verdict(table)
    return table[list(COLUMNS)]


def _both(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """One row a KPI of either side; a KPI on two scorecards once."""
    sides = {name: side[side["grain"] == "period"].drop_duplicates("kpi") for name, side in (("first", first), ("second", second))}
    both = pd.concat([sides["second"], sides["first"]])[list(WORDS)].drop_duplicates("kpi").fillna("").reset_index(drop=True)
    for name, side in sides.items():
        both[[f"{name}_{one}" for one in SIDES]] = side.set_index("kpi")[list(SIDES)].reindex(both["kpi"]).to_numpy(dtype=float)
    return both


def _why(table: pd.DataFrame, sums: str, nested: bool, floor: int) -> pd.Series:
    """Why a KPI is not compared; empty where it is."""
    known = all_kpis()
    kinds = ("total",) if sums == BY_LENGTH else ("total", "level")
    total = pd.Series([one in known and known[one].statistic in kinds for one in table["kpi"]], index=table.index, dtype="bool")
    there = [table[f"{side}_value"].notna() for side in ("first", "second")]
    empty = [table[f"{side}_n"] == 0 for side in ("first", "second")]
    rest = (table["first_n"] - table["second_n"]).abs()
    return pd.Series(np.select(
        [~there[0] & ~there[1], ~there[0] & empty[0] | ~there[1] & empty[1], ~there[0] | ~there[1], nested & (rest > 0) & ~(rest >= floor), bool(sums) & total],
        [NEITHER, ONE_SIDE, TOO_FEW, THE_REST, sums], "",
    ), index=table.index, dtype="str")


def _verdict(table: pd.DataFrame) -> np.ndarray:
    off = (table["difference_low"] > 0) | (table["difference_high"] < 0)
    sure, up = off & (table["q_value"] <= CLAIMED), table["difference"] > 0
    ranged, good = table["better"] == "range", up == (table["better"] == "higher")
    return np.select(
        [table["p_value"].isna(), sure & ranged & up, sure & ranged, sure & good, sure, off],
        ["not_compared", "higher", "lower", "better", "worse", "maybe"], "no_difference",
    )
