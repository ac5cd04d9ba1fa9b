"""The KPIs of the intent phase on a company of five customers: every value is worked out beside it."""

from __future__ import annotations

import pytest

from helpers import names
from helpers.infer import estimate
from helpers.journey import open_journey
from helpers.measure import all_kpis
from helpers.tests.folders import write

FILES = {
    "journey": "name: Small\ncurrency: EUR\nmin_cell: 1\nmin_n: 1\nas_of: 2026-03-31 00:00:00\n",
    "touchpoints_csv": "touchpoint,stage,channel,role,owner\nsearch,consideration,web,research,Web\npage,decision,web,evaluation,Web\nguide,consideration,web,information,Web\n"
                       "reviews,decision,web,trust,Web\nchat,decision,chat,concerns,Service\nshop,decision,shop,needs,Shops\nad,awareness,search,engagement,Marketing\n"
                       "tracking,post_purchase,web,information,Logistics\n",
    # ann looks twice, finds what she needs, reads reviews and buys after 4 days. bob looks, does not find it, asks in the chat, does not buy.
    # cat looks once. dan's window is open. ann looks again after her purchase.
    "interactions_csv": "customer_id,at,touchpoint,session_id,outcome\nann,2026-01-01 10:00:00,ad,a0,success\nann,2026-01-01 10:05:00,search,a0,success\n"
                        "ann,2026-01-02 10:00:00,guide,a1,success\nann,2026-01-02 10:10:00,page,a1,success\nann,2026-01-02 10:20:00,reviews,a1,success\n"
                        "ann,2026-01-07 10:00:00,tracking,a2,failed\nann,2026-02-20 10:00:00,search,a3,success\nbob,2026-01-10 10:00:00,search,b0,success\n"
                        "bob,2026-01-10 10:05:00,guide,b0,failed\nbob,2026-01-10 10:10:00,chat,b0,success\nbob,2026-01-10 10:20:00,shop,b0,abandoned\n"
                        "cat,2026-02-01 10:00:00,page,c0,success\ndan,2026-03-21 00:00:00,search,d0,success\ndan,2026-03-26 00:00:00,ad,d1,success\n",
    "orders_csv": "order_id,customer_id,at,revenue\no1,ann,2026-01-05 10:05:00,100\no2,eve,2026-01-05 10:05:00,50\n",
    "surveys_csv": "customer_id,at,instrument,score,touchpoint\nann,2026-01-02 11:00:00,csat,5,guide\nbob,2026-01-10 11:00:00,csat,2,guide\n"
                   "bob,2026-01-10 11:30:00,csat,4,chat\nann,2026-01-08 11:00:00,csat,1,tracking\n",
    "tickets_csv": "ticket_id,opened_at,customer_id,first_response_at,resolved_at,touchpoint,topic\nt1,2026-01-10 10:10:00,bob,2026-01-10 12:10:00,,chat,price\n"
                   "t2,2026-02-02 10:00:00,cat,2026-02-02 18:00:00,,shop,price\nt3,2026-01-08 10:00:00,ann,2026-01-09 10:00:00,,tracking,delivery\n",
    "campaigns_csv": "campaign_id,starts_at,ends_at,touchpoint,cost\nwinter,2026-01-01,2026-01-10,ad,60\nspring,2026-03-22,2026-04-20,ad,300\n",
    "team_csv": "month,department,training_hours,headcount,knowledge_articles\n2026-01,Web,30,10,4\n2026-01,Service,10,10,1\n2026-01,Finance,99,10,9\n"
                "2026-02,Web,20,10,2\n",
}
RATES = {
    "intent_conversion": 1 / 5,        # ann buys on day 4, while all five are followed; dan is censored on day 10
    "time_to_decide": 4.0,
    "intent_csat": 11 / 3,             # 5, 2 and 4; tracking comes after the purchase
    "engaged_session_rate": 3 / 6,     # visits with a look: a0 (with the ad), a1 and b0 hold more; a3, c0, d0 one
    "cost_per_intent": 60 / 5,         # winter falls on two of five intents; no intent starts in the days of spring
    "information_found_rate": 1 / 2,   # ann found it, bob did not; tracking is no part of it
    "presales_response_time": 2.0,     # 2 hours in the chat, 8 in the shop: the first time by which half had an answer
    "trust_exposure": 1 / 4,           # of four finished intents ann's first met reviews
    "concern_rate": 2 / 4,             # bob in the chat, cat by her ticket in the shop
    "channel_change_success": 1 / 2,     # bob: web to chat went well, chat to shop was given up
    "intents_started": 5.0,
    "campaign_reach": 2.0,             # ann in winter, dan in spring
    "presales_training_hours": 60 / 30,
    "fresh_knowledge_articles": 7.0,
}
NOT_HERE = {"open_intent_value", "overload_rate"}


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    return open_journey(write(tmp_path_factory.mktemp("kpis") / "small", **FILES))


