"""What a customer will bring and who is late, all else equal: histories by hand, planted truths, the sample's stories, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from helpers.draw import Chart
from helpers.infer import adoption_adjusted as adjusted
from helpers.infer import lifetime_check as check
from helpers.infer.adoption_value import lifetime_value
from helpers.journey import open_journey
from helpers.measure import lifetime, traits
from helpers.report import adoption, adoption_value  # noqa: F401  (they register the readers)
from helpers.report.adoption_adjusted import sure_words
from helpers.report.show import READERS
from helpers.tests.folders import write

pytestmark = pytest.mark.usefixtures("kept_results")

ORDERS = """order_id,customer_id,at,revenue,cost,refunded
1,ann,2026-01-01 10:00:00,100,60,
2,ann,2026-01-11 09:00:00,20,10,
3,ann,2026-01-11 18:00:00,30,20,
4,ann,2026-02-10 12:00:00,60,40,
5,ann,2026-02-20 12:00:00,999,1,true
6,bob,2026-01-21 08:00:00,50,30,
7,cat,2026-02-15 08:00:00,80,70,
8,,2026-02-16 08:00:00,500,1,
"""
SETTINGS = "min_cell: 1\nas_of: 2026-03-01\n"


# Histories by hand: the data begin on 1 January, the last day is 1 March, day 59 -----------------------------


def test_histories_by_hand(tmp_path):
    journey = open_journey(write(tmp_path / "three", orders_csv=ORDERS, journey=SETTINGS))
    assert lifetime.last_day(journey) == 59 and lifetime.basis(journey) == "margin"
    got = lifetime.histories(journey, [30])  # ann, bob, cat; 30 days back is 30 January
    # Ann came on days 0, 10 (two orders, one purchase) and 40; the refunded order is none.
    assert got[["x_0", "t_0", "age_0"]].values.tolist() == [[2, 40, 59], [0, 0, 39], [0, 0, 14]]
    assert got["z_0"].tolist() == [(20 + 20) / 2, 0, 0]  # margins of day 10 (10 + 10) and of day 40 (20)
    assert got[["x_30", "t_30", "age_30"]].iloc[:2].values.tolist() == [[1, 10, 29], [0, 0, 9]]
    assert np.isnan(got["x_30"].iloc[2])  # Cat was not yet there
    assert got["z_30"].iloc[0] == 20 and got[["later_30", "brought_30"]].iloc[0].tolist() == [1, 20]


def test_a_period_knows_nothing_after_its_end(tmp_path):
    journey = open_journey(write(tmp_path / "three", orders_csv=ORDERS, journey=SETTINGS), period="2026-01")
    got = lifetime.histories(journey)
    assert lifetime.last_day(journey) == 30 and got[["x_0", "t_0", "age_0"]].values.tolist() == [[1, 10, 30], [0, 0, 10]]


def test_without_costs_value_is_revenue(tmp_path):
    journey = open_journey(write(tmp_path / "three", orders_csv=ORDERS.replace(",10,\n", ",,\n").replace(",20,\n", ",,\n"), journey=SETTINGS))
    assert lifetime.basis(journey) == "revenue" and lifetime.histories(journey)["z_0"].iloc[0] == (50 + 60) / 2


# Companies whose customers are known to be what the model says, or not ---------------------------------------


def company(folder, *, days=730, customers=700, turn=None, seed=1):
    """Orders of a BG/NBD world with days as its unit; from day `turn` on nobody who comes again does so more than a tenth as often."""
    rng, rows = np.random.default_rng(seed), []
    for who in range(customers):
        now, rate, leave = rng.uniform(0, days * 0.6), rng.gamma(1.2, 1 / 60), rng.beta(0.8, 8)
        mean = rng.gamma(5, 8)
        while now < days:
            if turn is None or now < turn or rng.uniform() < 0.1 or rows and rows[-1][0] != who:
                rows.append((who, now, rng.gamma(6, mean / 6)))
            now += rng.exponential(1 / rate)
            if rng.uniform() < leave:
                break
    table = pd.DataFrame(rows, columns=["customer_id", "day", "revenue"])
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(table["day"], unit="D")
    table = pd.DataFrame({"order_id": range(len(table)), "customer_id": "c" + table["customer_id"].astype(str), "at": at.dt.strftime("%Y-%m-%d %H:%M:%S"), "revenue": table["revenue"].round(2) + 0.01})
    return open_journey(write(folder, orders_csv=table.to_csv(index=False), journey=f"min_cell: 10\nas_of: {pd.Timestamp('2024-01-01') + pd.Timedelta(days=days - 1):%Y-%m-%d}\n"))


def said(result) -> str:
    return " ".join(item.title if isinstance(item, Chart) else item if isinstance(item, str) else item.caption for item in READERS[result.name](result))


def test_a_company_that_goes_on_as_before_gets_a_value_for_a_year(tmp_path):
    result = lifetime_value(company(tmp_path / "steady"))
    f = result.facts
    assert f["held"] and f["months"] == 12 and f["basis"] == "revenue" and not f["modified"]
    assert abs(f["purchases"]["error"]) < 0.2 and abs(f["money"]["error"]) < 0.2
    assert f["low"] < f["value"] < f["high"] and f["total"] == pytest.approx(f["value"] * f["bought"])
    assert "12 months a customer is expected to bring" in said(result) and len(adoption_value.find(result, None)) == 1


def test_a_company_that_changed_gets_none_and_hears_why(tmp_path):
    result = lifetime_value(company(tmp_path / "turned", turn=640))
    assert not result.facts["held"] and not len(result.extra["value"]) and (result.extra["tried"]["held"] == False).all()  # noqa: E712
    assert "**No value is shown.**" in said(result) and "too high in purchases" in said(result)
    only = adoption_value.find(result, None)
    assert [one.level for one in only] == ["unknown"] and "cannot be forecast" in only[0].headline


def test_short_and_small_companies_say_what_is_missing(tmp_path):
    short = lifetime_value(company(tmp_path / "short", days=150))
    assert not short.ok and "the check needs twice 91" in short.nothing
    small = lifetime_value(company(tmp_path / "small", customers=40))
    assert not small.ok or not small.facts["held"]


# The sample --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def journey():
    return open_journey("data/sample")


@pytest.fixture(scope="module")
def value(journey):
    return lifetime_value(journey)


@pytest.fixture(scope="module")
def equal(journey):
    return adjusted.adoption_adjusted(journey)


def test_the_value_stands_only_where_it_held(value):
    table = value.extra["value"]
    shown = table[table["value"].notna()]
    for prefix in ("", "worth_"):
        assert (shown[f"{prefix}error"].abs() <= check.MOST_OFF).all()
    assert (shown["low"] < shown["value"]).all() and (shown["value"] < shown["high"]).all()
    assert table.loc[table["held"] == False, "value"].isna().all()  # noqa: E712
    assert value.table["n"].sum() == value.facts["n"] and value.table["frequency"].tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]


def test_offices_that_order_less_and_less_are_noticed(value):
    """The sample's story: no forecast from their past holds for offices."""
    row = value.extra["value"].set_index("group").loc["office"]
    assert row["held"] == False and row["error"] > 0.2 and np.isnan(row["value"])  # noqa: E712
    assert any("office" in one.headline and "less often" in one.headline for one in adoption_value.find(value, None))


