"""Roll-up: weighted means, level by level, of the children that have information.

KPI -> objective -> perspective -> phase -> combined. The status of a roll-up comes from its score: on target from 6.67, red flag under
3.33, below target between; it is not yet known where half or more of the weight behind the score is not yet known, and
no information where no child has any. Every level says how many of its children have none, and how many are not yet known.
"""

from __future__ import annotations

import math

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
    informed = children[children["score"].notna() & (children["status"] != "no_information")]
    weight = float(informed["weight"].sum())
    score = float((informed["score"] * informed["weight"]).sum() / weight) if weight else math.nan
    open_ones = informed["status"] == "not_yet_known"
    unsettled = weight and float(informed.loc[open_ones, "weight"].sum()) * 2 >= weight
    return {
        "score": score, "status": "not_yet_known" if unsettled else band(score), "children": len(children),
        "without_information": len(children) - len(informed), "not_yet_known": int(open_ones.sum()),
    }


def roll_up(children: pd.DataFrame, parents: pd.DataFrame, key: str) -> pd.DataFrame:
    """The parents with their roll-up: `children[key]` names the parent, `parents[key]` is it. Order of the parents.

    Adds the columns of MEASURES. A parent without children has no information.
    """
    rows = [mean_of(children[children[key] == parent]) for parent in parents[key]]
    measured = pd.DataFrame(rows, columns=MEASURES, index=parents.index)
    measured["score"] = measured["score"].astype("float64")
    return pd.concat([parents, measured], axis=1)
