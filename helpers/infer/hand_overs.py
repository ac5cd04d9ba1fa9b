"""Hand-overs between channels: which pair fares worse than the others that come to the same touchpoints."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from helpers.infer.intervals import LEVEL
from helpers.infer.multiplicity import false_discovery

SUMS = ["clusters", "n", "s", "w", "ss", "sw", "ww"]
MIN_STRATUM = 5
"""Customers that each side of a comparison at one touchpoint must have; a touchpoint with fewer is left out of it."""
COLUMNS = ["from_channel", "channel", "n", "people", "value", "other", "difference", "low", "high", "p_value", "q_value"]


def against_others(rows: pd.DataFrame, *, min_n: int, min_cell: int = 1) -> pd.DataFrame:
    """How each pair of channels fares against all others into the same channel, touchpoint by touchpoint.

    In: one row from_channel, channel and touchpoint with the six sums of a figure (clusters, n, s, w, ss, sw, ww; value = s / w).
    Rows whose from_channel is "" (not handed over) are among the others and are not judged. Out: COLUMNS, one row a pair
    with `min_n` rows and `min_cell` customers or more: value and other are means over the pair's own mix of touchpoints, so
    a channel that leads to hard touchpoints is not blamed for them; difference = value - other with its 95% interval, p_value
    against no difference and its Benjamini-Hochberg q_value over all pairs. Variances are clustered on customers.

    >>> row = lambda a, s: {"from_channel": a, "channel": "phone", "touchpoint": "line", "clusters": 50, "n": 50, "s": s, "w": 50, "ss": s, "sw": s, "ww": 50}
    >>> against_others(pd.DataFrame([row("chat", 20), row("web", 45)]), min_n=30)[["from_channel", "value", "other"]].values.tolist()
    [['chat', 0.4, 0.9], ['web', 0.9, 0.4]]
    """
    if not len(rows):
        return pd.DataFrame(columns=COLUMNS)
    place = ["channel", "touchpoint"]
    mine = rows[rows["from_channel"] != ""].reset_index(drop=True)
    every = mine[place].merge(rows.groupby(place, as_index=False)[SUMS].sum(), on=place)
    others = every[SUMS] - mine[SUMS]
    usable = (mine["clusters"] >= MIN_STRATUM) & (others["clusters"] >= MIN_STRATUM)
    table = mine.loc[usable, ["from_channel", "channel", "n", "clusters", "w"]].copy()
    for name, sums in (("value", mine), ("other", others)):
        table[name], table[f"{name}_v"] = _mean(sums[usable])
    keys = ["from_channel", "channel"]
    table["part"] = table["w"] / table.groupby(keys)["w"].transform("sum")
    terms = {name: table["part"] * table[name] for name in ("value", "other")}
    terms["variance"] = table["part"] ** 2 * (table["value_v"] + table["other_v"])
    out = table[[*keys, "n", "clusters"]].assign(**terms).groupby(keys, as_index=False).sum().rename(columns={"clusters": "people"})
    out = out[(out["n"] >= min_n) & (out["people"] >= min_cell)].reset_index(drop=True)
    out["difference"] = out["value"] - out["other"]
    error = np.sqrt(out.pop("variance"))
    half = ndtri(0.5 + LEVEL / 2) * error
    z = (out["difference"] / error.where(error > 0)).abs()
    out = out.assign(low=out["difference"] - half, high=out["difference"] + half, p_value=2 * ndtr(-z))
    return out.assign(q_value=false_discovery(out["p_value"]))[COLUMNS]


def _mean(x: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Mean and its variance, clustered on customers. A stratum where all agree gets the variance of one who does not."""
    mean = x["s"] / x["w"]
    spread = (x["ss"] - 2 * mean * x["sw"] + mean**2 * x["ww"]).clip(lower=0)
    spread = spread.where(spread > 1e-9 * x["ww"], 0.25 * x["ww"] / x["clusters"])
    return mean, spread / x["w"] ** 2 * x["clusters"] / (x["clusters"] - 1)
