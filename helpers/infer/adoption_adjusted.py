"""Page 3, who is late when all else is equal: a Cox regression of the time to the first use on what is known at the start."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import survival
from helpers.infer.multiplicity import MIN_OUTCOMES, false_discovery, hide_small
from helpers.infer.section import Result, section
from helpers.journey import Journey
from helpers.measure import adoption, traits
from helpers.measure.adoption import USE
from helpers.measure.segments import MOST_VALUES

WINDOWS = 3
"""Followed for so many adoption windows: one pace for longer than that is not believable."""
PER_COEFFICIENT = 10
"""First uses a coefficient needs. Source: Peduzzi, Concato, Feinstein and Holford (1995), Journal of Clinical Epidemiology 48."""
SAME = 0.7
"""Two traits of which one tells the other this well (Cramer's V) are one trait; the later is left out."""
OTHER = "\x00other"
FIGURES = ["ratio", "low", "high", "p_value", "alone", "alone_low", "alone_high", *(f"{part}{end}" for part in ("early", "late") for end in ("", "_low", "_high"))]


@section("adoption_adjusted", page="3_adoption", needs=USE, would_show="which groups take up the product sooner or later than others when all else known at their start is held equal")
def adoption_adjusted(journey: Journey) -> Result:
    """One row a group of a trait: column, value, n, reference (the largest of its column), FIGURES, q_value.

    ratio: the pace of first uses against the reference, all other traits held equal (hazard ratio), with low and high; alone: with nothing else in the model;
    early, late: all else equal, in the adoption window and after it, each with _low and _high.
    extra: pace (one row a column: column, chi_square, p_value, q_value of a pace that changes with time).
    """
    window = float(journey.company.windows.adoption_days)
    rows = traits.times(journey, WINDOWS * window)
    columns = [name for name in rows.columns if name not in ("days", "event", "count")]
    levels = {column: found for column in columns if len(found := _levels(rows, column, journey)) > 1}
    events = float(rows.loc[rows["event"] == 1, "count"].sum())
    repeated = _repeated(rows, list(levels))
    levels = _affordable({column: found for column, found in levels.items() if column not in repeated}, events)
    if len(levels) < 2:
        return Result("", nothing="Nothing to hold equal: it takes two traits known at the start, each with two groups of enough new customers.")
    try:
        table, pace = _regression(rows, levels, window)
    except ValueError:
        return Result("", nothing="The groups cannot be told apart: in one of them nobody, or everybody at once, uses the product.")
    table = _hidden(table, journey)
    n = int(rows["count"].sum())
    who = f"{n:,} customers whose {adoption.STARTS[adoption.start_kind(journey)]} lies in the period, {journey.segment.people}"
    return Result("", table, who=who, facts={"n": n, "events": int(events), "window": window, "days": WINDOWS * window, "columns": list(levels), "repeated": repeated}, extra={"pace": pace}, method=(
        f"Who is late, all else equal: Cox regression (Efron's ties) of the time to the first use, one row a customer, followed for {WINDOWS * window:g} days, on {len(levels)} traits known at the start; "
        "Benjamini-Hochberg q over all groups. It takes each group to be faster or slower by the same factor throughout, which is tested (Grambsch and Therneau). Traits nobody recorded are not held equal."))


def _levels(rows: pd.DataFrame, column: str, journey: Journey) -> list:
    """The groups of a column that have enough customers with and without a first use, the largest first; none where it names people rather than groups."""
    counts = rows.assign(had=rows["event"] * rows["count"]).groupby(column)[["count", "had"]].sum()
    if not 2 <= len(counts) <= MOST_VALUES:
        return []
    enough = (counts["count"] >= max(journey.min_n, journey.min_cell)) & (counts["had"] >= MIN_OUTCOMES) & (counts["count"] - counts["had"] >= MIN_OUTCOMES)
    return counts[enough].sort_values("count", ascending=False, kind="stable").index.tolist()


def _repeated(rows: pd.DataFrame, columns: list[str]) -> dict[str, str]:
    """Columns that an earlier one tells already: column -> the earlier one."""
    found: dict[str, str] = {}
    for k, column in enumerate(columns):
        for earlier in columns[:k]:
            if earlier not in found and _cramer(rows.groupby([earlier, column])["count"].sum().unstack().fillna(0.0).to_numpy(dtype=float)) >= SAME:
                found[column] = earlier
                break
    return found


def _cramer(counts: np.ndarray) -> float:
    """Cramer's V of a table of counts: 0 nothing to do with each other, 1 one tells the other.

    >>> _cramer(np.array([[5.0, 0.0], [0.0, 5.0]])), _cramer(np.array([[5.0, 5.0], [5.0, 5.0]]))
    (1.0, 0.0)
    """
    n, expected = counts.sum(), counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    chi = ((counts - expected) ** 2 / np.where(expected > 0, expected, 1.0)).sum()
    return float(np.sqrt(chi / n / max(min(counts.shape) - 1, 1)))


def _affordable(levels: dict[str, list], events: float) -> dict[str, list]:
    """As many columns, in their order, as there are first uses for."""
    kept, coefficients = {}, 0
    for column, found in levels.items():
        coefficients += len(found)  # one less for the reference, one more for those of no group
        if coefficients * PER_COEFFICIENT <= events:
            kept[column] = found
    return kept


def _regression(rows: pd.DataFrame, levels: dict[str, list], window: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The groups' paces, all else equal and alone, and one test a column of a pace that changes."""
    held = {column: rows[column].where(rows[column].isin(found), OTHER) for column, found in levels.items()}
    named = {column: [*found[1:], *([OTHER] if (held[column] == OTHER).any() else [])] for column, found in levels.items()}
    dummies = {(column, value): (held[column] == value).astype(float) for column in levels for value in named[column]}
    frame = pd.DataFrame({str(k): values for k, values in enumerate(dummies.values())}).assign(**{name: rows[name] for name in ("days", "event", "count")})
    frame = frame.groupby(list(frame.columns.drop("count")), as_index=False)["count"].sum()
    names = {key: str(k) for k, key in enumerate(dummies)}
    together = survival.cox(frame, list(names.values()))
    equal = together.table.set_index("covariate")
    parts = {part: _part(frame, list(names.values()), window, part == "late") for part in ("early", "late")}
    out, pace = [], []
    for column, found in levels.items():
        mine = [names[column, value] for value in named[column]]
        alone = survival.cox(frame, mine).table.set_index("covariate")
        sizes = rows.groupby(column)["count"].sum()
        out.append({"column": column, "value": found[0], "n": sizes[found[0]], "reference": True})
        for value in found[1:]:
            name = names[column, value]
            a, b = equal.loc[name], alone.loc[name]
            out.append({"column": column, "value": value, "n": sizes[value], "reference": False, "ratio": a["hazard_ratio"], "low": np.exp(a["low"]), "high": np.exp(a["high"]), "p_value": a["p_value"],
                        "alone": b["hazard_ratio"], "alone_low": np.exp(b["low"]), "alone_high": np.exp(b["high"]),
                        **{part + end: found.get((name, end), np.nan) for part, found in parts.items() for end in ("", "_low", "_high")}})
        chi, p = together.fit.drift([int(name) for name in mine])
        pace.append({"column": column, "chi_square": chi, "p_value": p})
    table, tests = pd.DataFrame(out).reindex(columns=["column", "value", "n", "reference", *FIGURES]), pd.DataFrame(pace)
    return table.assign(n=table["n"].astype(float), q_value=false_discovery(table["p_value"])), tests.assign(q_value=false_discovery(tests["p_value"]))


def _part(frame: pd.DataFrame, names: list[str], window: float, late: bool) -> dict[tuple[str, str], float]:
    """Hazard ratios (and _low, _high) in the adoption window, or after it among those who have not begun by then; nothing where the groups cannot be told apart."""
    if late:
        rows = frame[frame["days"] > window]
    else:
        rows = frame.assign(event=frame["event"].where(frame["days"] <= window, 0), days=frame["days"].clip(upper=window))
    if (rows["event"] * rows["count"]).sum() < PER_COEFFICIENT * len(names):
        return {}
    try:
        found = survival.cox(rows, names).table
    except ValueError:
        return {}
    return {(row.covariate, end): float(np.exp(value)) for row in found.itertuples() for end, value in (("", row.coefficient), ("_low", row.low), ("_high", row.high))}


def _hidden(table: pd.DataFrame, journey: Journey) -> pd.DataFrame:
    return hide_small(table, "n", journey.min_cell, by="column", blank=[*FIGURES, "q_value"]).drop(columns="hidden")