def test_values_of_two_runs_are_the_same_bytes(journey, value):
    again = lifetime_value(journey)
    pd.testing.assert_frame_equal(again.extra["value"], value.extra["value"], check_exact=True)
    pd.testing.assert_frame_equal(again.table, value.table, check_exact=True)


def test_trade_and_ost_are_late_with_all_else_equal(equal):
    table = equal.table
    slow = table[(table["q_value"] < 0.05) & (table["ratio"] < 0.7)]
    assert slow["value"].tolist() == ["trade", "ost"] and (slow["high"] < 0.7).all()
    trade = table.set_index("value").loc["trade"]
    assert trade["early_high"] < 0.35 and trade["late_low"] > 1  # they come late, not never
    assert equal.extra["pace"].set_index("column").loc["segment", "q_value"] < 0.001
    assert "first_channel" in equal.facts["repeated"]
    assert "late rather than never" in said(equal)
    told = sure_words({"adoption_adjusted": equal}, "segment", "trade")
    assert "0.40 times the pace of “household”" in told and "does not come from those" in told


def test_all_rows_of_the_page_count_the_same_customers(journey, equal):
    rows = traits.times(journey, 90.0)
    assert rows["count"].sum() == equal.facts["n"] and (rows["days"] <= 90).all()
    from helpers.measure import adoption as measured

    assert rows.groupby("segment")["count"].sum().to_dict() == measured.times(journey, "segment").groupby("group")["count"].sum().to_dict()


