"""Roll-up: weighted means, level by level, of the children that have information.

KPI -> objective -> perspective -> phase -> combined. The status of a roll-up comes from its score: on target from 6.67, red flag under
3.33, below target between; it is not yet known where half or more of the weight behind the score is not yet known, and
no information where no child has any. Every level says how many of its children have none, and how many are not yet known.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from helpers.score.goals import band

MEASURES = ["score", "status", "children", "without_information", "not_yet_known"]


def mean_of(children: pd.DataFrame) -> dict[str, object]:
    """One roll-up of children with columns score, status, weight: the values of MEASURES.

    >>> children = pd.DataFrame({"score": [8.0, 5.0, None], "status": ["on_target", "not_yet_known", "no_information"],
    ...                          "weight": [2.0, 1.0, 5.0]})
    >>> mean_of(children)
    {'score': 7.0, 'status': 'on_target', 'children': 3, 'without_information': 1, 'not_yet_known': 1}
    """
    return _mean(*_columns(children))


def _columns(children: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return children["score"].to_numpy(dtype=float), children["status"].to_numpy(dtype=object), children["weight"].to_numpy(dtype=float)


def _mean(score: np.ndarray, status: np.ndarray, weight: np.ndarray) -> dict[str, object]:
    """`mean_of` on arrays, a tenth of the time on tables: a slider waits for it."""
    informed = ~np.isnan(score) & (status != "no_information")
    total, open_ones = float(weight[informed].sum()), informed & (status == "not_yet_known")
    mean = float((score[informed] * weight[informed]).sum() / total) if total else math.nan
    unsettled = total and float(weight[open_ones].sum()) * 2 >= total
    return {
        "score": mean, "status": "not_yet_known" if unsettled else band(mean), "children": len(score),
        "without_information": len(score) - int(informed.sum()), "not_yet_known": int(open_ones.sum()),
    }


def roll_up(children: pd.DataFrame, parents: pd.DataFrame, key: str) -> pd.DataFrame:
    """The parents with their roll-up: `children[key]` names the parent, `parents[key]` is it. Order of the parents.

    Adds the columns of MEASURES. A parent without children has no information.
    """
    columns, belongs = _columns(children), children[key].to_numpy(dtype=object)
    rows = [_mean(*(one[belongs == parent] for one in columns)) for parent in parents[key]]
    measured = pd.DataFrame(rows, columns=MEASURES, index=parents.index)
    measured["score"] = measured["score"].astype("float64")
    return pd.concat([parents, measured], axis=1)
