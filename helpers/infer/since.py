"""Did a KPI move after a day, beyond its ordinary ups and downs? Months before against months after."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import xmr
from helpers.infer.intervals import LEVEL, t_quantile

MIN_BEFORE, MIN_AFTER = 6, 2
STATES = {"moved": "moved beyond its ordinary ups and downs", "noise": "within its ordinary ups and downs", "too_soon": "too soon to tell"}


def since(months: pd.DataFrame, day: pd.Timestamp, *, higher: bool = True, bounds: tuple[float, float] | None = None, level: float = LEVEL) -> dict[str, object]:
    """A KPI's months before a day against the whole months after it.

    In: `months` with period ('2026-07') and value, one row a finished month. A month in which the day lies belongs to neither side.
    Out: before, after (means of months), change with low and high, months_before, months_after, signal (the first month after the day that lies
    outside the XmR limits of the months before, "" for none), state (a key of STATES) and better (True where it moved the wished way).
    It moved where the change's whole interval is off 0 **and** a month after lies outside the limits of before, or six or more months after
    settle it alone; under MIN_BEFORE months before or MIN_AFTER after it is too soon. The interval is Welch's, a month as its unit; months in a
    row that go together make it a little too narrow, which is why a signal is asked for as well. Source: Welch (1947); Wheeler (1993) for limits.

    >>> table = pd.DataFrame({"period": [f"2025-{m:02d}" for m in range(1, 13)], "value": [5, 6, 5, 6, 5, 6, 5, 6, 9, 9, 10, 9]})
    >>> found = since(table, pd.Timestamp("2025-08-20"))
    >>> found["state"], found["months_before"], found["months_after"], found["signal"], round(found["change"], 2)
    ('moved', 7, 4, '2025-09', 3.82)
    """
    table = months.dropna(subset=["value"]).sort_values("period")
    starts = pd.to_datetime(table["period"] + "-01")
    ends = starts + pd.offsets.MonthBegin(1)
    before, after = table[(ends <= day).to_numpy()], table[(starts >= day).to_numpy()]
    found: dict[str, object] = {"before": _mean(before), "after": _mean(after), "change": np.nan, "low": np.nan, "high": np.nan,
                                "months_before": len(before), "months_after": len(after), "signal": "", "state": "too_soon", "better": False}
    if len(before) < MIN_BEFORE or len(after) < MIN_AFTER:
        return found
    change, reach = _welch(before["value"].to_numpy(dtype=float), after["value"].to_numpy(dtype=float), level)
    limits = xmr.chart(before[["period", "value"]], bounds=bounds, min_months=MIN_BEFORE).iloc[-1]
    out = after[(after["value"] > limits["upper"]) | (after["value"] < limits["lower"])]
    signal = str(out["period"].iloc[0]) if len(out) else ""
    off = abs(change) > reach
    moved = off and (bool(signal) or len(after) >= MIN_BEFORE)
    return {**found, "change": change, "low": change - reach, "high": change + reach, "signal": signal, "state": "moved" if moved else "noise",
            "better": bool(moved and (change > 0) == higher)}


def _mean(table: pd.DataFrame) -> float:
    return float(table["value"].mean()) if len(table) else np.nan


def _welch(before: np.ndarray, after: np.ndarray, level: float) -> tuple[float, float]:
    """The difference of two means and the reach of its interval."""
    parts = np.array([before.var(ddof=1) / before.size, after.var(ddof=1) / after.size])
    if not parts.sum() > 0:
        return float(after.mean() - before.mean()), 0.0
    freedom = parts.sum() ** 2 / (parts**2 / np.array([before.size - 1, after.size - 1])).sum()
    return float(after.mean() - before.mean()), float(t_quantile(freedom, level) * np.sqrt(parts.sum()))
