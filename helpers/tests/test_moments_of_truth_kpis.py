"""The KPIs of the moments of truth on a company of four customers: every value is worked out beside it."""

from __future__ import annotations

import pytest

from helpers import names
from helpers.infer import estimate
from helpers.journey import open_journey
from helpers.measure import all_kpis, value_chain
from helpers.tests.folders import write

FILES = {
    "journey": "name: Small\ncurrency: EUR\nmin_cell: 1\nmin_n: 1\nas_of: 2026-12-31\n",
    "touchpoints_csv": "touchpoint,stage,role,owner\nguide,consideration,information,Web\ndelivery,post_purchase,engagement,Logistics\n"
                       "help,post_purchase,support,Service\nclub,loyalty,loyalty,Web\n",
    "orders_csv": "order_id,customer_id,at,revenue\no1,ann,2026-01-01 10:00:00,20\no2,ann,2026-03-01 09:00:00,30\no3,bob,2026-02-01 09:00:00,40\n"
                  "o4,cat,2026-02-10 09:00:00,10\n",
    "interactions_csv": "customer_id,at,touchpoint\nann,2025-12-20 10:00:00,guide\nann,2026-01-02 10:00:00,delivery\nbob,2026-01-30 10:00:00,guide\n"
                        "dan,2026-02-01 10:00:00,guide\nbob,2026-02-03 10:00:00,delivery\nann,2026-03-02 10:00:00,club\n",
    "surveys_csv": "customer_id,at,instrument,score,touchpoint\nann,2026-01-02 09:00:00,expectation,4,delivery\nann,2026-01-03 10:00:00,csat,2,delivery\n"
                   "bob,2026-02-05 10:00:00,csat,1,delivery\nbob,2026-02-08 10:00:00,csat,5,help\ncat,2026-02-12 10:00:00,csat,4,delivery\n"
                   "bob,2026-02-10 10:00:00,nps,6,\nann,2026-01-20 10:00:00,nps,9,\ndan,2026-01-20 10:00:00,nps,10,\n",
    "tickets_csv": "ticket_id,opened_at,customer_id,resolved_at,reopened,touchpoint\nt1,2026-01-31 10:00:00,ann,2026-02-02 10:00:00,true,help\n"
                   "t2,2026-02-06 09:00:00,bob,2026-02-07 10:00:00,false,help\nt3,2026-02-12 09:00:00,cat,,,guide\n",
    "activities_csv": "activity,kind,cost,owner,elapsed_hours,waiting_hours\nshipping,outbound_logistics,310,Logistics,40,10\nadvice,service,93,Service,10,8\n"
                      "magazine,marketing_and_sales,62,Web,100,50\n",
    "activity_touchpoints_csv": "activity,touchpoint,share\nshipping,delivery,\nadvice,guide,0.5\nadvice,delivery,0.5\n",
    "team_csv": "month,department,training_hours,headcount,employee_satisfaction\n2026-01,Logistics,30,10,4\n2026-01,Service,10,10,3\n2026-01,Finance,99,10,1\n",
}
RATES = {
    "stage_conversion_purchase": 2 / 3,    # ann and bob buy within 30 days of the guide; dan does not
    "stage_conversion_loyalty": 1 / 2,     # of ann and bob, who had contact after a purchase, ann reaches the club within 90 days
    "outcome_rate": 1 / 4,                 # of four purchases, ann's first is followed by another
    "poor_experience_share": 2 / 4,
    "delighted_share": 1 / 4,
    "expectation_gap": -2.0,               # ann expected 4 of 5 and found 2
    "moment_nps": 0.0,                     # one promoter, one detractor; dan rated nothing
    "moment_retention": 1 / 4,             # of four ratings, ann's is followed by a purchase
    "recovery_rate": 1 / 2,                # bob's ticket stays solved; ann's comes back
    "complaint_rate": 2 / 4,               # ann after 30 days, bob after 5; cat asks about the guide, ann's second has none
    "cost_of_poor_experience": 40.0,       # bob; ann came back
    "next_purchase_value": 30 / 4,
    "moment_training_hours": 40 / 20,      # Logistics and Service own what is rated; Finance does not
    "moment_staff_satisfaction": 3.5,
}


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    return open_journey(write(tmp_path_factory.mktemp("kpis") / "small", **FILES))


def value(journey, kpi: str) -> float:
    found = estimate(journey, all_kpis()[kpi])
    return found.loc[found["grain"] == "period", "value"].iloc[0]


@pytest.mark.parametrize("kpi", list(RATES))
def test_each_value_is_the_one_worked_out_by_hand(journey, kpi):
    assert value(journey, kpi) == pytest.approx(RATES[kpi])


def test_waiting_counts_the_activities_behind_each_contact(journey):
    # Three contacts with the guide (advice: 8 of 10 hours), two with delivery (shipping and advice: 18 of 50); nobody serves the club.
    assert value(journey, "waiting_share") == pytest.approx((3 * 8 + 2 * 18) / (3 * 10 + 2 * 50))


def test_the_contacts_of_a_month_bear_all_of_its_cost(journey):
    rows = journey.collect(value_chain.cost_of_contacts(journey), ["row_id"])
    by_month = rows.groupby("month")["cost"].sum().round(6)
    # 465 a month; the data begin on 20 December, so that December bears 12 of its 31 days.
    assert by_month.to_dict() == {"2025-12": 180.0, "2026-01": 465.0, "2026-02": 465.0, "2026-03": 465.0}
    delivery = rows.loc[rows["month"].eq("2026-01") & rows["touchpoint"].eq("delivery"), "cost"].iloc[0]
    # January: 356.5 behind one delivery and 46.5 of advice to one guide; the magazine's 62 are shared by the two.
    assert delivery == pytest.approx(310 + 46.5 + 31)
    assert value(journey, "activity_cost") == pytest.approx(1575.0)
    assert value(journey, "contact_cost") == pytest.approx(1575.0 / 6)


def test_a_share_that_is_not_stated_takes_what_is_left(journey, tmp_path):
    assert value_chain.serving(journey)[["activity", "touchpoint", "part", "cost"]].values.tolist() == [
        ["advice", "delivery", 0.5, 46.5], ["advice", "guide", 0.5, 46.5], ["shipping", "delivery", 1.0, 310.0]]
    more = {**FILES, "activity_touchpoints_csv": "activity,touchpoint,share\nshipping,delivery,0.4\nshipping,help,\nshipping,club,\nadvice,guide,0.9\nadvice,help,0.9\n"}
    found = value_chain.serving(open_journey(write(tmp_path / "more", **more)))
    assert found["part"].round(3).tolist() == [0.5, 0.5, 0.3, 0.4, 0.3]


def test_a_segment_bears_the_cost_of_its_own_contacts(tmp_path):
    files = {**FILES, "customers_csv": "customer_id,region\nann,north\nbob,south\ncat,south\ndan,south\n",
             "journey": FILES["journey"] + "segments: [region]\n"}
    folder = write(tmp_path / "regions", **files)
    whole, north, south = (value(open_journey(folder, segment=s), "activity_cost") for s in ("all", "region=north", "region=south"))
    assert north + south == pytest.approx(whole)


def test_the_phase_has_every_perspective_and_both_kinds():
    mine = [kpi for kpi in all_kpis().values() if kpi.phase == "moments_of_truth"]
    assert len(mine) >= 12 and {k.perspective for k in mine} == set(names.PERSPECTIVES) and {k.kind for k in mine} == set(names.KINDS)
    assert all(k.definition.endswith((".", "scale.")) and k.numerator and k.denominator and k.needs for k in mine)
