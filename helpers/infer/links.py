"""Are the links of a scorecard borne out? Each pair of KPIs tested on their settled months, all links of a scorecard together."""

from __future__ import annotations

import pandas as pd

from helpers.infer import lag
from helpers.infer.estimate import estimates
from helpers.infer.monthly import settled
from helpers.infer.multiplicity import false_discovery
from helpers.journey import Journey
from helpers.measure import all_kpis

COLUMNS = ["verdict", "lag", "correlation", "low", "high", "p_value", "q_value", "months"]
NO_WAY = "one of the two KPIs is best within a range, so no direction is expected"


def tested(journey: Journey, pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of one scorecard (see `score.pairs`: from_kpi, to_kpi, expected, ...) with what the data say of each.

    Adds verdict (a key of `lag.STATUSES`), lag (months at which the two go together most), correlation of the monthly changes at
    that lag with low and high, p_value (pays for the choice of the lag), q_value (Benjamini-Hochberg over the pairs),
    months (settled, with both values), why_untested. A month counts when it is over and the KPI's
    windows in it have closed, so that an unfinished month never looks like a change.
    """
    series = monthly_values(journey, [*pairs["from_kpi"], *pairs["to_kpi"]])
    found = [_pair(series, row) for row in pairs.itertuples()]
    table = pd.concat([pairs.reset_index(drop=True), pd.DataFrame(found, columns=[*COLUMNS, "why_untested"])], axis=1)
    table["q_value"] = false_discovery(table["p_value"].astype(float))
    told = zip(table["q_value"], table["correlation"], table["expected"], table["verdict"], strict=True)
    table["verdict"] = [lag.status(q, r, e) if verdict != "untested" else verdict for q, r, e, verdict in told]
    return table.astype({"lag": "Int64"})


def monthly_values(journey: Journey, kpis: list[str]) -> pd.DataFrame:
    """One row a month of the journey in order, one column a KPI: its value, missing where the month is not settled."""
    ids = list(dict.fromkeys(kpis))
    months = journey.labels.loc[journey.labels["grain"] == "month", "period"].tolist()
    columns = {}
    for id, rows in estimates(journey, ids).groupby("kpi", sort=False):
        rows = rows[(rows["grain"] == "month") & rows["period"].isin(settled(journey, all_kpis()[id].window_days(journey) or 0.0))]
        columns[id] = rows.set_index("period")["value"].reindex(months)
    return pd.DataFrame(columns, index=months, dtype="float64").reindex(columns=ids)


def _pair(series: pd.DataFrame, row) -> tuple:
    nothing = (None, float("nan"), float("nan"), float("nan"), float("nan"), float("nan"))
    months = int(series[[row.from_kpi, row.to_kpi]].notna().all(axis=1).sum())
    if not row.expected:
        return ("untested", *nothing, months, NO_WAY)
    found = lag.association(series[row.from_kpi], series[row.to_kpi], expected=int(row.expected))
    if found.status == "untested":
        short = f"{months} settled months with both values, and {lag.MIN_MONTHS} are needed"
        return ("untested", *nothing, months, short if months < lag.MIN_MONTHS else "one of the two did not change from month to month")
    return (found.status, found.lag, found.correlation, found.low, found.high, found.p_value, float("nan"), found.months, "")
