"""The guard of the intent score: a feature that knows what came after the prediction date is refused, by its name.

What it looks for, on the data and not on trust:
- no time stamp: the feature declares no time column, or rows without one feed it;
- the clock: a row that feeds it lies at or after the prediction date;
- the stage: a touchpoint of the purchase or later, within the same intent, feeds it;
- after the fact: a column without a time stamp of its own (a trait of the customer) that tells almost perfectly who
  buys after the date, or a value of it that is only ever found where one ending followed;
- too good: it alone tells almost every ending.
Source of the idea: Kaufman, Rosset and Perlich (2011), Leakage in data mining: "no time machine".
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrc

from helpers import contract
from helpers.infer.probability import learn_column, words
from helpers.measure.intent_score import AFTERWARDS, LATE, UNDATED

ALONE = 0.95
"""An AUC that no single honest feature reaches: above it, it was most likely written down with the purchase."""
TOLD = 0.9
"""The same for a column without a time stamp, against whether the customer buys at any time after the date."""
ONE_SIDED, CHANCE = 0.98, 1e-6
COLUMNS = ["feature", "label", "time", "reason"]


def refused(table: pd.DataFrame, declared: pd.DataFrame, *, min_n: int = 30) -> pd.DataFrame:
    """The features that may not be used, and why: feature, label, time, reason (a sentence).

    In: `measure.intent_score.scored_rows`, both parts.
    """
    found = []
    for one in declared.itertuples(index=False):
        if reason := _time(one) or _rows(one, table) or _after_the_fact(one, table, min_n) or _alone(one, table):
            found.append((one.feature, one.label, one.time, reason))
    return pd.DataFrame(found, columns=COLUMNS)


def _time(one) -> str:
    """Whether the declared time column is one."""
    name, _, column = str(one.time or "").partition(".")
    known = name in contract.TABLES and column in contract.TABLES[name].column_names and contract.TABLES[name].column(column).kind == "timestamp"
    if known:
        return ""
    said = f"it declares “{one.time}”, which is no time stamp of the contract" if one.time else "it declares no time stamp"
    return f"{said}, so nobody can tell whether it was known before the date"


def _rows(one, table: pd.DataFrame) -> str:
    """Whether the rows that feed it lie before the date, at touchpoints before the purchase."""
    why = table[f"why_{one.feature}"]
    for fault, told in (
        (LATE, f"it rests on {one.time} at or after the prediction date"), (AFTERWARDS, "it rests on touchpoints of the purchase or later within the same search"),
        (UNDATED, f"it rests on rows without {one.time}"),
    ):
        count = int((why == fault).sum())
        if count and (fault != UNDATED or one.own_time):
            return f"{told} in {count:,} of {len(table):,} cases"
    return ""


def _after_the_fact(one, table: pd.DataFrame, min_n: int) -> str:
    """Whether a trait was filled in after the purchase: it tells too well who buys later among those who had not bought yet."""
    if one.own_time:
        return ""
    people = table[table["fresh"] == 1].sort_values("snapshot", kind="stable").drop_duplicates("customer_id")
    if len(people) < min_n or not 0 < people["later"].mean() < 1:
        return ""
    value = _told_by(people[one.feature], people["later"], one.kind)
    if value >= TOLD:
        return f"the column carries no time stamp and tells who buys after the date almost perfectly (AUC {value:.2f} over {len(people):,} customers who had not bought): it was filled in after the fact"
    if one.kind != "text":
        return ""
    for level, ends in people["later"].groupby(words(people[one.feature])):
        n, bought, base = len(ends), float(ends.sum()), float(people["later"].mean())
        all_, none = bought / n >= ONE_SIDED and bdtrc(bought - 1, n, base) < CHANCE, bought / n <= 1 - ONE_SIDED and bdtr(bought, n, base) < CHANCE
        if n >= min_n and (all_ or none):
            return (f"the column carries no time stamp and its value “{level}” stands only with customers who {'bought' if all_ else 'did not buy'} afterwards "
                    f"({n:,} of them): it was filled in after the fact")
    return ""


def _alone(one, table: pd.DataFrame) -> str:
    """Whether it tells almost every ending by itself."""
    known = table[table["bought"].notna()]
    if not len(known) or not 0 < known["bought"].mean() < 1:
        return ""
    value = _told_by(known[one.feature], known["bought"], one.kind)
    if value < ALONE:
        return ""
    return f"it alone tells almost every ending (AUC {value:.2f}): what foretells a purchase so well was most likely written down with it"


def _told_by(values: pd.Series, outcome: pd.Series, kind: str) -> float:
    """The AUC of the share with the outcome among rows of a like value: a value's own, or that of one of twenty steps of a number."""
    if kind == "text":
        column = learn_column("value", "text", values)
        group = pd.Index([column.usual, *column.levels]).get_indexer(words(values)) + 1
    else:
        number = values.to_numpy(dtype=float, na_value=np.nan)
        known = number[np.isfinite(number)]
        cuts = np.unique(np.quantile(known, np.arange(1, 20) / 20)) if len(known) else np.array([])
        group = np.where(np.isfinite(number), np.searchsorted(cuts, number, side="left") + 1, 0)
    n, with_ = np.bincount(group), np.bincount(group, weights=outcome.to_numpy(dtype=float))
    order = np.argsort(np.divide(with_, n, out=np.zeros(len(n)), where=n > 0), kind="stable")
    with_, without = with_[order], (n - with_)[order]
    below = np.cumsum(without) - without
    return float(with_ @ (below + without / 2) / (with_.sum() * without.sum()))