# All else equal, by construction -----------------------------------------------------------------------------


def crowd(seed=3, n=6000):
    """Trade starts at a third of the pace; most of it sits in the north, which itself does nothing."""
    rng = np.random.default_rng(seed)
    trade = rng.uniform(size=n) < 0.4
    north = rng.uniform(size=n) < np.where(trade, 0.8, 0.2)
    when = np.ceil(24 * rng.exponential(20 / np.where(trade, 1 / 3, 1.0))) / 24
    rows = pd.DataFrame({"segment": np.where(trade, "trade", "home"), "region": np.where(north, "north", "south"), "days": np.minimum(when, 90), "event": (when <= 90).astype(int)})
    return rows.groupby(list(rows.columns), as_index=False).size().rename(columns={"size": "count"})


def test_a_gap_that_comes_from_elsewhere_goes_away():
    with threadpool_limits(1):
        table, pace = adjusted._regression(crowd(), {"segment": ["home", "trade"], "region": ["south", "north"]}, 30.0)
    rows = table.set_index("value")
    assert rows.loc["north", "alone_high"] < 0.8  # alone, the north looks slow
    assert rows.loc["north", "low"] < 1 < rows.loc["north", "high"] and rows.loc["north", "q_value"] > 0.05
    assert rows.loc["trade", "low"] < 1 / 3 < rows.loc["trade", "high"]
    assert (pace["q_value"] > 0.05).all()


def test_twins_of_a_trait_are_left_out_and_few_events_carry_few_traits():
    rows = crowd().assign(again=lambda t: t["segment"].map({"trade": "b2b", "home": "b2c"}))
    assert adjusted._repeated(rows, ["segment", "region", "again"]) == {"again": "segment"}
    levels = {"segment": ["a", "b"], "region": ["x", "y", "z"]}
    assert list(adjusted._affordable(levels, 49)) == ["segment"] and list(adjusted._affordable(levels, 50)) == ["segment", "region"]


# Published figures -------------------------------------------------------------------------------------------


@pytest.fixture
def cdnow(reference, tmp_path):
    """A folder with the CDNOW sample as a company's orders; see reference/README.md."""
    names = ["old_id", "customer_id", "day", "units", "revenue"]
    buys = pd.read_csv(reference("cdnow_sample.txt"), sep=r"\s+", header=None, names=names)
    at = pd.to_datetime(buys["day"].astype(str)).dt.strftime("%Y-%m-%d 12:00:00")
    orders = pd.DataFrame({"order_id": range(len(buys)), "customer_id": buys["customer_id"], "at": at, "revenue": buys["revenue"]})
    return write(tmp_path / "cdnow", orders_csv=orders.to_csv(index=False), journey="min_cell: 10\n")


@pytest.mark.case
def test_histories_of_cdnow(cdnow, reference):
    # Fader and Hardie's own summary of the same customers after 39 weeks
    got = lifetime.histories(open_journey(cdnow, as_of="1997-09-30"))
    want = pd.read_csv(reference("cdnow_customers_summary.csv"))
    assert len(got) == 2357 and got["x_0"].sum() == want["frequency"].sum() and (got["x_0"] > 0).sum() == 946
    assert sorted((got["t_0"] / 7).round(2)) == pytest.approx(sorted(want["recency"].round(2)), abs=0.011)
    assert sorted((got["age_0"] / 7).round(2)) == pytest.approx(sorted(want["T"].round(2)), abs=0.011)


@pytest.mark.case
def test_cdnow_holds_on_the_page(cdnow):
    result = lifetime_value(open_journey(cdnow))
    f = result.facts
    assert f["held"] and f["months"] == 6 and abs(f["purchases"]["error"]) < abs(f["purchases"]["guess_error"])
    assert f["correlation"]["value"] == pytest.approx(0.1, abs=0.06)
    assert abs(f["purchases"]["error"]) < 0.03 and abs(f["money"]["error"]) < 0.03 and f["purchases"]["guess_error"] > 0.5
