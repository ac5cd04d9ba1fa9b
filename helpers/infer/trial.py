"""Page 4, a trial: what changed for customers who drew one arm rather than the control, and whether the lots look drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from helpers.infer import intervals
from helpers.infer.change import difference
from helpers.infer.multiplicity import MIN_OUTCOMES, false_discovery, too_few
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import trial as measured
from helpers.measure.base import can_purchase
from helpers.names import day_words

DRAWN = 0.01
"""Lots do not look drawn where the p of the balance check, times the number of arms, is under this."""
COLUMNS = ["arm", "n", "value", "low", "high", "difference", "difference_low", "difference_high", "p_value", "q_value", "balance_p", "furthest", "apart"]


@section("trial", page="4_moments_of_truth", needs=(), would_show="what a change that was given by lot changes in what customers do next")
def trial(journey: Journey) -> Result:
    """One row an arm, the control first: COLUMNS.

    value is the share with the outcome among all who drew the arm, difference that less the control's. balance_p: how often lots would leave the arm as far
    from the control in what was known before; furthest, apart: what it differs in most, in standard deviations. Facts: control, since, days, words (of the
    outcome), drawn (the lots look drawn), arms, sure (arms whose difference has q under 0.05).
    """
    lots = journey.company.randomised
    if not measured.drawn(journey):
        return Result("", nothing="Not measured: it needs a trial by lot: a change given to customers who are drawn at random, a column of customers that says who drew what, and its name in journey.yml under randomised.")
    if not measured.over(journey):
        return Result("", nothing=f"The lots were drawn on {day_words(lots.since)}, and the {journey.company.windows.retention_days:g} days in which customers may come back are not over yet.")
    rows = measured.customers(journey)
    if lots.control not in set(rows["arm"]):
        return Result("", nothing=f"Nobody here drew the control “{lots.control}”, so there is nobody to compare with.")
    return _result(journey, compared(rows, lots.control, min_n=journey.min_n, min_cell=journey.min_cell))


def _result(journey: Journey, table: pd.DataFrame) -> Result:
    lots, days = journey.company.randomised, journey.company.windows.retention_days
    if table["difference"].notna().sum() == 0:
        return Result("", nothing=f"Too few drew each arm of {lots.column}, or did what is counted, to compare them.")
    arms = table.iloc[1:]
    facts = {
        "control": lots.control, "since": day_words(lots.since), "days": days, "words": "buy" if can_purchase(journey) else "are seen", "arms": len(arms),
        "drawn": bool(not (arms["balance_p"] * len(arms) < DRAWN).any()), "sure": int((arms["q_value"] < 0.05).sum()),
    }
    who = f"{int(table['n'].sum()):,} customers who drew lots on {facts['since']}" + ("" if journey.segment.label == "all" else f" ({journey.segment.people})")
    return Result("", table, who=who, facts=facts, method=(
        f"Trial: all who drew count, whatever they did later. Shares who {facts['words']} within {days:g} days of the draw, with Wilson's interval; differences from the control by Newcombe, "
        "q by Benjamini and Hochberg over the arms. The balance check (Hansen and Bowers 2008) asks whether lots would leave the arms as far apart as they are in weeks as a customer, contacts, "
        "purchases and segments before the draw."
    ))


def compared(rows: pd.DataFrame, control: str, *, min_n: int = 30, min_cell: int = 10) -> pd.DataFrame:
    """The arms of a trial, the control first: COLUMNS.

    In: arm, outcome (0/1), people (how many such customers) and any columns known before, numbers or words. Figures are missing where an arm has fewer
    than `min_n` or `min_cell` customers, or five of either outcome.

    >>> rows = pd.DataFrame({"arm": ["mail", "mail", "none", "none"], "outcome": [1, 0, 1, 0], "people": [183, 817, 106, 894]})
    >>> compared(rows, "none")[["arm", "value", "difference"]].round(3).values.tolist()
    [['none', 0.106, nan], ['mail', 0.183, 0.077]]
    """
    known = _covariates(rows)
    totals = rows.assign(hits=rows["outcome"] * rows["people"]).groupby("arm")[["people", "hits"]].sum().astype(float)
    order = [control, *sorted(set(totals.index) - {control})]
    n, hits = (totals.loc[order, name].to_numpy() for name in ("people", "hits"))
    table = intervals.share(n, hits, n, hits, hits, n)[["value", "low", "high"]]
    table.insert(0, "arm", order)
    table.insert(1, "n", n)
    few = too_few(n, hits, n - hits, min_n=max(min_n, min_cell), min_outcomes=MIN_OUTCOMES)
    table.loc[few, ["value", "low", "high"]] = np.nan
    gap = difference(table, pd.concat([table.iloc[[0]]] * len(table), ignore_index=True))
    table[["difference", "difference_low", "difference_high", "p_value"]] = gap[["value", "low", "high", "p_value"]].to_numpy(dtype=float)
    table.loc[0, ["difference", "difference_low", "difference_high", "p_value"]] = np.nan
    table["q_value"] = false_discovery(table["p_value"])
    checks = [balance(known, rows["people"].to_numpy(dtype=float), (rows["arm"] == arm).to_numpy(), (rows["arm"] == control).to_numpy()) for arm in order[1:]]
    table[["balance_p", "furthest", "apart"]] = pd.DataFrame([(np.nan, "", np.nan), *checks], columns=["balance_p", "furthest", "apart"])
    return table[COLUMNS]


def _covariates(rows: pd.DataFrame) -> pd.DataFrame:
    """What was known before, in numbers: counts as logarithms, words as one column each but the commonest."""
    known = rows.drop(columns=["arm", "outcome", "people"])
    parts = [np.log1p(known[name].astype(float)) if pd.api.types.is_numeric_dtype(known[name]) else
             (known[name].to_numpy()[:, None] == known[name].value_counts().index[1:].to_numpy()) for name in known]
    names = [[name] if pd.api.types.is_numeric_dtype(known[name]) else [f"{name} {value}" for value in known[name].value_counts().index[1:]] for name in known]
    return pd.DataFrame(np.column_stack([np.asarray(part, dtype=float) for part in parts]) if parts else np.empty((len(rows), 0)), columns=[one for part in names for one in part])


def balance(known: pd.DataFrame, people: np.ndarray, arm: np.ndarray, control: np.ndarray) -> tuple[float, str, float]:
    """How far an arm lies from the control in what was known before: p, the column that differs most, and by how many standard deviations.

    In: one row for customers who are alike, how many they are, and which rows are of the arm and of the control. The p value is that of d squared, the
    distance of the means in the metric of what lots would do. Source: Hansen and Bowers (2008), Statistical Science 23.
    """
    if not known.shape[1]:
        return np.nan, "", np.nan
    both = arm | control
    x, w, mine = known.to_numpy()[both], people[both], arm[both]
    total, inside = w.sum(), w[mine].sum()
    centred = x - np.average(x, axis=0, weights=w)
    spread = (centred * w[:, None]).T @ centred / max(total - 1, 1)
    gap = np.average(x[mine], axis=0, weights=w[mine]) - np.average(x[~mine], axis=0, weights=w[~mine])
    lots = spread * (1 / inside + 1 / (total - inside))
    rank = int(np.linalg.matrix_rank(lots, hermitian=True))
    apart = np.divide(gap, np.sqrt(np.diag(spread)), out=np.zeros_like(gap), where=np.diag(spread) > 0)
    most = int(np.abs(apart).argmax())
    p = float(chdtrc(rank, gap @ np.linalg.pinv(lots, hermitian=True) @ gap)) if rank else np.nan
    return p, str(known.columns[most]), float(apart[most])
