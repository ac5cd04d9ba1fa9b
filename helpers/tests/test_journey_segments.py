"""Segments side by side: figures by hand from the sums of a few customers, small cells hidden, one verdict for many comparisons."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.infer import segments
from helpers.infer.intervals import share
from helpers.infer.segments import against_others
from helpers.measure import Kpi
from helpers.measure import segments as measured

JOURNEY = SimpleNamespace(min_n=30, min_cell=10, missing=lambda needs: (), company=SimpleNamespace(windows=SimpleNamespace(adoption_days=30)), stages={}, outcome=None)


def kpi(id: str, statistic: str, unit: str, better: str, **more) -> Kpi:
    return Kpi(id, id.capitalize(), "adoption", "customer", "leading", unit, better, statistic, "", "", "", (), lambda journey: None, **more)


FOUND = kpi("found", "share", "share", "higher")
SOLVED = kpi("solved", "survival_median", "hours", "lower")
STARTED = kpi("started", "survival_share", "share", "higher", days=30)


def hits(**groups: tuple[int, int]) -> pd.DataFrame:
    """One row a segment: hits of so many customers, one row each."""
    rows = [("region", name, n, n, n, s, n, s, s, n) for name, (s, n) in groups.items()]
    return pd.DataFrame(rows, columns=["column", "value", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"]).astype({c: float for c in ("clusters", "people", "n", "s", "w", "ss", "sw", "ww")})


def times(rows_each: int = 1, **groups: list[tuple[float, int]]) -> pd.DataFrame:
    """Times to an event of so many rows a customer, all alike; then the sums that say how alike (see `measure.registry.alike`)."""
    rows = []
    for name, found in groups.items():
        n, s = len(found), sum(event for _, event in found)
        alike = (n // rows_each, s, n, rows_each * s, rows_each * s, rows_each * n, s)
        rows += [("region", name, event, 1, days, *alike) for days, event in found]
    return pd.DataFrame(rows, columns=["column", "value", "event", "count", "days", "people", "s", "w", "ss", "sw", "ww", "square"])


@pytest.fixture
def compare(monkeypatch):
    """Compare KPIs whose rows by segment are given by hand."""
    def run(**rows: tuple[Kpi, pd.DataFrame]) -> pd.DataFrame:
        monkeypatch.setattr(segments, "all_kpis", lambda: {one.id: one for one, _ in rows.values()})
        monkeypatch.setattr(segments, "THEMES", {"content": tuple(one.id for one, _ in rows.values())})
        monkeypatch.setattr(measured, "by_segment", lambda journey, one: next(table for k, table in rows.values() if k is one))
        return against_others(JOURNEY).set_index(["kpi", "value"])
    return run


def test_a_share_against_all_others(compare):
    """North 40 of 100, others 60 of 100: a difference of -20 points; Newcombe's interval from the two Wilson intervals."""
    table = compare(found=(FOUND, hits(north=(40, 100), south=(35, 50), west=(25, 50))))
    row = table.loc[("found", "north")]
    assert (row["figure"], row["others"], row["n"], row["others_n"]) == (0.4, 0.6, 100, 100)
    a, b = (share(100, s, 100, s, s, 100).iloc[0] for s in (40, 60))
    low = -0.2 - ((0.4 - a["low"]) ** 2 + (b["high"] - 0.6) ** 2) ** 0.5
    high = -0.2 + ((a["high"] - 0.4) ** 2 + (0.6 - b["low"]) ** 2) ** 0.5
    assert row["difference_low"] == pytest.approx(low) and row["difference_high"] == pytest.approx(high)
    assert row["z"] < -2.5 and row["p_value"] < 0.01 and row["falls_short"]


def test_worse_is_what_the_kpi_says(compare):
    """Hours to a solution: 20 against 10 is worse, though the number is larger."""
    fast, slow = [[(h / 24, 1) for h in (m - 2, m - 1, m, m + 1, m + 2)] * 12 for m in (10, 20)]
    table = compare(solved=(SOLVED, times(north=slow, south=fast)))
    assert table.loc[("solved", "north"), ["figure", "others"]].tolist() == pytest.approx([20, 10])
    assert table.loc[("solved", "north"), "falls_short"] and not table.loc[("solved", "south"), "falls_short"]


def test_open_windows_are_censored_and_late_events_no_hits(compare):
    """Of 40: 20 within the window, 10 after it, 10 followed past it without: half. Those followed for 5 days only say nothing of the rest."""
    north = [(3.0, 1)] * 20 + [(45.0, 1)] * 10 + [(60.0, 0)] * 10
    south = [(3.0, 1)] * 20 + [(60.0, 0)] * 20
    table = compare(started=(STARTED, times(north=north, south=south)))
    assert table["figure"].tolist() == [0.5, 0.5]
    early = compare(started=(STARTED, times(north=[*north, *[(5.0, 0)] * 10], south=south)))
    assert early.loc[("started", "north"), "figure"] == pytest.approx(20 / 50)  # at risk at day 3: all fifty


def test_rows_of_one_customer_are_no_further_evidence(compare):
    """Four rows a customer, all alike, say as much as one: the interval is twice as wide as that of as many customers."""
    north, south = [(3.0, 1)] * 80 + [(60.0, 0)] * 80, [(3.0, 1)] * 88 + [(60.0, 0)] * 72
    alone, alike = (compare(started=(STARTED, times(each, north=north, south=south))).loc[("started", "north")] for each in (1, 4))
    assert (alone["figure"], alone["n"]) == (alike["figure"], alike["n"]) == (0.5, 160)
    width = [row["difference_high"] - row["difference_low"] for row in (alone, alike)]
    assert width[1] == pytest.approx(2 * width[0], rel=0.02) and abs(alike["z"]) < abs(alone["z"])


def test_small_segments_and_small_rests_are_hidden(compare):
    table = compare(found=(FOUND, hits(north=(3, 6), south=(30, 60), west=(20, 40))))
    assert table.loc[("found", "north"), ["figure", "others", "n", "difference"]].isna().all()
    assert pd.isna(table.loc[("found", "west"), "figure"])  # the next smallest goes too, or north could be had by subtraction
    assert table.loc[("found", "south"), "figure"] == 0.5 and not table["falls_short"].any()
    few = compare(found=(FOUND, hits(north=(10, 20), south=(30, 60))))
    assert few["figure"].isna().all()  # under 30 cases on one side


def test_many_comparisons_are_paid_for(compare):
    """One p of .03 among ten comparisons is no finding."""
    alike = {f"k{i}": (kpi(f"k{i}", "share", "share", "higher"), hits(north=(50, 100), south=(50, 100))) for i in range(9)}
    table = compare(one=(kpi("one", "share", "share", "higher"), hits(north=(37, 100), south=(52, 100))), **alike)
    row = table.loc[("one", "north")]
    assert 0.02 < row["p_value"] < 0.05 < row["q_value"] and not row["falls_short"]


@pytest.mark.parametrize(("north", "south", "shown"), [(5, 60, True), (4, 60, False), (40, 96, False), (40, 95, True)])
def test_a_rare_outcome_is_not_compared(compare, north, south, shown):
    """Of 100 each: five of either outcome on both sides, or there is nothing to compare; open windows and plain shares alike."""
    def followed(hits: int) -> list[tuple[float, int]]:
        return [(3.0, 1)] * hits + [(60.0, 0)] * (100 - hits)

    table = compare(found=(FOUND, hits(north=(north, 100), south=(south, 100))), started=(STARTED, times(north=followed(north), south=followed(south))))
    assert (table["p_value"].notna() == shown).all() and (table["figure"].notna() == shown).all()
