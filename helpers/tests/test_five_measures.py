"""Five measures give the same figures on DuckDB, on Spark and in plain pandas written from their definitions."""

import pandas as pd
import pytest

from helpers import engine
from helpers.infer import survival
from helpers.journey import open_journey
from helpers.measure import all_kpis, durations, registry, sums

FOLDER = "data/sample"


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def journeys(request):
    opened = {period: open_journey(FOLDER, period=period) for period in ("2026-Q2", "2026-Q3")}
    engine.start(request.param)
    yield opened
    engine.start("duckdb")


@pytest.fixture(scope="module")
def journey(journeys):
    return journeys["2026-Q2"]


@pytest.fixture(scope="module")
def raw(root):
    folder = root / FOLDER
    return lambda name: pd.read_parquet(folder / f"{name}.parquet")


def inside(at: pd.Series) -> pd.Series:
    return (at >= "2026-04-01") & (at < "2026-07-01")


def the_period(table: pd.DataFrame) -> pd.Series:
    return table[table["key"] == "p:2026-Q2"].iloc[0]


def test_recommendation(journey, raw):
    surveys = raw("surveys")
    mine = surveys[(surveys["instrument"] == "nps") & inside(surveys["at"])]
    weight = mine["weight"].fillna(1.0) if "weight" in mine else 1.0
    votes = ((mine["score"] >= 9).astype(float) - (mine["score"] <= 6)) * weight
    found = the_period(sums(journey, all_kpis()["nps"]))
    assert found["n"] == len(mine)
    assert found["s"] == pytest.approx(votes.sum())


def test_revenue(journey, raw):
    orders = raw("orders")
    mine = orders[inside(orders["at"]) & ~orders["refunded"].fillna(False).astype(bool)]
    found = the_period(sums(journey, all_kpis()["revenue"]))
    assert found["s"] == pytest.approx(mine["revenue"].sum())
    each = mine.groupby("customer_id")["revenue"].sum()
    assert found["people"] == len(each)
    assert found["ss"] == pytest.approx((each**2).sum())


def test_days_to_the_next_purchase(journey, raw):
    orders = raw("orders")[["customer_id", "at"]].drop_duplicates().sort_values(["customer_id", "at"])
    orders["next"] = orders.groupby("customer_id")["at"].shift(-1)
    mine = orders[inside(orders["at"])]
    found = durations(journey, all_kpis()["retention"])
    found = found[found["key"] == "p:2026-Q2"]
    assert found["count"].sum() == len(mine)
    days = (mine["next"] - mine["at"]).dt.total_seconds().dropna() / 86400
    days = days[days <= 90]  # the retention window: beyond it all that counts is that nothing had happened in it
    closed = found[found["event"] == 1]
    assert closed["count"].sum() == len(days) and found.loc[found["event"] == 0, "days"].max() == 91
    assert (closed["days"] * closed["count"]).sum() == pytest.approx(days.sum(), abs=len(days) / 1440)


def test_a_share_within_a_window_is_a_mean(journeys):
    """The Kaplan-Meier share is the mean of the events, each weighed by one over the share still followed, whatever windows are open."""
    late = journeys["2026-Q3"]  # its purchases still wait for the end of their window
    for kpi in (all_kpis()["retention"], all_kpis()["adoption_rate"]):
        value = survival.share_by(durations(late, kpi), kpi.window_days(late), by="key").set_index("key")["value"]
        found = engine.collect(registry.parts_by_label(late, kpi, "p:2026-Q3", "p:2026-Q2"), ["key"])
        by_key = found.groupby("key")[["s", "n"]].sum()
        assert (by_key["s"] / by_key["n"]).to_dict() == pytest.approx(value[["p:2026-Q2", "p:2026-Q3"]].to_dict(), abs=1e-9)
        assert found.loc[found["key"] == "p:2026-Q3", "s"].max() > 1.1


def test_hours_to_resolution(journey, raw):
    tickets = raw("tickets")
    mine = tickets[inside(tickets["opened_at"])]
    found = durations(journey, all_kpis()["resolution_time"])
    found = found[found["key"] == "p:2026-Q2"]
    assert found["count"].sum() == len(mine)
    assert found.loc[found["event"] == 0, "count"].sum() == mine["resolved_at"].isna().sum()


def test_hand_overs(journey, raw):
    rows = raw("interactions").reset_index(names="row").sort_values(["customer_id", "at", "row"], kind="stable")
    words = pd.read_csv(f"{journey.company.folder}/touchpoints.csv").set_index("touchpoint")["channel"]
    rows["channel"] = rows["channel"].fillna(rows["touchpoint"].map(words))
    before = rows.groupby("customer_id")[["channel", "at"]].shift()
    gap = (rows["at"] - before["at"]).dt.total_seconds()
    moved = before["channel"].notna() & rows["channel"].notna() & (before["channel"] != rows["channel"]) & (gap <= 86400)
    mine = rows[moved & inside(rows["at"]) & rows["outcome"].notna()]
    found = the_period(sums(journey, all_kpis()["hand_over_success"]))
    assert (found["n"], found["s"]) == (len(mine), (mine["outcome"] == "success").sum())