def value(journey, kpi: str, column: str = "value") -> float:
    found = estimate(journey, all_kpis()[kpi])
    return found.loc[found["grain"] == "period", column].iloc[0]


@pytest.mark.parametrize("kpi", list(RATES))
def test_each_value_is_the_one_worked_out_by_hand(journey, kpi):
    assert value(journey, kpi) == pytest.approx(RATES[kpi])


def test_every_kpi_of_the_phase_is_worked_out_here():
    mine = {id: one for id, one in all_kpis().items() if one.phase == "intent"}
    assert set(mine) == set(RATES) | NOT_HERE
    assert len(mine) >= 12 and {one.perspective for one in mine.values()} == set(names.PERSPECTIVES)
    assert {one.kind for one in mine.values()} == set(names.KINDS)


def test_open_intents_are_worth_their_chance_times_the_mean_purchase(journey):
    # dan's intent is 10 days old on the last day; of the three finished intents without a purchase by then none bought later.
    assert value(journey, "open_intent_value") == 0
    months = estimate(journey, all_kpis()["open_intent_value"]).set_index("period")["value"]
    # At the end of January ann has bought and bob's intent is 21 days old; at the end of February ann's second is 8 days old, cat's 27.
    assert months["2026-01"] == 0 and months["2026-02"] == 0


def test_a_chance_that_is_left_counts(tmp_path):
    late = FILES["interactions_csv"].replace("dan,2026-03-21", "dan,2026-03-28").replace("dan,2026-03-26", "dan,2026-03-29")
    journey = open_journey(write(tmp_path / "late", **{**FILES, "interactions_csv": late}))
    # Three days old: of four finished intents that were open on day 3, ann's bought on day 4, for 100.
    assert value(journey, "open_intent_value") == pytest.approx(100 / 4)


def test_without_a_turning_point_nobody_is_called_overloaded(journey):
    found = estimate(journey, all_kpis()["overload_rate"]).set_index("grain")
    assert found.loc["period", ["value", "n"]].isna().tolist() == [True, False] and found.loc["period", "n"] == 0


def test_a_segments_intents_bear_the_same_cost_as_everybodys(tmp_path):
    people = "customer_id,region\nann,north\nbob,south\ncat,south\ndan,south\neve,north\n"
    folder = write(tmp_path / "cut", **FILES, customers_csv=people)
    assert value(open_journey(folder, segment="region=north"), "cost_per_intent") == pytest.approx(30 / 2)   # ann's day of winter, over her two intents
    assert value(open_journey(folder, segment="region=south"), "cost_per_intent") == pytest.approx(30 / 3)


def test_what_the_company_lacks_is_named_and_nothing_is_invented(tmp_path):
    journey = open_journey(write(tmp_path / "bare", journey=FILES["journey"], surveys_csv=FILES["surveys_csv"]))
    for kpi in RATES.keys() | NOT_HERE:
        found = estimate(journey, all_kpis()[kpi])
        assert found["value"].isna().all() and found["reason"].str.startswith("needs").all(), kpi
