"""The query behind a KPI, for people who want to see it or run it themselves."""

from __future__ import annotations

from helpers import engine
from helpers.journey import Journey
from helpers.measure.registry import DURATIONS, Kpi, counted, rows_of, summed, timed


def query(journey: Journey, kpi: Kpi) -> str:
    """All that the engine runs for a KPI, from the prepared tables to the sums (or counted times) that its interval is made of.

    On DuckDB a script of statements that gives the same rows anywhere; on Spark the plan. The key of a row is the label that it counts under:
    m: a month, p: the period or the one before it.
    """
    rows = rows_of(journey, kpi)
    return engine.trace(counted(journey, timed(rows, "piece", window=kpi.horizon(journey))) if kpi.statistic in DURATIONS else summed(journey, rows))
