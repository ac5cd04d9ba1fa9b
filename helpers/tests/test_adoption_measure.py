"""Adoption by hand: five customers whose starts, uses, silences and obstacles can be counted on paper, expected values beside them."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.infer import estimate
from helpers.journey import open_journey
from helpers.measure import adoption, all_kpis, obstacles, staying
from helpers.tests.folders import write

SETTINGS = "min_cell: 1\nmin_n: 1\nas_of: 2026-06-30\n"
PLACES = (
    "touchpoint,stage,role\nguide,post_purchase,onboarding\napp,post_purchase,usage\nrecipes,post_purchase,usage\nad,awareness,engagement\n"
)
# ann adopts on day 3; ben tries and fails; cai is onboarded and never tries; dia's window is open; eva begins on day 36, too late.
ORDERS = """order_id,customer_id,at,revenue,cost,refunded
o1,ann,2026-01-01 10:00:00,100,60,false
o2,ann,2026-02-10 10:00:00,50,20,false
o3,ben,2026-01-05 10:00:00,80,50,false
o4,cai,2026-02-01 10:00:00,80,50,false
o5,dia,2026-06-10 10:00:00,80,50,false
o6,eva,2026-01-20 10:00:00,70,40,true
"""
CONTACTS = """customer_id,at,touchpoint,outcome
zoe,2026-01-01 09:00:00,ad,success
ann,2026-01-03 10:00:00,guide,success
ann,2026-01-04 10:00:00,app,success
ann,2026-01-08 10:00:00,app,success
ann,2026-02-05 10:00:00,recipes,success
ben,2026-01-07 10:00:00,guide,failed
ben,2026-01-08 10:00:00,app,failed
cai,2026-02-02 10:00:00,guide,success
dia,2026-06-15 10:00:00,app,success
eva,2026-01-10 10:00:00,app,success
eva,2026-02-25 10:00:00,app,success
"""
TICKETS = """ticket_id,opened_at,customer_id,topic
t1,2026-01-09 10:00:00,ben,Technical fault
t2,2026-02-05 10:00:00,cai,billing
t3,2026-01-20 10:00:00,cai,competitor_offer
t4,2026-06-01 10:00:00,ann,technical
"""
SURVEYS = """customer_id,at,instrument,score,touchpoint
ann,2026-01-03 12:00:00,csat,5,guide
ben,2026-01-07 12:00:00,csat,1,guide
cai,2026-02-02 12:00:00,csat,2,guide
cai,2026-02-03 12:00:00,csat,5,guide
"""


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("five") / "five", journey=SETTINGS, touchpoints_csv=PLACES, orders_csv=ORDERS, interactions_csv=CONTACTS,
                   tickets_csv=TICKETS, surveys_csv=SURVEYS)
    return open_journey(folder)


@pytest.fixture(scope="module")
def people(journey) -> pd.DataFrame:
    return journey.collect(adoption.adopters(journey)).set_index("customer_id")


def test_the_start_is_the_first_order_and_use_before_it_does_not_count(people):
    assert list(people.index) == ["ann", "ben", "cai", "dia", "eva"]  # zoe never started
    assert people["started_at"].dt.strftime("%m-%d").tolist() == ["01-01", "01-05", "02-01", "06-10", "01-20"]
    assert people["adopted_at"].dt.strftime("%m-%d").fillna("").tolist() == ["01-04", "", "", "06-15", "02-25"]
    assert people["days"].round(1).to_dict() == {"ann": 3.0, "ben": 176.6, "cai": 149.6, "dia": 5.0, "eva": 36.0}


def test_an_open_window_is_neither_adopted_nor_lost(people):
    assert people["adopted"].fillna(-1).to_dict() == {"ann": 1, "ben": 0, "cai": 0, "dia": -1, "eva": 0}
    assert people["closed"].to_dict() == {"ann": 1, "ben": 1, "cai": 1, "dia": 0, "eva": 1}
    assert people["event"].to_dict() == {"ann": 1, "ben": 0, "cai": 0, "dia": 1, "eva": 1}


def test_funnel(journey):
    table = adoption.steps(journey).set_index("step")
    assert table["users"].to_dict() == {"started": 4, "met": 3, "onboarded": 2, "used": 1, "again": 1}
    assert table["of_previous"].round(2).tolist()[1:] == [0.75, 0.67, 0.5, 1.0]
    assert table["open"].to_dict() == {"started": 1, "met": 0, "onboarded": 0, "used": 0, "again": 0}
    assert table.at["used", "median_days"] == 1 and table.at["again", "median_days"] == 4


def test_times_to_adopt_keep_the_open_cases(journey):
    table = adoption.times(journey)
    assert table.loc[table["event"] == 1, "days"].tolist() == [3, 5, 36] and table.loc[table["event"] == 0, "days"].round(0).tolist() == [150, 177]


def test_cohorts_hold_only_ages_that_are_over(journey):
    table = staying.cohorts(journey).set_index(["cohort", "age"])
    assert table.loc[("2026-01", 0), ["n", "active", "complete"]].tolist() == [3, 1, True]  # ann
    assert table.loc[("2026-01", 1), ["n", "active"]].tolist() == [3, 2]  # ann, and eva on day 36
    assert table.loc[("2026-02", 0), ["n", "active"]].tolist() == [1, 0]
    assert table.loc[("2026-01", 5), ["size", "n", "complete"]].tolist() == [3, 1, False]  # ann alone has been followed for 180 days
    assert "2026-06" not in table.index.get_level_values("cohort")  # dia: 20 days


def test_obstacles(journey):
    flags = journey.collect(obstacles.flags(journey)).set_index("customer_id")
    shown = {name: set(flags.index[flags[name] == 1]) for name in (*obstacles.OBSTACLES, "none", "learnt")}
    assert shown == {"unused": {"cai"}, "failed": {"ben"}, "technical": {"ben"}, "rival": {"cai"}, "none": {"eva", "ann"}, "learnt": {"ann", "cai"}}
    assert obstacles.topics(journey, obstacles.TECHNICAL) == ["Technical fault", "technical"] and obstacles.topics(journey, obstacles.RIVAL) == ["competitor_offer"]
    assert obstacles.available(journey) == list(obstacles.OBSTACLES)


def test_onboarding_experience_is_the_first_answer(journey):
    table = obstacles.onboarding(journey).set_index(["rating", "adopted"])["n"]
    assert table.to_dict() == {("met", 0.0): 2, ("met", 1.0): 1, ("better", 1.0): 1, ("poor", 0.0): 2}


EXPECTED = {
    "adoption_rate": 1 - 3 / 5 * 1,  # ann on day 3, dia on day 5; the other three are followed beyond day 30: 2 of 5
    "onboarding_completion": 2 / 5,
    "active_share": 1 / 6,  # ann in Feb, Mar, Apr, eva in Mar, Apr, May; a sign of life in Feb only
    "stickiness": 3 / 56,  # Feb: ann two days, eva one
    "retention_30d": 2 / 4, "retention_60d": 0.0, "retention_90d": 0.0,
    "churn": 1.0,  # ann and eva, active in Feb, are silent for 90 days
    "revenue_per_adopter": 150.0,
    "early_support_rate": 2 / 4,  # ben, cai
    "technical_issue_rate": 1 / 4,  # ben; ann's came in June
    "feature_breadth": 1.5,  # ann two, eva one
}


@pytest.mark.parametrize("kpi", EXPECTED)
def test_kpi(journey, kpi):
    row = estimate(journey, all_kpis()[kpi]).query("grain == 'period'").iloc[0]
    assert row["value"] == pytest.approx(EXPECTED[kpi])


def test_a_first_year_that_is_not_over_has_no_value(journey):
    row = estimate(journey, all_kpis()["first_year_margin"]).query("grain == 'period'").iloc[0]
    assert pd.isna(row["value"]) and row["reason"] == "no rows"


def test_cycle_time_counts_those_who_have_not_finished(journey):
    row = estimate(journey, all_kpis()["onboarding_cycle_time"]).query("grain == 'period'").iloc[0]
    assert pd.isna(row["value"]) and row["n"] == 5  # two of five had it: half is not reached


def test_revenue_growth_against_the_period_before(journey):
    quarter = open_journey(journey.company.folder, period="2026-02")
    row = estimate(quarter, all_kpis()["revenue_growth"]).query("grain == 'period'").iloc[0]
    assert row["value"] == pytest.approx((50 + 80) / (100 + 80) - 1)  # eva's order was refunded
    whole = estimate(journey, all_kpis()["revenue_growth"]).query("grain == 'period'").iloc[0]
    assert pd.isna(whole["value"]) and whole["reason"] == "nothing before it to compare with"


# What counts as a start ---------------------------------------------------------------------------------


KINDS = {
    "relation": ({"touchpoints_csv": "touchpoint,role,relation\nguide,onboarding,start\napp,usage,\n", "orders_csv": ORDERS}, {"ann": "01-03", "ben": "01-07", "cai": "02-02"}),
    "onboarding": ({"touchpoints_csv": PLACES}, {"ann": "01-03", "ben": "01-07", "cai": "02-02"}),
    "acquired": ({"touchpoints_csv": PLACES.replace("onboarding", "support"), "customers_csv": "customer_id,acquired_at\nann,2025-12-24\neva,2026-01-02\n"},
                 {"ann": "12-24", "eva": "01-02"}),
    "contact": ({"touchpoints_csv": PLACES.replace("onboarding", "support")},
                {"zoe": "01-01", "ann": "01-03", "ben": "01-07", "cai": "02-02", "dia": "06-15", "eva": "01-10"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_start_kind(tmp_path, kind):
    files, starts = KINDS[kind]
    journey = open_journey(write(tmp_path / kind, journey=SETTINGS, interactions_csv=CONTACTS, **files))
    assert adoption.start_kind(journey) == kind
    people = journey.collect(adoption.adopters(journey)).set_index("customer_id")["started_at"]
    assert people.dt.strftime("%m-%d").to_dict() == starts


def test_without_any_start_there_is_nobody(tmp_path):
    journey = open_journey(write(tmp_path / "asked", journey=SETTINGS, surveys_csv=SURVEYS))
    assert adoption.start_kind(journey) is None and len(journey.collect(adoption.adopters(journey))) == 0
    assert adoption.signs(journey) == () and len(journey.collect(adoption.activity(journey))) == 0


def test_without_use_and_orders_any_contact_is_a_sign_of_life(tmp_path):
    journey = open_journey(write(tmp_path / "seen", journey=SETTINGS, interactions_csv=CONTACTS, touchpoints_csv="touchpoint,role\napp,engagement\n"))
    assert adoption.signs(journey) == ("contact",) and not adoption.can_adopt(journey)
    row = estimate(journey, all_kpis()["retention_30d"]).query("grain == 'period'").iloc[0]
    assert (row["value"], row["n"]) == (pytest.approx(2 / 5), 5)  # ann on day 33, eva on day 46; dia's days are not over
    assert estimate(journey, all_kpis()["adoption_rate"])["reason"].iloc[0] == "needs touchpoints.role=usage"


def test_the_ticket_that_makes_a_customer_is_no_early_ticket(tmp_path):
    first = "customer_id,acquired_at\nann,2026-01-09 10:00:00\nben,2026-01-09 10:00:00\n"
    asked = "ticket_id,opened_at,customer_id\nt1,2026-01-09 10:00:00,ann\nt2,2026-01-09 10:00:00,ben\nt3,2026-01-20 10:00:00,ben\n"
    journey = open_journey(write(tmp_path / "desk", journey=SETTINGS, customers_csv=first, tickets_csv=asked))
    row = estimate(journey, all_kpis()["early_support_rate"]).query("grain == 'period'").iloc[0]
    assert (row["value"], row["n"]) == (0.5, 2)
