"""Shares of a funnel with their intervals, floors and hidden cells: one rule for every funnel of the workbook."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import intervals
from helpers.infer.multiplicity import hide_small
from helpers.journey import Journey


def with_intervals(table: pd.DataFrame, journey: Journey) -> pd.DataFrame:
    """A funnel's steps (users, of_start, of_previous, median_days) with the Wilson ends of both shares.

    A share of fewer than `min_n` customers is blank with its ends, and so is every figure of a step that fewer than `min_cell`
    customers took or missed: its ends alone would tell how many they were.
    """
    table, start, before = table.copy(), float(table["users"].iloc[0]), table["users"].shift()
    for name, base in (("of_start", pd.Series(start, index=table.index)), ("of_previous", before)):
        table[f"{name}_low"], table[f"{name}_high"] = intervals.wilson(table[name], base, intervals.NORMAL)
    figures = [name for name in table.columns if name.startswith("of_")]
    table.loc[before < journey.min_n, [*(name for name in figures if "previous" in name), "median_days"]] = np.nan
    if start < journey.min_n:
        table[figures] = np.nan
    return hide_small(table, "users", journey.min_cell, total=False, blank=[*figures, "median_days"]).drop(columns="hidden")


__all__ = ["with_intervals"]
